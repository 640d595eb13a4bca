// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/units/units.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <regex>
#include <string>
#include <type_traits>
#include <vector>

namespace podsim {
namespace {

using namespace podsim::literals;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// An odd multiplier spreads the counts over all digits and sizes (Knuth's 64-bit linear congruential
// constant).
std::vector<std::int64_t> many_counts() {
  std::vector<std::int64_t> counts = {0,     1,         999,       1'000,    1'001, 1'024,
                                      1'500, 1'000'000, 1LL << 40, kMax - 1, kMax};
  std::uint64_t state = 1;
  for (int i = 0; i < 2'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    counts.push_back(static_cast<std::int64_t>(state >> (1 + static_cast<unsigned>(i) % 62)));
  }
  return counts;
}

template <class Q>
class Quantities : public ::testing::Test {};
using Kinds = ::testing::Types<Bytes, Picoseconds, Cycles, Hertz, BytesPerSecond, Flops, FlopsPerSecond>;
TYPED_TEST_SUITE(Quantities, Kinds);

TYPED_TEST(Quantities, WhatIsPrintedReadsBackTheSameAndHasTheForm) {
  const std::regex form(quantity_form<TypeParam>().pattern);
  for (std::int64_t count : many_counts()) {
    const std::string text = to_string(TypeParam(count));
    EXPECT_EQ(parse_quantity<TypeParam>(text), TypeParam(count)) << text;
    EXPECT_TRUE(std::regex_match(text, form)) << text;
  }
}

TYPED_TEST(Quantities, TheExampleIsOne) {
  const QuantityForm form = quantity_form<TypeParam>();
  EXPECT_TRUE(parse_quantity<TypeParam>(form.example).has_value());
  EXPECT_TRUE(std::regex_match(form.example, std::regex(form.pattern)));
}

TYPED_TEST(Quantities, TextsThatAreNone) {
  for (const char* text : {"", " ", "5", "1.5", "-1ns", "+1B", "GB/s", ".5us", "5.us", "1..5ns", "1e3B",
                           "1 ns", " 1ns", "1ns ", "0x10B", "1,5GHz", "1parsec", "nan", "infB"}) {
    EXPECT_FALSE(parse_quantity<TypeParam>(text).has_value()) << text;
  }
}

TYPED_TEST(Quantities, DoNotConvertToNumbersByThemselves) {
  static_assert(!std::is_convertible_v<TypeParam, std::int64_t>);
  static_assert(!std::is_convertible_v<std::int64_t, TypeParam>);
  static_assert(std::is_trivially_copyable_v<TypeParam> && sizeof(TypeParam) == sizeof(std::int64_t));
  EXPECT_EQ(TypeParam(7).count(), 7);
}

TYPED_TEST(Quantities, CountLikeNumbers) {
  TypeParam sum(5);
  sum += TypeParam(3);
  sum -= TypeParam(1);
  EXPECT_EQ(sum, TypeParam(7));
  EXPECT_EQ(TypeParam(7) + TypeParam(1), TypeParam(8));
  EXPECT_EQ(TypeParam(7) - TypeParam(8), TypeParam(-1));
  EXPECT_EQ(3 * TypeParam(7), TypeParam(21));
  EXPECT_EQ(TypeParam(7) / 2, TypeParam(3));
  EXPECT_EQ(TypeParam(7) / TypeParam(2), 3);
  EXPECT_LT(TypeParam(1), TypeParam(2));
  EXPECT_GE(TypeParam::max(), TypeParam(kMax));
}

TEST(Units, ReadEveryPrefix) {
  EXPECT_EQ(parse_quantity<Bytes>("192KiB"), Bytes(196'608));
  EXPECT_EQ(parse_quantity<Bytes>("1TiB"), Bytes(1LL << 40));
  EXPECT_EQ(parse_quantity<Bytes>("7kB"), Bytes(7'000));
  EXPECT_EQ(parse_quantity<Bytes>("7KB"), Bytes(7'000));
  EXPECT_EQ(parse_quantity<Bytes>("1.5MB"), Bytes(1'500'000));
  EXPECT_EQ(parse_quantity<Picoseconds>("175ns"), 175_ns);
  EXPECT_EQ(parse_quantity<Picoseconds>("1s"), Picoseconds(1'000'000'000'000));
  EXPECT_EQ(parse_quantity<Cycles>("28cycles"), 28_cycles);
  EXPECT_EQ(parse_quantity<Hertz>("1.65GHz"), 1'650_MHz);
  EXPECT_EQ(parse_quantity<BytesPerSecond>("1.6TB/s"), 1'600_GBps);
  EXPECT_EQ(parse_quantity<Flops>("132MFLOP"), Flops(132'000'000));
  EXPECT_EQ(parse_quantity<FlopsPerSecond>("865TFLOP/s"), 865_TFLOPps);
}

TEST(Units, AUnitOfAnotherKindIsNotRead) {
  EXPECT_FALSE(parse_quantity<Bytes>("56GB/s").has_value());
  EXPECT_FALSE(parse_quantity<BytesPerSecond>("56GB").has_value());
  EXPECT_FALSE(parse_quantity<BytesPerSecond>("56GiB/s").has_value());
  EXPECT_FALSE(parse_quantity<Picoseconds>("1GHz").has_value());
  EXPECT_FALSE(parse_quantity<Flops>("1TFLOP/s").has_value());
}

TEST(Units, PartsOfABaseUnitAreNotRead) {
  EXPECT_EQ(parse_quantity<Picoseconds>("0.001ns"), 1_ps);
  EXPECT_FALSE(parse_quantity<Picoseconds>("0.0001ns").has_value());
  EXPECT_EQ(parse_quantity<Bytes>("0.5KiB"), 512_B);
  EXPECT_FALSE(parse_quantity<Bytes>("0.3KiB").has_value());
  EXPECT_EQ(parse_quantity<Bytes>("1.000B"), 1_B);
}

TEST(Units, NumbersBeyond63BitsAreNotRead) {
  EXPECT_EQ(parse_quantity<Bytes>("9223372036854775807B"), Bytes::max());
  EXPECT_FALSE(parse_quantity<Bytes>("9223372036854775808B").has_value());
  EXPECT_EQ(parse_quantity<Picoseconds>("9223372s"), Picoseconds(9'223'372'000'000'000'000));
  EXPECT_FALSE(parse_quantity<Picoseconds>("9223373s").has_value());
  EXPECT_FALSE(parse_quantity<Bytes>("99999999999999999999PB").has_value());
  EXPECT_FALSE(parse_quantity<Bytes>(std::string(100'000, '9') + "B").has_value());
}

TEST(Units, PrintTheLargestPrefixThatLosesNothingInThreeDecimals) {
  EXPECT_EQ(to_string(192_KiB), "192KiB");
  EXPECT_EQ(to_string(Bytes(1'000)), "1kB");
  EXPECT_EQ(to_string(Bytes(1'001)), "1.001kB");
  EXPECT_EQ(to_string(Bytes(1'000'001)), "1000.001kB");
  EXPECT_EQ(to_string(Bytes(999)), "999B");
  EXPECT_EQ(to_string(0_B), "0B");
  EXPECT_EQ(to_string(Hertz(1'800'000'000)), "1.8GHz");
  EXPECT_EQ(to_string(1'650_MHz), "1.65GHz");
  EXPECT_EQ(to_string(Hertz(1'650'100'000)), "1650.1MHz");
  EXPECT_EQ(to_string(BytesPerSecond(2'500'000'000'000)), "2.5TB/s");
  EXPECT_EQ(to_string(BytesPerSecond(106'250'000'000)), "106.25GB/s");
  EXPECT_EQ(to_string(BytesPerSecond(100'000'000)), "100MB/s");
  EXPECT_EQ(to_string(1'001_ps), "1.001ns");
  EXPECT_EQ(to_string(Picoseconds(-1'500)), "-1.5ns");
  EXPECT_EQ(to_string(175_ns), "175ns");
  EXPECT_EQ(to_string(56_GBps), "56GB/s");
  EXPECT_EQ(to_string(28_cycles), "28cycles");
}

TEST(Units, BinaryPrefixesPrintWholeNumbersOnly) {
  EXPECT_EQ(to_string(Bytes(64'000)), "64kB");
  EXPECT_EQ(to_string(Bytes(1'536)), "1.536kB");
  EXPECT_EQ(to_string(Bytes(1'536 * 1'024)), "1536KiB");
}

TEST(Units, TimesAreRoundedUp) {
  EXPECT_EQ(time_rounded_up(0_B, 56_GBps), 0_ps);
  EXPECT_EQ(time_rounded_up(56_B, 56_GBps), 1_ns);
  EXPECT_EQ(time_rounded_up(1_B, 3'000_GBps), 1_ps);
  EXPECT_EQ(time_rounded_up(3_B, 1_TBps), 3_ps);
  EXPECT_EQ(time_rounded_up(1_B, 56_GBps), 18_ps);          // 17.86
  EXPECT_EQ(time_rounded_up(1_cycles, 3'000_MHz), 334_ps);  // 333.3
  EXPECT_EQ(time_rounded_up(3_cycles, 3'000_MHz), 1'000_ps);
  EXPECT_EQ(time_rounded_up(Flops(1'000'001), FlopsPerSecond(1'000'000'000)), Picoseconds(1'000'001'000));
}

TEST(Units, ProductsBeyond64BitsDoNotOverflowInside) {
  // 1 TiB at 1 TB/s: bytes times picoseconds per second is 1.1e24.
  EXPECT_EQ(time_rounded_up(Bytes(1LL << 40), 1_TBps), Picoseconds(1'099'511'627'776));
  EXPECT_EQ(scale_rounded_up(kMax, kMax, kMax), kMax);
  EXPECT_EQ(scale_rounded_up(kMax, 1, 2), (kMax >> 1) + 1);
  EXPECT_EQ(rate_rounded_down(Bytes(1LL << 40), Picoseconds(1'099'511'627'776)), 1_TBps);
}

TEST(Units, ScalingRoundsUpAndRatesRoundDown) {
  EXPECT_EQ(scale_rounded_up(10, 1, 3), 4);
  EXPECT_EQ(scale_rounded_up(9, 1, 3), 3);
  EXPECT_EQ(scale_rounded_up(0, 5, 7), 0);
  EXPECT_EQ(rate_rounded_down(10_B, Picoseconds(3'000'000'000'000)), BytesPerSecond(3));
}

// Sending in time_rounded_up never exceeds the rate, and one picosecond less would.
TEST(Units, ATimeIsTheLeastThatKeepsTheRate) {
  for (std::int64_t bytes : {1LL, 63LL, 7'168LL, 1'000'003LL, 1LL << 36}) {
    for (std::int64_t rate : {1'000'000LL, 56'000'000'000LL, 1'234'567'891'011LL}) {
      const Picoseconds time = time_rounded_up(Bytes(bytes), BytesPerSecond(rate));
      const auto carried = [rate](Picoseconds t) {
        return static_cast<long double>(t.count()) * rate / 1e12L;
      };
      EXPECT_GE(carried(time), static_cast<long double>(bytes) * (1 - 1e-15L));
      EXPECT_LT(carried(time - 1_ps), static_cast<long double>(bytes));
    }
  }
}

}  // namespace
}  // namespace podsim
