// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// What separates the cards of a pod that faults have cut apart.
#include <fmt/format.h>

#include <algorithm>

#include "podsim/topology/faults.h"
#include "topology/adjacency.h"

namespace podsim::topology {

namespace {

constexpr std::size_t kNamedCards = 8;
constexpr std::size_t kNamedParts = 12;

// The nodes that `src` reaches over what works.
std::vector<char> reached_from(const Adjacency& adjacency, const PodState& state, std::size_t npus,
                               bool npu_forwards, NodeId src) {
  std::vector<char> reached(adjacency.node_count(), 0);
  std::vector<NodeId> queue{src};
  reached[src.value()] = 1;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const NodeId node = queue[i];
    if (node != src && node.value() < npus && !npu_forwards) continue;
    for (const Adjacency::Edge& edge : adjacency.out(node)) {
      if (!state.link_up[edge.link] || !state.node_up[edge.to] || reached[edge.to.value()]) continue;
      reached[edge.to.value()] = 1;
      queue.push_back(edge.to);
    }
  }
  return reached;
}

// "npu 4 to npu 7, npu 9": runs of neighbouring ids.
std::string runs_of(const std::vector<std::size_t>& cards) {
  std::vector<std::string> runs;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < cards.size(); ++shown) {
    std::size_t last = i;
    while (last + 1 < cards.size() && cards[last + 1] == cards[last] + 1) ++last;
    if (shown == kNamedCards) {
      runs.push_back(fmt::format("{} more", cards.size() - i));
      break;
    }
    runs.push_back(i == last ? fmt::format("npu {}", cards[i])
                             : fmt::format("npu {} to npu {}", cards[i], cards[last]));
    i = last + 1;
  }
  return fmt::format("{}", fmt::join(runs, ", "));
}

// A fault is part of the cut when it took a link that leads out of what `reached` marks.
bool on_border(const Graph& graph, const Fault& fault, const std::vector<char>& reached) {
  return std::any_of(fault.links.begin(), fault.links.end(), [&](LinkId id) {
    const Link& link = graph.link(id);
    return reached[link.from.value()] != reached[link.to.value()];
  });
}

std::string parts_of(const Graph& graph, const std::vector<Fault>& faults, Picoseconds now,
                     const std::vector<char>& reached) {
  std::vector<std::string> parts;
  std::size_t more = 0;
  for (const Fault& fault : faults) {
    if (!fault.holds(now) || !on_border(graph, fault, reached)) continue;
    std::string name = fmt::format("{} {}", config::enum_name(fault.what), fault.name);
    if (std::find(parts.begin(), parts.end(), name) != parts.end()) continue;
    if (parts.size() == kNamedParts) {
      ++more;
      continue;
    }
    parts.push_back(std::move(name));
  }
  return fmt::format("{}{}", fmt::join(parts, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

std::string describe_cut(const Graph& graph, bool npu_forwards, const std::vector<Fault>& faults,
                         Picoseconds now, std::size_t cards) {
  const Adjacency adjacency(graph);
  const PodState state = state_at(graph, faults, now);
  for (std::size_t src = 0; src < cards; ++src) {
    if (!state.node_up[NodeId(src)]) continue;
    std::vector<char> reached = reached_from(adjacency, state, graph.npu_count(), npu_forwards, NodeId(src));
    std::vector<std::size_t> missed;
    std::vector<std::size_t> met;
    for (std::size_t card = 0; card < cards; ++card) {
      if (state.node_up[NodeId(card)]) (reached[card] ? met : missed).push_back(card);
    }
    if (missed.empty()) {
      if (npu_forwards) return "";  // and so everybody else
      continue;
    }
    // Named from the smaller side.
    if (npu_forwards && missed.size() < met.size()) {
      reached = reached_from(adjacency, state, graph.npu_count(), npu_forwards, NodeId(missed.front()));
      missed.clear();
      met.clear();
      for (std::size_t card = 0; card < cards; ++card) {
        if (state.node_up[NodeId(card)]) (reached[card] ? met : missed).push_back(card);
      }
    }
    return fmt::format("the faults cut the pod apart: {} cannot reach {}; what is down between them: {}",
                       runs_of(met), runs_of(missed), parts_of(graph, faults, now, reached));
  }
  return "";
}

}  // namespace podsim::topology
