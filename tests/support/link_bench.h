// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/fabric/link/link_fabric.h"
#include "support/port_pair.h"
#include "support/scripted_card.h"

namespace podsim::test {

// A pod of scripted cards at link fidelity.
class LinkBench {
 public:
  explicit LinkBench(topology::Pod pod, const fabric::ProtocolConfig& protocol = ub_protocol(),
                     const fabric::FabricConfig& config = fabric_config(), std::uint64_t seed = 1)
      : pod_(std::move(pod)),
        fabric_("fabric", pod_, protocol, config, seed),
        cards_(pod_.graph.npu_count()) {
    for (std::size_t i = 0; i < cards_.size(); ++i) fabric_.attach(NpuId(i), cards_[i]);
  }

  fabric::LinkFabric& fabric() { return fabric_; }
  const topology::Pod& pod() const { return pod_; }
  ScriptedCard& card(std::size_t i) { return cards_[i]; }
  std::size_t size() const { return cards_.size(); }

  // Runs until nothing moves; returns the time of the last arrival.
  Picoseconds run() {
    for (std::size_t i = 0; i < cards_.size(); ++i) fabric_.kick(NpuId(i), Picoseconds(0));
    sim::run_kernel();
    fabric_.throw_failure();
    Picoseconds last;
    for (const ScriptedCard& card : cards_) {
      for (const fabric::Arrival& arrival : card.arrivals()) last = std::max(last, arrival.time);
    }
    return last;
  }

  // Every arrival of the run, as text.
  std::string text() const {
    std::string text;
    for (const ScriptedCard& card : cards_) {
      for (const fabric::Arrival& arrival : card.arrivals())
        text += fmt::format("{}:{}@{} ", arrival.source.value(), arrival.tag, arrival.time.count());
      text += '\n';
    }
    return text;
  }

 private:
  topology::Pod pod_;
  fabric::LinkFabric fabric_;
  std::vector<ScriptedCard> cards_;
};

}  // namespace podsim::test
