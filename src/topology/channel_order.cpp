// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/channel_order.h"

#include <algorithm>
#include <tuple>

#include "topology/structured_routing.h"

namespace podsim::topology {

namespace {

bool is_regular_without_rings(const Routing& base) {
  const auto* regular = dynamic_cast<const StructuredRouting*>(&base);
  if (regular == nullptr) return false;
  for (std::size_t d = 0; d < regular->dimension_count(); ++d) {
    if (regular->is_ring(d)) return false;
  }
  return true;
}

}  // namespace

ChannelOrder::ChannelOrder(const Graph& graph, const Adjacency& adjacency, const Routing& base)
    : shared_(is_regular_without_rings(base)),
      first_lane_(shared_ ? 0 : base.lane_count()),
      ranks_(graph.link_count()) {
  const IdVector<NodeId, std::uint8_t> height = node_heights(graph, adjacency);
  for (std::size_t i = 0; i < graph.link_count(); ++i) {
    const Link& link = graph.link(LinkId(i));
    Rank& rank = ranks_[LinkId(i)];
    rank.up = std::tuple(height[link.from], link.from.value()) < std::tuple(height[link.to], link.to.value());
    if (!shared_) continue;
    rank.dimension = graph.type(link.type).dimension;
    rank.mesh = graph.is_npu(link.from) && graph.is_npu(link.to);
  }
}

bool ChannelOrder::follows(Rank before, Rank after, std::size_t lane) const {
  const bool descending = shared_ && lane % 2 == 1;
  if (before.dimension != after.dimension) {
    return descending ? after.dimension < before.dimension : after.dimension > before.dimension;
  }
  const bool down_first = descending && before.mesh && after.mesh;
  return before.up == after.up || before.up != down_first;
}

std::size_t ChannelOrder::assign(Path& path) const {
  std::size_t lane = first_lane_;
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    if (hop > 0 && !follows(ranks_[path.links[hop - 1]], ranks_[path.links[hop]], lane)) ++lane;
    path.lanes[hop] = static_cast<std::uint8_t>(lane);
  }
  return lane + 1;
}

}  // namespace podsim::topology
