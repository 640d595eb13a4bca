// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "fabric/packet_engine.h"
#include "podsim/fabric/fabric.h"
#include "support/pods.h"

namespace podsim::test {

// A card that sends what a test tells it to and remembers what came. Its messages are flows 0, 1, 2, ...
class ScriptedCard : public fabric::Endpoint {
 public:
  void send(std::size_t destination, Bytes payload, std::uint32_t tag = 0,
            fabric::LaneClass lane = fabric::LaneClass::Data) {
    to_send_.push_back({NpuId(destination), tag, payload, lane, static_cast<std::uint32_t>(sent_++)});
  }
  bool next_message(Picoseconds, fabric::Message& message) override {
    if (to_send_.empty()) return false;
    message = to_send_.front();
    to_send_.pop_front();
    return true;
  }
  void message_arrived(const fabric::Arrival& arrival) override { arrivals_.push_back(arrival); }
  const std::vector<fabric::Arrival>& arrivals() const { return arrivals_; }

 private:
  std::size_t sent_ = 0;
  std::deque<fabric::Message> to_send_;
  std::vector<fabric::Arrival> arrivals_;
};

// A pod of scripted cards on a bare packet engine.
class EngineBench {
 public:
  explicit EngineBench(topology::Pod pod, const fabric::FabricConfig& config = fabric_config(),
                       const fabric::ProtocolConfig& protocol = bare_protocol(), std::uint64_t seed = 1)
      : pod_(std::move(pod)), engine_(pod_, protocol, config, seed), cards_(pod_.graph.npu_count()) {
    for (std::size_t i = 0; i < cards_.size(); ++i) engine_.attach(NpuId(i), cards_[i]);
  }

  ScriptedCard& card(std::size_t i) { return cards_[i]; }
  std::size_t size() const { return cards_.size(); }
  const topology::Pod& pod() const { return pod_; }
  fabric::PacketEngine& engine() { return engine_; }

  // Lets every card send from `start` on, and runs until nothing moves. Returns the time of the last arrival.
  Picoseconds run(Picoseconds start = Picoseconds(0)) {
    for (std::size_t i = 0; i < cards_.size(); ++i) engine_.kick(NpuId(i), start);
    while (const auto next = engine_.next_time()) engine_.advance(*next);
    Picoseconds last;
    for (const ScriptedCard& card : cards_) {
      for (const fabric::Arrival& arrival : card.arrivals()) last = std::max(last, arrival.time);
    }
    return last;
  }

  // One row of `payload` from every card to every other, destinations rotated.
  void offer_all_to_all(Bytes payload) {
    for (std::size_t src = 0; src < size(); ++src) {
      for (std::size_t i = 1; i < size(); ++i) card(src).send((src + i) % size(), payload);
    }
  }

 private:
  topology::Pod pod_;
  fabric::PacketEngine engine_;
  std::vector<ScriptedCard> cards_;
};

}  // namespace podsim::test
