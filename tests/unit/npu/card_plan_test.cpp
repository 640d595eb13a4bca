// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/card_plan.h"

#include <gtest/gtest.h>

#include "support/toy_machine.h"

namespace podsim::npu {
namespace {

using namespace literals;
using test::toy_chip;
using test::toy_layer;
using test::toy_stack;
using Routes = std::vector<std::vector<moe::ExpertIndex>>;

class CardPlanTest : public ::testing::Test {
 protected:
  CardPlan plan(test::ToyLayer& layer, const ScheduleConfig& schedule, Bytes l2 = 1_MiB) {
    const StackConfig stack = toy_stack();
    const RooflineTimer timer(toy_chip(), stack, 1.0);
    const auto made = make_schedule(schedule, stack);
    CardPlan plan;
    plan_card(layer.work(0), {NpuId(0), &timer, &stack, made.get(), 1_GBps, l2, {}, nullptr}, plan);
    return plan;
  }
};

// One card, three experts with 3, 1 and 0 rows.
test::ToyLayer three_experts(const Tiling& tiling) {
  return toy_layer({{0, 1, 2}}, 3, Routes{{0, 0, 1, 0}}, 1, tiling);
}

TEST_F(CardPlanTest, RowsOfAnExpertAreCutIntoMBlocks) {
  test::ToyLayer layer = three_experts({2, 16, 3});
  const CardPlan plan = this->plan(layer, WaveFillSchedule());
  ASSERT_EQ(plan.m_blocks.size(), 3U);
  EXPECT_EQ(plan.m_blocks[0].rows, 2U);
  EXPECT_EQ(plan.m_blocks[1].rows, 1U) << "the rest of expert 0";
  EXPECT_EQ(plan.m_blocks[1].first_row, 2U);
  EXPECT_EQ(plan.m_blocks[2].slot, 1U);
  EXPECT_EQ(plan.rows, 4U);
  EXPECT_EQ(plan.results, 4);
  EXPECT_EQ(plan.slots[2].rows, 0U);
}

TEST_F(CardPlanTest, WaveRunsAllItsFirstGemmsBeforeItsSecondOnes) {
  test::ToyLayer layer = three_experts({4, 16, 1});  // a wave per expert
  const CardPlan plan = this->plan(layer, WaveFillSchedule());
  ASSERT_EQ(plan.origins.size(), 4U);
  EXPECT_EQ(plan.m_blocks[0].tile_block[0], 0U);
  EXPECT_EQ(plan.m_blocks[0].tile_block[1], 1U);
  EXPECT_EQ(plan.m_blocks[1].tile_block[0], 2U);

  test::ToyLayer one_wave = three_experts({4, 16, 3});
  const CardPlan together = this->plan(one_wave, WaveFillSchedule());
  EXPECT_EQ(together.m_blocks[1].tile_block[0], 1U);
  EXPECT_EQ(together.m_blocks[0].tile_block[1], 2U);
}

TEST_F(CardPlanTest, WeightsAreReadOnceWhenTheyFitInL2AndPerBlockOtherwise) {
  test::ToyLayer layer = three_experts({2, 16, 3});
  // L1: weights 1,024 B, per row 32 B in and 16 B out, over 2 tiles.
  const CardPlan fits = this->plan(layer, WaveFillSchedule(), 1024_B);
  EXPECT_EQ(fits.tiles[0].hbm_load.bytes, Bytes((1024 + 2 * 48) / 2));
  EXPECT_EQ(fits.tiles[1].hbm_load.bytes, Bytes(48 / 2));
  const CardPlan exceeds = this->plan(layer, WaveFillSchedule(), 1023_B);
  EXPECT_EQ(exceeds.tiles[1].hbm_load.bytes, Bytes((1024 + 48) / 2));
}

TEST_F(CardPlanTest, UnfusedScheduleMovesIntermediateResultsThroughMemory) {
  test::ToyLayer layer = three_experts({4, 16, 3});
  const CardPlan fused = this->plan(layer, WaveFillSchedule());
  const CardPlan serial = this->plan(layer, SerialSchedule());
  // L1 of 3 rows writes 2d BF16 = 64 B instead of d FP8 = 16 B a row; L2 writes 64 B instead of nothing.
  EXPECT_EQ(serial.tiles[0].hbm_load.bytes - fused.tiles[0].hbm_load.bytes, Bytes(3 * (64 - 16) / 2));
  EXPECT_EQ(serial.tiles[2].hbm_load.bytes - fused.tiles[2].hbm_load.bytes, Bytes(3 * 64 / 2));
  EXPECT_EQ(serial.batches[0].activation.bytes, Bytes(4 * (64 + 16)));
  EXPECT_EQ(serial.batches[0].activation.elements, 4 * 16);
  EXPECT_EQ(serial.batches[0].weighted_sum.bytes, Bytes((4 + 4) * 64)) << "four results in, four tokens out";
}

TEST_F(CardPlanTest, TilesOfABlockShareItsTimeAndFollowTheTimer) {
  test::ToyLayer layer = three_experts({4, 16, 3});
  const CardPlan plan = this->plan(layer, WaveFillSchedule());
  EXPECT_EQ(plan.tiles[0].tiles, 2U) << "2d / 16 columns";
  EXPECT_EQ(plan.tiles[0].cube_time, 1000_ns);
  EXPECT_EQ(plan.tiles[2].cube_time, 500_ns);
  EXPECT_EQ(plan.tiles[0].vector_time, 150_ns) << "3 rows of 8 elements, 10 operations each";
  EXPECT_EQ(plan.tiles[2].vector_time, 150_ns) << "3 rows of 16 elements, 5 operations each";
  EXPECT_EQ(plan.cube_time[0], 4000_ns);
  EXPECT_EQ(plan.cube_time[1], 2000_ns);
}

TEST_F(CardPlanTest, SharedExpertComesFirstAndTakesNoPlaceInTheRowBuffer) {
  test::ToyLayer layer = three_experts({4, 16, 3});
  layer.shape.shared_experts = 1;
  const CardPlan plan = this->plan(layer, WaveFillSchedule());
  ASSERT_EQ(plan.m_blocks.size(), 3U);
  EXPECT_EQ(plan.m_blocks[0].slot, CardPlan::kSharedSlot);
  EXPECT_EQ(plan.m_blocks[0].rows, 4U);
  EXPECT_EQ(plan.m_blocks[1].first_row, 0U);
  EXPECT_EQ(plan.rows, 4U);
  EXPECT_EQ(plan.batches[0].weighted_sum.elements, (4 + 4) * 32);
}

TEST_F(CardPlanTest, BlocksAreNamedByExpertAndRows) {
  test::ToyLayer layer = three_experts({2, 16, 3});
  const CardPlan plan = this->plan(layer, WaveFillSchedule());
  EXPECT_EQ(plan.block_name(1, layer.placement.slots(0)), "expert 0, rows 2-2");
}

}  // namespace
}  // namespace podsim::npu
