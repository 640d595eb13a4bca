// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/adjacency.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace podsim::topology {

namespace {

using Facts = std::tuple<const std::string&, std::int64_t, std::int64_t, Medium, std::int64_t, std::int64_t>;

Facts facts(const LinkType& type) {
  return {type.name,  type.bandwidth.count(), type.latency.count(), type.medium,
          type.lanes, type.links_per_cable};
}

}  // namespace

Adjacency::Adjacency(const Graph& graph) : first_(graph.node_count() + 1, 0), edges_(graph.link_count()) {
  for (std::size_t node = 0; node < graph.node_count(); ++node) {
    first_[node + 1] = first_[node] + static_cast<std::uint32_t>(graph.out_degree(NodeId(node)));
  }
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::size_t i = 0; i < graph.link_count(); ++i) {
    const Link& link = graph.link(LinkId(i));
    edges_[next[link.from.value()]++] = {link.to, LinkId(i)};
  }
  const auto before = [&graph](const Edge& a, const Edge& b) {
    if (a.to != b.to) return a.to < b.to;
    const auto fa = facts(graph.type_of(a.link));
    const auto fb = facts(graph.type_of(b.link));
    return fa != fb ? fa < fb : a.link < b.link;
  };
  for (std::size_t node = 0; node < graph.node_count(); ++node) {
    std::sort(edges_.begin() + first_[node], edges_.begin() + first_[node + 1], before);
  }
}

IdVector<NodeId, std::uint8_t> node_heights(const Graph& graph, const Adjacency& adjacency) {
  IdVector<NodeId, std::uint8_t> height(graph.node_count(), kNoNpu);
  std::vector<NodeId> queue;
  for (std::size_t npu = 0; npu < graph.npu_count(); ++npu) {
    height[NodeId(npu)] = 0;
    queue.emplace_back(npu);
  }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const auto above = static_cast<std::uint8_t>(std::min<int>(height[queue[i]] + 1, kNoNpu - 1));
    for (const Adjacency::Edge& edge : adjacency.out(queue[i])) {
      if (height[edge.to] != kNoNpu) continue;
      height[edge.to] = above;
      queue.push_back(edge.to);
    }
  }
  return height;
}

}  // namespace podsim::topology
