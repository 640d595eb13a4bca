// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace podsim {
namespace {

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

template <class Draw>
Moments moments_of(int count, Draw draw) {
  double sum = 0.0, squares = 0.0;
  for (int i = 0; i < count; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  const double mean = sum / count;
  return {mean, squares / count - mean * mean};
}

TEST(Random, GivesTheNumbersOfSplitMix64) {
  // The first outputs of the reference implementation for the seed 1234567 (prng.di.unimi.it/splitmix64.c).
  std::uint64_t state = 1234567;
  const std::array<std::uint64_t, 3> expected = {6457827717110365317ULL, 3203168211198807973ULL,
                                                 9817491932198370423ULL};
  for (std::uint64_t number : expected) {
    EXPECT_EQ(mix64(state), number);
    state += 0x9E3779B97F4A7C15ULL;
  }
}

TEST(Random, TheSameSeedNameAndIndicesGiveTheSameNumbers) {
  Random a(1, "routing", 2, 3), b(1, "routing", 2, 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a(), b());
}

// These very numbers, computed independently, on every machine: results depend on them.
TEST(Random, StreamsNeverChange) {
  Random random(42, "routing", 7, 1);
  const std::array<std::uint64_t, 3> numbers = {random(), random(), random()};
  EXPECT_EQ(numbers, (std::array<std::uint64_t, 3>{2442528695858642349ULL, 7612366980450416159ULL,
                                                   17962260402933427045ULL}));
}

TEST(Random, AnyDifferenceOfSeedNameOrIndexIsAnotherStream) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed : {0U, 1U, 2U}) {
    for (const char* name : {"", "a", "b", "ab", "ba"}) {
      for (std::uint64_t index : {0U, 1U, 2U}) {
        for (std::uint64_t subindex : {0U, 1U, 2U}) firsts.insert(Random(seed, name, index, subindex)());
      }
    }
  }
  EXPECT_EQ(firsts.size(), 3U * 5U * 3U * 3U);
}

TEST(Random, NeighbouringStreamsAreUncorrelated) {
  constexpr int kDraws = 50'000;
  Random a(1, "x", 0), b(1, "x", 1);
  const Moments product = moments_of(kDraws, [&] { return (a.uniform() - 0.5) * (b.uniform() - 0.5); });
  EXPECT_NEAR(product.mean, 0.0, 4.0 / 12.0 / std::sqrt(kDraws));  // four standard errors
}

TEST(Random, UniformHasItsMeanAndVariance) {
  Random random(1, "uniform");
  const Moments moments = moments_of(200'000, [&] { return random.uniform(); });
  EXPECT_NEAR(moments.mean, 0.5, 0.003);
  EXPECT_NEAR(moments.variance, 1.0 / 12.0, 0.001);
}

TEST(Random, UniformStaysBelowOne) {
  Random random(1, "bounds");
  for (int i = 0; i < 200'000; ++i) {
    const double x = random.uniform();
    ASSERT_TRUE(x >= 0.0 && x < 1.0) << x;
  }
}

TEST(Random, BelowHitsEveryNumberEquallyOften) {
  constexpr int kDraws = 70'000, kBound = 7;
  Random random(1, "below");
  std::array<int, kBound> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(kBound));
  double chi_square = 0.0;
  for (int count : counts) chi_square += std::pow(count - kDraws / kBound, 2) / (kDraws / kBound);
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = 0.001
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, NormalHasItsMomentsAndTails) {
  Random random(1, "normal");
  int beyond_two = 0;
  constexpr int kDraws = 200'000;
  const Moments moments = moments_of(kDraws, [&] {
    const double x = random.normal();
    beyond_two += std::abs(x) > 2.0 ? 1 : 0;
    return x;
  });
  EXPECT_NEAR(moments.mean, 0.0, 0.01);
  EXPECT_NEAR(moments.variance, 1.0, 0.02);
  EXPECT_NEAR(static_cast<double>(beyond_two) / kDraws, 0.0455, 0.003);
}

TEST(Random, GammaHasItsShapeAsMeanAndVariance) {
  for (double shape : {0.1, 0.5, 1.0, 2.5, 30.0}) {
    Random random(1, "gamma");
    bool all_positive = true;
    const Moments moments = moments_of(200'000, [&] {
      const double x = random.gamma(shape);
      all_positive = all_positive && x >= 0.0;
      return x;
    });
    EXPECT_TRUE(all_positive) << shape;
    EXPECT_NEAR(moments.mean, shape, 0.02 * std::max(1.0, shape)) << shape;
    EXPECT_NEAR(moments.variance, shape, 0.05 * std::max(1.0, shape)) << shape;
  }
}

TEST(Random, ShuffleKeepsTheItemsAndReachesEveryOrder) {
  Random random(1, "shuffle");
  std::set<std::vector<int>> orders;
  for (int i = 0; i < 500; ++i) {
    std::vector<int> items = {1, 2, 3, 4};
    random.shuffle(items);
    EXPECT_EQ(std::accumulate(items.begin(), items.end(), 0), 10);
    orders.insert(items);
  }
  EXPECT_EQ(orders.size(), 24U);
}

}  // namespace
}  // namespace podsim
