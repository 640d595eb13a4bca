// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "fabric/path_chooser.h"
#include "podsim/fabric/bound.h"
#include "property/random_pods.h"
#include "property/random_traffic.h"
#include "support/scripted_card.h"

// Runs of generated traffic on the packet engine, and what they leave behind.
namespace podsim::property {

// How a run is set up besides the pod.
struct RunSetup {
  fabric::ProtocolConfig protocol;
  fabric::FabricConfig fabric;
  std::uint64_t seed = 1;
};

inline void showValue(const RunSetup& setup, std::ostream& out) {
  out << config::write(setup.protocol).dump() << '\n'
      << config::write(setup.fabric).dump() << "\nseed " << setup.seed;
}

// `exact`: no headers, and times that are even numbers of picoseconds.
inline fabric::ProtocolConfig random_protocol(bool exact) {
  fabric::ProtocolConfig protocol = test::bare_protocol();
  protocol.send_latency.value = Picoseconds(one_of<std::int64_t>({100'000, 2, 1 << 17, 5'000'000}));
  protocol.receive_latency.value = Picoseconds(one_of<std::int64_t>({50'000, 0, 1 << 16, 123'456}));
  if (exact || chance(30)) return protocol;
  protocol.send_latency.value += Picoseconds(uniform(0, 1) * 777);
  protocol.flit.value = Bytes(one_of<std::int64_t>({1, 20, 32}));
  protocol.block_flits.value = one_of<std::int64_t>({32, 1, 4096});
  protocol.block_overhead.value =
      Bytes(std::min(uniform(0, 6), protocol.flit.value.count() * protocol.block_flits.value - 1));
  protocol.packet_overhead.value = Bytes(one_of<std::int64_t>({64, 0, 7}));
  protocol.mtu.value = Bytes(one_of<std::int64_t>({8192, 100, 1000, 1 << 20}));
  return protocol;
}

inline fabric::FabricConfig random_fabric() {
  fabric::FabricConfig config = test::fabric_config();
  config.path_spread = one_of<fabric::PathSpread>(
      {fabric::PathSpread::First, fabric::PathSpread::Hash, fabric::PathSpread::Backlog});
  config.chunk = Bytes(one_of<std::int64_t>({1000, 64, 4096, 16384}));
  config.port_queue = Bytes(one_of<std::int64_t>({16384, 64, 1000, 1 << 20, std::int64_t{1} << 40}));
  config.send_queue = one_of<std::int64_t>({32, 1, 2, 1000});
  if (chance(25)) {
    config.injection_bandwidth = BytesPerSecond(one_of<std::int64_t>({10, 1, 50}) * 1'000'000'000);
  }
  return config;
}

inline rc::Gen<RunSetup> any_setup(bool exact = false) {
  return rc::gen::exec([exact] { return RunSetup{random_protocol(exact), random_fabric(), any_seed()}; });
}

// What came of a run.
struct Outcome {
  std::vector<std::vector<fabric::Arrival>> arrivals;  // of each card, as it was told
  fabric::Totals totals;
  IdVector<LinkId, fabric::LinkStats> links;
  Picoseconds last;  // arrival of all
};

// Cards begin in the order of `kicks`, each at its time; a card that is not listed begins at 0.
struct Kick {
  std::size_t card;
  Picoseconds at;
};

inline Outcome simulate(const topology::PodConfig& config, const RunSetup& setup,
                        const std::vector<Send>& sends, const std::vector<Kick>& kicks = {}) {
  test::EngineBench bench(topology::build_pod(config), setup.fabric, setup.protocol, setup.seed);
  for (std::size_t i = 0; i < sends.size(); ++i) {
    const Send& send = sends[i];
    bench.card(send.source).send(send.destination, send.payload, static_cast<std::uint32_t>(i), send.lane);
  }
  std::vector<bool> begun(bench.size(), false);
  for (const Kick& kick : kicks) {
    begun[kick.card] = true;
    bench.engine().kick(NpuId(kick.card), kick.at);
  }
  for (std::size_t i = 0; i < bench.size(); ++i) {
    if (!begun[i]) bench.engine().kick(NpuId(i), Picoseconds(0));
  }
  while (const auto next = bench.engine().next_time()) bench.engine().advance(*next);
  Outcome outcome{{}, bench.engine().totals(), {}, {}};
  for (std::size_t i = 0; i < bench.pod().graph.link_count(); ++i)
    outcome.links.push_back(bench.engine().link_stats(LinkId(i)));
  for (std::size_t i = 0; i < bench.size(); ++i) {
    outcome.arrivals.push_back(bench.card(i).arrivals());
    for (const fabric::Arrival& arrival : outcome.arrivals.back()) {
      outcome.last = std::max(outcome.last, arrival.time);
    }
  }
  return outcome;
}

// Numbers the messages of each card as the scripted cards do.
class Flows {
 public:
  explicit Flows(std::size_t cards) : next_(cards, 0) {}
  std::uint32_t next(std::size_t card) { return next_[card]++; }

 private:
  std::vector<std::uint32_t> next_;
};

inline fabric::BoundResult bound_of(const topology::Pod& pod, const RunSetup& setup,
                                    const std::vector<Send>& sends) {
  fabric::TrafficBound bound(pod, setup.protocol, setup.fabric, setup.seed);
  Flows flows(pod.graph.npu_count());
  for (const Send& send : sends) {
    bound.add(NpuId(send.source), NpuId(send.destination), send.payload, flows.next(send.source));
  }
  return bound.result();
}

// The path of a packet over idle links; under `first` and `hash` the one it takes whatever the load.
inline topology::Path path_of(const topology::Pod& pod, const RunSetup& setup, const Send& send,
                              std::uint32_t flow, std::uint32_t packet) {
  const fabric::PathChooser chooser(*pod.routing, setup.fabric.path_spread, setup.seed);
  const auto idle = [](LinkId) { return std::int64_t{0}; };
  topology::Path path;
  chooser.choose(NpuId(send.source), NpuId(send.destination), flow, packet, idle, path);
  return path;
}

// Payload of each packet of a message.
inline std::vector<Bytes> packets_of(Bytes payload, Bytes chunk) {
  std::vector<Bytes> packets;
  do {
    packets.push_back(std::min(payload, chunk));
    payload -= packets.back();
  } while (payload > Bytes(0));
  return packets;
}

}  // namespace podsim::property
