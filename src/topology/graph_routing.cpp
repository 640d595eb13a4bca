// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/graph_routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "podsim/base/error.h"

namespace podsim::topology {

namespace {

constexpr std::uint8_t kUnreached = 255;

std::vector<std::uint32_t> ranks(const IdVector<NodeId, std::uint8_t>& height) {
  std::vector<std::uint32_t> nodes(height.size());
  std::iota(nodes.begin(), nodes.end(), 0U);
  std::stable_sort(nodes.begin(), nodes.end(), [&height](std::uint32_t a, std::uint32_t b) {
    return height[NodeId(a)] < height[NodeId(b)];
  });
  std::vector<std::uint32_t> rank(nodes.size());
  for (std::uint32_t i = 0; i < nodes.size(); ++i) rank[nodes[i]] = i;
  return rank;
}

}  // namespace

GraphRouting::GraphRouting(const Graph& graph, bool npu_forwards)
    : npus_(graph.npu_count()),
      npu_forwards_(npu_forwards),
      adjacency_(graph),
      rank_(ranks(node_heights(graph, adjacency_))),
      tables_(graph.npu_count()) {
  const bool small = npus_ * adjacency_.edge_count() <= kSurveyLimit;
  if (small || !bound_from_one_node()) survey();
}

void GraphRouting::search(NodeId dst, Table& table) const {
  table.distance.assign(adjacency_.node_count(), kUnreached);
  table.count.assign(adjacency_.node_count(), 0);
  table.distance[dst.value()] = 0;
  table.count[dst.value()] = 1;
  order_.assign(1, dst);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const NodeId node = order_[i];
    const std::uint8_t distance = table.distance[node.value()];
    if (!passes(node, dst) || distance == kUnreached - 1) continue;
    const std::uint32_t ways = table.count[node.value()];
    for (const Adjacency::Edge& edge : adjacency_.out(node)) {
      std::uint8_t& far = table.distance[edge.to.value()];
      if (far == kUnreached) {
        far = static_cast<std::uint8_t>(distance + 1);
        order_.push_back(edge.to);
      }
      if (far != distance + 1) continue;
      std::uint16_t& count = table.count[edge.to.value()];
      count = static_cast<std::uint16_t>(std::min(kMostChoices, count + ways));
    }
  }
}

const GraphRouting::Table& GraphRouting::table(NpuId dst) const {
  std::unique_ptr<Table>& kept = tables_[dst.value()];
  if (!kept) {
    kept = std::make_unique<Table>();
    search(NodeId(dst.value()), *kept);
  }
  return *kept;
}

std::uint32_t GraphRouting::path_count(NpuId src, NpuId dst) const {
  return table(dst).count[src.value()];
}

void GraphRouting::path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const {
  const Table& to_dst = table(dst);
  const NodeId end(dst.value());
  NodeId node(src.value());
  bool descending = false;
  std::uint8_t lane = 0;
  path.hops = 0;
  while (node != end) {
    const int nearer = to_dst.distance[node.value()] - 1;
    const Adjacency::Edge* taken = nullptr;
    for (const Adjacency::Edge& edge : adjacency_.out(node)) {
      if (to_dst.distance[edge.to.value()] != nearer || !passes(edge.to, end)) continue;
      taken = &edge;
      const std::uint32_t ways = to_dst.count[edge.to.value()];
      if (choice < ways) break;
      choice -= ways;
    }
    PODSIM_CHECK(taken != nullptr, "no way on from node {} to npu {}", node.value(), dst.value());
    const bool down = rank_[taken->to.value()] < rank_[node.value()];
    if (descending && !down) ++lane;
    descending = down;
    path.push(taken->link, lane);
    node = taken->to;
  }
}

void GraphRouting::check_reached(NodeId dst, const Table& table) const {
  for (std::size_t npu = 0; npu < npus_; ++npu) {
    if (table.distance[npu] == kUnreached) {
      throw ConfigError(fmt::format("npu {} cannot reach npu {}{}", npu, dst.value(),
                                    npu_forwards_ ? "" : " (npu_forwards is false: only switches forward)"));
    }
    if (table.distance[npu] > Path::kMaxHops) {
      throw ConfigError(fmt::format("npu {} is {} hops from npu {}, podsim carries {}", npu,
                                    table.distance[npu], dst.value(), Path::kMaxHops));
    }
  }
}

// Lanes of the paths to dst, exactly: for each node the most times that a path goes up after going down, from
// there on, when it arrived by going up (0) or down (1).
std::uint8_t GraphRouting::lanes_to(NodeId dst, const Table& table) const {
  std::vector<std::array<std::uint8_t, 2>> turns(adjacency_.node_count(), {0, 0});
  std::uint8_t most = 0;
  for (const NodeId node : order_) {
    for (const Adjacency::Edge& edge : adjacency_.out(node)) {
      if (table.distance[edge.to.value()] + 1 != table.distance[node.value()]) continue;
      if (!passes(edge.to, dst)) continue;
      const bool down = rank_[edge.to.value()] < rank_[node.value()];
      const std::uint8_t onwards = turns[edge.to.value()][down ? 1 : 0];
      auto& here = turns[node.value()];
      here[0] = std::max(here[0], onwards);
      here[1] = std::max(here[1], static_cast<std::uint8_t>(onwards + (down ? 0 : 1)));
    }
    if (node.value() < npus_) most = std::max(most, turns[node.value()][0]);
  }
  return static_cast<std::uint8_t>(most + 1);
}

void GraphRouting::survey() {
  Table scratch;
  max_hops_ = 0;
  lane_count_ = 1;
  for (std::size_t npu = 0; npu < npus_; ++npu) {
    const NodeId dst(npu);
    search(dst, scratch);
    check_reached(dst, scratch);
    for (std::size_t src = 0; src < npus_; ++src) {
      max_hops_ = std::max<std::size_t>(max_hops_, scratch.distance[src]);
    }
    lane_count_ = std::max(lane_count_, lanes_to(dst, scratch));
  }
}

// Through one node every NPU reaches every other: that bounds all distances, if the node may forward.
bool GraphRouting::bound_from_one_node() {
  NodeId root(0);
  if (!npu_forwards_) {
    const Span<const Adjacency::Edge> ports = adjacency_.out(root);
    if (ports.empty() || ports[ports.size() - 1].to.value() < npus_) return false;
    root = ports[ports.size() - 1].to;  // switches come after NPUs
  }
  Table scratch;
  search(root, scratch);
  std::size_t farthest = 0;
  for (std::size_t npu = 0; npu < npus_; ++npu) {
    if (scratch.distance[npu] == kUnreached) return false;
    farthest = std::max<std::size_t>(farthest, scratch.distance[npu]);
  }
  max_hops_ = 2 * farthest;
  lane_count_ = static_cast<std::uint8_t>(max_hops_ / 2 + 1);
  return max_hops_ <= Path::kMaxHops;
}

}  // namespace podsim::topology
