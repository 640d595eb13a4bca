// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/max_flow.h"

#include <algorithm>

namespace podsim::topology {

void MaxFlow::add(std::uint32_t from, std::uint32_t to, std::int64_t capacity) {
  out_[from].push_back(static_cast<std::uint32_t>(arcs_.size()));
  arcs_.push_back({to, capacity});
  out_[to].push_back(static_cast<std::uint32_t>(arcs_.size()));
  arcs_.push_back({from, 0});
}

std::int64_t MaxFlow::run(std::uint32_t source, std::uint32_t sink) {
  std::int64_t flow = 0;
  while (find_levels(source, sink)) {
    next_.assign(out_.size(), 0);
    while (const std::int64_t pushed = push(source, sink)) flow += pushed;
  }
  return flow;
}

bool MaxFlow::find_levels(std::uint32_t source, std::uint32_t sink) {
  level_.assign(out_.size(), 0);
  level_[source] = 1;
  std::vector<std::uint32_t> queue{source};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const std::uint32_t arc : out_[queue[i]]) {
      if (arcs_[arc].left == 0 || level_[arcs_[arc].to] != 0) continue;
      level_[arcs_[arc].to] = level_[queue[i]] + 1;
      queue.push_back(arcs_[arc].to);
    }
  }
  return level_[sink] != 0;
}

// One path of ascending levels, found depth first; its narrowest arc says how much goes along.
std::int64_t MaxFlow::push(std::uint32_t source, std::uint32_t sink) {
  std::vector<std::uint32_t> path;
  std::uint32_t node = source;
  while (node != sink) {
    if (next_[node] < out_[node].size()) {
      const std::uint32_t arc = out_[node][next_[node]];
      if (arcs_[arc].left > 0 && level_[arcs_[arc].to] == level_[node] + 1) {
        path.push_back(arc);
        node = arcs_[arc].to;
      } else {
        ++next_[node];
      }
      continue;
    }
    if (node == source) return 0;
    node = arcs_[path.back() ^ 1U].to;  // a dead end: back, and never again
    path.pop_back();
    ++next_[node];
  }
  std::int64_t pushed = arcs_[path.front()].left;
  for (const std::uint32_t arc : path) pushed = std::min(pushed, arcs_[arc].left);
  for (const std::uint32_t arc : path) {
    arcs_[arc].left -= pushed;
    arcs_[arc ^ 1U].left += pushed;
  }
  return pushed;
}

}  // namespace podsim::topology
