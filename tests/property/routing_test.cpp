// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

#include "podsim/topology/check.h"
#include "property/random_pods.h"

// Judged by searches of their own, not by those that routings and check_pod are made of.
namespace podsim::property {
namespace {

using topology::Graph;
using topology::Path;
using topology::Pod;

constexpr std::uint32_t kMostChoices = 300;  // of a pair, evenly spread

// Least hops from `src` to every node; -1 where there is no way.
std::vector<int> hops_from(const Pod& pod, std::size_t src) {
  const Graph& graph = pod.graph;
  std::vector<std::vector<std::size_t>> next(graph.node_count());
  for (const topology::Link& link : graph.links()) next[link.from.value()].push_back(link.to.value());
  std::vector<int> hops(graph.node_count(), -1);
  hops[src] = 0;
  std::deque<std::size_t> queue{src};
  while (!queue.empty()) {
    const std::size_t node = queue.front();
    queue.pop_front();
    if (node != src && graph.is_npu(NodeId(node)) && !pod.config.npu_forwards) continue;
    for (const std::size_t to : next[node]) {
      if (hops[to] >= 0) continue;
      hops[to] = hops[node] + 1;
      queue.push_back(to);
    }
  }
  return hops;
}

// Which channels (a link on a lane) are waited for from which.
class ChannelGraph {
 public:
  explicit ChannelGraph(const Pod& pod)
      : lanes_(pod.routing->lane_count()), next_(pod.graph.link_count() * lanes_) {}

  void add(const Path& path) {
    for (std::size_t hop = 1; hop < path.hops; ++hop) {
      next_[channel(path, hop - 1)].insert(channel(path, hop));
    }
  }

  bool has_cycle() {
    state_.assign(next_.size(), 0);
    for (std::size_t c = 0; c < next_.size(); ++c) {
      if (state_[c] == 0 && reaches_itself(c)) return true;
    }
    return false;
  }

 private:
  std::size_t channel(const Path& path, std::size_t hop) const {
    return path.links[hop].value() * lanes_ + path.lanes[hop];
  }
  bool reaches_itself(std::size_t c) {
    state_[c] = 1;
    for (const std::size_t next : next_[c]) {
      if (state_[next] == 1 || (state_[next] == 0 && reaches_itself(next))) return true;
    }
    state_[c] = 2;
    return false;
  }

  std::size_t lanes_;
  std::vector<std::set<std::size_t>> next_;
  std::vector<char> state_;
};

// Connected, ends where it should, forwarded only by nodes that forward, no node twice.
void check_walk(const Pod& pod, std::size_t src, std::size_t dst, const Path& path) {
  std::set<std::uint32_t> visited{NodeId(src).value()};
  NodeId at(src);
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    const topology::Link& link = pod.graph.link(path.links[hop]);
    RC_ASSERT(link.from == at);
    if (hop > 0 && pod.graph.is_npu(at)) RC_ASSERT(pod.config.npu_forwards);
    RC_ASSERT(visited.insert(link.to.value()).second);
    RC_ASSERT(path.lanes[hop] < pod.routing->lane_count());
    at = link.to;
  }
  RC_ASSERT(at == NodeId(dst));
}

void check_pair(const Pod& pod, std::size_t src, std::size_t dst, int hops, ChannelGraph& channels) {
  const std::uint32_t count = pod.routing->path_count(NpuId(src), NpuId(dst));
  RC_ASSERT(count >= 1U);
  std::set<std::vector<std::uint32_t>> seen;
  const std::uint32_t examined = std::min(count, kMostChoices);
  for (std::uint32_t i = 0; i < examined; ++i) {
    Path path;
    pod.routing->path(NpuId(src), NpuId(dst), i * count / examined, path);
    RC_ASSERT(static_cast<int>(path.hops) == hops);
    RC_ASSERT(path.hops <= pod.routing->max_hops());
    check_walk(pod, src, dst, path);
    std::vector<std::uint32_t> links;
    for (std::size_t hop = 0; hop < path.hops; ++hop) links.push_back(path.links[hop].value());
    RC_ASSERT(seen.insert(links).second);
    channels.add(path);
  }
}

RC_GTEST_PROP(Routing, IsMinimalLoopFreeDistinctAndFreeOfDeadlock, ()) {
  const topology::PodConfig config = *any_pod();
  const Pod pod = topology::build_pod(config);
  ChannelGraph channels(pod);
  for (std::size_t src = 0; src < pod.graph.npu_count(); ++src) {
    const std::vector<int> hops = hops_from(pod, src);
    for (std::size_t dst = 0; dst < pod.graph.npu_count(); ++dst) {
      if (src != dst) check_pair(pod, src, dst, hops[dst], channels);
    }
  }
  RC_ASSERT(!channels.has_cycle());
}

RC_GTEST_PROP(Routing, PassesTheCheckThatUsersRun, ()) {
  const topology::PodConfig config = *any_pod();
  const topology::CheckReport report = topology::check_pod(topology::build_pod(config), any_seed());
  for (const topology::Finding& finding : report.findings)
    RC_LOG() << finding.check << ": " << finding.what << '\n';
  RC_ASSERT(report.passed());
  RC_ASSERT(report.deadlock.cycle.empty());
}

// A pod file that podsim has written describes the same pod.
RC_GTEST_PROP(PodFile, ReadBackAsWritten, ()) {
  const topology::PodConfig config = *any_pod();
  const std::string text = config::write(config).dump();
  const auto again = config::parse<topology::PodConfig>(text, "written pod");
  RC_ASSERT(config::write(again).dump() == text);
}

}  // namespace
}  // namespace podsim::property
