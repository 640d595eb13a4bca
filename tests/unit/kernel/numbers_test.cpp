// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace podsim::kernel {
namespace {

TEST(Numbers, EveryHalfDecodesAsTheGeneralFormatSays) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const double expected = decode(bits, kFp16);
    const auto got = static_cast<double>(fp16_to_float(static_cast<std::uint16_t>(bits)));
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(got)) << bits;
    } else {
      EXPECT_EQ(got, expected) << bits;
      EXPECT_EQ(std::signbit(got), std::signbit(expected)) << bits;
    }
  }
}

TEST(Numbers, EveryHalfAndBfloat16EncodesToItself) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto word = static_cast<std::uint16_t>(bits);
    const float half_value = fp16_to_float(word);
    if (!std::isnan(half_value)) {
      EXPECT_EQ(float_to_fp16(half_value), word);
    }
    const float bf16_value = bf16_to_float(word);
    if (!std::isnan(bf16_value)) {
      EXPECT_EQ(float_to_bf16(bf16_value), word);
    }
  }
}

TEST(Numbers, FastRoundingAgreesWithTheGeneralOne) {
  std::mt19937 random(3);
  for (int i = 0; i < 300000; ++i) {
    const auto value = __builtin_bit_cast(float, static_cast<std::uint32_t>(random()));
    if (std::isnan(value)) continue;
    EXPECT_EQ(float_to_fp16(value), encode(static_cast<double>(value), kFp16)) << value;
    EXPECT_EQ(float_to_bf16(value), encode(static_cast<double>(value), kBf16)) << value;
  }
}

TEST(Numbers, RoundingModesDifferAtTheRightPlaces) {
  const double step = 0x1p-10;  // of half at 1
  const auto rounded = [](double value, Rounding rounding) {
    return decode(encode(value, kFp16, rounding), kFp16);
  };
  EXPECT_EQ(rounded(1 + step / 2, Rounding::Rint), 1);
  EXPECT_EQ(rounded(1 + 3 * step / 2, Rounding::Rint), 1 + 2 * step);
  EXPECT_EQ(rounded(1 + step / 2, Rounding::Round), 1 + step);
  EXPECT_EQ(rounded(-1 - step / 2, Rounding::Round), -1 - step);
  EXPECT_EQ(rounded(1 + step / 8, Rounding::Ceil), 1 + step);
  EXPECT_EQ(rounded(-1 - step / 8, Rounding::Ceil), -1);
  EXPECT_EQ(rounded(-1 - step / 8, Rounding::Floor), -1 - step);
  EXPECT_EQ(rounded(1 + 7 * step / 8, Rounding::Trunc), 1);
  EXPECT_EQ(rounded(1 + step / 8, Rounding::Odd), 1 + step);
  EXPECT_EQ(rounded(1 + 9 * step / 8, Rounding::Odd), 1 + step);
}

TEST(Numbers, OverflowKeepsInfinityOrSaturates) {
  EXPECT_EQ(encode(65520, kFp16), 0x7c00U);
  EXPECT_EQ(encode(65519, kFp16), 0x7bffU);
  EXPECT_EQ(encode(-1e9, kFp16, Rounding::Rint, Overflow::Saturate), 0xfbffU);
  EXPECT_EQ(encode(std::nan(""), kFp16, Rounding::Rint, Overflow::Saturate), 0U);
  EXPECT_EQ(decode(encode(1e9, kFp8E4m3, Rounding::Rint, Overflow::Saturate), kFp8E4m3), 448);
  EXPECT_TRUE(std::isnan(decode(encode(1e9, kFp8E4m3), kFp8E4m3)));
  EXPECT_TRUE(std::isinf(decode(encode(1e9, kFp8E5m2), kFp8E5m2)));
  EXPECT_EQ(decode(encode(100, kFp4E2m1), kFp4E2m1), 6);
  EXPECT_EQ(decode(encode(100, kFp4E1m2), kFp4E1m2), 1.75);
}

TEST(Numbers, EveryEightBitFloatEncodesToItself) {
  for (std::uint32_t bits = 0; bits < 256; ++bits) {
    const auto byte = static_cast<std::uint8_t>(bits);
    for (const FloatFormat& format : {kFp8E4m3, kFp8E5m2}) {
      const double value = decode(bits, format);
      if (!std::isnan(value)) {
        EXPECT_EQ(encode(value, format), bits);
      }
    }
    if (!std::isnan(decode_hif8(byte))) {
      EXPECT_EQ(encode_hif8(decode_hif8(byte)), byte) << bits;
    }
    if (bits < 255) {
      EXPECT_EQ(encode_e8m0(decode_e8m0(byte)), byte);
    }
  }
}

TEST(Numbers, HiFloat8HasItsPublishedRange) {
  EXPECT_EQ(decode_hif8(0x6e), 32768);
  EXPECT_TRUE(std::isinf(decode_hif8(0x6f)));
  EXPECT_EQ(decode_hif8(0x01), 0x1p-22);
  EXPECT_EQ(decode_hif8(0x08), 1);
}

TEST(Numbers, HalfBehavesAsABuiltInType) {
  half sum = half(1.5) + (half)-1;
  sum += 2;
  EXPECT_EQ(static_cast<float>(sum), 2.5F);
  constexpr half kConstant = 0.1;
  EXPECT_EQ(kConstant.bits, 0x2e66);
  // 2049 + 0.5 + a bit: rounding twice would go wrong.
  EXPECT_EQ(half(1.0 + 0x1p-11 + 0x1p-40).bits, half(1.0F + 0x1p-10F).bits);
}

TEST(Numbers, IntegersSaturate) {
  std::int32_t word = 0;
  auto* const bytes = reinterpret_cast<std::byte*>(&word);
  store_number(bytes, 0, DataType::Int32, 1e20);
  EXPECT_EQ(word, std::numeric_limits<std::int32_t>::max());
  store_number(bytes, 0, DataType::Int32, -1e20);
  EXPECT_EQ(word, std::numeric_limits<std::int32_t>::min());
  store_number(bytes, 0, DataType::Int32, 2.5);
  EXPECT_EQ(word, 2);
}

TEST(Numbers, NibblesShareBytes) {
  std::byte byte{0};
  store_number(&byte, 0, DataType::Int4, -3);
  store_number(&byte, 1, DataType::Int4, 99);
  EXPECT_EQ(load_number(&byte, 0, DataType::Int4), -3);
  EXPECT_EQ(load_number(&byte, 1, DataType::Int4), 7);
}

TEST(Numbers, SixteenBitFloatsCountAndConvertIntoEachOther) {
  half h(1.5F);
  EXPECT_EQ(static_cast<float>(h++), 1.5F);
  EXPECT_EQ(static_cast<float>(++h), 3.5F);
  EXPECT_EQ(static_cast<float>(h--), 3.5F);
  EXPECT_EQ(static_cast<float>(--h), 1.5F);
  EXPECT_EQ(static_cast<float>(static_cast<bfloat16_t>(h)), 1.5F);
  EXPECT_EQ(static_cast<float>(half(bfloat16_t(1e20F))), std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace podsim::kernel
