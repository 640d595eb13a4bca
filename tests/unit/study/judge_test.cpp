// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/judge.h"

#include <gmock/gmock.h>

#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::HasSubstr;

Result only_result(const Case& one, const Ran& ran) {
  const std::vector<Result> results = judge(make_plan({one}, ""), {ran});
  EXPECT_EQ(results.size(), 1U);
  return results.front();
}

// The step from a case that takes `before` to one that takes `after`; measured: 200 to 100.
Result gain_of(const Ran& before, const Ran& after, const std::string& why = "") {
  Case slow = kernel_case("slow", 200.0);
  slow.kernel->options = {{"steps", {"1"}}};
  Case gain = gain_case("step", "slow", "fast");
  gain.why = why;
  return judge(make_plan({slow, kernel_case("fast", 100.0), gain}, "step"), {before, after}).front();
}

TEST(Judge, AnErrorIsSimulatedOverMeasuredLessOne) {
  const Result result = only_result(kernel_case("a", 80.0), ran_with_duration(100.0));
  EXPECT_DOUBLE_EQ(result.error(), 0.25);
  EXPECT_EQ(result.verdict, Verdict::Within);
  EXPECT_DOUBLE_EQ(only_result(kernel_case("a", 80.0), ran_with_duration(60.0)).error(), -0.25);
}

TEST(Judge, TheToleranceItselfIsWithinAndBeyondItIsMissed) {
  Case one = kernel_case("a", 100.0);
  one.tolerance = 0.1;
  EXPECT_EQ(only_result(one, ran_with_duration(110.0)).verdict, Verdict::Within);
  EXPECT_EQ(only_result(one, ran_with_duration(90.0)).verdict, Verdict::Within);
  EXPECT_EQ(only_result(one, ran_with_duration(110.001)).verdict, Verdict::Missed);
  EXPECT_EQ(only_result(one, ran_with_duration(89.999)).verdict, Verdict::Missed);
}

TEST(Judge, AMissWithAReasonIsExplainedAndHolds) {
  Case one = kernel_case("a", 100.0);
  const std::vector<Ran> ran = {ran_with_duration(200.0)};
  EXPECT_FALSE(all_hold(judge(make_plan({one}, ""), ran)));
  one.why = "flags are not modelled";
  EXPECT_EQ(only_result(one, ran.front()).verdict, Verdict::Explained);
  EXPECT_TRUE(all_hold(judge(make_plan({one}, ""), ran)));
}

TEST(Judge, ACalibratedCaseIsHeldToItsToleranceToo) {
  Case one = kernel_case("a", 100.0);
  one.calibrated = true;
  EXPECT_EQ(only_result(one, ran_with_duration(200.0)).verdict, Verdict::Missed);
}

TEST(Judge, WithoutAToleranceAFigureIsShown) {
  Case one = kernel_case("a", 100.0);
  one.tolerance.reset();
  EXPECT_EQ(only_result(one, ran_with_duration(900.0)).verdict, Verdict::Shown);
}

TEST(Judge, AFailedRunIsAMissThatAReasonDoesNotExcuse) {
  Case one = kernel_case("a");
  one.why = "a reason";
  Ran ran;
  ran.failure = "exit code 2: no such operator";
  const Result result = only_result(one, ran);
  EXPECT_EQ(result.verdict, Verdict::Failed);
  EXPECT_EQ(result.failure, ran.failure);
  EXPECT_FALSE(all_hold({result}));
}

TEST(Judge, AMetricThatIsNotThereIsAFailure) {
  EXPECT_THAT(only_result(kernel_case("a"), ran_with("{\"task_duration\": 1}")).failure,
              HasSubstr("no number \"task_duration_us\""));
  EXPECT_EQ(only_result(kernel_case("a"), ran_with("{\"task_duration_us\": null}")).verdict, Verdict::Failed);
}

TEST(Judge, FurtherFiguresAreShownAfterTheirCase) {
  Case one = kernel_case("a");
  one.also = {{"aic_mac_time_us", 8.0}, {"memory.l2_hit_rate", 0.5}};
  const Ran ran =
      ran_with(R"({"task_duration_us": 100, "aic_mac_time_us": 9, "memory": {"l2_hit_rate": 0.25}})");
  const std::vector<Result> results = judge(make_plan({one}, ""), {ran});
  ASSERT_EQ(results.size(), 3U);
  EXPECT_DOUBLE_EQ(results[1].error(), 0.125);
  EXPECT_DOUBLE_EQ(results[2].error(), -0.5);
  EXPECT_EQ(results[1].verdict, Verdict::Shown);
  Ran failed;
  failed.failure = "exit code 3";
  EXPECT_EQ(judge(make_plan({one}, ""), {failed}).size(), 1U);  // said once
}

TEST(Judge, TheBusiestPipeIsTheOneWithTheLongestTime) {
  Case one = kernel_case("a");
  one.busiest_pipe = PipeName::AicMte2;
  const Result result =
      only_result(one, ran_with(R"({"task_duration_us": 100, "aicore_time_us": 99, "aic_mac_time_us": 60,
                        "aic_mte2_time_us": 70, "aiv_vec_time_us": 70})"));
  EXPECT_EQ(result.pipe, PipeName::AicMte2);
  EXPECT_FALSE(only_result(one, ran_with_duration(100.0)).pipe);
}

TEST(Judge, AGainIsTheRatioOfTwoCases) {
  const Result result = gain_of(ran_with_duration(150.0), ran_with_duration(100.0));
  EXPECT_DOUBLE_EQ(result.expected, 2.0);
  EXPECT_DOUBLE_EQ(*result.value, 1.5);
  EXPECT_DOUBLE_EQ(result.error(), -0.25);
  EXPECT_EQ(result.verdict, Verdict::Within);
}

TEST(Judge, AGainThatIsALossMissesHoweverNear) {
  Case slow = kernel_case("slow", 102.0);
  slow.kernel->options = {{"steps", {"1"}}};
  const Plan plan = make_plan({slow, kernel_case("fast", 100.0), gain_case("step", "slow", "fast")}, "step");
  const auto verdict = [&plan](double before) {
    return judge(plan, {ran_with_duration(before), ran_with_duration(100.0)}).front().verdict;
  };
  EXPECT_EQ(verdict(101.0), Verdict::Within);
  EXPECT_EQ(verdict(100.0), Verdict::Missed);
  EXPECT_EQ(verdict(99.0), Verdict::Missed);
}

TEST(Judge, AGainOfAFailedRunNamesIt) {
  Ran failed;
  failed.failure = "exit code 3: a bug";
  const Result result = gain_of(ran_with_duration(150.0), failed);
  EXPECT_EQ(result.verdict, Verdict::Failed);
  EXPECT_EQ(result.failure, "fast: exit code 3: a bug");
}

TEST(Judge, AGainIsCalibratedWhenBothOfItsCasesAre) {
  Case slow = kernel_case("slow", 200.0);
  Case fast = kernel_case("fast", 100.0);
  fast.kernel->options = {{"steps", {"2"}}};
  const auto calibrated = [&] {
    const Plan plan = make_plan({slow, fast, gain_case("step", "slow", "fast")}, "step");
    return judge(plan, {ran_with_duration(2.0), ran_with_duration(1.0)}).front().calibrated;
  };
  slow.calibrated = true;
  EXPECT_FALSE(calibrated());
  fast.calibrated = true;
  EXPECT_TRUE(calibrated());
}

TEST(Figures, MetricsOfAScenarioAreUnderMetrics) {
  const Figures figures(Execution::Kind::Scenario, R"({"metrics": {"moe_layer.latency_us": 7.5}})", "r");
  EXPECT_EQ(figures.metric("moe_layer.latency_us"), 7.5);
  EXPECT_FALSE(figures.metric("metrics"));
  EXPECT_THAT(message_of([] { Figures(Execution::Kind::Scenario, "{}", "r"); }), HasSubstr("metrics"));
  EXPECT_THAT(message_of([] { Figures(Execution::Kind::Kernel, "{", "r"); }), HasSubstr("not a JSON object"));
}

}  // namespace
}  // namespace podsim::study
