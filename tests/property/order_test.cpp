// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include "podsim/topology/export.h"
#include "property/simulation.h"

// What happens depends on what is there, not on the order in which it was said.
namespace podsim::property {
namespace {

using topology::GraphLink;
using topology::PodConfig;

void check_same(const Outcome& a, const Outcome& b) {
  RC_ASSERT(a.totals.hop_events == b.totals.hop_events);
  for (std::size_t card = 0; card < a.arrivals.size(); ++card) {
    RC_ASSERT(a.arrivals[card].size() == b.arrivals[card].size());
    for (std::size_t i = 0; i < a.arrivals[card].size(); ++i) {
      RC_ASSERT(a.arrivals[card][i].tag == b.arrivals[card][i].tag);
      RC_ASSERT(a.arrivals[card][i].time == b.arrivals[card][i].time);
    }
  }
}

RC_GTEST_PROP(Order, TheSameRunTwiceGivesTheSameArrivals, ()) {
  const PodConfig pod = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30);
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod)));
  check_same(simulate(pod, setup, sends), simulate(pod, setup, sends));
}

// Cables in another order, and named from their other end.
RC_GTEST_PROP(Order, OfTheCablesOfAGraphDoesNotMatter, ()) {
  PodConfig pod = *any_imported_pod();
  if (chance(40)) override_cards(pod, LinkStyle::Any);
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30);
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod)));
  const Outcome first = simulate(pod, setup, sends);
  Random random(any_seed(), "property.order");
  random.shuffle((*pod.graph)->links);
  for (GraphLink& link : (*pod.graph)->links) {
    if (random.below(2) == 0) std::swap(link.from, link.to);
  }
  const Outcome second = simulate(pod, setup, sends);
  check_same(first, second);
  for (std::size_t i = 0; i < first.links.size(); ++i) {
    RC_ASSERT(first.links[LinkId(i)].bytes == second.links[LinkId(i)].bytes);
  }
}

// What podsim exports is the machine it had.
RC_GTEST_PROP(Order, AnExportedGraphCarriesTheSameTrafficAlike, ()) {
  const PodConfig pod = *any_imported_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30);
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod)));
  std::ostringstream exported;
  topology::export_pod(topology::build_pod(pod), topology::ExportFormat::Json, exported);
  const auto again = config::parse<PodConfig>(exported.str(), "exported pod");
  check_same(simulate(pod, setup, sends), simulate(again, setup, sends));
}

RC_GTEST_PROP(Order, InWhichCardsBeginToSendDoesNotMatter, ()) {
  const PodConfig pod = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30);
  const auto cards = static_cast<std::size_t>(topology::count_npus(pod));
  const std::vector<Send> sends = messages_of(traffic, cards);
  const std::int64_t spread = one_of<std::int64_t>({0, 1000, 1'000'000});
  std::vector<Kick> kicks;
  for (std::size_t card = 0; card < cards; ++card) kicks.push_back({card, Picoseconds(uniform(0, spread))});
  const Outcome first = simulate(pod, setup, sends, kicks);
  Random(any_seed(), "property.order").shuffle(kicks);
  check_same(first, simulate(pod, setup, sends, kicks));
}

// A card that is told again that it has something to send, in time or too early, sends the same.
RC_GTEST_PROP(Order, KickingACardTwiceDoesNotMatter, ()) {
  const PodConfig pod = *any_pod();
  const RunSetup setup = *any_setup();
  const Traffic traffic = *any_traffic(setup.fabric.chunk, 30);
  const auto cards = static_cast<std::size_t>(topology::count_npus(pod));
  const std::vector<Send> sends = messages_of(traffic, cards);
  std::vector<Kick> kicks;
  for (std::size_t card = 0; card < cards; ++card) kicks.push_back({card, Picoseconds(0)});
  const Outcome first = simulate(pod, setup, sends, kicks);
  for (std::int64_t again = uniform(1, 20); again > 0; --again) {
    kicks.push_back({static_cast<std::size_t>(uniform(0, static_cast<std::int64_t>(cards) - 1)),
                     Picoseconds(uniform(0, 1) * 5000)});
  }
  check_same(first, simulate(pod, setup, sends, kicks));
}

// Under `first` all packets of a pair take one path, and its FIFOs keep them in order.
RC_GTEST_PROP(Order, PacketsOfOnePairAndClassStayInOrder, ()) {
  const PodConfig pod = *any_pod();
  RunSetup setup = *any_setup();
  setup.fabric.path_spread = fabric::PathSpread::First;
  const Traffic traffic = *any_traffic(setup.fabric.chunk / 8, 30);  // no message is of two packets
  const std::vector<Send> sends = messages_of(traffic, static_cast<std::size_t>(topology::count_npus(pod)));
  const Outcome outcome = simulate(pod, setup, sends);
  std::map<std::tuple<std::uint32_t, std::size_t, fabric::LaneClass>, std::uint32_t> last;
  for (std::size_t card = 0; card < outcome.arrivals.size(); ++card) {
    for (const fabric::Arrival& arrival : outcome.arrivals[card]) {
      const auto key = std::tuple(arrival.source.value(), card, sends[arrival.tag].lane);
      const auto before = last.find(key);
      if (before != last.end()) RC_ASSERT(before->second < arrival.tag);
      last[key] = arrival.tag;
    }
  }
}

// Which paths are taken follows the seed.
TEST(Order, AnotherSeedTakesOtherPaths) {
  topology::PodConfig pod;
  pod.name = "pod";
  topology::LinkConfig link;
  link.bandwidth.value = BytesPerSecond(10'000'000'000);
  link.latency.value = Picoseconds(200'000);
  pod.dimensions = {topology::Switch{"up", "", 8, 4, {}, link}};
  Traffic traffic;
  traffic.messages = 500;
  traffic.sizes = {1000};
  RunSetup setup{test::bare_protocol(), test::fabric_config(), 1};
  const std::vector<Send> sends = messages_of(traffic, 8);
  const Outcome one = simulate(pod, setup, sends);
  setup.seed = 2;
  const Outcome two = simulate(pod, setup, sends);
  std::size_t different = 0;
  for (std::size_t i = 0; i < one.links.size(); ++i) {
    different += one.links[LinkId(i)].packets != two.links[LinkId(i)].packets ? 1U : 0U;
  }
  EXPECT_GT(different, one.links.size() / 2);
}

}  // namespace
}  // namespace podsim::property
