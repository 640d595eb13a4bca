// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/distribution.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace podsim::stats {
namespace {

TEST(Distribution, PercentilesAreSamplesOfNearestRank) {
  std::vector<std::int64_t> samples(200);
  std::iota(samples.rbegin(), samples.rend(), 1);  // 200 .. 1
  const Distribution d = distribution_of(samples);
  EXPECT_EQ(d.count, 200);
  EXPECT_EQ(d.min, 1);
  EXPECT_EQ(d.p50, 100);
  EXPECT_EQ(d.p99, 198);
  EXPECT_EQ(d.max, 200);
  EXPECT_DOUBLE_EQ(d.mean, 100.5);
}

TEST(Distribution, The99thPercentileOf101SamplesIsThe100th) {
  std::vector<std::int64_t> samples(101);
  std::iota(samples.begin(), samples.end(), 1);
  EXPECT_EQ(distribution_of(samples).p99, 100);
  samples.pop_back();
  EXPECT_EQ(distribution_of(samples).p99, 99);
}

TEST(Distribution, OneSampleIsEveryFigure) {
  const Distribution d = distribution_of({-7});
  EXPECT_EQ(d.min, -7);
  EXPECT_EQ(d.p50, -7);
  EXPECT_EQ(d.p99, -7);
  EXPECT_EQ(d.max, -7);
  EXPECT_EQ(d.mean, -7.0);
}

TEST(Distribution, NoSampleIsAllZero) {
  const Distribution d = distribution_of({});
  EXPECT_EQ(d.count, 0);
  EXPECT_EQ(d.max, 0);
  EXPECT_EQ(d.mean, 0.0);
}

TEST(Distribution, TheMeanDoesNotOverflow) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_DOUBLE_EQ(distribution_of({huge, huge, huge}).mean, static_cast<double>(huge));
}

}  // namespace
}  // namespace podsim::stats
