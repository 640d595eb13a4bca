// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/moe_card.h"

#include <gtest/gtest.h>

#include "podsim/base/random.h"
#include "support/card_bench.h"

namespace podsim::npu {
namespace {

using namespace literals;
using test::CardBench;
using test::toy_layer;
using Routes = std::vector<std::vector<moe::ExpertIndex>>;

const std::vector<ScheduleConfig> kSchedules{SerialSchedule(), WaveFillSchedule(), TwoBatchSchedule(),
                                             StagePairSchedule(), ExpertPrefetchSchedule()};

// `ranks` cards with two experts each, `tokens` tokens of two random experts.
test::ToyLayer random_layer(std::uint64_t seed, std::size_t ranks, std::size_t tokens,
                            moe::Copies copies = moe::Copies::PerExpert) {
  Random random(seed, "moe card test");
  std::vector<std::vector<moe::ExpertIndex>> slots;
  for (std::size_t rank = 0; rank < ranks; ++rank)
    slots.push_back({static_cast<moe::ExpertIndex>(2 * rank), static_cast<moe::ExpertIndex>(2 * rank + 1)});
  Routes routes(ranks);
  for (auto& row : routes) {
    for (std::size_t i = 0; i < tokens; ++i) {
      const auto first = random.below(2 * ranks);
      const auto second = (first + 1 + random.below(2 * ranks - 1)) % (2 * ranks);
      row.push_back(static_cast<moe::ExpertIndex>(first));
      row.push_back(static_cast<moe::ExpertIndex>(second));
    }
  }
  return toy_layer(std::move(slots), 2 * ranks, routes, 2, {}, copies);
}

TEST(MoeCard, EveryRowArrivesOnceAndEveryResultComesBack) {
  for (const ScheduleConfig& schedule : kSchedules) {
    for (const moe::Copies copies : {moe::Copies::PerExpert, moe::Copies::PerCard}) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CardBench bench(random_layer(seed, 4, 9, copies), schedule, {});
        bench.run();
        for (std::size_t rank = 0; rank < bench.size(); ++rank) {
          ASSERT_TRUE(bench.card(rank).done()) << bench.card(rank).waiting_for();
          const CardReport& report = bench.card(rank).report();
          EXPECT_EQ(report.rows_received, static_cast<std::int64_t>(bench.layer().traffic.rows_of(rank)));
          EXPECT_EQ(report.rows_returned, 18);
          EXPECT_GE(report.exposed(), 0_ns);
        }
      }
    }
  }
}

TEST(MoeCard, MemoryMovesWhatThePlanAndTheRowsSay) {
  CardBench bench(random_layer(3, 2, 8), WaveFillSchedule(), {});
  bench.run();
  for (std::size_t rank = 0; rank < 2; ++rank) {
    const CardPlan& plan = bench.card(rank).plan();
    Bytes tiles;
    for (const TileBlock& block : plan.tiles) tiles += block.hbm_load.bytes * block.tiles;
    const auto rows = static_cast<std::int64_t>(plan.rows);
    const Bytes expected =
        tiles + 32_B * (16 + rows) + 64_B * (rows + 16) + plan.batches[0].weighted_sum.bytes;
    EXPECT_EQ(bench.card(rank).report().hbm_bytes, expected);
  }
}

TEST(MoeCard, SameLayerTwiceTakesTheSameTimeFromAnyStart) {
  for (const ScheduleConfig& schedule : kSchedules) {
    CardBench first(random_layer(5, 4, 16), schedule, {});
    CardBench later(random_layer(5, 4, 16), schedule, {});
    EXPECT_EQ(later.run(777_ns), first.run() + 777_ns);
  }
}

TEST(MoeCard, DoublingRatesAndHalvingLatenciesHalvesTheLayer) {
  const auto scaled = [](std::int64_t factor, const ScheduleConfig& schedule) {
    ChipConfig chip = test::toy_chip();
    chip.cube_peak["fp8"].value = chip.cube_peak["fp8"].value / factor;
    chip.vector_rate.value = chip.vector_rate.value / factor;
    chip.hbm.bandwidth.value = chip.hbm.bandwidth.value / factor;
    StackConfig stack = test::toy_stack();
    for (auto* time : {&stack.kernel_launch, &stack.metadata_exchange, &stack.barrier, &stack.flag_poll})
      time->value = time->value * factor;
    CardBench bench(random_layer(11, 3, 20), schedule, {10_ns * factor, 100_ns * factor}, chip, stack);
    return bench.run();
  };
  for (const ScheduleConfig& schedule : kSchedules) EXPECT_EQ(scaled(2, schedule), scaled(1, schedule) * 2);
}

TEST(MoeCard, OverlapIsNeverSlowerThanAKernelPerStage) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CardBench serial(random_layer(seed, 4, 32), SerialSchedule(), {});
    CardBench waves(random_layer(seed, 4, 32), WaveFillSchedule(), {});
    EXPECT_LE(waves.run(), serial.run()) << "seed " << seed;
  }
}

TEST(MoeCard, SharedExpertDelaysTheLayerButNoResultsAreSentForIt) {
  test::ToyLayer with = random_layer(2, 2, 16);
  with.shape.shared_experts = 1;
  CardBench plain(random_layer(2, 2, 16), WaveFillSchedule(), {});
  CardBench shared(std::move(with), WaveFillSchedule(), {});
  EXPECT_GT(shared.run(), plain.run());
  EXPECT_EQ(shared.card(0).report().rows_returned, 32);
}

TEST(MoeCard, CardWithoutTokensOrRowsTakesPart) {
  for (const ScheduleConfig& schedule : kSchedules) {
    // All tokens of card 0 go to its own expert; card 1 has neither tokens nor rows.
    CardBench bench(toy_layer({{0}, {1}}, 2, Routes{{0, 0}, {}}, 1, {}), schedule, {});
    bench.run();
    EXPECT_TRUE(bench.card(0).done()) << bench.card(0).waiting_for();
    EXPECT_TRUE(bench.card(1).done()) << bench.card(1).waiting_for();
    EXPECT_EQ(bench.card(1).report().rows_received, 0);
  }
}

TEST(MoeCard, StuckCardSaysWhichRowsItWaitsFor) {
  // Three rows for expert 1 on card 1, one of them its own.
  CardBench bench(toy_layer({{0}, {1}}, 2, Routes{{1, 1}, {1, 0}}, 1, {}), WaveFillSchedule(), {});
  bench.cut(0, 1);
  bench.run();
  EXPECT_FALSE(bench.card(1).done());
  EXPECT_EQ(bench.card(1).waiting_for(), "rows of 1 experts (expert 1: 1 of 3 rows are there)");
  EXPECT_EQ(bench.card(0).waiting_for(), "results (0 of 2 are back)");
}

TEST(MoeCard, StuckSerialCardStandsAtTheBarrier) {
  CardBench bench(toy_layer({{0}, {1}}, 2, Routes{{1}, {1}}, 1, {}), SerialSchedule(), {});
  bench.cut(0, 1);
  bench.run();
  EXPECT_EQ(bench.card(0).waiting_for(), "barrier 1");
  EXPECT_EQ(bench.card(1).waiting_for(), "rows of 1 experts (expert 1: 1 of 2 rows are there)");
}

}  // namespace
}  // namespace podsim::npu
