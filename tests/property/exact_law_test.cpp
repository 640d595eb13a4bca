// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <numeric>

#include "fabric/packet_engine.h"
#include "property/simulation.h"

// Laws that hold to the picosecond.
namespace podsim::property {
namespace {

using topology::Pod;
using topology::PodConfig;

// Nothing but links in the way, and paths that the bound knows.
RunSetup plain_setup() {
  RunSetup setup = *any_setup();
  setup.fabric.injection_bandwidth.reset();
  if (setup.fabric.path_spread == fabric::PathSpread::Backlog) {
    setup.fabric.path_spread = fabric::PathSpread::Hash;
  }
  return setup;
}

// --- twice as fast ------------------------------------------------------------------------------------

void speed_up(topology::LinkConfig& link) {
  link.bandwidth.value = link.bandwidth.value * 2;
  link.latency.value = link.latency.value / 2;
}

void speed_up(topology::DimensionConfig& dimension) {
  std::visit([](auto& kind) { speed_up(kind.link); }, dimension);
  if (auto* clos = std::get_if<topology::Clos>(&dimension)) {
    if (clos->uplink) speed_up(*clos->uplink);
    if (clos->core_link) speed_up(*clos->core_link);
  }
}

void speed_up(PodConfig& pod) {
  for (topology::DimensionConfig& dimension : pod.dimensions) speed_up(dimension);
  for (topology::GroupConfig& group : pod.groups) speed_up(*group.pod);
  if (pod.join) speed_up(pod.join->wiring);
  if (!pod.graph) return;
  for (auto& [name, type] : (*pod.graph)->link_types) speed_up(type.link);
}

void speed_up(RunSetup& setup) {
  setup.protocol.send_latency.value = setup.protocol.send_latency.value / 2;
  setup.protocol.receive_latency.value = setup.protocol.receive_latency.value / 2;
  if (setup.fabric.injection_bandwidth) {
    setup.fabric.injection_bandwidth = *setup.fabric.injection_bandwidth * 2;
  }
}

// A whole, even number of picoseconds for every size that is drawn.
constexpr std::int64_t kUnit = 8;

RC_GTEST_PROP(ExactLaw, TwiceTheRatesAndHalfTheLatenciesHalveEveryTime, ()) {
  PodConfig pod = *any_pod({40, LinkStyle::Halvable});
  RunSetup setup = *any_setup(true);
  setup.fabric.chunk = Bytes(setup.fabric.chunk.count() / kUnit * kUnit);
  setup.fabric.port_queue = Bytes(setup.fabric.port_queue.count() / kUnit * kUnit);
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30, kUnit);
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod)));
  const Outcome slow = simulate(pod, setup, sends);
  speed_up(pod);
  speed_up(setup);
  const Outcome fast = simulate(pod, setup, sends);
  for (std::size_t card = 0; card < slow.arrivals.size(); ++card) {
    for (std::size_t i = 0; i < slow.arrivals[card].size(); ++i) {
      RC_ASSERT(fast.arrivals[card][i].tag == slow.arrivals[card][i].tag);
      RC_ASSERT(2 * fast.arrivals[card][i].time == slow.arrivals[card][i].time);
    }
  }
}

// --- later --------------------------------------------------------------------------------------------

// By a multiple of the engine's time buckets: what a card knows of the queues at its ports is up to a bucket
// old, so that a start in the middle of one may turn ties another way.
RC_GTEST_PROP(ExactLaw, ALaterStartIsALaterEndAndNothingElse, ()) {
  const PodConfig pod = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30);
  const auto cards = static_cast<std::size_t>(topology::count_npus(pod));
  const std::vector<Send> sends = messages_of(traffic, cards);
  const fabric::Windows windows = fabric::windows_of(topology::build_pod(pod).graph, setup.protocol);
  const Picoseconds later = windows.cards * uniform(1, 10);
  std::vector<Kick> kicks;
  for (std::size_t card = 0; card < cards; ++card) kicks.push_back({card, later});
  const Outcome now = simulate(pod, setup, sends);
  const Outcome then = simulate(pod, setup, sends, kicks);
  for (std::size_t card = 0; card < cards; ++card) {
    for (std::size_t i = 0; i < now.arrivals[card].size(); ++i) {
      RC_ASSERT(then.arrivals[card][i].tag == now.arrivals[card][i].tag);
      RC_ASSERT(then.arrivals[card][i].time == now.arrivals[card][i].time + later);
    }
  }
}

// --- nobody in the way --------------------------------------------------------------------------------

// Every card sends to one other at most, and hears from one at most.
std::vector<Send> permutation(std::size_t cards, const Traffic& traffic) {
  Traffic recipe = traffic;
  recipe.pattern = Pattern::Permutation;
  return messages_of(recipe, cards);
}

void check_bound_is_reached(const PodConfig& config, const RunSetup& setup, const std::vector<Send>& sends) {
  const Pod pod = topology::build_pod(config);
  const fabric::BoundResult bound = bound_of(pod, setup, sends);
  RC_ASSERT(simulate(config, setup, sends).last == bound.time);
}

PodConfig of_one(topology::DimensionConfig dimension) {
  PodConfig pod;
  pod.name = "pod";
  pod.dimensions = {std::move(dimension)};
  return pod;
}

RC_GTEST_PROP(Bound, IsReachedByPermutationsOnAFullMesh, ()) {
  const std::int64_t size = uniform(2, 12);
  const PodConfig pod = of_one(topology::FullMesh{"mesh", "", size, random_link(LinkStyle::Any)});
  RC_LOG() << config::write(pod).dump() << '\n';
  const RunSetup setup = plain_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk);
  check_bound_is_reached(pod, setup, permutation(static_cast<std::size_t>(size), traffic));
}

RC_GTEST_PROP(Bound, IsReachedByPermutationsOnASwitch, ()) {
  const std::int64_t size = uniform(2, 12);
  const PodConfig pod = of_one(topology::Switch{"switch", "", size, 1, {}, random_link(LinkStyle::Any)});
  RC_LOG() << config::write(pod).dump() << '\n';
  const RunSetup setup = plain_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk);
  check_bound_is_reached(pod, setup, permutation(static_cast<std::size_t>(size), traffic));
}

// Whatever links of whatever rates lie between them, in whatever order.
RC_GTEST_PROP(Bound, IsReachedByOnePairOnOnePath, ()) {
  const PodConfig pod = *any_pod();
  RunSetup setup = plain_setup();
  setup.fabric.path_spread = fabric::PathSpread::First;
  Traffic traffic = *any_traffic(setup.fabric.chunk);
  traffic.pattern = Pattern::OnePair;
  check_bound_is_reached(pod, setup,
                         messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod))));
}

// The card spaces its packets; the bound knows all but the last one's share.
RC_GTEST_PROP(Bound, IsWithinAPacketOfAnInjectionLimit, ()) {
  const std::int64_t size = uniform(2, 12);
  topology::LinkConfig link = random_link(LinkStyle::Any);
  const PodConfig config = of_one(topology::FullMesh{"mesh", "", size, link});
  RunSetup setup = *any_setup();
  setup.fabric.injection_bandwidth = link.bandwidth.value / 2;
  Traffic traffic = *any_traffic(setup.fabric.chunk);
  traffic.pattern = Pattern::OnePair;
  const Pod pod = topology::build_pod(config);
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(size));
  const Picoseconds packet = time_rounded_up(fabric::wire_bytes(setup.protocol, setup.fabric.chunk),
                                             *setup.fabric.injection_bandwidth);
  std::int64_t packets = 0;  // each rounded up to a picosecond
  for (const Send& send : sends)
    packets += static_cast<std::int64_t>(packets_of(send.payload, setup.fabric.chunk).size());
  const Picoseconds taken = simulate(config, setup, sends).last;
  RC_ASSERT(taken <= bound_of(pod, setup, sends).time + packet + Picoseconds(packets));
}

// --- incast -------------------------------------------------------------------------------------------

// N senders at the same distance from one card, whose only link no link before it is slower than.
struct Funnel {
  PodConfig pod;
  std::vector<std::size_t> senders;
  std::size_t receiver;
  Picoseconds latency;  // of the path
  BytesPerSecond rate;  // of the last link
};

topology::LinkConfig link_of(BytesPerSecond rate, Picoseconds latency) {
  topology::LinkConfig link;
  link.bandwidth.value = rate;
  link.latency.value = latency;
  return link;
}

// All senders in other blocks (tiers 3) or leaves (tiers 2) than the receiver.
Funnel clos_funnel() {
  const topology::LinkConfig link = random_link(LinkStyle::Any);
  topology::Clos clos;
  clos.name = "clos";
  clos.link = link;
  clos.tiers = uniform(1, 3);
  clos.leaf_down = uniform(1, 4);
  const std::int64_t leaves = uniform(2, 5);
  clos.size = clos.leaf_down * (clos.tiers == 1 ? 1 : leaves);
  clos.size = std::max<std::int64_t>(clos.size, 2);
  std::int64_t near = 1;  // cards that are closer to card 0
  if (clos.tiers == 1) clos.leaf_down = clos.size;
  Picoseconds latency = link.latency.value * 2;
  if (clos.tiers >= 2) {
    clos.spines = uniform(1, 3);
    clos.uplink = link_of(link.bandwidth.value * uniform(1, 3), Picoseconds(uniform(1, 300'000)));
    near = clos.leaf_down;
    latency += clos.uplink->latency.value * 2;
  }
  if (clos.tiers == 3) {
    clos.block_leaves = uniform(1, leaves - 1);
    clos.cores = uniform(1, 2);
    clos.core_link = link_of(link.bandwidth.value * uniform(1, 3), Picoseconds(uniform(1, 300'000)));
    near = clos.leaf_down * *clos.block_leaves;
    latency += clos.core_link->latency.value * 2;
  }
  Funnel funnel{of_one(clos), {}, 0, latency, link.bandwidth.value};
  for (std::int64_t card = near; card < clos.size; ++card)
    funnel.senders.push_back(static_cast<std::size_t>(card));
  return funnel;
}

// A random tree of switches of even depth above the receiver; links of a level are alike.
Funnel tree_funnel() {
  topology::GraphConfig graph;
  const std::int64_t depth = uniform(1, 4);
  std::vector<std::int64_t> width{1};  // switches of a level; the first is next to the receiver
  for (std::int64_t level = 1; level < depth; ++level) width.push_back(uniform(1, 3));
  const std::int64_t senders = uniform(1, 24);
  graph.npus = senders + 1;
  graph.switches = std::accumulate(width.begin(), width.end(), std::int64_t{0});
  const topology::LinkConfig last = random_link(LinkStyle::Any);
  graph.link_types["last"].link = last;
  graph.links.push_back({0, graph.npus, "last"});
  Funnel funnel{{}, {}, 0, last.latency.value, last.bandwidth.value};
  std::int64_t first = graph.npus;  // switch of the level
  for (std::int64_t level = 0; level < depth; ++level) {
    const std::string type = "level " + std::to_string(level);
    const Picoseconds latency(uniform(1, 300'000));
    graph.link_types[type].link = link_of(last.bandwidth.value * uniform(1, 3), latency);
    funnel.latency += latency;
    const std::int64_t next = first + width[static_cast<std::size_t>(level)];
    const bool leaves = level == depth - 1;
    const std::int64_t nodes = leaves ? senders : width[static_cast<std::size_t>(level) + 1];
    for (std::int64_t node = 0; node < nodes; ++node) {
      graph.links.push_back({leaves ? 1 + node : next + node, uniform(first, next - 1), type});
    }
    first = next;
  }
  funnel.pod.name = "pod";
  funnel.pod.npu_forwards = false;
  funnel.pod.graph = config::Ref<topology::GraphConfig>{std::move(graph), ""};
  for (std::int64_t card = 1; card <= senders; ++card)
    funnel.senders.push_back(static_cast<std::size_t>(card));
  return funnel;
}

// One message each, of any size; the last link starts with the first head and never pauses.
RC_GTEST_PROP(ExactLaw, IncastTakesTheSumOfSerializationsAtTheLastLink, ()) {
  const Funnel funnel = chance(50) ? clos_funnel() : tree_funnel();
  RC_LOG() << config::write(funnel.pod).dump() << '\n';
  RunSetup setup = *any_setup();
  setup.fabric.injection_bandwidth.reset();
  const Traffic sizes = *any_traffic(setup.fabric.chunk);
  const auto lane = one_of<fabric::LaneClass>({fabric::LaneClass::Data, fabric::LaneClass::Control});
  Random random(sizes.seed, "property.incast");
  std::vector<Send> sends;
  Picoseconds serialization;
  for (const std::size_t sender : funnel.senders) {
    const Bytes payload(sizes.sizes[random.below(sizes.sizes.size())]);
    sends.push_back({sender, funnel.receiver, payload, lane});
    for (const Bytes packet : packets_of(payload, setup.fabric.chunk)) {
      serialization += time_rounded_up(fabric::wire_bytes(setup.protocol, packet), funnel.rate);
    }
  }
  const Picoseconds ends = setup.protocol.send_latency.value + setup.protocol.receive_latency.value;
  RC_ASSERT(simulate(funnel.pod, setup, sends).last == ends + funnel.latency + serialization);
}

// --- control ------------------------------------------------------------------------------------------

// What a link does for control it cannot do for data: a data packet is through when everything offered
// before it is, whatever went ahead.
RC_GTEST_PROP(ExactLaw, DataWaitsForAllThatWasOfferedBeforeIt, ()) {
  const topology::LinkConfig link = random_link(LinkStyle::Any);
  const PodConfig pod = of_one(topology::FullMesh{"mesh", "", 2, link});
  RC_LOG() << config::write(pod).dump() << '\n';
  RunSetup setup = *any_setup();
  setup.fabric.injection_bandwidth.reset();
  Traffic traffic = *any_traffic(setup.fabric.chunk / 8, 80);  // no message is of two packets
  traffic.pattern = Pattern::OnePair;
  const std::vector<Send> sends = messages_of(traffic, 2);
  std::vector<Picoseconds> through;  // by tag
  Picoseconds time = setup.protocol.send_latency.value;
  for (const Send& send : sends) {
    time += time_rounded_up(fabric::wire_bytes(setup.protocol, send.payload), link.bandwidth.value);
    through.push_back(time + link.latency.value + setup.protocol.receive_latency.value);
  }
  const Outcome outcome = simulate(pod, setup, sends);
  for (const fabric::Arrival& arrival : outcome.arrivals[sends[0].destination]) {
    const bool data = sends[arrival.tag].lane == fabric::LaneClass::Data;
    if (data) RC_ASSERT(arrival.time == through[arrival.tag]);
    if (!data) RC_ASSERT(arrival.time <= through[arrival.tag]);
  }
}

}  // namespace
}  // namespace podsim::property
