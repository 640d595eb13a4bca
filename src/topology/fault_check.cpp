// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "podsim/topology/fault_routing.h"
#include "podsim/topology/surviving_routing.h"
#include "topology/adjacency.h"
#include "topology/channel_dependencies.h"
#include "topology/sample.h"

namespace podsim::topology {

namespace {

constexpr std::size_t kKeptFindings = 20;
constexpr std::size_t kSampleSources = 16;
constexpr std::size_t kSampleDestinations = 512;
constexpr std::size_t kNearFaults = 16;

class FaultChecker {
 public:
  explicit FaultChecker(const FaultRouting& routing)
      : routing_(routing), graph_(routing.graph()), adjacency_(graph_) {}

  FaultCheck run(std::uint64_t seed) {
    const PairSample sample(graph_.npu_count(), {kFaultCheckAll, kSampleSources, kSampleDestinations}, seed);
    std::vector<NpuId> near;
    if (!sample.all()) near = cards_near_faults();
    const std::size_t moments = routing_.moments().size();
    const std::size_t examined = std::min(moments, kFaultCheckMoments);
    for (std::size_t i = 0; i < examined; ++i) {
      const SurvivingRouting& state = routing_.known_at(routing_.moments()[i * moments / examined]);
      for (const NpuId src : sample.sources()) {
        for (const NpuId dst : sample.destinations(src)) check_pair(state, src, dst);
      }
      for (const NpuId src : near) {
        for (const NpuId dst : near) {
          if (src != dst) check_pair(state, src, dst);
        }
        for (const NpuId dst : sample.destinations(src)) check_pair(state, src, dst);
      }
    }
    // As many lanes as there are in use: the graph of dependencies grows with their square.
    ChannelDependencies dependencies(graph_, adjacency_, std::max<std::size_t>(2, check_.lanes_used));
    for (const Path& path : paths_) dependencies.add(path);
    check_.cycle = dependencies.find_cycle();
    return std::move(check_);
  }

 private:
  std::vector<NpuId> cards_near_faults() const {
    std::vector<NpuId> cards;
    for (const Fault& fault : routing_.faults()) {
      for (std::size_t i = 0; i < fault.links.size() && cards.size() < kNearFaults; ++i) {
        const NodeId node = graph_.link(fault.links[i]).from;
        if (graph_.is_npu(node)) cards.emplace_back(node.value());
      }
    }
    std::sort(cards.begin(), cards.end());
    cards.erase(std::unique(cards.begin(), cards.end()), cards.end());
    return cards;
  }

  template <class... Args>
  void found(fmt::format_string<Args...> text, Args&&... args) {
    if (check_.findings.size() < kKeptFindings)
      check_.findings.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void check_pair(const SurvivingRouting& state, NpuId src, NpuId dst) {
    ++check_.pairs;
    const std::uint32_t count = state.path_count(src, dst);
    if (count == 0) {
      ++check_.cut_off;
      return;
    }
    const bool detoured = state.is_detoured(src, dst);
    for (std::uint32_t choice = 0; choice < count; ++choice) {
      path_.hops = 0;
      state.path(src, dst, choice, path_);
      ++check_.routes;
      if (detoured) ++check_.detours;
      if (check_steps(state.state(), src, dst) && path_.hops > 1) paths_.push_back(path_);
    }
  }

  bool check_steps(const PodState& state, NpuId src, NpuId dst) {
    NodeId node(src.value());
    std::vector<NodeId> visited{node};
    for (std::size_t hop = 0; hop < path_.hops; ++hop) {
      const Link& link = graph_.link(path_.links[hop]);
      if (link.from != node || (hop > 0 && graph_.is_npu(node) && !routing_.npu_forwards())) {
        found("npu {} to npu {}: {} does not lead on from {}", src.value(), dst.value(),
              graph_.link_name(path_.links[hop]), graph_.node_name(node));
        return false;
      }
      if (!state.link_up[path_.links[hop]]) {
        found("npu {} to npu {}: {} is down", src.value(), dst.value(), graph_.link_name(path_.links[hop]));
        return false;
      }
      if (path_.lanes[hop] >= FaultRouting::kMostLanes) {
        found("npu {} to npu {}: lane {}", src.value(), dst.value(), path_.lanes[hop]);
        return false;
      }
      check_.lanes_used = std::max<std::size_t>(check_.lanes_used, path_.lanes[hop] + std::size_t{1});
      node = link.to;
      if (std::find(visited.begin(), visited.end(), node) != visited.end()) {
        found("npu {} to npu {} comes through {} twice", src.value(), dst.value(), graph_.node_name(node));
        return false;
      }
      visited.push_back(node);
    }
    if (node != NodeId(dst.value()))
      found("npu {} to npu {} ends at {}", src.value(), dst.value(), graph_.node_name(node));
    return node == NodeId(dst.value());
  }

  const FaultRouting& routing_;
  const Graph& graph_;
  Adjacency adjacency_;
  Path path_;
  std::vector<Path> paths_;  // of more than one hop
  FaultCheck check_;
};

}  // namespace

FaultCheck check_fault_routing(const FaultRouting& routing, std::uint64_t seed) {
  return FaultChecker(routing).run(seed);
}

}  // namespace podsim::topology
