// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;

class ReduceTest : public KernelTest {};

TEST_F(ReduceTest, SumOfAnyCountIsExactForSmallNumbers) {
  for (const int32_t count : {1, 5, 64, 65, 200, 1000}) {
    const auto a = ub<float>(0, small<float>(1024));
    const auto c = ub<float>(8192, std::vector<float>(8, 77.F));
    ReduceSum<float>(c, a, ub<float>(16384, 64), count);
    const auto x = held(a, 1024);
    EXPECT_EQ(held(c, 2)[0], std::accumulate(x.begin(), x.begin() + count, 0.F)) << count;
    EXPECT_EQ(held(c, 2)[1], 77.F);
    EXPECT_EQ(GetAccVal<float>(), held(c, 1)[0]);
  }
}

TEST_F(ReduceTest, HalfSumIsATreeThatRoundsAtEveryStep) {
  std::vector<half> x(128, half(1));
  x[0] = half(2048);  // 2048 + 1 rounds to 2048 if added one by one
  const auto a = ub<half>(0, x);
  const auto c = ub<half>(1024, 16);
  ReduceSum<half>(c, a, c, 128);
  EXPECT_EQ(static_cast<float>(held(c, 1)[0]), 2048 + 126);
}

TEST_F(ReduceTest, MaximumGivesTheSmallestIndexAsBits) {
  auto x = small<float>(300, -8, 5);
  x[77] = 9;
  x[211] = 9;
  x[10] = -9;
  x[260] = -9;
  const auto a = ub<float>(0, x);
  const auto c = ub<float>(4096, 8);
  ReduceMax(c, a, ub<float>(8192, 64), 300, true);
  EXPECT_EQ(held(c, 1)[0], 9);
  EXPECT_EQ(c.ReinterpretCast<uint32_t>().GetValue(1), 77U);
  // 5 repeats leave 10 words, one more round: two instructions.
  EXPECT_EQ(core.of("ReduceMax").size(), 2U);
  ReduceMin(c, a, ub<float>(8192, 64), 300, true);
  EXPECT_EQ(held(c.ReinterpretCast<uint32_t>(), 2)[1], 10U);
}

TEST_F(ReduceTest, RepeatsAndMasks) {
  const auto a = ub<half>(0, small<half>(384));
  const auto c = ub<half>(4096, std::vector<half>(64, half(77)));
  const auto x = held(a, 384);
  const auto sum = [&](std::size_t first, std::size_t count) {
    float total = 0;
    for (std::size_t i = first; i < first + count; ++i) total += static_cast<float>(x[i]);
    return total;
  };
  WholeReduceSum(c, a, 100, 3, 2, 1, 8);
  for (std::size_t r = 0; r < 3; ++r) EXPECT_EQ(static_cast<float>(held(c, 64)[2 * r]), sum(r * 128, 100));
  EXPECT_EQ(static_cast<float>(held(c, 64)[1]), 77);
  WholeReduceMax(c, a, 128, 3, 1, 1, 8);
  for (std::size_t r = 0; r < 3; ++r) {
    const auto best = std::max_element(x.begin() + static_cast<long>(r * 128),
                                       x.begin() + static_cast<long>(r * 128 + 128));
    EXPECT_EQ(held(c, 64)[2 * r], *best);
    EXPECT_EQ(held(c, 64)[2 * r + 1].bits,
              static_cast<uint16_t>(best - x.begin() - static_cast<long>(r * 128)));
  }
  BlockReduceSum(c, a, 2, 40, 1, 1, 8);  // repeat count before mask
  EXPECT_EQ(static_cast<float>(held(c, 64)[1]), sum(16, 16));
  EXPECT_EQ(static_cast<float>(held(c, 64)[2]), sum(32, 8));
  EXPECT_EQ(static_cast<float>(held(c, 64)[8]), sum(128, 16));
  PairReduceSum(c, a, 1, 128, 1, 1, 8);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(static_cast<float>(held(c, 64)[i]), sum(2 * i, 2));
  half value;
  half index;
  WholeReduceMin(c, a, 128, 1, 1, 1, 8, ReduceOrder::ORDER_ONLY_VALUE);
  GetReduceRepeatMaxMinSpr(value, index);
  EXPECT_EQ(value, *std::min_element(x.begin(), x.begin() + 128));
  EXPECT_GT(core.drains, 0U);
}

TEST_F(ReduceTest, WorkBufferOutsideMemoryIsRefused) {
  expect_refused([&] { ReduceMax(ub<float>(0, 8), ub<float>(0, 8), ub<float>(192 * 1024, 8), 1000); },
                 {"ReduceMax", "work buffer"});
}

}  // namespace
}  // namespace podsim::test
