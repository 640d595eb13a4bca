// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/link/deadlock.h"

#include <algorithm>

#include "fabric/link/link_network.h"

namespace podsim::fabric {
namespace {

constexpr std::size_t kLanes = UbBlock::kMostLanes;

// Depth-first search for a cycle among lanes that wait.
class CycleSearch {
 public:
  CycleSearch(const LinkNetwork& network, const topology::Graph& graph)
      : network_(network), seen_(graph.link_count() * kLanes, Mark::New) {}

  std::vector<LaneOfLink> find() {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const LaneOfLink lane{LinkId(i / kLanes), i % kLanes};
      if (seen_[i] == Mark::New && network_.sender(lane.link).waits(lane.lane) && visit(lane)) return cycle_;
    }
    return {};
  }

 private:
  enum class Mark : std::uint8_t { New, Open, Done };

  // On an explicit stack: a path may be as long as a pod has links.
  bool visit(LaneOfLink first) {
    push(first);
    while (!stack_.empty()) {
      Step& step = stack_.back();
      if (step.next == step.waits_for.size()) {
        mark(step.lane) = Mark::Done;
        stack_.pop_back();
        continue;
      }
      const LaneOfLink next = step.waits_for[step.next++];
      if (mark(next) == Mark::Open) return take_cycle(next);
      if (mark(next) == Mark::New) push(next);
    }
    return false;
  }

  struct Step {
    LaneOfLink lane;
    std::vector<LaneOfLink> waits_for;
    std::size_t next = 0;
  };

  Mark& mark(LaneOfLink lane) { return seen_[lane.link.value() * kLanes + lane.lane]; }

  void push(LaneOfLink lane) {
    mark(lane) = Mark::Open;
    stack_.push_back({lane, network_.waits_for(lane), 0});
  }

  bool take_cycle(LaneOfLink first) {
    auto begin = stack_.begin();
    while (begin->lane.link != first.link || begin->lane.lane != first.lane) ++begin;
    for (; begin != stack_.end(); ++begin) cycle_.push_back(begin->lane);
    return true;
  }

  const LinkNetwork& network_;
  std::vector<Mark> seen_;
  std::vector<Step> stack_;
  std::vector<LaneOfLink> cycle_;
};

}  // namespace

std::vector<LaneOfLink> LinkNetwork::waits_for(LaneOfLink lane) const {
  std::vector<LaneOfLink> found;
  const topology::Link& wire = graph_.link(lane.link);
  const std::size_t out = port_of_link_[lane.link];
  if (const auto input = elements_[wire.from]->waits_for_rest(out, lane.lane)) {
    found.push_back({graph_.link(links_of_[wire.from][input->port]).reverse, input->lane});
    return found;
  }
  // Cells of its own lane and those of others in the shared pool.
  const UbSwitch& far = *elements_[wire.to];
  for (std::size_t other = 0; other < kLanes; ++other) {
    if (other != lane.lane && !sender(lane.link).credits().uses_shared(other)) continue;
    far.for_each_held(port_of_link_[wire.reverse], other, [&](std::size_t port, std::size_t out_lane) {
      found.push_back({links_of_[wire.to][port], out_lane});
    });
  }
  return found;
}

std::vector<LaneOfLink> find_cycle(const LinkNetwork& network, const topology::Graph& graph) {
  return CycleSearch(network, graph).find();
}

std::string name_cycle(const topology::Graph& graph, const std::vector<LaneOfLink>& cycle) {
  if (cycle.empty()) return "; no cycle of ports was found";
  std::string text = "; these wait for each other's credits:";
  for (const LaneOfLink& lane : cycle)
    text += fmt::format("\n  {} lane {} waits for", graph.link_name(lane.link), lane.lane);
  return text + fmt::format("\n  {} lane {}", graph.link_name(cycle.front().link), cycle.front().lane);
}

}  // namespace podsim::fabric
