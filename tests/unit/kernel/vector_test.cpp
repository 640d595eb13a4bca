// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;
using kernel::VectorOp;
using kernel::VectorWork;

class VectorTest : public KernelTest {};

TEST_F(VectorTest, CountFormStopsAtTheCount) {
  for (const int32_t count : {1, 7, 63, 64, 65, 130, 511}) {
    const auto a = ub<float>(0, small<float>(512));
    const auto b = ub<float>(2048, small<float>(512));
    const auto c = ub<float>(4096, std::vector<float>(512, 99.F));
    Add(c, a, b, count);
    const auto x = held(a, 512);
    const auto y = held(b, 512);
    const auto z = held(c, 512);
    for (std::size_t i = 0; i < 512; ++i)
      ASSERT_EQ(z[i], i < static_cast<std::size_t>(count) ? x[i] + y[i] : 99.F) << count << " " << i;
    EXPECT_EQ(last_work<VectorWork>().elements, static_cast<std::uint64_t>(count));
    EXPECT_EQ(last_work<VectorWork>().repeats, static_cast<std::uint32_t>((count + 63) / 64));
    EXPECT_EQ(last().touches[0].bytes, static_cast<std::uint64_t>(count) * 4);
  }
  core.instructions.clear();
  Add(ub<float>(0, 8), ub<float>(0, 8), ub<float>(0, 8), 0);
  EXPECT_TRUE(core.instructions.empty());
}

TEST_F(VectorTest, EveryBinaryCallComputesItsFunction) {
  const auto a = ub<int32_t>(0, small<int32_t>(64));
  const auto b = ub<int32_t>(256, small<int32_t>(64));
  const auto c = ub<int32_t>(512, 64);
  const auto x = held(a, 64);
  const auto y = held(b, 64);
  const auto check = [&](auto function, const char* call) {
    EXPECT_STREQ(last().call, call);
    const auto z = held(c, 64);
    for (std::size_t i = 0; i < 64; ++i) ASSERT_EQ(z[i], function(x[i], y[i])) << call;
  };
  Add(c, a, b, 64), check([](int p, int q) { return p + q; }, "Add");
  Sub(c, a, b, 64), check([](int p, int q) { return p - q; }, "Sub");
  Mul(c, a, b, 64), check([](int p, int q) { return p * q; }, "Mul");
  Max(c, a, b, 64), check([](int p, int q) { return std::max(p, q); }, "Max");
  Min(c, a, b, 64), check([](int p, int q) { return std::min(p, q); }, "Min");
  LocalTensor<int32_t> d = c;
  d = a - b;
  check([](int p, int q) { return p - q; }, "Sub");
  d = a * b;
  check([](int p, int q) { return p * q; }, "Mul");
}

TEST_F(VectorTest, HalfArithmeticRoundsOnce) {
  std::vector<half> x(128);
  std::vector<half> y(128);
  for (std::size_t i = 0; i < 128; ++i) {
    x[i] = half(std::exp(static_cast<double>(i) / 20));
    y[i] = half(1.0 / static_cast<double>(i + 3));
  }
  const auto a = ub<half>(0, x);
  const auto b = ub<half>(256, y);
  const auto c = ub<half>(512, 128);
  const auto check = [&](auto function) {
    const auto z = held(c, 128);
    for (std::size_t i = 0; i < 128; ++i) {
      const double exact = function(static_cast<double>(x[i]), static_cast<double>(y[i]));
      ASSERT_EQ(z[i].bits, kernel::encode(exact, kernel::kFp16)) << i;
    }
  };
  Add(c, a, b, 128), check([](double p, double q) { return p + q; });
  Mul(c, a, b, 128), check([](double p, double q) { return p * q; });
  Div(c, a, b, 128), check([](double p, double q) { return p / q; });
  Sqrt(c, a, 128), check([](double p, double) { return std::sqrt(p); });
  Exp(c, b, 128), check([](double, double q) { return std::exp(q); });
  Ln(c, a, 128), check([](double p, double) { return std::log(p); });
  Reciprocal(c, a, 128), check([](double p, double) { return 1 / p; });
}

TEST_F(VectorTest, MaskFormWorksOnTheFirstElementsOfEveryRepeat) {
  const auto a = ub<half>(0, small<half>(512));
  const auto c = ub<half>(2048, std::vector<half>(512, half(50)));
  Muls(c, a, half(2), static_cast<uint64_t>(100), 3, {1, 1, 8, 8});
  const auto x = held(a, 512);
  const auto z = held(c, 512);
  for (std::size_t i = 0; i < 512; ++i) {
    const bool active = i < 3 * 128 && i % 128 < 100;
    ASSERT_EQ(static_cast<float>(z[i]), active ? 2 * static_cast<float>(x[i]) : 50.F) << i;
  }
  EXPECT_EQ(last_work<VectorWork>().elements, 300U);
  EXPECT_EQ(last_work<VectorWork>().source[0].blocks, 7);
}

TEST_F(VectorTest, BitMaskAndStridesChooseElements) {
  const auto a = ub<float>(0, small<float>(256));
  const auto b = ub<float>(4096, small<float>(8));
  const auto c = ub<float>(8192, std::vector<float>(512, 50.F));
  const uint64_t mask[2] = {0xf0f0f0f0f0f0f0f1ULL, 0xffff};
  // Every other block of the result; one block of b for all.
  Add(c, a, b, mask, 2, {2, 1, 0, 16, 8, 0});
  const auto x = held(a, 256);
  const auto y = held(b, 8);
  const auto z = held(c, 512);
  std::vector<float> expected(512, 50.F);
  for (std::size_t r = 0; r < 2; ++r) {
    for (std::size_t e = 0; e < 64; ++e) {
      if ((mask[0] >> e & 1U) != 0) expected[r * 128 + e / 8 * 16 + e % 8] = x[r * 64 + e] + y[e % 8];
    }
  }
  EXPECT_EQ(z, expected);
  EXPECT_EQ(last_work<VectorWork>().source[1].block_stride, 0);
}

TEST_F(VectorTest, RegistersGiveTheMaskWhenAsked) {
  const auto a = ub<float>(0, small<float>(128));
  const auto c = ub<float>(1024, std::vector<float>(128, 50.F));
  SetMaskNorm();
  SetVectorMask<float>(0, 0x3);
  Adds<float, false>(c, a, 1.0F, MASK_PLACEHOLDER, 2, {1, 1, 8, 8});
  auto z = held(c, 128);
  EXPECT_NE(z[1], 50.F);
  EXPECT_EQ(z[2], 50.F);
  EXPECT_NE(z[65], 50.F);
  SetMaskCount();
  SetVectorMask<float, MaskMode::COUNTER>(70);
  Adds<float, false>(c, a, 1.0F, MASK_PLACEHOLDER, 1, {1, 1, 8, 8});
  z = held(c, 128);
  EXPECT_EQ(z[69], held(a, 128)[69] + 1);
  EXPECT_EQ(z[70], 50.F);
  SetMaskNorm();
  ResetMask();
}

TEST_F(VectorTest, AccumulatingCallsReadTheirResult) {
  const auto a = ub<half>(0, small<half>(128));
  const auto b = ub<half>(256, small<half>(128));
  const auto sum = ub<float>(1024, small<float>(128));
  const auto x = held(a, 128);
  const auto y = held(b, 128);
  auto expected = held(sum, 128);
  MulAddDst(sum, a, b, 100);  // halves into float
  for (std::size_t i = 0; i < 100; ++i) expected[i] += static_cast<float>(x[i]) * static_cast<float>(y[i]);
  EXPECT_EQ(held(sum, 128), expected);
  EXPECT_EQ(last_work<VectorWork>().type, kernel::DataType::Fp32);
  EXPECT_EQ(last_work<VectorWork>().narrow, kernel::DataType::Fp16);
  Axpy<float>(sum, sum, -2, 33);
  for (std::size_t i = 0; i < 33; ++i) expected[i] -= 2 * expected[i];
  EXPECT_EQ(held(sum, 128), expected);
}

TEST_F(VectorTest, UnaryScalarAndShiftCalls) {
  const auto a = ub<int32_t>(0, {-8, -7, 0, 5, 6, 7, 1 << 30, -1});
  const auto c = ub<int32_t>(256, 8);
  ShiftRight(c, a, 1, 8);
  EXPECT_THAT(held(c, 8), ::testing::ElementsAre(-4, -4, 0, 2, 3, 3, 1 << 29, -1));
  ShiftLeft(c, a, 2, 8);
  EXPECT_THAT(held(c, 8), ::testing::ElementsAre(-32, -28, 0, 20, 24, 28, 0, -4));
  Maxs(c, a, 3, 8);
  EXPECT_THAT(held(c, 8), ::testing::ElementsAre(3, 3, 3, 5, 6, 7, 1 << 30, 3));
  Adds(c, a, 1 << 30, 8);  // integers wrap
  EXPECT_EQ(held(c, 8)[6], std::numeric_limits<int32_t>::min());
  const auto f = ub<float>(512, {-2, 0, 3, -4, 1, 1, 1, 1});
  const auto g = ub<float>(768, 8);
  Relu(g, f, 4);
  EXPECT_THAT(held(g, 4), ::testing::ElementsAre(0, 0, 3, 0));
  LeakyRelu(g, f, 0.5F, 4);
  EXPECT_THAT(held(g, 4), ::testing::ElementsAre(-1, 0, 3, -2));
  Abs(g, f, 4);
  EXPECT_THAT(held(g, 4), ::testing::ElementsAre(2, 0, 3, 4));
  const auto s = ub<int16_t>(1024, {12, 10, -1, 0});
  const auto t = ub<int16_t>(1280, 4);
  And(t, s, ub<int16_t>(1024, 4), 4);
  Not(t, s, 4);
  EXPECT_THAT(held(t, 4), ::testing::ElementsAre(-13, -11, 0, -1));
}

TEST_F(VectorTest, FillsAndIndices) {
  const auto c = ub<half>(0, std::vector<half>(64, half(9)));
  Duplicate<half>(c, 0, 33);
  EXPECT_EQ(static_cast<float>(held(c, 64)[32]), 0);
  EXPECT_EQ(static_cast<float>(held(c, 64)[33]), 9);
  EXPECT_EQ(last_work<VectorWork>().op, VectorOp::Fill);
  const auto d = ub<int32_t>(256, 20);
  CreateVecIndex(d, 5, 20);
  EXPECT_EQ(held(d, 20)[19], 24);
  const auto e = ub<float>(512, {1, 2, 3, 4, 5, 6, 7, 8});
  const auto f = ub<float>(1024, 64);
  Brcb(f, e, 1, {1, 8});
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(held(f, 64)[i], static_cast<float>(i / 8 + 1));
}

TEST_F(VectorTest, TransposeExchangesRowsAndColumns) {
  const auto a = ub<half>(0, small<half>(256));
  const auto c = ub<half>(1024, 256);
  Transpose(c, a);
  const auto x = held(a, 256);
  const auto z = held(c, 256);
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t j = 0; j < 16; ++j) EXPECT_EQ(z[j * 16 + i], x[i * 16 + j]);
  }
  const auto w = ub<float>(4096, small<float>(128));
  const auto v = ub<float>(8192, 128);
  LocalTensor<float> from[16];
  LocalTensor<float> to[16];
  for (uint32_t i = 0; i < 16; ++i) {
    from[i] = w[i * 8];
    to[i] = v[i * 8];
  }
  TransDataTo5HD<float>(to, from, TransDataTo5HDParams(false, false, 1, 0, 0));
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t j = 0; j < 8; ++j) EXPECT_EQ(held(v, 128)[j * 16 + i], held(w, 128)[i * 8 + j]);
  }
}

TEST_F(VectorTest, IllegalCallsAreNamed) {
  const auto bytes = ub<int8_t>(0, 64);
  expect_refused([&] { Add(bytes, bytes, bytes, 32); }, {"Add", "int8_t", "2201", "half"});
  const auto f = ub<float>(0, 64);
  expect_refused(
      [&] {
        Add(f, f, f, static_cast<uint64_t>(65), 1, {1, 1, 1, 8, 8, 8});
      },
      {"Add", "mask", "65", "64"});
  expect_refused([&] { Add(ub<float>(4, 8), f, f, 8); }, {"Add", "4", "32"});
  expect_refused(
      [&] {
        Exp(ub<float>(0, 8), f, static_cast<uint64_t>(64), 1, {0, 1, 8, 8});
      },
      {"Exp", "dstBlkStride"});
  expect_refused([&] { Add(f, f, f, 200 * 1024); }, {"Add", "unified buffer"});
  expect_refused([&] { ExpSub(f, f, f, 8); }, {"ExpSub", "none"});
}

}  // namespace
}  // namespace podsim::test
