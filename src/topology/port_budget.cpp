// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/port_budget.h"

#include <fmt/format.h>

#include "topology/adjacency.h"

namespace podsim::topology {

namespace {

constexpr std::size_t kMostFindings = 20;

// "x 28, y 28, up 16": the lanes of one node by dimension.
std::string by_dimension(const Graph& graph, const Adjacency& adjacency, NodeId node) {
  std::vector<std::int64_t> lanes(graph.dimension_names().size(), 0);
  for (const Adjacency::Edge& edge : adjacency.out(node)) {
    const LinkType& type = graph.type_of(edge.link);
    lanes[type.dimension] += type.lanes;
  }
  std::vector<std::string> parts;
  for (std::size_t d = 0; d < lanes.size(); ++d) {
    if (lanes[d] > 0) parts.push_back(fmt::format("{} {}", graph.dimension_names()[d], lanes[d]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

IdVector<NodeId, std::int64_t> lanes_used(const Graph& graph) {
  IdVector<NodeId, std::int64_t> lanes(graph.node_count(), 0);
  for (const Link& link : graph.links()) lanes[link.from] += graph.type(link.type).lanes;
  return lanes;
}

std::vector<std::string> port_budget_findings(const Graph& graph, std::int64_t npu_lanes,
                                              std::int64_t lanes_per_port) {
  std::vector<std::string> findings;
  const IdVector<NodeId, std::int64_t> used = lanes_used(graph);
  std::vector<NodeId> over;
  for (std::size_t i = 0; i < graph.node_count() && over.size() < kMostFindings; ++i) {
    const NodeId node(i);
    const std::int64_t limit = graph.is_npu(node) ? npu_lanes : graph.switch_info(node).max_lanes;
    if (limit > 0 && used[node] > limit) over.push_back(node);
  }
  if (over.empty()) return findings;
  const Adjacency adjacency(graph);
  for (const NodeId node : over) {
    const std::int64_t limit = graph.is_npu(node) ? npu_lanes : graph.switch_info(node).max_lanes;
    findings.push_back(fmt::format("{} needs {} lanes ({}) and has {} ({} ports of {} lanes)",
                                   graph.node_name(node), used[node], by_dimension(graph, adjacency, node),
                                   limit, limit / lanes_per_port, lanes_per_port));
  }
  return findings;
}

}  // namespace podsim::topology
