// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/roofline_timer.h"

#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "support/toy_machine.h"

namespace podsim::npu {
namespace {

using namespace literals;
using moe::DataType;
using test::toy_chip;
using test::toy_stack;

GemmTile tile(std::int64_t m, std::int64_t n = 16, std::int64_t k = 32) {
  return {m, n, k, DataType::Fp8, DataType::Fp8};
}

TEST(RooflineTimer, TileTakesItsWorkAtOneCoresShareOfTheRate) {
  const RooflineTimer timer(toy_chip(), toy_stack(), 1.0);
  EXPECT_EQ(timer.cores(), 2);
  EXPECT_EQ(timer.gemm_tile(tile(16)), 1000_ns);  // 2 * 16 * 16 * 32 FLOP at 16.384 GFLOP/s
  EXPECT_EQ(timer.gemm_tile(tile(16, 32)), 2000_ns);
}

TEST(RooflineTimer, RowsAndColumnsAreRoundedUpToSixteen) {
  const RooflineTimer timer(toy_chip(), toy_stack(), 1.0);
  EXPECT_EQ(timer.gemm_tile(tile(1)), timer.gemm_tile(tile(16)));
  EXPECT_EQ(timer.gemm_tile(tile(17)), timer.gemm_tile(tile(32)));
  EXPECT_GT(timer.gemm_tile(tile(17)), timer.gemm_tile(tile(16)));
  EXPECT_EQ(timer.gemm_tile(tile(16, 17)), timer.gemm_tile(tile(16, 32)));
}

TEST(RooflineTimer, EveryTileStartsWithTheProloguePlusSustainedRate) {
  StackConfig stack = toy_stack();
  stack.tile_prologue.value = 60_ns;
  ChipConfig chip = toy_chip();
  chip.cube_efficiency.value = 0.5;
  EXPECT_EQ(RooflineTimer(chip, stack, 1.0).gemm_tile(tile(16)), 2060_ns);
}

TEST(RooflineTimer, OperandsOfTwoTypesRunAtTheRateOfTheWiderOne) {
  ChipConfig chip = toy_chip();
  chip.cube_peak["fp4"].value = FlopsPerSecond(65'536'000'000);
  const RooflineTimer timer(chip, toy_stack(), 1.0);
  EXPECT_EQ(timer.gemm_tile({16, 16, 32, DataType::Fp4, DataType::Fp8}), 1000_ns);
  EXPECT_EQ(timer.gemm_tile({16, 16, 32, DataType::Fp4, DataType::Fp4}), 500_ns);
}

TEST(RooflineTimer, TypeThatTheChipLacksIsNamedWithThoseItHas) {
  const RooflineTimer timer(toy_chip(), toy_stack(), 1.0);
  try {
    timer.gemm_tile({16, 16, 32, DataType::Bf16, DataType::Fp8});
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "chip toy has no matrix rate for bf16 (it has: fp8); /workload/types can name others");
  }
}

TEST(RooflineTimer, CardAtHalfSpeedTakesTwiceAsLong) {
  const RooflineTimer timer(toy_chip(), toy_stack(), 0.5);
  EXPECT_EQ(timer.gemm_tile(tile(16)), 2000_ns);
  EXPECT_EQ(timer.vector_pass(VectorOp::SwiGlu, 16), 200_ns);
}

TEST(RooflineTimer, VectorPassCountsTheOperationsOfItsKind) {
  const RooflineTimer timer(toy_chip(), toy_stack(), 1.0);
  EXPECT_EQ(timer.vector_pass(VectorOp::SwiGlu, 16), 100_ns);  // 160 FLOP at 1.6 GFLOP/s
  EXPECT_EQ(timer.vector_pass(VectorOp::Cast, 16), 50_ns);
  EXPECT_EQ(timer.vector_pass(VectorOp::WeightedSum, 16), 100_ns);
}

}  // namespace
}  // namespace podsim::npu
