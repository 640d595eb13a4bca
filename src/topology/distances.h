// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "topology/adjacency.h"

namespace podsim::topology {

// Least hops from `src` to every node by breadth-first search, kUnreachable where there is no way. Nothing
// but the graph is asked, so that routings can be checked against it.
constexpr std::uint16_t kUnreachable = 65535;
std::vector<std::uint16_t> distances_from(const Adjacency& adjacency, const Graph& graph, NpuId src,
                                          bool npu_forwards);

}  // namespace podsim::topology
