// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "topology/dimension_plan.h"

namespace podsim::topology {

// Adds an imported graph, its NPU 0 being NPU `first_npu` of the pod. Cables are added by ascending ends and
// type, so the order in the file decides nothing. Throws ConfigError with every wrong cable (the first 20).
void import_graph(GraphBuilder& builder, const GraphConfig& config, const LinkTerms& terms,
                  std::size_t first_npu);

// Puts heights and dimensions of imported switches in: `first` is the first of them.
void name_switches(Graph& graph, std::size_t first);

}  // namespace podsim::topology
