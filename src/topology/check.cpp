// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "podsim/base/random.h"
#include "podsim/topology/port_budget.h"
#include "topology/adjacency.h"
#include "topology/channel_dependencies.h"
#include "topology/distances.h"
#include "topology/sample.h"

namespace podsim::topology {

namespace {

constexpr std::size_t kKeptFindings = 20;  // of each check
constexpr std::size_t kSampleSources = 64;
constexpr std::size_t kSampleDestinations = 2048;
constexpr std::size_t kOddSources = 16;

class Checker {
 public:
  Checker(const Graph& graph, const Routing& routing, bool npu_forwards)
      : graph_(graph),
        routing_(routing),
        npu_forwards_(npu_forwards),
        adjacency_(graph),
        dependencies_(graph, adjacency_, routing.lane_count()),
        one_lane_(graph, adjacency_, 1),
        last_visit_(graph.node_count(), 0) {}

  CheckReport run(std::uint64_t seed) {
    check_symmetry();
    const PairSample sample(graph_.npu_count(), {kAllPairsLimit, kSampleSources, kSampleDestinations}, seed);
    report_.all_pairs = sample.all();
    for (const NpuId src : sources(sample)) check_source(src, sample.destinations(src));
    check_deadlock();
    return std::move(report_);
  }

 private:
  template <class... Args>
  void found(const char* check, fmt::format_string<Args...> text, Args&&... args) {
    ++report_.finding_count;
    if (++kept_[check] > kKeptFindings) return;
    report_.findings.push_back({check, fmt::format(text, std::forward<Args>(args)...)});
  }

  // Those of the sample and, where that is not everybody, NPUs that have fewer links than others: what has
  // lost a port is most likely to be routed wrongly.
  std::vector<NpuId> sources(const PairSample& sample) const {
    std::vector<NpuId> chosen = sample.sources();
    if (sample.all()) return chosen;
    std::size_t most = 0;
    for (std::size_t i = 0; i < graph_.npu_count(); ++i) most = std::max(most, graph_.out_degree(NodeId(i)));
    std::size_t added = 0;
    for (std::size_t i = 0; i < graph_.npu_count() && added < kOddSources; ++i) {
      if (graph_.out_degree(NodeId(i)) == most) continue;
      chosen.emplace_back(i);
      ++added;
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
  }

  void check_symmetry() {
    for (std::size_t i = 0; i < graph_.link_count(); ++i) {
      const LinkId id(i);
      const Link& link = graph_.link(id);
      const Link& back = graph_.link(link.reverse);
      if (back.from != link.to || back.to != link.from || back.reverse != id || back.type != link.type) {
        found("symmetry", "{} and its reverse {} differ", graph_.link_name(id),
              graph_.link_name(link.reverse));
      }
    }
  }

  void check_source(NpuId src, const std::vector<NpuId>& destinations) {
    const std::vector<std::uint16_t> distance = distances_from(adjacency_, graph_, src, npu_forwards_);
    for (const NpuId dst : destinations) {
      ++report_.pairs;
      if (distance[dst.value()] == kUnreachable) {
        found("reachability", "npu {} cannot reach npu {}", src.value(), dst.value());
        continue;
      }
      check_pair(src, dst, distance[dst.value()]);
    }
  }

  void check_pair(NpuId src, NpuId dst, std::size_t distance) {
    const std::uint32_t count = routing_.path_count(src, dst);
    if (count == 0) found("reachability", "npu {} to npu {} has no route", src.value(), dst.value());
    const std::uint32_t examined = std::min(count, CheckReport::kMostChoices);
    if (examined < count) report_.all_choices = false;
    seen_.clear();
    for (std::uint32_t i = 0; i < examined; ++i) {
      const auto choice = static_cast<std::uint32_t>(std::uint64_t{i} * count / examined);
      path_.hops = 0;
      routing_.path(src, dst, choice, path_);
      ++report_.routes;
      if (!check_steps(src, dst, choice)) continue;
      if (path_.hops != distance) {
        found("minimal routes", "npu {} to npu {} choice {} takes {} hops, the least is {}", src.value(),
              dst.value(), choice, path_.hops, distance);
      }
      if (path_.hops > routing_.max_hops()) {
        found("announced bounds", "npu {} to npu {} choice {} takes {} hops, max_hops() is {}", src.value(),
              dst.value(), choice, path_.hops, routing_.max_hops());
      }
      dependencies_.add(path_);
      one_lane_.add(path_);
      seen_.push_back(digest());
    }
    std::sort(seen_.begin(), seen_.end());
    if (std::adjacent_find(seen_.begin(), seen_.end()) != seen_.end()) {
      found("distinct choices", "npu {} to npu {}: two of {} choices are the same path", src.value(),
            dst.value(), count);
    }
  }

  // Equal for equal paths; different ones agree by chance once in 2^64.
  std::uint64_t digest() const {
    std::uint64_t digest = path_.hops;
    for (std::size_t hop = 0; hop < path_.hops; ++hop) digest = mix64(digest ^ path_.links[hop].value());
    return digest;
  }

  // The path is a walk from src to dst over nodes that forward, none twice, on lanes that exist.
  bool check_steps(NpuId src, NpuId dst, std::uint32_t choice) {
    const NodeId end(dst.value());
    NodeId node(src.value());
    last_visit_[node] = ++visit_;
    for (std::size_t hop = 0; hop < path_.hops; ++hop) {
      const Link& link = graph_.link(path_.links[hop]);
      if (link.from != node) {
        found("connected routes", "npu {} to npu {} choice {}: hop {} is {}, but the packet is at {}",
              src.value(), dst.value(), choice, hop, graph_.link_name(path_.links[hop]),
              graph_.node_name(node));
        return false;
      }
      if (hop > 0 && graph_.is_npu(node) && !npu_forwards_) {
        found("forwarding", "npu {} to npu {} choice {} passes through {}, which does not forward",
              src.value(), dst.value(), choice, graph_.node_name(node));
      }
      if (path_.lanes[hop] >= routing_.lane_count()) {
        found("announced bounds", "npu {} to npu {} choice {}: {} on lane {}, lane_count() is {}",
              src.value(), dst.value(), choice, graph_.link_name(path_.links[hop]), path_.lanes[hop],
              routing_.lane_count());
        return false;
      }
      lanes_used_ = std::max<std::size_t>(lanes_used_, path_.lanes[hop] + std::size_t{1});
      node = link.to;
      if (last_visit_[node] == visit_) {
        found("loop-free routes", "npu {} to npu {} choice {} comes through {} twice", src.value(),
              dst.value(), choice, graph_.node_name(node));
        return false;
      }
      last_visit_[node] = visit_;
    }
    if (node != end) {
      found("connected routes", "npu {} to npu {} choice {} ends at {}", src.value(), dst.value(), choice,
            graph_.node_name(node));
    }
    return node == end;
  }

  void check_deadlock() {
    DeadlockReport& deadlock = report_.deadlock;
    deadlock.lanes_used = lanes_used_;
    deadlock.lanes_announced = routing_.lane_count();
    deadlock.cycle = dependencies_.find_cycle();
    deadlock.one_lane_cycle = one_lane_.find_cycle();
    deadlock.one_lane_is_enough = deadlock.one_lane_cycle.empty();
    if (!deadlock.cycle.empty()) {
      found("deadlock", "packets can wait in a circle: {}", fmt::join(deadlock.cycle, ", then "));
    }
  }

  const Graph& graph_;
  const Routing& routing_;
  bool npu_forwards_;
  Adjacency adjacency_;
  ChannelDependencies dependencies_;
  ChannelDependencies one_lane_;
  IdVector<NodeId, std::uint64_t> last_visit_;
  std::uint64_t visit_ = 0;
  std::size_t lanes_used_ = 0;
  Path path_;
  std::vector<std::uint64_t> seen_;
  std::map<std::string, std::size_t> kept_;
  CheckReport report_;
};

}  // namespace

CheckReport check_routing(const Graph& graph, const Routing& routing, bool npu_forwards, std::uint64_t seed) {
  return Checker(graph, routing, npu_forwards).run(seed);
}

CheckReport check_pod(const Pod& pod, std::uint64_t seed) {
  CheckReport report = check_routing(pod.graph, *pod.routing, pod.config.npu_forwards, seed);
  const std::int64_t lanes_per_port = pod.config.lanes_per_port;
  const std::int64_t budget = pod.config.port_budget ? pod.config.port_budget->value * lanes_per_port : 0;
  for (std::string& finding : port_budget_findings(pod.graph, budget, lanes_per_port)) {
    ++report.finding_count;
    report.findings.push_back({"port budget", std::move(finding)});
  }
  return report;
}

}  // namespace podsim::topology
