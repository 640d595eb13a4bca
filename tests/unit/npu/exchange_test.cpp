// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Dispatch and combine in both families, and the cores that send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "podsim/npu/shared_timer.h"
#include "support/card_bench.h"

namespace podsim::npu {
namespace {

using namespace literals;
using test::CardBench;
using test::toy_layer;

TEST(SendCores, CoreTakesTheNextRowWhenItHasHandedOverTheLast) {
  SendCores cores({2, 10_ns, 1_GBps, std::nullopt});  // a row of 30 B takes 40 ns
  cores.open(100_ns);
  EXPECT_EQ(cores.ready(100_ns, 30_B), 140_ns);
  cores.sent(140_ns, 30_B, 200_ns);
  EXPECT_EQ(cores.ready(100_ns, 30_B), 140_ns) << "the other core";
  cores.sent(145_ns, 30_B, 200_ns);
  EXPECT_EQ(cores.ready(100_ns, 30_B), 180_ns);
  EXPECT_EQ(cores.ready(300_ns, 30_B), 340_ns) << "there is nothing to send before 300 ns";
}

TEST(SendCores, CoreWithOneRowInFlightWaitsForItsAnswer) {
  SendCores cores({1, 10_ns, 1_GBps, 1});
  cores.open(100_ns);
  cores.sent(140_ns, 30_B, 200_ns);
  EXPECT_EQ(cores.ready(100_ns, 30_B), 340_ns + 40_ns);
}

TEST(SendCores, CoreWithTwoRowsInFlightWaitsHalfAsLong) {
  SendCores cores({1, 10_ns, 1_GBps, 2});
  cores.open(100_ns);
  cores.sent(140_ns, 30_B, 200_ns);
  EXPECT_EQ(cores.ready(100_ns, 30_B), 100_ns + 120_ns + 40_ns);
}

TEST(SendCores, PassTakesRoundsOfTheCores) {
  const SendCores cores({2, 10_ns, 1_GBps, 1});
  EXPECT_EQ(cores.pass(5, 30_B), 120_ns);
  EXPECT_EQ(SendCores().pass(5, 30_B), 0_ns);
}

StackConfig exchange_stack() {
  StackConfig stack = test::toy_stack();
  stack.low_latency.emplace();
  stack.low_latency->setup.value = 300_ns;
  stack.low_latency->settle.value = 100_ns;
  stack.low_latency->copy_passes.value = 1;
  stack.high_throughput.emplace();
  stack.high_throughput->pack_passes.value = 1;
  stack.high_throughput->unpack_passes.value = 1;
  return stack;
}

// Two cards with an expert each; the token of each card goes to the other.
test::ToyLayer crossing_layer() {
  return toy_layer({{0}, {1}}, 2, {{1}, {0}}, 1, {});
}

SerialSchedule exchange_only() {
  SerialSchedule serial;
  serial.compute = false;
  return serial;
}

// A row of 32 B, a result of 64 B; a byte of memory per nanosecond; 100 ns on the way, a core takes 20 ns.
//   launch 500, counting 300                                                              800
//   the row leaves at 820 (read until 852) and is there at 920, written                   952
//   flags leave at 840 and 860; the other card's is there                                 960
//   polled 10, places known 100, copied 64                                               1134
//   barrier 200, launch 500                                                              1834
//   the result leaves at 1854 (read until 1918), is there at 1954, written               2018
//   flags leave at 1874 and 1894, there at 1994; polled 10                               2028
//   weighted sum: 32 elements on two cores 100, two rows of 64 B 128                     2156
TEST(LowLatency, DispatchAndCombineByHand) {
  CardBench bench(crossing_layer(), exchange_only(), {10_ns, 100_ns}, test::toy_chip(), exchange_stack(),
                  {ExchangeFamily::LowLatency, Launch::Graph, moe::Copies::PerExpert}, {1, 20_ns, {}, {}});
  EXPECT_EQ(bench.run(), 2156_ns);
  for (std::size_t card = 0; card < 2; ++card) {
    EXPECT_EQ(bench.card(card).report().dispatched, 1134_ns);
    EXPECT_EQ(bench.card(card).report().combining, 1334_ns);
    EXPECT_EQ(bench.card(card).report().rows_in, 952_ns);
    EXPECT_EQ(bench.card(card).report().results_back, 2018_ns);
  }
}

//   launch 500, counts 300, packing 64                                                    864
//   the row is there at 964, written 996, barrier 200                                    1196
//   unpacking 64                                                                         1260
//   launch 500, packing 128                                                              1888
//   the result is there at 1988, written 2052, barrier 200, unpacking 128                2380
//   launch 500, weighted sum 128                                                         3008
TEST(HighThroughput, DispatchAndCombineByHand) {
  CardBench bench(crossing_layer(), exchange_only(), {10_ns, 100_ns}, test::toy_chip(), exchange_stack());
  EXPECT_EQ(bench.run(), 3008_ns);
  EXPECT_EQ(bench.card(0).report().dispatched, 1260_ns);
  EXPECT_EQ(bench.card(1).report().combining, 1260_ns);
}

// A token of 64 B is read and a row of 32 B written before all else.
TEST(HighThroughput, QuantisingIsAPassOverTokens) {
  StackConfig stack = exchange_stack();
  stack.high_throughput->quantise_passes.emplace();
  stack.high_throughput->quantise_passes->value = 1;
  CardBench bench(crossing_layer(), exchange_only(), {10_ns, 100_ns}, test::toy_chip(), stack);
  EXPECT_EQ(bench.run(), 3008_ns + 96_ns);
}

TEST(HighThroughput, ResultsOfATokenComeBackAsOneSumPerCard) {
  const auto layer = [] {
    return toy_layer({{0}, {1, 2}}, 3, {{1, 2}, {1, 2}}, 2, {}, moe::Copies::PerCard);
  };
  const Exchange reduced{ExchangeFamily::HighThroughput, Launch::Graph, moe::Copies::PerCard};
  CardBench sums(layer(), SerialSchedule(), {}, test::toy_chip(), test::toy_stack(), reduced);
  CardBench all(layer(), SerialSchedule(), {});
  sums.run();
  all.run();
  EXPECT_EQ(sums.card(0).report().rows_returned, 1);
  EXPECT_EQ(all.card(0).report().rows_returned, 2);
  EXPECT_EQ(sums.card(1).report().rows_received, 4);
}

TEST(LowLatency, CardGoesOnWithoutWaitingForOthers) {
  // Card 2 has rows for nobody and gets one; cards 0 and 1 exchange theirs. Card 0 takes long to compute
  // many.
  const auto layer = [] {
    return toy_layer({{0}, {1}, {2}}, 3, {{1, 1, 1, 2}, {0, 0, 0, 0}, {0, 0, 0, 0}}, 1, {});
  };
  const Exchange low{ExchangeFamily::LowLatency, Launch::Graph, moe::Copies::PerExpert};
  CardBench bench(layer(), SerialSchedule(), {}, test::toy_chip(), exchange_stack(), low);
  bench.run();
  EXPECT_LT(bench.card(2).report().combining, bench.card(0).report().combining);
}

TEST(LowLatency, SlowerCoresMakeItSlower) {
  const Exchange low{ExchangeFamily::LowLatency, Launch::Graph, moe::Copies::PerExpert};
  Picoseconds last;
  for (const Picoseconds issue : {0_ns, 20_ns, 200_ns}) {
    CardBench bench(crossing_layer(), exchange_only(), {}, test::toy_chip(), exchange_stack(), low,
                    {1, issue, {}, {}});
    const Picoseconds end = bench.run();
    EXPECT_GT(end, last);
    last = end;
  }
}

TEST(LowLatency, LostFlagIsWhatTheCardWaitsFor) {
  const Exchange low{ExchangeFamily::LowLatency, Launch::Graph, moe::Copies::PerExpert};
  CardBench bench(toy_layer({{0}, {1}}, 2, {{0}, {1}}, 1, {}), exchange_only(), {}, test::toy_chip(),
                  exchange_stack(), low);
  bench.cut(0, 1);
  bench.run();
  EXPECT_FALSE(bench.card(1).done());
  EXPECT_THAT(bench.card(1).waiting_for(), ::testing::HasSubstr("flags (1 of dispatch"));
}

TEST(Exchange, EagerLaunchAndHostWaitCostWhatTheStackSays) {
  StackConfig stack = exchange_stack();
  stack.eager_launch.emplace();
  stack.eager_launch->value = 700_ns;
  stack.high_throughput->host_wait.emplace();
  stack.high_throughput->host_wait->value = 1000_ns;
  const Exchange eager{ExchangeFamily::HighThroughput, Launch::Eager, moe::Copies::PerExpert};
  CardBench bench(crossing_layer(), exchange_only(), {10_ns, 100_ns}, test::toy_chip(), stack, eager);
  EXPECT_EQ(bench.run(), 3008_ns + 3 * 200_ns + 1000_ns);
}

TEST(Exchange, IsRefusedWhereItMakesNoSense) {
  const Exchange low{ExchangeFamily::LowLatency, Launch::Graph, moe::Copies::PerExpert};
  const Exchange sums{ExchangeFamily::HighThroughput, Launch::Graph, moe::Copies::PerCard};
  const Exchange eager{ExchangeFamily::HighThroughput, Launch::Eager, moe::Copies::PerExpert};
  const auto message = [](const ScheduleConfig& schedule, const StackConfig& stack,
                          const Exchange& exchange) {
    try {
      make_schedule(schedule, stack, exchange);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(WaveFillSchedule(), exchange_stack(), low), ::testing::HasSubstr("schedule wave_fill"));
  EXPECT_THAT(message(TwoBatchSchedule(), exchange_stack(), low), ::testing::HasSubstr("schedule two_batch"));
  EXPECT_THAT(message(SerialSchedule(), test::toy_stack(), low),
              ::testing::HasSubstr("no low_latency costs"));
  EXPECT_THAT(message(ExpertPrefetchSchedule(), exchange_stack(), sums),
              ::testing::HasSubstr("/workload/combine_copies"));
  EXPECT_THAT(message(SerialSchedule(), exchange_stack(), eager), ::testing::HasSubstr("no eager_launch"));
  EXPECT_EQ(message(SerialSchedule(), exchange_stack(), low), "");
}

// As bandwidth grows and overheads vanish, fused and single-row layers take the time of their GEMMs.
TEST(Exchange, WithoutCommunicationAndOverheadsFusionGainsNothingOverLowLatency) {
  ChipConfig chip = test::toy_chip();
  chip.hbm.bandwidth.value = 1000_TBps;
  StackConfig stack = exchange_stack();
  for (auto* cost : {&stack.kernel_launch, &stack.metadata_exchange, &stack.barrier, &stack.flag_poll,
                     &stack.low_latency->setup, &stack.low_latency->settle})
    cost->value = 0_ns;
  stack.swiglu_ops.value = stack.cast_ops.value = stack.sum_ops.value = 0;
  std::vector<std::vector<moe::ExpertIndex>> routes(2);
  for (std::size_t i = 0; i < 400; ++i) {
    routes[0].push_back(static_cast<moe::ExpertIndex>(i % 4));
    routes[1].push_back(static_cast<moe::ExpertIndex>((i + 1) % 4));
  }
  const auto layer = [&] { return toy_layer({{0, 1}, {2, 3}}, 4, routes, 1, {}); };
  SerialSchedule serial;
  serial.block_m = 16;
  WaveFillSchedule waves;
  waves.block_m = 16;
  const CardBench::Timing instant{1_ps, 1_ps};
  CardBench apart(layer(), serial, instant, chip, stack,
                  {ExchangeFamily::LowLatency, Launch::Graph, moe::Copies::PerExpert});
  CardBench fused(layer(), waves, instant, chip, stack);
  const auto baseline = static_cast<double>(apart.run().count());
  EXPECT_NEAR(baseline / static_cast<double>(fused.run().count()), 1.0, 0.06);
}

TEST(SharedTimer, VectorCoresThatCommunicateSlowTheActivation) {
  const ChipConfig chip = test::toy_chip();
  const StackConfig stack = test::toy_stack();
  const RooflineTimer whole(chip, stack, 1.0);
  const SharedTimer shared(std::make_unique<RooflineTimer>(chip, stack, 1.0), 3, 4, false);
  EXPECT_EQ(shared.vector_pass(VectorOp::SwiGlu, 64), whole.vector_pass(VectorOp::SwiGlu, 64) * 4);
  EXPECT_EQ(shared.cores(), whole.cores());
  const GemmTile tile{16, 16, 32, moe::DataType::Fp8, moe::DataType::Fp8};
  EXPECT_EQ(shared.gemm_tile(tile), whole.gemm_tile(tile)) << "cubes are not touched";
}

TEST(SharedTimer, WholeCoresThatCommunicateComputeNoTiles) {
  const SharedTimer shared(std::make_unique<RooflineTimer>(test::toy_chip(), test::toy_stack(), 1.0), 1, 2,
                           true);
  EXPECT_EQ(shared.cores(), 1);
}

}  // namespace
}  // namespace podsim::npu
