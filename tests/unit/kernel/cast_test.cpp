// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;

class CastTest : public KernelTest {};

TEST_F(CastTest, FloatToHalfFollowsEveryMode) {
  std::vector<float> x;
  for (int i = 0; i < 100; ++i)
    x.push_back(std::ldexp(static_cast<float>(random()), static_cast<int>(random() % 60) - 60) *
                (i % 2 == 0 ? 1.F : -1.F));
  const auto a = ub<float>(0, x);
  const auto c = ub<half>(1024, 100);
  for (const RoundMode mode :
       {RoundMode::CAST_NONE, RoundMode::CAST_RINT, RoundMode::CAST_FLOOR, RoundMode::CAST_CEIL,
        RoundMode::CAST_ROUND, RoundMode::CAST_TRUNC, RoundMode::CAST_ODD}) {
    Cast(c, a, mode, 100);
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_EQ(held(c, 100)[i].bits,
                kernel::encode(static_cast<double>(x[i]), kernel::kFp16, kernel::rounding_of(mode)));
    }
  }
}

TEST_F(CastTest, HalfWidensExactlyWithNarrowStrides) {
  const auto a = ub<half>(0, small<half>(256));
  const auto c = ub<float>(1024, std::vector<float>(256, 50.F));
  Cast(c, a, RoundMode::CAST_NONE, static_cast<uint64_t>(60), 2, {1, 1, 8, 4});
  const auto x = held(a, 256);
  const auto z = held(c, 256);
  for (std::size_t i = 0; i < 128; ++i) ASSERT_EQ(z[i], i % 64 < 60 ? static_cast<float>(x[i]) : 50.F) << i;
  const auto& work = last_work<kernel::VectorWork>();
  EXPECT_EQ(work.type, kernel::DataType::Fp32);
  EXPECT_EQ(work.narrow, kernel::DataType::Fp16);
  EXPECT_EQ(work.source[0].blocks, 4);
}

TEST_F(CastTest, IntegersSaturateAndRound) {
  const auto a = ub<float>(0, {2.5F, -2.5F, 3.5F, 1e20F, -1e20F, NAN, 0.5F, -0.75F});
  const auto c = ub<int32_t>(256, 8);
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  Cast(c, a, RoundMode::CAST_RINT, 8);
  EXPECT_THAT(held(c, 8), ::testing::ElementsAre(2, -2, 4, kMax, kMin, 0, 0, -1));
  Cast(c, a, RoundMode::CAST_ROUND, 8);
  EXPECT_THAT(held(c, 8), ::testing::ElementsAre(3, -3, 4, kMax, kMin, 0, 1, -1));
  Cast(c, a, RoundMode::CAST_TRUNC, 8);
  EXPECT_THAT(held(c, 8), ::testing::ElementsAre(2, -2, 3, kMax, kMin, 0, 0, 0));
  Cast(c, a, RoundMode::CAST_CEIL, 8);
  EXPECT_EQ(held(c, 8)[0], 3);
}

TEST_F(CastTest, WideIntegersRoundOnce) {
  // Both round to a double that lies half way between two floats.
  const auto a =
      ub<int64_t>(0, {(int64_t{1} << 60) + (int64_t{1} << 36) + 1, (int64_t{1} << 60) + (int64_t{1} << 36),
                      -3, std::numeric_limits<int64_t>::min()});
  const auto c = ub<float>(256, 4);
  Cast(c, a, RoundMode::CAST_RINT, 4);
  EXPECT_EQ(held(c, 4)[0], 0x1p60F + 0x1p37F);
  EXPECT_EQ(held(c, 4)[1], 0x1p60F);
  EXPECT_EQ(held(c, 4)[2], -3.F);
  EXPECT_EQ(held(c, 4)[3], -0x1p63F);
  const auto d = ub<int32_t>(512, 4);
  Cast(d, a, RoundMode::CAST_NONE, 4);
  EXPECT_THAT(held(d, 4),
              ::testing::ElementsAre(std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::max(),
                                     -3, std::numeric_limits<int32_t>::min()));
}

TEST_F(CastTest, FourBitValuesPackTwoToAByte) {
  const auto a = ub<half>(0, {half(-8), half(7), half(3), half(-1)});
  const LocalTensor<int4b_t> c(TPosition::VECCALC, 256, 64);
  EXPECT_EQ(c.GetSize(), 64U);
  Cast(c, a, RoundMode::CAST_RINT, 4);
  const auto bytes = held(c.ReinterpretCast<uint8_t>(), 2);
  EXPECT_THAT(bytes, ::testing::ElementsAre(0x78, 0xf3));
  const auto back = ub<half>(512, 4);
  Cast(back, c, RoundMode::CAST_NONE, 4);
  EXPECT_EQ(held(back, 4), held(a, 4));
  EXPECT_EQ(c[2].GetPhyAddr(), 257U);
}

TEST_F(CastTest, FloatRoundsToIntegralValueInPlace) {
  const auto a = ub<float>(0, {1.5F, -1.25F});
  Cast(a, a, RoundMode::CAST_FLOOR, 2);
  EXPECT_THAT(held(a, 2), ::testing::ElementsAre(1, -2));
}

TEST_F(CastTest, ScaleGoesFromIntegersToHalf) {
  const auto a = ub<int32_t>(0, {1000, -3000});
  const auto c = ub<half>(256, 2);
  SetDeqScale(half(0.5));
  Cast(c, a, RoundMode::CAST_NONE, 2);
  EXPECT_EQ(static_cast<float>(held(c, 2)[1]), -1500);
}

TEST_F(CastTest, SaturationModeReplacesInfinity) {
  const auto a = ub<float>(0, {1e9F, NAN});
  const auto c = ub<half>(256, 2);
  Cast(c, a, RoundMode::CAST_NONE, 2);
  EXPECT_TRUE(std::isinf(static_cast<float>(held(c, 2)[0])));
  AscendCUtils::SetOverflow(0);
  Cast(c, a, RoundMode::CAST_NONE, 2);
  EXPECT_EQ(static_cast<float>(held(c, 2)[0]), 65504);
  EXPECT_EQ(static_cast<float>(held(c, 2)[1]), 0);
}

TEST_F(CastTest, PairsOfTheOtherGenerationAreRefused) {
  const auto a = ub<half>(0, small<half>(64));
  const LocalTensor<bfloat16_t> c(TPosition::VECCALC, 256, 64);
  expect_refused([&] { Cast(c, a, RoundMode::CAST_RINT, 8); }, {"Cast", "half to bfloat16_t", "2201"});
  FakeCore a5(memory, 3510, kernel::CoreKind::Aiv);
  run_on(a5, [&] {
    Cast(c, a, RoundMode::CAST_RINT, 8);
    const LocalTensor<fp8_e4m3fn_t> d(TPosition::VECCALC, 512, 64);
    Cast(d, LocalTensor<float>(TPosition::VECCALC, 1024, 8), RoundMode::CAST_RINT, 8);
    EXPECT_EQ(a5.instructions.size(), 2U);
  });
}

TEST_F(CastTest, ScalarsConvertWithoutAnInstruction) {
  EXPECT_EQ((Cast<float, int32_t, RoundMode::CAST_ROUND>(2.5F)), 3);
  EXPECT_EQ((ScalarCast<float, half, RoundMode::CAST_TRUNC>(0.1F).bits), 0x2e66);
  EXPECT_EQ(ToFloat(ToBfloat16(1.5F)), 1.5F);
  EXPECT_TRUE(core.instructions.empty());
}

}  // namespace
}  // namespace podsim::test
