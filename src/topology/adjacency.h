// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/topology/graph.h"

namespace podsim::topology {

// The links that leave each node, by ascending far node; parallel cables by their facts, so that the order in
// which links were added decides nothing. Compressed sparse rows, independent of the graph's lifetime.
class Adjacency {
 public:
  struct Edge {
    NodeId to;
    LinkId link;
  };

  explicit Adjacency(const Graph& graph);
  std::size_t node_count() const { return first_.size() - 1; }
  std::size_t edge_count() const { return edges_.size(); }
  Span<const Edge> out(NodeId node) const {
    const std::uint32_t begin = first_[node.value()];
    return {edges_.data() + begin, first_[node.value() + 1] - begin};
  }
  // Position of out(node)[0] among all edges, which are numbered node by node.
  std::uint32_t first_edge(NodeId node) const { return first_[node.value()]; }

 private:
  std::vector<std::uint32_t> first_;  // node_count() + 1
  std::vector<Edge> edges_;
};

// Hops from the nearest NPU: 0 for an NPU, 1 for a leaf switch, 2 above it. kNoNpu when there is none.
constexpr std::uint8_t kNoNpu = 255;
IdVector<NodeId, std::uint8_t> node_heights(const Graph& graph, const Adjacency& adjacency);

}  // namespace podsim::topology
