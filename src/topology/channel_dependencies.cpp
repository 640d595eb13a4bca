// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/channel_dependencies.h"

#include <fmt/format.h>

#include <algorithm>

namespace podsim::topology {

ChannelDependencies::ChannelDependencies(const Graph& graph, const Adjacency& adjacency, std::size_t lanes)
    : graph_(graph), adjacency_(adjacency), lanes_(lanes), edge_of_(graph.link_count()) {
  std::size_t bits = 0;
  for (std::size_t node = 0; node < graph.node_count(); ++node) {
    for (const Adjacency::Edge& edge : adjacency.out(NodeId(node))) {
      edge_of_[edge.link] = static_cast<std::uint32_t>(far_.size());
      link_of_.push_back(edge.link);
      far_.push_back(edge.to);
      first_bit_.push_back(bits);
      bits += lanes_ * width(edge.to);
    }
  }
  follows_.assign(bits, false);
}

std::size_t ChannelDependencies::row(Channel channel) const {
  return first_bit_[channel / lanes_] + channel % lanes_ * width(end_of(channel));
}

void ChannelDependencies::add(const Path& path) {
  for (std::size_t hop = 0; hop + 1 < path.hops; ++hop) {
    const std::size_t lane = lanes_ == 1 ? 0 : path.lanes[hop];
    const std::size_t next_lane = lanes_ == 1 ? 0 : path.lanes[hop + 1];
    const Channel channel = edge_of_[path.links[hop]] * lanes_ + lane;
    const NodeId node = end_of(channel);
    const std::size_t local = edge_of_[path.links[hop + 1]] - adjacency_.first_edge(node);
    follows_[row(channel) + local * lanes_ + next_lane] = true;
  }
}

std::vector<std::string> ChannelDependencies::find_cycle() const {
  enum class Mark : std::uint8_t { New, Open, Done };
  struct Visit {
    Channel channel;
    std::size_t next;  // position in its row to look at next
  };
  std::vector<Mark> marks(far_.size() * lanes_, Mark::New);
  std::vector<Visit> stack;
  for (Channel start = 0; start < marks.size(); ++start) {
    if (marks[start] != Mark::New) continue;
    marks[start] = Mark::Open;
    stack.push_back({start, 0});
    while (!stack.empty()) {
      Visit& visit = stack.back();
      const NodeId node = end_of(visit.channel);
      const std::size_t first = row(visit.channel);
      const std::size_t end = width(node);
      while (visit.next < end && !follows_[first + visit.next]) ++visit.next;
      if (visit.next == end) {
        marks[visit.channel] = Mark::Done;
        stack.pop_back();
        continue;
      }
      const Channel next = adjacency_.first_edge(node) * lanes_ + visit.next++;
      if (marks[next] == Mark::New) {
        marks[next] = Mark::Open;
        stack.push_back({next, 0});
      } else if (marks[next] == Mark::Open) {
        return shortest_cycle(next);
      }
    }
  }
  return {};
}

std::vector<std::string> ChannelDependencies::shortest_cycle(Channel through) const {
  constexpr Channel kNone = ~Channel{0};
  std::vector<Channel> came_from(far_.size() * lanes_, kNone);
  std::vector<Channel> queue{through};
  for (std::size_t i = 0; i < queue.size() && came_from[through] == kNone; ++i) {
    const NodeId node = end_of(queue[i]);
    for (std::size_t local = 0; local < width(node); ++local) {
      const Channel next = adjacency_.first_edge(node) * lanes_ + local;
      if (!follows_[row(queue[i]) + local] || came_from[next] != kNone) continue;
      came_from[next] = queue[i];
      queue.push_back(next);
    }
  }
  std::vector<std::string> cycle;
  Channel channel = through;
  do {
    channel = came_from[channel];
    cycle.push_back(name(channel));
  } while (channel != through);
  std::reverse(cycle.begin(), cycle.end());
  return cycle;
}

std::string ChannelDependencies::name(Channel channel) const {
  return fmt::format("{} lane {}", graph_.link_name(link_of_[channel / lanes_]), channel % lanes_);
}

}  // namespace podsim::topology
