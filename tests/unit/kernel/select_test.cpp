// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Comparison, selection, gathering and compaction.
#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;

class SelectTest : public KernelTest {};

TEST_F(SelectTest, EveryComparisonGivesItsBits) {
  const auto a = ub<half>(0, small<half>(256, -2, 2));
  const auto b = ub<half>(1024, small<half>(256, -2, 2));
  const auto x = held(a, 256);
  const auto y = held(b, 256);
  const auto check = [&](CMPMODE mode, auto function) {
    const auto c = ub<uint8_t>(2048, std::vector<uint8_t>(64, 0xaa));
    Compare(c, a, b, mode, 256);
    const auto bits = held(c, 64);
    for (std::size_t i = 0; i < 256; ++i)
      ASSERT_EQ(bits[i / 8] >> (i % 8) & 1,
                function(static_cast<float>(x[i]), static_cast<float>(y[i])) ? 1 : 0);
    EXPECT_EQ(bits[32], 0xaa);
  };
  check(CMPMODE::LT, [](float p, float q) { return p < q; });
  check(CMPMODE::GT, [](float p, float q) { return p > q; });
  check(CMPMODE::EQ, [](float p, float q) { return p == q; });
  check(CMPMODE::LE, [](float p, float q) { return p <= q; });
  check(CMPMODE::GE, [](float p, float q) { return p >= q; });
  check(CMPMODE::NE, [](float p, float q) { return p != q; });
}

TEST_F(SelectTest, OnlyWholeRepeatsAreCompared) {
  const auto a = ub<float>(0, std::vector<float>(128, 1.F));
  const auto c = ub<uint8_t>(2048, std::vector<uint8_t>(32, 0));
  CompareScalar(c, a, 1.F, CMPMODE::EQ, 100);  // 64 of them
  EXPECT_EQ(held(c, 9)[7], 0xff);
  EXPECT_EQ(held(c, 9)[8], 0);
  expect_refused([&] { Compare(c, ub<int32_t>(0, 64), ub<int32_t>(0, 64), CMPMODE::LT, 64); },
                 {"Compare", "int32_t"});
  EXPECT_NO_THROW(Compare(c, ub<int32_t>(0, 64), ub<int32_t>(0, 64), CMPMODE::EQ, 64));
}

TEST_F(SelectTest, SelectionConsumesBitsOrRepeatsThem) {
  const auto a = ub<float>(0, small<float>(128));
  const auto b = ub<float>(1024, small<float>(128));
  const auto mask = ub<uint8_t>(2048, small<uint8_t>(32, 0, 255));
  const auto c = ub<float>(4096, std::vector<float>(128, 50.F));
  const auto x = held(a, 128);
  const auto y = held(b, 128);
  const auto bits = held(mask, 32);
  const auto bit = [&](std::size_t i) { return (bits[i / 8] >> (i % 8) & 1) != 0; };
  Select(c, mask, a, b, SELMODE::VSEL_TENSOR_TENSOR_MODE, 100);
  for (std::size_t i = 0; i < 128; ++i) ASSERT_EQ(held(c, 128)[i], i < 100 ? (bit(i) ? x[i] : y[i]) : 50.F);
  Select(c, mask, a, -1, SELMODE::VSEL_TENSOR_SCALAR_MODE, 128);
  for (std::size_t i = 0; i < 128; ++i) ASSERT_EQ(held(c, 128)[i], bit(i) ? x[i] : -1.F);
  Select(c, mask, a, b, SELMODE::VSEL_CMPMASK_SPR, static_cast<uint64_t>(64), 2, {1, 1, 1, 8, 8, 8});
  for (std::size_t i = 0; i < 128; ++i) ASSERT_EQ(held(c, 128)[i], bit(i % 64) ? x[i] : y[i]);
}

TEST_F(SelectTest, CompareRegisterHoldsOneRepeat) {
  const auto a = ub<float>(0, small<float>(64));
  const auto b = ub<float>(1024, small<float>(64));
  const auto c = ub<uint8_t>(2048, 32);
  Compare(a, b, CMPMODE::LT, static_cast<uint64_t>(64), BinaryRepeatParams());
  GetCmpMask(c);
  for (std::size_t i = 0; i < 64; ++i)
    ASSERT_EQ(held(c, 8)[i / 8] >> (i % 8) & 1, held(a, 64)[i] < held(b, 64)[i] ? 1 : 0);
}

TEST_F(SelectTest, GatherReadsByteOffsets) {
  const auto a = ub<half>(0, small<half>(256));
  std::vector<uint32_t> offsets(100);
  for (uint32_t& offset : offsets) offset = 2 * static_cast<uint32_t>(random() % 200);
  const auto at = ub<uint32_t>(1024, offsets);
  const auto c = ub<half>(4096, std::vector<half>(128, half(50)));
  Gather(c, a, at, 6, 100);
  const auto x = held(a, 256);
  for (std::size_t i = 0; i < 128; ++i)
    ASSERT_EQ(held(c, 128)[i], i < 100 ? x[offsets[i] / 2 + 3] : half(50));
  const auto far = ub(1024, std::vector<uint32_t>{0x7fffffff});
  expect_refused([&] { Gather(c, a, far, 0, 1); }, {"Gather", "offset", "196608"});
  expect_refused([&] { Scatter(c, a, at, 0, 8); }, {"Scatter", "3510"});
  const auto blocks = ub<uint32_t>(1024, {32, 0, 64, 32, 96, 0, 0, 0});
  Gatherb(c, a, blocks, 1, {1, 8});
  for (std::size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(held(c, 128)[i], x[16 + i]);
    EXPECT_EQ(held(c, 128)[64 + i], x[48 + i]);
  }
}

TEST_F(SelectTest, GatherMaskCompactsAndCounts) {
  const auto a = ub<float>(0, small<float>(128));
  const auto x = held(a, 128);
  const auto c = ub<float>(4096, std::vector<float>(128, 50.F));
  uint64_t kept = 0;
  GatherMask(c, a, static_cast<uint8_t>(4), false, 0, {1, 2, 8, 0}, kept);  // second of every four
  EXPECT_EQ(kept, 32U);
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(held(c, 128)[i], x[4 * i + 1]);
  const auto pattern = ub<uint32_t>(1024, {0x80000005, 0xf});
  GatherMask(c, a, pattern, true, 40, {1, 1, 8, 8}, kept);
  EXPECT_EQ(kept, 7U);
  EXPECT_THAT(held(c, 7), ::testing::ElementsAre(x[0], x[2], x[31], x[32], x[33], x[34], x[35]));
  EXPECT_EQ(core.drains, 2U);
  expect_refused(
      [&] {
        GatherMask(c, a, static_cast<uint8_t>(8), false, 0, {1, 1, 8, 0}, kept);
      },
      {"GatherMask", "8", "1 to 7"});
}

}  // namespace
}  // namespace podsim::test
