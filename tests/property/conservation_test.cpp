// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "property/simulation.h"

// Nothing is lost, doubled or changed on the way.
namespace podsim::property {
namespace {

constexpr int kMostControl = 60;  // percent

RC_GTEST_PROP(Conservation, EveryMessageArrivesOnceAtItsCardAsItWasSent, ()) {
  const topology::PodConfig pod = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, kMostControl);
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod)));
  const Outcome outcome = simulate(pod, setup, sends);
  std::set<std::uint32_t> arrived;
  for (std::size_t card = 0; card < outcome.arrivals.size(); ++card) {
    Picoseconds before;
    for (const fabric::Arrival& arrival : outcome.arrivals[card]) {
      RC_ASSERT(arrived.insert(arrival.tag).second);
      RC_ASSERT(sends[arrival.tag].destination == card);
      RC_ASSERT(NpuId(sends[arrival.tag].source) == arrival.source);
      RC_ASSERT(sends[arrival.tag].payload == arrival.payload);
      RC_ASSERT(arrival.time >= before);  // announced in order of time
      before = arrival.time;
    }
  }
  RC_ASSERT(arrived.size() == sends.size());
}

RC_GTEST_PROP(Conservation, TotalsSayWhatWasOfferedAndDelivered, ()) {
  const topology::PodConfig pod = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, kMostControl);
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod)));
  std::uint64_t packets = 0;
  std::uint64_t loopback = 0;
  for (const Send& send : sends) {
    packets += packets_of(send.payload, setup.fabric.chunk).size();
    loopback += send.source == send.destination ? 1U : 0U;
  }
  const fabric::Totals totals = simulate(pod, setup, sends).totals;
  RC_ASSERT(totals.messages_offered == sends.size());
  RC_ASSERT(totals.messages_delivered == sends.size());
  RC_ASSERT(totals.packets_offered == packets);
  RC_ASSERT(totals.packets_delivered == packets);
  RC_ASSERT(totals.bytes_offered == offered_bytes(sends));
  RC_ASSERT(totals.bytes_delivered == offered_bytes(sends));
  RC_ASSERT(totals.loopback_messages == loopback);
}

// What enters a node leaves it, but for what the card there sends or receives.
RC_GTEST_PROP(Conservation, WireBytesAndPacketsThatEnterANodeLeaveIt, ()) {
  const topology::PodConfig config = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, kMostControl);
  const topology::Graph graph = topology::build_pod(config).graph;
  const std::vector<Send> sends = messages_of(traffic, graph.npu_count());
  std::vector<std::int64_t> bytes(graph.node_count(), 0);
  std::vector<std::int64_t> packets(graph.node_count(), 0);
  for (const Send& send : sends) {
    if (send.source == send.destination) continue;
    for (const Bytes packet : packets_of(send.payload, setup.fabric.chunk)) {
      const std::int64_t wire = fabric::wire_bytes(setup.protocol, packet).count();
      bytes[send.source] += wire;
      bytes[send.destination] -= wire;
      ++packets[send.source];
      --packets[send.destination];
    }
  }
  const Outcome outcome = simulate(config, setup, sends);
  std::uint64_t hops = 0;
  for (std::size_t i = 0; i < graph.link_count(); ++i) {
    const topology::Link& link = graph.link(LinkId(i));
    const fabric::LinkStats& stats = outcome.links[LinkId(i)];
    bytes[link.from.value()] -= static_cast<std::int64_t>(stats.bytes);
    bytes[link.to.value()] += static_cast<std::int64_t>(stats.bytes);
    packets[link.from.value()] -= static_cast<std::int64_t>(stats.packets);
    packets[link.to.value()] += static_cast<std::int64_t>(stats.packets);
    hops += stats.packets;
  }
  for (std::size_t node = 0; node < graph.node_count(); ++node) {
    RC_ASSERT(bytes[node] == 0);
    RC_ASSERT(packets[node] == 0);
  }
  RC_ASSERT(outcome.totals.hop_events == hops);
}

// Under `first` and `hash` a path is known beforehand; the bound counts on that.
RC_GTEST_PROP(Conservation, LinksCarryExactlyWhatTheChosenPathsSay, ()) {
  const topology::PodConfig config = *any_pod();
  RunSetup setup = *any_setup();
  if (setup.fabric.path_spread == fabric::PathSpread::Backlog) {
    setup.fabric.path_spread = fabric::PathSpread::Hash;
  }
  const Traffic traffic = *any_traffic(setup.fabric.chunk, kMostControl);
  const topology::Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, pod.graph.npu_count());
  IdVector<LinkId, std::uint64_t> bytes(pod.graph.link_count(), 0);
  Flows flows(pod.graph.npu_count());
  for (const Send& send : sends) {
    const std::uint32_t flow = flows.next(send.source);
    if (send.source == send.destination) continue;
    std::uint32_t number = 0;
    for (const Bytes packet : packets_of(send.payload, setup.fabric.chunk)) {
      const topology::Path path = path_of(pod, setup, send, flow, number++);
      for (std::size_t hop = 0; hop < path.hops; ++hop) {
        bytes[path.links[hop]] +=
            static_cast<std::uint64_t>(fabric::wire_bytes(setup.protocol, packet).count());
      }
    }
  }
  const Outcome outcome = simulate(config, setup, sends);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    RC_ASSERT(outcome.links[LinkId(i)].bytes == bytes[LinkId(i)]);
}

}  // namespace
}  // namespace podsim::property
