// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fabric/credit_layer.h"
#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "support/scripted_card.h"

// Finite buffers. On the test pods a byte takes 100 ps, a hop 200 ns, sending 100 ns, receiving 50 ns; the
// protocol has no link layer, so that the lanes of the routing share a buffer equally.
namespace podsim::test {
namespace {

using namespace literals;

fabric::FabricConfig with_buffers(Bytes buffers) {
  fabric::FabricConfig config = fabric_config();
  config.buffers = buffers;
  return config;
}

std::vector<std::int64_t> arrival_times(EngineBench& bench, std::size_t card) {
  std::vector<std::int64_t> times;
  for (const fabric::Arrival& arrival : bench.card(card).arrivals()) times.push_back(arrival.time.count());
  return times;
}

TEST(PacketCredits, APacketAloneIsAsFastAsWithout) {
  for (const Bytes buffer : {1000_B, 1_MiB}) {
    EngineBench bench(build(clos_json(8, 4, 2)), with_buffers(buffer));
    bench.card(0).send(7, 1000_B);
    EXPECT_EQ(bench.run(), 100_ns + 4 * 200_ns + 100_ns + 50_ns) << to_string(buffer);
  }
}

TEST(PacketCredits, AFullBufferHoldsTheNextPacketUntilTheCreditIsBack) {
  // Room for one packet: the second starts when the first has begun to leave the buffer, a hop later, and its
  // credit has come back, another hop later.
  EngineBench bench(build(full_mesh_json(2)), with_buffers(1500_B));
  for (std::uint32_t tag = 0; tag < 3; ++tag) bench.card(0).send(1, 1000_B, tag);
  bench.run();
  const std::int64_t first = (100_ns + 200_ns + 100_ns + 50_ns).count();
  EXPECT_EQ(arrival_times(bench, 1), (std::vector<std::int64_t>{first, first + 400'000, first + 800'000}));
}

TEST(PacketCredits, ABufferOfOneRoundTripKeepsALinkBusy) {
  // 2 x 200 ns at 10 GB/s are 4,000 B; one packet fewer leaves a gap.
  const auto last = [](Bytes buffer) {
    EngineBench bench(build(full_mesh_json(2)), with_buffers(buffer));
    for (std::uint32_t tag = 0; tag < 40; ++tag) bench.card(0).send(1, 1000_B, tag);
    return bench.run();
  };
  EXPECT_EQ(last(4000_B), 100_ns + 200_ns + 40 * 100_ns + 50_ns);
  EXPECT_GT(last(3000_B), last(4000_B));
  EXPECT_EQ(last(1_MiB), last(4000_B));
}

TEST(PacketCredits, AHotOutputHoldsBackWhatGoesElsewhere) {
  // Cards 5 to 7 keep the port of card 4 busy. What card 0 sends there fills the small buffer on the way, and
  // its packet to card 5, whose port is idle, waits behind it.
  const auto bystander = [](Bytes buffer) {
    fabric::FabricConfig config = with_buffers(buffer);
    config.path_spread = fabric::PathSpread::First;
    EngineBench bench(build(clos_json(8, 4, 2)), config);
    for (const std::size_t card : {0U, 5U, 6U, 7U}) {
      for (int i = 0; i < 8; ++i) bench.card(card).send(4, 10000_B);
    }
    bench.card(0).send(5, 10000_B);
    bench.run();
    return bench.card(5).arrivals().at(0).time;
  };
  EXPECT_GT(bystander(20000_B), bystander(4_MiB) + 10_us);
}

TEST(PacketCredits, EveryPacketArrivesWhateverTheBuffer) {
  const std::string cabinet = full_mesh_json(4, link_json(), "x") + "," + full_mesh_json(4, link_json(), "y");
  for (const std::string& pod : {cabinet, torus_json(6), clos_json(8, 4, 2)}) {
    for (const Bytes buffer : {1_KiB, 7_KiB, 64_KiB}) {
      EngineBench bench(build(pod), with_buffers(buffer));
      Random random(3, "credits");
      const auto cards = static_cast<std::uint64_t>(bench.size());
      for (std::size_t card = 0; card < cards; ++card) {
        for (int i = 0; i < 60; ++i)
          bench.card(card).send(i % 3 == 0 ? 0 : random.below(cards),
                                Bytes(1 + static_cast<std::int64_t>(random.below(40000))));
      }
      bench.run();
      const fabric::Totals& totals = bench.engine().totals();
      EXPECT_EQ(totals.packets_offered, totals.packets_delivered) << to_string(buffer);
      EXPECT_EQ(totals.bytes_offered, totals.bytes_delivered) << to_string(buffer);
    }
  }
}

TEST(PacketCredits, ControlDoesNotWaitForRoom) {
  EngineBench bench(build(full_mesh_json(2)), with_buffers(1_KiB));
  for (int i = 0; i < 20; ++i) bench.card(0).send(1, 1000_B, 1);
  bench.card(0).send(1, 10_B, 2, fabric::LaneClass::Control);
  bench.run();
  EXPECT_NE(bench.card(1).arrivals().back().tag, 2U);
}

TEST(PacketCredits, TheSameSeedGivesTheSameTimes) {
  const auto times = [] {
    EngineBench bench(build(clos_json(8, 4, 2)), with_buffers(8_KiB));
    bench.offer_all_to_all(9000_B);
    bench.run();
    std::vector<std::int64_t> all;
    for (std::size_t card = 0; card < bench.size(); ++card) {
      const auto own = arrival_times(bench, card);
      all.insert(all.end(), own.begin(), own.end());
    }
    return all;
  };
  EXPECT_EQ(times(), times());
}

TEST(CreditLayer, LanesKeepTheirOwnShareAndGiveSharedRoomBackFirst) {
  const topology::Pod pod = build(full_mesh_json(3));
  const fabric::ProtocolConfig protocol = bare_protocol();
  fabric::CreditLayer credits(2000_B, pod, protocol);
  topology::Path path;
  const LinkId link(0);
  path.push(link, 0);
  for (std::uint32_t packet = 0; packet < 3; ++packet) {
    credits.note_path(packet, path);
    credits.wait(link, packet, 0, 1000, 0);
  }
  EXPECT_EQ(credits.port(link).waiting_bytes, 3000);
  std::size_t gone = 0;
  while (credits.take(link) != fabric::CreditLayer::kNone) ++gone;
  EXPECT_EQ(gone, 2000U / pod.routing->lane_count() / 1000);
  EXPECT_FALSE(credits.can_go(link));
  credits.give_back(link, 0, 1000);
  EXPECT_TRUE(credits.can_go(link));
}

TEST(CreditLayer, RefusesToTakeBackMoreThanItGave) {
  const topology::Pod pod = build(full_mesh_json(3));
  fabric::CreditLayer credits(2000_B, pod, bare_protocol());
  EXPECT_THROW(credits.give_back(LinkId(0), 0, 1), InternalError);
}

}  // namespace
}  // namespace podsim::test
