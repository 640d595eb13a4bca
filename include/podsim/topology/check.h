// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "podsim/topology/pod.h"

namespace podsim::topology {

// Can packets wait for each other in a circle? A channel is a directed link on a virtual lane; channel a
// depends on channel b when some path uses b right after a. No cycle of dependencies, no deadlock
// (Dally & Seitz 1987).
struct DeadlockReport {
  std::size_t lanes_used = 0;       // by the paths examined
  std::size_t lanes_announced = 0;  // Routing::lane_count(): what all paths may use
  std::vector<std::string> cycle;   // of channels, as the routing assigns lanes; empty: free of deadlock
  bool one_lane_is_enough = false;  // the same paths, all on lane 0, would have no cycle either
  std::vector<std::string> one_lane_cycle;
  std::size_t lanes_needed() const { return one_lane_is_enough ? 1 : lanes_used; }
};

// One way in which a pod is wrong; `what` names the nodes and links.
struct Finding {
  std::string check;  // "reachability", "symmetry", "port budget", "minimal routes", "loop-free routes", ...
  std::string what;
};

// What was examined and what is wrong. Of each check the first 20 findings are kept.
struct CheckReport {
  std::uint64_t pairs = 0;   // source and destination
  std::uint64_t routes = 0;  // choices of those pairs
  bool all_pairs = true;     // false: a seeded sample of sources and destinations, and NPUs with few links
  bool all_choices = true;   // false: of some pairs only kMostChoices, evenly spread
  DeadlockReport deadlock;
  std::vector<Finding> findings;
  std::uint64_t finding_count = 0;

  bool passed() const { return finding_count == 0; }
  static constexpr std::uint32_t kMostChoices = 128;
};

// Above this many NPUs routes are examined on a seeded sample of pairs.
constexpr std::size_t kAllPairsLimit = 1024;

// Checks any routing on any graph, so also one of your own: symmetry of links; for every pair examined a path
// that is connected, ends at its destination, passes only nodes that forward, visits none twice, has the
// least number of hops by breadth-first search, and differs from the pair's other choices; announced bounds
// (max_hops, lane_count); freedom from deadlock.
CheckReport check_routing(const Graph& graph, const Routing& routing, bool npu_forwards, std::uint64_t seed);

// The same for a pod, and its port budgets.
CheckReport check_pod(const Pod& pod, std::uint64_t seed);

}  // namespace podsim::topology
