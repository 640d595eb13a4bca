// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "podsim/topology/fault_routing.h"
#include "podsim/topology/surviving_routing.h"
#include "support/scripted_card.h"

// Pods of scripted cards whose parts fail.
namespace podsim::test {

using topology::FaultConfig;
using topology::PartKind;

inline FaultConfig down(PartKind what, std::string which, std::string at = "start") {
  FaultConfig fault;
  fault.what = what;
  fault.which = std::move(which);
  fault.at = std::move(at);
  return fault;
}

inline FaultConfig link_down(std::string which, std::string at = "start") {
  return down(PartKind::Link, std::move(which), std::move(at));
}

// Known at once, sent again after 10 us, three times.
inline fabric::RetryConfig quick_retry(const std::string& detection = "0ps") {
  return config::parse<fabric::RetryConfig>(
      R"({"detection": ")" + detection + R"(", "timeout": "10us", "limit": 3})", "retry");
}

// Also remembers what was given up.
class FaultyCard : public ScriptedCard {
 public:
  void message_failed(const fabric::Message& message, Picoseconds at) override {
    failed_.push_back({message, at});
  }
  void message_lost(const fabric::Arrival& arrival) override { lost_.push_back(arrival); }
  const std::vector<std::pair<fabric::Message, Picoseconds>>& failed() const { return failed_; }
  const std::vector<fabric::Arrival>& lost() const { return lost_; }

 private:
  std::vector<std::pair<fabric::Message, Picoseconds>> failed_;
  std::vector<fabric::Arrival> lost_;
};

class FaultBench {
 public:
  FaultBench(topology::Pod pod, const std::vector<FaultConfig>& faults,
             const fabric::RetryConfig& retry = quick_retry(),
             const fabric::FabricConfig& config = fabric_config(), std::uint64_t seed = 1)
      : pod_(std::move(pod)),
        routing_(topology::add_faults(pod_, topology::resolve_faults(pod_, faults), retry.detection.value)),
        plan_{&routing_, retry},
        engine_(pod_, bare_protocol(), config, seed, &plan_),
        cards_(pod_.graph.npu_count()) {
    for (std::size_t i = 0; i < cards_.size(); ++i) engine_.attach(NpuId(i), cards_[i]);
  }

  FaultyCard& card(std::size_t i) { return cards_[i]; }
  std::size_t size() const { return cards_.size(); }
  const topology::Pod& pod() const { return pod_; }
  const topology::FaultRouting& routing() const { return routing_; }
  fabric::PacketEngine& engine() { return engine_; }
  const fabric::Totals& totals() const { return engine_.totals(); }
  const fabric::FaultTotals& faults() const { return *engine_.fault_totals(); }

  // Runs until nothing moves; the time of the last arrival.
  Picoseconds run() {
    for (std::size_t i = 0; i < cards_.size(); ++i) engine_.kick(NpuId(i), Picoseconds());
    while (const auto next = engine_.next_time()) engine_.advance(*next);
    Picoseconds last;
    for (const FaultyCard& card : cards_) {
      for (const fabric::Arrival& arrival : card.arrivals()) last = std::max(last, arrival.time);
    }
    return last;
  }

  void offer_all_to_all(Bytes payload) {
    for (std::size_t src = 0; src < size(); ++src) {
      for (std::size_t i = 1; i < size(); ++i) {
        const std::size_t dst = (src + i) % size();
        card(src).send(dst, payload, static_cast<std::uint32_t>(src * size() + dst));
      }
    }
  }

 private:
  topology::Pod pod_;
  const topology::FaultRouting& routing_;
  fabric::FaultPlan plan_;
  fabric::PacketEngine engine_;
  std::vector<FaultyCard> cards_;
};

// Every tag that was sent came out once: as an arrival, or as a report to its sender.
inline bool conserved(FaultBench& bench) {
  const fabric::Totals& totals = bench.totals();
  std::map<std::uint32_t, int> ends;  // by tag
  for (std::size_t i = 0; i < bench.size(); ++i) {
    for (const fabric::Arrival& arrival : bench.card(i).arrivals()) ++ends[arrival.tag];
    for (const auto& [message, at] : bench.card(i).failed()) ++ends[message.tag];
  }
  for (const auto& [tag, count] : ends) {
    if (count != 1) return false;
  }
  return ends.size() == totals.messages_offered &&
         totals.messages_offered == totals.messages_delivered + totals.messages_failed &&
         totals.packets_offered == totals.packets_delivered + totals.packets_failed &&
         totals.bytes_offered == totals.bytes_delivered + totals.bytes_failed;
}

}  // namespace podsim::test
