// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "podsim/fabric/bound.h"
#include "support/scripted_card.h"

// On the test pods a byte takes 100 ps, a hop 200 ns, sending 100 ns, receiving 50 ns.
namespace podsim::test {
namespace {

using namespace literals;

Picoseconds one_message(const std::string& dimensions, std::size_t destination, Bytes payload) {
  EngineBench bench(build(dimensions));
  bench.card(0).send(destination, payload);
  return bench.run();
}

TEST(PacketEngine, OneHopCostsSendingHopSerializationAndReceiving) {
  EXPECT_EQ(one_message(full_mesh_json(2), 1, 1000_B), 100_ns + 200_ns + 100_ns + 50_ns);
}

TEST(PacketEngine, ASwitchAddsOneHopAndNoSerialization) {
  EXPECT_EQ(one_message(switch_json(4), 3, 1000_B), 100_ns + 2 * 200_ns + 100_ns + 50_ns);
}

TEST(PacketEngine, ATwoDimensionalMeshCutsThroughTheCornerCard) {
  const std::string mesh = full_mesh_json(2, link_json(), "x") + "," + full_mesh_json(2, link_json(), "y");
  EXPECT_EQ(one_message(mesh, 3, 1000_B), 100_ns + 2 * 200_ns + 100_ns + 50_ns);
}

TEST(PacketEngine, ATorusGoesTheShortWayRound) {
  EXPECT_EQ(one_message(torus_json(8), 3, 1000_B), 100_ns + 3 * 200_ns + 100_ns + 50_ns);
  EXPECT_EQ(one_message(torus_json(8), 6, 1000_B), 100_ns + 2 * 200_ns + 100_ns + 50_ns);
}

TEST(PacketEngine, AClosCostsTwoHopsUnderALeafAndFourAcross) {
  EXPECT_EQ(one_message(clos_json(8, 4, 2), 3, 1000_B), 100_ns + 2 * 200_ns + 100_ns + 50_ns);
  EXPECT_EQ(one_message(clos_json(8, 4, 2), 7, 1000_B), 100_ns + 4 * 200_ns + 100_ns + 50_ns);
}

TEST(PacketEngine, TheSlowestLinkDecidesWhenTheTailArrives) {
  const std::string slow_then_fast =
      full_mesh_json(2, link_json("10GB/s"), "x") + "," + full_mesh_json(2, link_json("40GB/s"), "y");
  // 1,000 B take 100 ns on the slow link and 25 ns on the fast one, whichever comes first.
  EXPECT_EQ(one_message(slow_then_fast, 3, 1000_B), 100_ns + 2 * 200_ns + 100_ns + 50_ns);
}

TEST(PacketEngine, SecondPacketWaitsExactlyOneSerialization) {
  EngineBench bench(build(full_mesh_json(2)));
  bench.card(0).send(1, 1000_B, 1);
  bench.card(0).send(1, 1000_B, 2);
  bench.run();
  ASSERT_EQ(bench.card(1).arrivals().size(), 2U);
  EXPECT_EQ(bench.card(1).arrivals()[0].time, 450_ns);
  EXPECT_EQ(bench.card(1).arrivals()[1].time, 550_ns);
  EXPECT_EQ(bench.card(1).arrivals()[1].tag, 2U);
}

TEST(PacketEngine, IncastTakesTheSumOfSerializationsAtTheLastLink) {
  constexpr std::size_t kSenders = 7;
  EngineBench bench(build(switch_json(8)));
  for (std::size_t i = 0; i < kSenders; ++i) bench.card(i).send(7, 1000_B);
  EXPECT_EQ(bench.run(), 100_ns + 2 * 200_ns + kSenders * 100_ns + 50_ns);
}

TEST(PacketEngine, TiesGoToTheLowerSourceWhateverTheOrderOfOffering) {
  EngineBench bench(build(switch_json(4)));
  bench.card(2).send(3, 1000_B);
  bench.card(0).send(3, 1000_B);
  bench.card(1).send(3, 1000_B);
  bench.engine().kick(NpuId(2), 0_ps);
  bench.run();
  std::vector<std::uint32_t> order;
  for (const fabric::Arrival& arrival : bench.card(3).arrivals()) order.push_back(arrival.source.value());
  EXPECT_EQ(order, (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(PacketEngine, ALongMessageArrivesOnceWhenItsLastChunkDoes) {
  EngineBench bench(build(full_mesh_json(2)), fabric_config(R"({"chunk": "1000B"})"));
  bench.card(0).send(1, 3500_B, 5);
  bench.run();
  ASSERT_EQ(bench.card(1).arrivals().size(), 1U);
  EXPECT_EQ(bench.card(1).arrivals()[0].time, 100_ns + 200_ns + 350_ns + 50_ns);
  EXPECT_EQ(bench.card(1).arrivals()[0].payload, 3500_B);
  EXPECT_EQ(bench.engine().totals().packets_delivered, 4U);
  EXPECT_EQ(bench.engine().totals().messages_delivered, 1U);
}

TEST(PacketEngine, LoopbackUsesNoLink) {
  EngineBench bench(build(full_mesh_json(2)));
  bench.card(0).send(0, 1000_B);
  EXPECT_EQ(bench.run(), 150_ns);
  EXPECT_EQ(bench.engine().totals().hop_events, 0U);
  EXPECT_EQ(bench.engine().totals().loopback_messages, 1U);
}

TEST(PacketEngine, AControlMessageOvertakesQueuedDataAndDelaysIt) {
  EngineBench bench(build(switch_json(4)));
  bench.card(0).send(3, 10'000_B, 1);  // 1 us on the last link
  bench.card(0).send(3, 10'000_B, 2);
  bench.card(1).send(3, 10'000_B, 3);
  bench.card(2).send(3, 100_B, 4, fabric::LaneClass::Control);
  bench.run();
  std::vector<std::uint32_t> order;
  for (const fabric::Arrival& arrival : bench.card(3).arrivals()) order.push_back(arrival.tag);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{4, 1, 3, 2}));
  EXPECT_EQ(bench.card(3).arrivals().front().time, 100_ns + 2 * 200_ns + 10_ns + 50_ns);
  EXPECT_EQ(bench.card(3).arrivals().back().time, 100_ns + 2 * 200_ns + 3010_ns + 50_ns);
}

TEST(PacketEngine, AMessageForAFullPortLetsOthersPass) {
  // 100 us for card 1 first, then one row for card 2.
  for (const auto& [send_queue, latest] : {std::pair{2, 5_us}, std::pair{1, 200_us}}) {
    EngineBench bench(build(full_mesh_json(3)),
                      fabric_config(fmt::format(
                          R"({{"send_queue": {}, "chunk": "1000B", "port_queue": "1000B"}})", send_queue)));
    bench.card(0).send(1, 1'000'000_B);
    bench.card(0).send(2, 1000_B);
    bench.run();
    EXPECT_LT(bench.card(2).arrivals()[0].time, latest) << send_queue;
    EXPECT_GT(bench.card(2).arrivals()[0].time, latest / 50) << send_queue;
  }
}

TEST(PacketEngine, ACardWithAFullPortStopsSending) {
  // Two ports; everything goes to the first. The queue at it stays near port_queue (1 KB = 100 ns) although
  // 100 wait.
  EngineBench bench(build(full_mesh_json(3)), fabric_config(R"({"port_queue": "1000B", "send_queue": 64})"));
  for (int i = 0; i < 1000; ++i) bench.card(0).send(1, 1000_B);
  EXPECT_EQ(bench.run(), 100_ns + 200_ns + 1000 * 100_ns + 50_ns);
  EXPECT_LT(bench.engine().packet_slots(), 64U + 10U);
}

TEST(PacketEngine, AnInjectionLimitSpacesPackets) {
  EngineBench bench(build(full_mesh_json(3)), fabric_config(R"({"injection_bandwidth": "10GB/s"})"));
  bench.card(0).send(1, 1000_B);
  bench.card(0).send(2, 1000_B);
  EXPECT_EQ(bench.run(), 100_ns + 100_ns + 200_ns + 100_ns + 50_ns);
}

TEST(PacketEngine, EveryByteOfAnAllToAllIsDeliveredOnce) {
  EngineBench bench(build(full_mesh_json(4, link_json(), "x") + "," + switch_json(4, 2)));
  bench.offer_all_to_all(777_B);
  bench.run();
  const fabric::Totals& totals = bench.engine().totals();
  EXPECT_EQ(totals.messages_delivered, 16U * 15U);
  EXPECT_EQ(totals.bytes_delivered, totals.bytes_offered);
  EXPECT_EQ(totals.packets_delivered, totals.packets_offered);
  for (std::size_t i = 0; i < bench.size(); ++i) EXPECT_EQ(bench.card(i).arrivals().size(), 15U);
}

TEST(PacketEngine, AFullMeshAllToAllReachesTheLinkRateForLargeMessages) {
  EngineBench bench(build(full_mesh_json(8)));
  bench.offer_all_to_all(4_MiB);
  const double seconds = static_cast<double>(bench.run().count()) * 1e-12;
  const double rate = static_cast<double>((4_MiB).count()) / seconds;
  EXPECT_GT(rate, 0.98 * 10e9);
  EXPECT_LE(rate, 10e9);
}

TEST(PacketEngine, HalvingASaturatedLinkRateSlowsTheAllToAll) {
  EngineBench fast(build(switch_json(8, 1, link_json("10GB/s"))));
  EngineBench slow(build(switch_json(8, 1, link_json("5GB/s"))));
  fast.offer_all_to_all(64_KiB);
  slow.offer_all_to_all(64_KiB);
  EXPECT_GT(slow.run().count(), fast.run().count() * 19 / 10);
}

// Twice every rate and half of every latency: every time is exactly half, contention and all.
TEST(PacketEngine, DoublingRatesAndHalvingLatenciesHalvesEveryTime) {
  const auto machine = [](int speed) {
    fabric::ProtocolConfig protocol = bare_protocol();
    protocol.send_latency.value = 100_ns / speed;
    protocol.receive_latency.value = 50_ns / speed;
    const std::string link =
        link_json(fmt::format("{}GB/s", 10 * speed), fmt::format("{}ps", 200'000 / speed));
    return std::make_unique<EngineBench>(build(full_mesh_json(4, link, "x") + "," + switch_json(4, 1, link)),
                                         fabric_config(), protocol);
  };
  const auto one = machine(1);
  const auto two = machine(2);
  for (EngineBench* bench : {one.get(), two.get()}) {
    Random random(7, "traffic");
    for (std::size_t src = 0; src < bench->size(); ++src) {
      for (int i = 0; i < 50; ++i)
        bench->card(src).send(random.below(bench->size()),
                              Bytes(static_cast<std::int64_t>(20 * random.below(500))));
    }
    bench->run();
  }
  for (std::size_t i = 0; i < one->size(); ++i) {
    ASSERT_EQ(one->card(i).arrivals().size(), two->card(i).arrivals().size());
    for (std::size_t k = 0; k < one->card(i).arrivals().size(); ++k) {
      EXPECT_EQ(one->card(i).arrivals()[k].time, 2 * two->card(i).arrivals()[k].time);
    }
  }
}

TEST(PacketEngine, LinkStatisticsAddUp) {
  EngineBench bench(build(switch_json(4)));
  for (std::size_t i = 0; i < 3; ++i) bench.card(i).send(3, 1000_B);
  bench.run();
  const auto& engine = bench.engine();
  std::uint64_t packets = 0;
  std::int64_t wait = 0;
  std::int64_t peak = 0;
  for (std::size_t i = 0; i < bench.pod().graph.link_count(); ++i) {
    const fabric::LinkStats& link = engine.link_stats(LinkId(i));
    packets += link.packets;
    wait += link.queue_wait_ps;
    peak = std::max(peak, link.peak_backlog_ps);
    EXPECT_EQ(link.busy_ps, static_cast<std::int64_t>(link.packets) * 100'000);
    EXPECT_EQ(link.bytes, link.packets * 1000);
  }
  EXPECT_EQ(packets, 6U);
  EXPECT_EQ(wait, 100'000 + 200'000);
  EXPECT_EQ(peak, 200'000);
}

TEST(PacketEngine, HashSpreadUsesAllPathsAndFirstOnlyOne) {
  for (const auto& [spread, used] :
       {std::pair{"hash", 4U}, std::pair{"first", 1U}, std::pair{"backlog", 4U}}) {
    EngineBench bench(build(switch_json(2, 4)),
                      fabric_config(fmt::format(R"({{"path_spread": "{}"}})", spread)));
    for (int i = 0; i < 200; ++i) bench.card(0).send(1, 1000_B);
    bench.run();
    std::size_t planes = 0;
    const auto& engine = bench.engine();
    for (std::size_t i = 0; i < bench.pod().graph.link_count(); ++i) {
      const topology::Link& link = bench.pod().graph.link(LinkId(i));
      if (link.from == NodeId(0) && engine.link_stats(LinkId(i)).packets > 0) ++planes;
    }
    EXPECT_EQ(planes, used) << spread;
  }
}

TEST(PacketEngine, BacklogSpreadBalancesPlanesExactly) {
  EngineBench bench(build(switch_json(2, 4)), fabric_config(R"({"path_spread": "backlog"})"));
  for (int i = 0; i < 400; ++i) bench.card(0).send(1, 1000_B);
  const Picoseconds adaptive = bench.run();
  EngineBench hashed(build(switch_json(2, 4)));
  for (int i = 0; i < 400; ++i) hashed.card(0).send(1, 1000_B);
  EXPECT_LT(adaptive, hashed.run());
}

TEST(PacketEngine, RefusesAChunkThatALinkCannotSerializeInFourMilliseconds) {
  EXPECT_THROW(
      EngineBench(build(full_mesh_json(2, link_json("1MB/s"))), fabric_config(R"({"chunk": "8MiB"})")),
      ConfigError);
}

TEST(TrafficBound, EqualsTheSimulationWithoutContention) {
  const topology::Pod pod = build(full_mesh_json(4));
  for (int rows : {1, 5, 40}) {
    EngineBench bench(build(full_mesh_json(4)));
    fabric::TrafficBound bound(pod, bare_protocol(), fabric_config(), 1);
    for (std::size_t src = 0; src < 4; ++src) {
      for (int i = 0; i < rows; ++i) {
        bench.card(src).send((src + 1) % 4, 1000_B);
        bound.add(NpuId(src), NpuId((src + 1) % 4), 1000_B, static_cast<std::uint32_t>(i));
      }
    }
    EXPECT_EQ(bound.result().time, bench.run()) << rows;
  }
}

TEST(TrafficBound, NamesTheIncastLink) {
  const topology::Pod pod = build(switch_json(8));
  fabric::TrafficBound bound(pod, bare_protocol(), fabric_config(), 1);
  for (std::size_t i = 0; i < 7; ++i) bound.add(NpuId(i), NpuId(7), 1000_B, 0);
  const fabric::BoundResult result = bound.result();
  EXPECT_EQ(result.time, 100_ns + 2 * 200_ns + 7 * 100_ns + 50_ns);
  ASSERT_EQ(result.kind, fabric::BoundKind::Link);
  EXPECT_EQ(pod.graph.link(result.link).to, NodeId(7));
}

// Any traffic on any pod: the simulation never beats the bound.
TEST(TrafficBound, IsNeverAboveTheSimulation) {
  const std::vector<std::string> pods = {
      full_mesh_json(6), switch_json(6, 3), torus_json(7), clos_json(12, 4, 2),
      full_mesh_json(3, link_json(), "x") + "," + full_mesh_json(3, link_json("20GB/s"), "y") + "," +
          switch_json(2, 2)};
  for (std::size_t p = 0; p < pods.size(); ++p) {
    for (const char* spread : {"first", "hash", "backlog"}) {
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const auto config =
            fabric_config(fmt::format(R"({{"path_spread": "{}", "chunk": "3000B"}})", spread));
        EngineBench bench(build(pods[p]), config);
        fabric::TrafficBound bound(bench.pod(), bare_protocol(), config, 1);
        Random random(seed, "bound test", p);
        std::vector<std::uint32_t> flows(bench.size(), 0);
        for (int i = 0; i < 300; ++i) {
          const std::size_t src = random.below(bench.size());
          const std::size_t dst = random.below(1 + random.below(bench.size()));
          const Bytes payload(static_cast<std::int64_t>(random.below(9000)));
          bench.card(src).send(dst, payload);
          bound.add(NpuId(src), NpuId(dst), payload, flows[src]++);
        }
        EXPECT_LE(bound.result().time, bench.run()) << "pod " << p << " " << spread << " seed " << seed;
      }
    }
  }
}

TEST(WireBytes, RoundsToFlitsBlocksAndPackets) {
  const auto protocol =
      config::load<fabric::ProtocolConfig>(PODSIM_SOURCE_DIR "/configs/protocols/unified_bus.json");
  // 0 B: 64 B of headers and one block's 6 B are 70 B, four flits.
  EXPECT_EQ(fabric::wire_bytes(protocol, 0_B), 80_B);
  // 570 B: 634 B fill one block of 32 flits to the byte; one more opens a second block.
  EXPECT_EQ(fabric::wire_bytes(protocol, 570_B), 640_B);
  EXPECT_EQ(fabric::wire_bytes(protocol, 571_B), 660_B);
  // 7,168 B: 7,232 B in 12 blocks, 7,304 B, 366 flits.
  EXPECT_EQ(fabric::wire_bytes(protocol, 7168_B), 7320_B);
  EXPECT_EQ(fabric::wire_bytes(protocol, 8192_B + 1_B),
            fabric::wire_bytes(protocol, 8192_B) + fabric::wire_bytes(protocol, 1_B));
}

}  // namespace
}  // namespace podsim::test
