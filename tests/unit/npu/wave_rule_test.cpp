// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/wave_rule.h"

#include <gtest/gtest.h>

namespace podsim::npu {
namespace {

constexpr std::int64_t kSms = 148;  // of the GPU that the rule was written for

// A group of `ranks` cards that share `experts` evenly.
LayerShape shape_of(std::int64_t experts, std::int64_t expert_width, std::int64_t ranks,
                    std::int64_t tokens) {
  LayerShape shape;
  shape.expert_width = expert_width;
  shape.tokens = tokens;
  shape.top_k = 6;
  shape.ranks = ranks;
  shape.slots = experts / ranks;
  shape.total_slots = experts;
  return shape;
}

std::int64_t waves(const LayerShape& shape, std::int64_t cores = kSms) {
  const std::int64_t experts = experts_per_wave_for(shape, block_m_for(shape), 128, cores, 2);
  return (shape.slots + experts - 1) / experts;
}

struct WaveRow {
  std::int64_t tokens;
  std::int64_t pro_experts;
  std::int64_t pro_waves;
  std::int64_t flash_experts;
  std::int64_t flash_waves;
};

// The waves that the rule gives on 148 SMs and 8 ranks, DeepSeek-V4-Pro (48 local experts) and Flash (32).
TEST(WaveRule, PublishedShapesGiveTheKnownWaves) {
  const WaveRow rows[] = {{1, 48, 1, 32, 1},    {8, 8, 6, 16, 2},     {64, 8, 6, 16, 2},
                          {512, 8, 6, 16, 2},   {1024, 8, 6, 16, 2},  {4096, 3, 16, 4, 8},
                          {8192, 2, 24, 2, 16}, {32768, 1, 48, 1, 32}};
  for (const WaveRow& row : rows) {
    const LayerShape pro = shape_of(384, 3072, 8, row.tokens);
    const LayerShape flash = shape_of(256, 2048, 8, row.tokens);
    EXPECT_EQ(experts_per_wave_for(pro, block_m_for(pro), 128, kSms, 2), row.pro_experts) << row.tokens;
    EXPECT_EQ(waves(pro), row.pro_waves) << row.tokens;
    EXPECT_EQ(experts_per_wave_for(flash, block_m_for(flash), 128, kSms, 2), row.flash_experts) << row.tokens;
    EXPECT_EQ(waves(flash), row.flash_waves) << row.tokens;
  }
}

TEST(WaveRule, LargeGroupsWithFewTokensRunInOneWave) {
  for (const std::int64_t tokens : {1, 16, 128, 256}) EXPECT_EQ(waves(shape_of(384, 3072, 64, tokens)), 1);
}

TEST(WaveRule, FewerCoresNeedFewerExpertsPerWave) {
  const LayerShape shape = shape_of(384, 3072, 64, 128);
  EXPECT_EQ(experts_per_wave_for(shape, 192, 128, 36, 2), 2);  // 2 * 48 tiles for 72
  EXPECT_EQ(experts_per_wave_for(shape, 192, 128, 24, 2), 1);  // 48 tiles for 48
}

TEST(WaveRule, BlockSizeChangesExactlyBehindEachStep) {
  // 2 expected rows of an expert per token of the group.
  const auto block = [](std::int64_t rows_times_two) {
    LayerShape shape;
    shape.tokens = rows_times_two;
    shape.total_slots = 2;
    return block_m_for(shape);
  };
  EXPECT_EQ(block(17), 16);
  EXPECT_EQ(block(18), 32);
  EXPECT_EQ(block(33), 32);
  EXPECT_EQ(block(34), 64);
  EXPECT_EQ(block(65), 64);
  EXPECT_EQ(block(66), 96);
  EXPECT_EQ(block(129), 96);
  EXPECT_EQ(block(130), 128);
  EXPECT_EQ(block(193), 128);
  EXPECT_EQ(block(194), 192);
}

}  // namespace
}  // namespace podsim::npu
