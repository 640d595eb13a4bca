// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "podsim/fabric/bound.h"
#include "support/fault_bench.h"

// On the test pods a byte takes 100 ps, a hop 200 ns, sending 100 ns, receiving 50 ns; timers run 10 us.
namespace podsim::test {
namespace {

using namespace literals;
using ::testing::HasSubstr;

std::string mesh_of(int size) {
  return full_mesh_json(size);
}

topology::Pod boards() {  // 4 cards on each of 2 boards
  return build(full_mesh_json(4, link_json(), "x") + "," + full_mesh_json(2, link_json(), "y"));
}

TEST(Faults, ADetourInAFullMeshTakesOneHopMore) {
  FaultBench bench(build(mesh_of(8)), {link_down("npu 0 -> npu 1 (mesh)")});
  bench.card(0).send(1, 1000_B);
  EXPECT_EQ(bench.run(), 100_ns + 2 * 200_ns + 100_ns + 50_ns);
  EXPECT_EQ(bench.faults().packets_rerouted, 1U);
  EXPECT_EQ(bench.faults().messages_rerouted, 1U);
  EXPECT_EQ(bench.faults().bytes_rerouted, 1000U);
  EXPECT_EQ(bench.faults().effects[0].packets_rerouted, 1U);
  EXPECT_EQ(bench.faults().packets_lost, 0U);
}

TEST(Faults, OfTwoEqualWaysTheOtherOneIsAsShort) {
  // npu 0 to npu 5: over npu 1 (X, then Y) or over npu 4.
  for (const char* link : {"npu 0 -> npu 1 (x)", "npu 0 -> npu 4 (y)"}) {
    FaultBench bench(boards(), {link_down(link)});
    bench.card(0).send(5, 1000_B);
    EXPECT_EQ(bench.run(), 100_ns + 2 * 200_ns + 100_ns + 50_ns);
  }
}

TEST(Faults, AcrossDimensionsWhereTheMeshHasNoThirdMember) {
  // The only link of y between npu 0 and npu 4: over x, y and x back.
  FaultBench bench(boards(), {link_down("npu 0 -> npu 4 (y)")});
  bench.card(0).send(4, 1000_B);
  EXPECT_EQ(bench.run(), 100_ns + 3 * 200_ns + 100_ns + 50_ns);
}

TEST(Faults, APacketOnTheWireIsLostAndSentAgainWhenItsTimerRunsOut) {
  // Head at the link at 100 ns, tail sent at 200 ns, arrived at 400 ns. The link goes down at 399 ns.
  FaultBench bench(build(mesh_of(8)), {link_down("npu 0 -> npu 1 (mesh)", "399ns")});
  bench.card(0).send(1, 1000_B);
  // Sent at 0, again at 10 us over a third card.
  EXPECT_EQ(bench.run(), 10_us + 100_ns + 2 * 200_ns + 100_ns + 50_ns);
  EXPECT_EQ(bench.card(1).arrivals().size(), 1U);
  EXPECT_EQ(bench.faults().packets_lost, 1U);
  EXPECT_EQ(bench.faults().packets_resent, 1U);
  EXPECT_EQ(bench.faults().effects[0].packets_lost, 1U);
  EXPECT_TRUE(conserved(bench));
}

TEST(Faults, OnePicosecondLaterItHasComeThrough) {
  FaultBench bench(build(mesh_of(8)), {link_down("npu 0 -> npu 1 (mesh)", "400ns")});
  bench.card(0).send(1, 1000_B);
  EXPECT_EQ(bench.run(), 450_ns);
  EXPECT_EQ(bench.faults().packets_lost, 0U);
}

TEST(Faults, ALostAcknowledgementBringsADuplicateThatIsDropped) {
  // Arrived at 450 ns; the acknowledgement is on the link until 650 ns.
  FaultBench bench(build(mesh_of(8)), {link_down("npu 0 -> npu 1 (mesh)", "649ns")});
  bench.card(0).send(1, 1000_B, 7);
  EXPECT_EQ(bench.run(), 450_ns);
  EXPECT_EQ(bench.card(1).arrivals().size(), 1U);
  EXPECT_EQ(bench.faults().acknowledgements_lost, 1U);
  EXPECT_EQ(bench.faults().packets_resent, 1U);
  EXPECT_EQ(bench.faults().duplicates, 1U);
  EXPECT_TRUE(conserved(bench));
  FaultBench later(build(mesh_of(8)), {link_down("npu 0 -> npu 1 (mesh)", "650ns")});
  later.card(0).send(1, 1000_B, 7);
  later.run();
  EXPECT_EQ(later.faults().acknowledgements_lost, 0U);
}

TEST(Faults, AFaultInTheMiddleOfAMessageLosesOnlyWhatWasOnItsWay) {
  // 10 chunks of 1,000 B, 100 ns each: chunk k has come through at 400 ns + 100 ns k.
  FaultBench bench(build(mesh_of(8)), {link_down("npu 0 -> npu 1 (mesh)", "650ns")}, quick_retry("1us"),
                   fabric_config(R"({"chunk": "1000B"})"));
  bench.card(0).send(1, 10'000_B, 3);
  const Picoseconds end = bench.run();
  ASSERT_EQ(bench.card(1).arrivals().size(), 1U);
  EXPECT_EQ(bench.card(1).arrivals()[0].payload, 10'000_B);
  EXPECT_EQ(bench.card(1).arrivals()[0].time, end);
  EXPECT_EQ(bench.totals().packets_delivered, 10U);
  // Chunks 0 to 2 are through, at 450 ns, 550 ns and 650 ns; the acknowledgement of the first was back at 650
  // ns.
  EXPECT_EQ(bench.faults().packets_lost, 7U);
  EXPECT_EQ(bench.faults().acknowledgements_lost, 2U);
  EXPECT_EQ(bench.faults().duplicates, 2U);
  EXPECT_EQ(bench.faults().packets_resent, 9U);
  EXPECT_TRUE(conserved(bench));
}

TEST(Faults, UntilTheFaultIsKnownPacketsGoIntoIt) {
  const auto time = [](const char* detection) {
    FaultBench bench(build(mesh_of(8)), {link_down("npu 0 -> npu 1 (mesh)", "399ns")},
                     quick_retry(detection));
    bench.card(0).send(1, 1000_B);
    const Picoseconds end = bench.run();
    EXPECT_TRUE(conserved(bench));
    return end;
  };
  const Picoseconds detour = 100_ns + 2 * 200_ns + 100_ns + 50_ns;
  EXPECT_EQ(time("9600ns"), 10_us + detour);
  // Sent again at 10 us into the fault, then after 20 us more.
  EXPECT_EQ(time("10us"), 30_us + detour);
}

TEST(Faults, WhatIsQueuedIsLostAndTheQueueIsEmptyAfterTheRepair) {
  FaultConfig fault = link_down("npu 0 -> npu 1 (mesh)", "1us");
  fault.repair = 100_ns;
  FaultBench bench(build(mesh_of(2)), {fault});
  for (std::uint32_t i = 0; i < 20; ++i) bench.card(0).send(1, 1000_B, i);  // 2 us of work
  bench.run();
  EXPECT_EQ(bench.card(1).arrivals().size(), 20U);
  EXPECT_GT(bench.faults().packets_lost, 0U);
  EXPECT_TRUE(conserved(bench));
}

TEST(Faults, MessagesToADeadCardAreReported) {
  FaultBench bench(build(mesh_of(4)), {down(PartKind::Card, "npu 2")});
  bench.card(0).send(2, 1000_B, 1);
  bench.card(0).send(1, 1000_B, 2);
  bench.card(2).send(1, 500_B, 3);
  EXPECT_EQ(bench.run(), 450_ns);
  ASSERT_EQ(bench.card(0).failed().size(), 1U);
  EXPECT_EQ(bench.card(0).failed()[0].first.tag, 1U);
  ASSERT_EQ(bench.card(1).lost().size(), 1U);  // what the dead card would have sent
  EXPECT_EQ(bench.card(1).lost()[0].tag, 3U);
  EXPECT_EQ(bench.totals().messages_failed, 2U);
  EXPECT_EQ(bench.totals().bytes_failed, 1500U);
  EXPECT_EQ(bench.faults().failed_destination, 1U);
  EXPECT_EQ(bench.faults().failed_source, 1U);
  EXPECT_TRUE(conserved(bench));
}

TEST(Faults, ACardThatDiesDuringTheRunLosesWhatItHasAndWhatComes) {
  FaultBench bench(build(mesh_of(4)), {down(PartKind::Card, "npu 2", "1us")}, quick_retry("500ns"));
  for (std::uint32_t i = 0; i < 40; ++i) {
    bench.card(0).send(2, 1000_B, i);
    bench.card(2).send(1, 1000_B, 100 + i);
  }
  bench.run();
  EXPECT_GT(bench.card(2).arrivals().size(), 0U);
  EXPECT_GT(bench.card(0).failed().size(), 0U);
  EXPECT_GT(bench.card(1).lost().size(), 0U);
  EXPECT_EQ(bench.card(1).lost().size() + bench.card(1).arrivals().size(), 40U);
  EXPECT_TRUE(conserved(bench));
}

TEST(Faults, APodCutApartNamesTheCut) {
  FaultBench bench(build(mesh_of(3)),
                   {link_down("npu 0 -> npu 1 (mesh)"), link_down("npu 2 -> npu 0 (mesh)")});
  bench.card(1).send(0, 1000_B);
  try {
    bench.run();
    FAIL() << "the pod is whole";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("npu 1 has no way to npu 0"));
    EXPECT_THAT(error.what(), HasSubstr("npu 0 cannot reach npu 1 to npu 2"));
    EXPECT_THAT(error.what(), HasSubstr("link npu 0 -> npu 1 (mesh), link npu 2 -> npu 0 (mesh)"));
  }
}

TEST(Faults, ACutThatARepairEndsIsWaitedOut) {
  FaultConfig one = link_down("npu 0 -> npu 1 (mesh)");
  one.repair = 25_us;
  FaultBench bench(build(mesh_of(2)), {one});
  bench.card(0).send(1, 1000_B);
  // Asked every 10 us.
  EXPECT_EQ(bench.run(), 30_us + 450_ns);
  EXPECT_TRUE(conserved(bench));
}

TEST(Faults, AfterTheLastRetryAMessageHasFailed) {
  // Nobody ever hears of the fault.
  FaultBench bench(build(mesh_of(4)), {link_down("npu 0 -> npu 1 (mesh)", "1ns")}, quick_retry("1000s"));
  bench.card(0).send(1, 1000_B);
  bench.run();
  ASSERT_EQ(bench.card(0).failed().size(), 1U);
  EXPECT_EQ(bench.faults().packets_resent, 3U);
  EXPECT_EQ(bench.faults().failed_retries, 1U);
  EXPECT_EQ(bench.card(0).failed()[0].second, 10_us + 20_us + 40_us + 80_us);
  EXPECT_TRUE(conserved(bench));
}

TEST(Faults, ASwitchDownLeavesTheOtherPlanes) {
  FaultBench bench(build(switch_json(8, 2)), {down(PartKind::Switch, "switch 0")});
  bench.offer_all_to_all(1000_B);
  bench.run();
  EXPECT_EQ(bench.totals().messages_delivered, 56U);
  EXPECT_GT(bench.faults().packets_rerouted, 10U);  // about half of them
  for (std::size_t i = 0; i < bench.pod().graph.link_count(); ++i) {
    const topology::Link& link = bench.pod().graph.link(LinkId(i));
    const bool dead = link.from == NodeId(8) || link.to == NodeId(8);
    EXPECT_EQ(bench.engine().link_stats(LinkId(i)).packets == 0, dead);
  }
}

// A run whose faults never come, or have no part in its traffic, is the run without them to the picosecond.
TEST(Faults, WithoutAnEffectNothingChanges) {
  for (const char* spread : {"first", "hash", "backlog"}) {
    const fabric::FabricConfig config =
        fabric_config(std::string(R"({"chunk": "1000B", "path_spread": ")") + spread + "\"}");
    EngineBench plain(boards(), config);
    FaultBench faulty(boards(), {link_down("npu 0 -> npu 1 (x)", "1s")}, quick_retry(), config);
    plain.offer_all_to_all(3000_B);
    faulty.offer_all_to_all(3000_B);
    EXPECT_EQ(faulty.run(), plain.run());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      ASSERT_EQ(plain.card(i).arrivals().size(), faulty.card(i).arrivals().size());
      for (std::size_t k = 0; k < plain.card(i).arrivals().size(); ++k)
        EXPECT_EQ(plain.card(i).arrivals()[k].time, faulty.card(i).arrivals()[k].time);
    }
  }
}

TEST(Faults, TheBoundOnWhatIsLeftStaysUnderTheRun) {
  for (const char* spread : {"first", "hash", "backlog"}) {
    const fabric::FabricConfig config = fabric_config(std::string(R"({"path_spread": ")") + spread + "\"}");
    FaultBench bench(boards(), {link_down("npu 0 -> npu 1 (x)"), link_down("npu 2 -> npu 6 (y)")},
                     quick_retry(), config);
    fabric::TrafficBound bound(bench.pod(), bare_protocol(), config, 1);
    for (std::size_t src = 0; src < bench.size(); ++src) {
      for (std::size_t i = 1; i < bench.size(); ++i)
        bound.add(NpuId(src), NpuId((src + i) % bench.size()), 5000_B, static_cast<std::uint32_t>(i - 1));
    }
    bench.offer_all_to_all(5000_B);
    EXPECT_LE(bound.result().time, bench.run());
  }
}

}  // namespace
}  // namespace podsim::test
