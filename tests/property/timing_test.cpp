// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <map>

#include "podsim/topology/report.h"
#include "property/simulation.h"

// No run beats the links it is made of.
namespace podsim::property {
namespace {

using topology::Pod;

// Of one packet, over the best of all paths, from the decision to send to the row in far memory.
Picoseconds zero_load(const Pod& pod, const RunSetup& setup, const Send& send, Bytes packet) {
  const Picoseconds ends = setup.protocol.send_latency.value + setup.protocol.receive_latency.value;
  if (send.source == send.destination) return ends;
  const NpuId src(send.source);
  const NpuId dst(send.destination);
  Picoseconds least = Picoseconds::max();
  topology::Path path;
  for (std::uint32_t choice = 0; choice < pod.routing->path_count(src, dst); ++choice) {
    pod.routing->path(src, dst, choice, path);
    const Bytes wire = fabric::wire_bytes(setup.protocol, packet);
    least = std::min(least, topology::zero_load_latency(pod.graph, path, wire));
  }
  return ends + least;
}

std::vector<Kick> random_kicks(std::size_t cards) {
  std::vector<Kick> kicks;
  if (chance(50)) return kicks;
  const std::int64_t spread = one_of<std::int64_t>({1'000'000, 100, 50'000'000});
  for (std::size_t i = 0; i < cards; ++i) kicks.push_back({i, Picoseconds(uniform(0, spread))});
  return kicks;
}

RC_GTEST_PROP(Timing, NothingArrivesBeforeItsZeroLoadLatency, ()) {
  const topology::PodConfig config = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30);
  const Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, pod.graph.npu_count());
  const std::vector<Kick> kicks = random_kicks(pod.graph.npu_count());
  const Outcome outcome = simulate(config, setup, sends, kicks);
  for (const auto& arrivals : outcome.arrivals) {
    for (const fabric::Arrival& arrival : arrivals) {
      const Picoseconds begun = kicks.empty() ? Picoseconds(0) : kicks[arrival.source.value()].at;
      const Bytes packet = std::min(arrival.payload, setup.fabric.chunk);
      RC_ASSERT(arrival.time - begun >= zero_load(pod, setup, sends[arrival.tag], packet));
    }
  }
}

RC_GTEST_PROP(Timing, APacketAloneTakesExactlyTheLatencyOfItsPath, ()) {
  const topology::PodConfig config = *any_pod();
  RunSetup setup = *any_setup();
  setup.fabric.chunk = Bytes(1 << 17);  // more than any message here
  Traffic traffic = *any_traffic(Bytes(16384), 50);
  traffic.messages = 1;
  const Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, pod.graph.npu_count());
  const Send& send = sends[0];
  Picoseconds expected = setup.protocol.send_latency.value + setup.protocol.receive_latency.value;
  if (send.source != send.destination) {
    const topology::Path path = path_of(pod, setup, send, 0, 0);
    const Bytes wire = fabric::wire_bytes(setup.protocol, send.payload);
    expected += topology::zero_load_latency(pod.graph, path, wire);
  }
  RC_ASSERT(simulate(config, setup, sends).last == expected);
}

// Serialization that each link owes to control messages, under a spread that fixes the paths.
IdVector<LinkId, Picoseconds> control_load(const Pod& pod, const RunSetup& setup,
                                           const std::vector<Send>& sends) {
  IdVector<LinkId, Picoseconds> load(pod.graph.link_count());
  Flows flows(pod.graph.npu_count());
  for (const Send& send : sends) {
    const std::uint32_t flow = flows.next(send.source);
    if (send.source == send.destination || send.lane == fabric::LaneClass::Data) continue;
    std::uint32_t number = 0;
    for (const Bytes packet : packets_of(send.payload, setup.fabric.chunk)) {
      const topology::Path path = path_of(pod, setup, send, flow, number++);
      for (std::size_t hop = 0; hop < path.hops; ++hop) {
        const BytesPerSecond rate = pod.graph.type_of(path.links[hop]).bandwidth;
        load[path.links[hop]] += time_rounded_up(fabric::wire_bytes(setup.protocol, packet), rate);
      }
    }
  }
  return load;
}

// Time in which a link can have worked: not before a card's send latency, nor in the last hop's latency.
Picoseconds span_of(const Pod& pod, const RunSetup& setup, const Outcome& outcome, LinkId link) {
  return outcome.last - setup.protocol.send_latency.value - setup.protocol.receive_latency.value -
         pod.graph.type_of(link).latency;
}

RC_GTEST_PROP(Timing, NoLinkIsBusierOrFasterThanTheRunAllows, ()) {
  const topology::PodConfig config = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk);
  const Pod pod = topology::build_pod(config);
  const Outcome outcome = simulate(config, setup, messages_of(traffic, pod.graph.npu_count()));
  for (std::size_t i = 0; i < outcome.links.size(); ++i) {
    const fabric::LinkStats& stats = outcome.links[LinkId(i)];
    if (stats.packets == 0) continue;
    const Picoseconds span = span_of(pod, setup, outcome, LinkId(i));
    RC_ASSERT(stats.busy_ps <= span.count());
    const BytesPerSecond rate = pod.graph.type_of(LinkId(i)).bandwidth;
    RC_ASSERT(time_rounded_up(Bytes(static_cast<std::int64_t>(stats.bytes)), rate) <= span);
    RC_ASSERT(stats.peak_backlog_ps <= stats.queue_wait_ps);
    RC_ASSERT(stats.queue_wait_ps >= 0);
  }
}

// Control goes ahead of data that is queued already and that keeps its time, so the link does both at once;
// each class alone keeps to the rate.
RC_GTEST_PROP(Timing, DataAloneKeepsToTheRateWhateverTheControl, ()) {
  const topology::PodConfig config = *any_pod();
  RunSetup setup = *any_setup();
  if (setup.fabric.path_spread == fabric::PathSpread::Backlog) {
    setup.fabric.path_spread = fabric::PathSpread::Hash;
  }
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 80);
  const Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, pod.graph.npu_count());
  const Outcome outcome = simulate(config, setup, sends);
  const IdVector<LinkId, Picoseconds> control = control_load(pod, setup, sends);
  for (std::size_t i = 0; i < outcome.links.size(); ++i) {
    const fabric::LinkStats& stats = outcome.links[LinkId(i)];
    if (stats.packets == 0) continue;
    const Picoseconds span = span_of(pod, setup, outcome, LinkId(i));
    RC_ASSERT(stats.busy_ps - control[LinkId(i)].count() <= span.count());
    RC_ASSERT(control[LinkId(i)] <= span);
  }
}

RC_GTEST_PROP(Bound, IsNeverAboveTheSimulation, ()) {
  const topology::PodConfig config = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk);
  const Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, pod.graph.npu_count());
  const fabric::BoundResult bound = bound_of(pod, setup, sends);
  const Picoseconds simulated = simulate(config, setup, sends).last;
  RC_LOG() << "bound " << to_string(bound.time) << ", simulated " << to_string(simulated) << '\n';
  RC_ASSERT(bound.time <= simulated);
}

// Control only delays data; it is not among what the bound counts (docs/components/fabric.md).
RC_GTEST_PROP(Bound, OfTheDataHoldsWhateverTheControl, ()) {
  const topology::PodConfig config = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 80);
  const Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, pod.graph.npu_count());
  fabric::TrafficBound bound(pod, setup.protocol, setup.fabric, setup.seed);
  Flows flows(pod.graph.npu_count());
  for (const Send& send : sends) {
    const std::uint32_t flow = flows.next(send.source);
    if (send.lane == fabric::LaneClass::Control) continue;
    bound.add(NpuId(send.source), NpuId(send.destination), send.payload, flow);
  }
  RC_ASSERT(bound.result().time <= simulate(config, setup, sends).last);
}

// At any rate, so that a packet may take seconds: a bound is asked for on links that no simulation would
// take.
RC_GTEST_PROP(Bound, OfAPacketAloneIsTheLatencyOfItsPath, ()) {
  topology::LinkConfig link = random_link(LinkStyle::Any);
  link.bandwidth.value = BytesPerSecond(one_of<std::int64_t>({1, 30, 1000, 100'000}) * 1'000'000);
  topology::PodConfig config;
  config.name = "pod";
  config.dimensions = {topology::Switch{"up", "", 3, 1, {}, link}};
  RunSetup setup = *any_setup();
  setup.fabric.chunk = Bytes(8 << 20);
  setup.fabric.injection_bandwidth.reset();
  setup.fabric.path_spread = fabric::PathSpread::First;
  const Bytes payload(uniform(0, setup.fabric.chunk.count()));
  const Bytes wire = fabric::wire_bytes(setup.protocol, payload);
  const Picoseconds expected = setup.protocol.send_latency.value + link.latency.value * 2 +
                               time_rounded_up(wire, link.bandwidth.value) +
                               setup.protocol.receive_latency.value;
  const Pod pod = topology::build_pod(config);
  RC_ASSERT(bound_of(pod, setup, {{0, 2, payload, fabric::LaneClass::Data}}).time == expected);
}

// However the messages are shared out.
RC_GTEST_PROP(Bound, OfPartsMergesToThatOfTheWhole, ()) {
  const topology::PodConfig config = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk);
  const Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, pod.graph.npu_count());
  fabric::TrafficBound whole(pod, setup.protocol, setup.fabric, setup.seed);
  fabric::TrafficBound even(pod, setup.protocol, setup.fabric, setup.seed);
  fabric::TrafficBound odd(pod, setup.protocol, setup.fabric, setup.seed);
  for (std::size_t i = 0; i < sends.size(); ++i) {
    const auto flow = static_cast<std::uint32_t>(i);
    for (fabric::TrafficBound* bound : {&whole, i % 2 == 0 ? &even : &odd}) {
      bound->add(NpuId(sends[i].source), NpuId(sends[i].destination), sends[i].payload, flow);
    }
  }
  even.merge(odd);
  RC_ASSERT(even.result().time == whole.result().time);
  RC_ASSERT(even.result().kind == whole.result().kind);
}

}  // namespace
}  // namespace podsim::property
