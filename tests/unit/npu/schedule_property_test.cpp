// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// What must hold under every schedule, on layers with random routes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "podsim/base/random.h"
#include "podsim/npu/pull_window.h"
#include "support/card_bench.h"

namespace podsim::npu {
namespace {

using namespace literals;
using test::CardBench;
using test::toy_layer;

const std::vector<ScheduleConfig> kFused{WaveFillSchedule(), StagePairSchedule(), ExpertPrefetchSchedule()};

std::vector<ScheduleConfig> all_schedules() {
  std::vector<ScheduleConfig> all = kFused;
  all.emplace_back(SerialSchedule());
  all.emplace_back(TwoBatchSchedule());
  return all;
}

// `ranks` cards with two experts each; every token takes two experts at random.
test::ToyLayer random_layer(std::uint64_t seed, std::size_t ranks, std::size_t tokens) {
  Random random(seed, "schedule property");
  std::vector<std::vector<moe::ExpertIndex>> slots;
  std::vector<std::vector<moe::ExpertIndex>> routes(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank)
    slots.push_back({static_cast<moe::ExpertIndex>(2 * rank), static_cast<moe::ExpertIndex>(2 * rank + 1)});
  for (auto& row : routes) {
    for (std::size_t i = 0; i < tokens; ++i) {
      const auto first = random.below(2 * ranks);
      row.push_back(static_cast<moe::ExpertIndex>(first));
      row.push_back(static_cast<moe::ExpertIndex>((first + 1 + random.below(2 * ranks - 1)) % (2 * ranks)));
    }
  }
  return toy_layer(std::move(slots), 2 * ranks, routes, 2, {});
}

void expect_disjoint(std::vector<TileEngine::Interval> intervals, const char* what) {
  std::sort(intervals.begin(), intervals.end(),
            [](const auto& a, const auto& b) { return a.from != b.from ? a.from < b.from : a.to < b.to; });
  for (std::size_t i = 1; i < intervals.size(); ++i)
    ASSERT_LE(intervals[i - 1].to, intervals[i].from) << what;
}

TEST(ScheduleProperty, NoCoreWorksOnTwoTilesAtOnce) {
  for (const ScheduleConfig& schedule : all_schedules()) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      CardBench bench(random_layer(seed, 3, 24), schedule, {});
      std::vector<TileEngine::TileRecord> tiles;
      bench.card(0).record_tiles(&tiles);
      bench.run();
      std::map<std::uint32_t, std::vector<TileEngine::Interval>> cubes;
      std::map<std::uint32_t, std::vector<TileEngine::Interval>> vectors;
      for (const TileEngine::TileRecord& tile : tiles) {
        cubes[tile.core].push_back(tile.cube);
        vectors[tile.core].push_back(tile.vector);
      }
      EXPECT_FALSE(tiles.empty());
      for (const auto& core : cubes) expect_disjoint(core.second, "cube");
      for (const auto& core : vectors) expect_disjoint(core.second, "vector units");
    }
  }
}

TEST(ScheduleProperty, NoByteOfMemoryIsServedTwiceAtOneTime) {
  for (const ScheduleConfig& schedule : all_schedules()) {
    CardBench bench(random_layer(4, 3, 24), schedule, {});
    const Picoseconds end = bench.run();
    EXPECT_LE(bench.card(1).report().hbm_busy, end);
  }
}

StackConfig free_stack() {
  StackConfig stack = test::toy_stack();
  for (auto* cost : {&stack.kernel_launch, &stack.metadata_exchange, &stack.barrier, &stack.flag_poll})
    cost->value = 0_ns;
  stack.swiglu_ops.value = stack.cast_ops.value = stack.sum_ops.value = 0;
  return stack;
}

TEST(ScheduleProperty, WithoutCommunicationAndOverheadsOverlapGainsNothing) {
  ChipConfig chip = test::toy_chip();
  chip.hbm.bandwidth.value = 1000_TBps;
  SerialSchedule serial;
  serial.block_m = 16;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const CardBench::Timing instant{1_ps, 1_ps};
    CardBench base(random_layer(seed, 3, 200), serial, instant, chip, free_stack());
    const auto baseline = static_cast<double>(base.run().count());
    WaveFillSchedule waves;
    waves.block_m = 16;
    StagePairSchedule pairs;
    pairs.block_m = 16;
    ExpertPrefetchSchedule prefetch;
    prefetch.block_m = prefetch.l2_block_m = 16;
    prefetch.block_n = 128;
    for (const ScheduleConfig& schedule : std::vector<ScheduleConfig>{waves, pairs, prefetch}) {
      CardBench bench(random_layer(seed, 3, 200), schedule, instant, chip, free_stack());
      EXPECT_NEAR(baseline / static_cast<double>(bench.run().count()), 1.0, 0.06) << "seed " << seed;
    }
  }
}

TEST(ScheduleProperty, RemovingOverlapSavesNoMoreThanTheOverheadOfOverlap) {
  const CardBench::Timing timing{10_ns, 100_ns};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CardBench serial(random_layer(seed, 4, 32), SerialSchedule(), timing);
    const Picoseconds baseline = serial.run();
    // A flag poll per block that waits, and for pulling a request and an answer per expert.
    const Picoseconds overhead = 40_ns + 2 * 2 * 110_ns;
    for (const ScheduleConfig& schedule : kFused) {
      CardBench bench(random_layer(seed, 4, 32), schedule, timing);
      EXPECT_LE(bench.run(), baseline + overhead) << "seed " << seed;
    }
  }
}

TEST(ScheduleProperty, WeightBoundLayerGainsAlmostNothingFromWaves) {
  ChipConfig chip = test::toy_chip();
  chip.cube_peak["fp8"].value = chip.cube_peak["fp8"].value * 1000;
  const auto layer = [] {
    test::ToyLayer made = random_layer(1, 4, 2);
    made.shape.expert_weights = 1536000_B;
    return made;
  };
  CardBench serial(layer(), SerialSchedule(), {}, chip, free_stack());
  CardBench waves(layer(), WaveFillSchedule(), {}, chip, free_stack());
  const auto baseline = static_cast<double>(serial.run().count());
  EXPECT_LT(baseline / static_cast<double>(waves.run().count()), 1.02);
}

TEST(PullWindow, ExpertIsAskedForWhenTheOneBeforeIsThereAndTheOneBeforeThatComputed) {
  PullWindow window;
  const std::vector<std::uint32_t> rows{3, 0, 1, 2};
  window.begin(rows);
  EXPECT_FALSE(window.next()) << "not open";
  window.open(100_ns, 1);
  const auto first = window.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->slot, 0U);
  EXPECT_EQ(first->at, 100_ns);
  EXPECT_FALSE(window.next());
  window.filled(0, 150_ns);
  const auto second = window.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->slot, 2U) << "slot 1 has no rows";
  EXPECT_EQ(second->at, 150_ns);
  window.filled(2, 170_ns);
  EXPECT_FALSE(window.next()) << "the first GEMM of slot 0 is not done";
  window.computed(0, 400_ns);
  const auto third = window.next();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->slot, 3U);
  EXPECT_EQ(third->at, 400_ns);
  EXPECT_FALSE(window.next());
}

}  // namespace
}  // namespace podsim::npu
