// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

#include "property/simulation.h"

// Cards whose messages become ready one after the other, while others of theirs wait for a port.
namespace podsim::property {
namespace {

class ReadyCard : public fabric::Endpoint {
 public:
  struct Timed {
    Picoseconds ready;
    fabric::Message message;
  };
  ReadyCard(NpuId self, fabric::PacketEngine& engine) : self_(self), engine_(engine) {}

  void plan(Picoseconds ready, std::size_t destination, Bytes payload) {
    const auto number = static_cast<std::uint32_t>(plan_.size());
    plan_.push_back({ready, {NpuId(destination), number, payload, fabric::LaneClass::Data, number}});
  }
  bool next_message(Picoseconds now, fabric::Message& message) override {
    if (plan_.empty()) return false;
    if (plan_.front().ready > now) {
      engine_.kick(self_, plan_.front().ready);
      return false;
    }
    message = plan_.front().message;
    plan_.pop_front();
    return true;
  }
  void message_arrived(const fabric::Arrival&) override {}

 private:
  NpuId self_;
  fabric::PacketEngine& engine_;
  std::deque<Timed> plan_;
};

// A long message keeps the port to card 1 full; what is ready for card 2 leaves the moment it is.
RC_GTEST_PROP(SendQueue, AMessageLeavesWhenItIsReadyWhateverWaitsForAnotherPort, ()) {
  RunSetup setup = *any_setup();
  setup.fabric.injection_bandwidth.reset();
  setup.fabric.send_queue = uniform(2, 32);
  const topology::LinkConfig link = random_link(LinkStyle::Any);
  topology::PodConfig config;
  config.name = "pod";
  config.dimensions = {topology::FullMesh{"mesh", "", 3, link}};
  const topology::Pod pod = topology::build_pod(config);
  fabric::PacketEngine engine(pod, setup.protocol, setup.fabric, setup.seed);
  ReadyCard sender(NpuId(0), engine);
  test::ScriptedCard busy;
  test::ScriptedCard idle;
  engine.attach(NpuId(0), sender);
  engine.attach(NpuId(1), busy);
  engine.attach(NpuId(2), idle);
  sender.plan(Picoseconds(0), 1, setup.fabric.chunk * uniform(2, 40));
  const Bytes row = setup.fabric.chunk;
  const Picoseconds serialization =
      time_rounded_up(fabric::wire_bytes(setup.protocol, row), link.bandwidth.value);
  std::vector<Picoseconds> ready;
  Picoseconds at;
  for (std::int64_t rows = uniform(1, 20); rows > 0; --rows) {
    at += serialization + Picoseconds(uniform(0, 2 * serialization.count()));
    ready.push_back(at);
    sender.plan(at, 2, row);
  }
  engine.kick(NpuId(0), Picoseconds(0));
  while (const auto next = engine.next_time()) engine.advance(*next);
  const Picoseconds latency = setup.protocol.send_latency.value + link.latency.value + serialization +
                              setup.protocol.receive_latency.value;
  RC_ASSERT(idle.arrivals().size() == ready.size());
  for (std::size_t i = 0; i < ready.size(); ++i) RC_ASSERT(idle.arrivals()[i].time == ready[i] + latency);
}

}  // namespace
}  // namespace podsim::property
