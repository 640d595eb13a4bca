// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/distances.h"

namespace podsim::topology {

std::vector<std::uint16_t> distances_from(const Adjacency& adjacency, const Graph& graph, NpuId src,
                                          bool npu_forwards) {
  std::vector<std::uint16_t> distance(graph.node_count(), kUnreachable);
  std::vector<NodeId> queue{NodeId(src.value())};
  distance[src.value()] = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const NodeId node = queue[i];
    if (i > 0 && graph.is_npu(node) && !npu_forwards) continue;
    for (const Adjacency::Edge& edge : adjacency.out(node)) {
      if (distance[edge.to.value()] != kUnreachable) continue;
      distance[edge.to.value()] = static_cast<std::uint16_t>(distance[node.value()] + 1);
      queue.push_back(edge.to);
    }
  }
  return distance;
}

}  // namespace podsim::topology
