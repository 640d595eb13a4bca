// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "podsim/topology/graph.h"

namespace podsim::topology {

// SerDes lanes of one direction that the links of each node take.
IdVector<NodeId, std::int64_t> lanes_used(const Graph& graph);

// One sentence for every NPU that needs more than `npu_lanes` lanes (0: no limit) and every switch that needs
// more than it has; at most 20.
std::vector<std::string> port_budget_findings(const Graph& graph, std::int64_t npu_lanes,
                                              std::int64_t lanes_per_port);

}  // namespace podsim::topology
