// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/statistics.h"

#include <gmock/gmock.h>

#include "unit/study/support.h"

namespace podsim::study {
namespace {

Result gain_result(const std::string& id, double expected, double value) {
  Result result = result_of(id, expected, value);
  result.is_gain = true;
  result.verdict = Verdict::Within;
  return result;
}

TEST(Statistics, TheMeanIsOfAbsoluteErrorsAndTheWorstKeepsItsSign) {
  // +10 %, -30 %, +20 %: by hand (10 + 30 + 20) / 3.
  const Statistics stats =
      statistics({result_of("a", 100, 110), result_of("b", 100, 70), result_of("c", 50, 60)});
  EXPECT_EQ(stats.predicted.count, 3U);
  EXPECT_DOUBLE_EQ(stats.predicted.mean_absolute, 0.2);
  EXPECT_DOUBLE_EQ(stats.predicted.worst, -0.3);
  EXPECT_EQ(stats.predicted.worst_id, "b");
  EXPECT_EQ(stats.calibrated.count, 0U);
}

TEST(Statistics, CalibratedCasesAreKeptApart) {
  std::vector<Result> results = {result_of("a", 100, 101), result_of("b", 100, 150)};
  results[0].calibrated = true;
  const Statistics stats = statistics(results);
  EXPECT_NEAR(stats.calibrated.mean_absolute, 0.01, 1e-12);
  EXPECT_DOUBLE_EQ(stats.predicted.mean_absolute, 0.5);
}

TEST(Statistics, OfEqualErrorsTheFirstIsTheWorst) {
  EXPECT_EQ(statistics({result_of("a", 100, 125), result_of("b", 100, 75)}).predicted.worst_id, "a");
}

TEST(Statistics, WhatHasNoFigureOrNoToleranceCountsInNoError) {
  std::vector<Result> results = {result_of("a", 100, 110), result_of("b", 100, 900), result_of("c", 100, 0)};
  results[1].tolerance.reset();
  results[1].verdict = Verdict::Shown;
  results[2].value.reset();
  results[2].verdict = Verdict::Failed;
  const Statistics stats = statistics(results);
  EXPECT_EQ(stats.predicted.count, 1U);
  EXPECT_EQ(stats.shown, 1U);
  EXPECT_EQ(stats.failed, 1U);
}

TEST(Statistics, GainsCountTheirSignsAndNotTheirErrors) {
  std::vector<Result> results = {gain_result("a", 2.0, 1.9), gain_result("b", 1.5, 0.9),
                                 gain_result("c", 0.8, 0.7), gain_result("d", 3.0, 1.1)};
  results[1].verdict = Verdict::Missed;
  results[3].verdict = Verdict::Explained;
  const Statistics stats = statistics(results);
  EXPECT_EQ(stats.gains.count, 4U);
  EXPECT_EQ(stats.gains.right_sign, 3U);
  EXPECT_EQ(stats.gains.within, 2U);
  EXPECT_EQ(stats.predicted.count, 0U);
}

TEST(Statistics, TheBusiestPipeIsCountedWhereBothAreKnown) {
  std::vector<Result> results(3, result_of("a", 1, 1));
  for (Result& result : results) result.expected_pipe = PipeName::AicMac;
  results[0].pipe = PipeName::AicMac;
  results[1].pipe = PipeName::AicMte2;
  const Statistics stats = statistics(results);
  EXPECT_EQ(stats.pipes.count, 2U);
  EXPECT_EQ(stats.pipes.right, 1U);
}

TEST(Statistics, FamiliesKeepTheOrderInWhichTheyOccur) {
  std::vector<Result> results = {result_of("a", 1, 1), result_of("b", 1, 2), result_of("c", 1, 1)};
  results[0].family = results[2].family = "z";
  const std::vector<Family> families = by_family(results);
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[0].name, "z");
  EXPECT_EQ(families[0].results.size(), 2U);
  EXPECT_DOUBLE_EQ(families[1].statistics.predicted.worst, 1.0);
}

}  // namespace
}  // namespace podsim::study
