// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "podsim/base/error.h"

namespace podsim::study {
namespace {

constexpr double kRounding = 1e-9;  // of value / expected - 1 against a tolerance written in decimals

std::size_t index_of(const std::vector<Case>& cases, const std::string& id) {
  const auto at = std::find_if(cases.begin(), cases.end(), [&id](const Case& one) { return one.id == id; });
  PODSIM_CHECK(at != cases.end(), "no case {}", id);
  return static_cast<std::size_t>(at - cases.begin());
}

Verdict verdict_of(const Result& result) {
  if (!result.value) return Verdict::Failed;
  if (!result.tolerance) return Verdict::Shown;
  const bool near = std::abs(result.error()) <= *result.tolerance + kRounding;
  if (near && (!result.is_gain || result.right_sign())) return Verdict::Within;
  return result.why.empty() ? Verdict::Missed : Verdict::Explained;
}

Result begin(const Case& one) {
  Result result;
  result.id = one.id;
  result.family = one.family;
  result.metric = one.metric;
  result.unit = one.unit;
  result.conditions = one.conditions;
  result.why = one.why;
  result.calibrated = one.calibrated;
  result.tolerance = one.tolerance;
  result.expected = one.expected.value_or(0.0);
  result.expected_pipe = one.busiest_pipe;
  return result;
}

// Fills in the metric of a run, or why there is none.
void read_metric(Result& result, const Ran& ran) {
  result.wall_s = ran.wall_s;
  result.failure = ran.failure;
  if (!ran.figures) return;
  result.value = ran.figures->metric(result.metric);
  if (!result.value) result.failure = fmt::format("the run has no number \"{}\"", result.metric);
}

void judge_run(const Case& one, const Ran& ran, std::vector<Result>& results) {
  Result result = begin(one);
  read_metric(result, ran);
  if (ran.figures && result.expected_pipe) result.pipe = ran.figures->busiest_pipe();
  result.verdict = verdict_of(result);
  results.push_back(std::move(result));
  if (!ran.figures) return;  // said once
  for (const auto& [metric, expected] : one.also) {
    Result further = begin(one);
    further.is_also = true;
    further.metric = metric;
    further.expected = expected;
    further.unit.clear();
    further.tolerance.reset();
    further.expected_pipe.reset();
    read_metric(further, ran);
    further.verdict = verdict_of(further);
    results.push_back(std::move(further));
  }
}

Result judge_gain(const Plan& plan, const std::vector<Ran>& ran, const Case& one) {
  const std::size_t ends[] = {index_of(plan.cases, one.gain->before), index_of(plan.cases, one.gain->after)};
  Result result = begin(one);
  result.is_gain = true;
  result.metric = "gain";
  result.unit = "x";
  const Case& before = plan.cases[ends[0]];
  const Case& after = plan.cases[ends[1]];
  result.calibrated = one.calibrated || (before.calibrated && after.calibrated);
  result.expected = *before.expected / *after.expected;
  double values[2] = {};
  for (std::size_t i = 0; i < 2; ++i) {
    Result end = begin(plan.cases[ends[i]]);
    read_metric(end, ran[plan.run_of[ends[i]]]);
    if (!end.value && result.failure.empty()) result.failure = fmt::format("{}: {}", end.id, end.failure);
    values[i] = end.value.value_or(0.0);
  }
  if (result.failure.empty() && values[1] > 0.0) result.value = values[0] / values[1];
  if (result.failure.empty() && !result.value) result.failure = fmt::format("{} is {}", after.id, values[1]);
  result.verdict = verdict_of(result);
  return result;
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Within:
      return "ok";
    case Verdict::Missed:
      return "MISSED";
    case Verdict::Explained:
      return "explained";
    case Verdict::Failed:
      return "FAILED";
    case Verdict::Shown:
      return "shown";
  }
  return "";
}

bool Result::right_sign() const {
  if (!value) return false;
  if (expected == 1.0) return true;
  return expected > 1.0 ? *value > 1.0 : *value < 1.0;
}

std::vector<Result> judge(const Plan& plan, const std::vector<Ran>& ran) {
  PODSIM_CHECK(ran.size() == plan.executions.size(), "{} outcomes of {} runs", ran.size(),
               plan.executions.size());
  std::vector<Result> results;
  for (std::size_t i = 0; i < plan.cases.size(); ++i) {
    if (!plan.selected[i]) continue;
    if (plan.cases[i].gain)
      results.push_back(judge_gain(plan, ran, plan.cases[i]));
    else
      judge_run(plan.cases[i], ran[plan.run_of[i]], results);
  }
  return results;
}

bool all_hold(const std::vector<Result>& results) {
  return std::none_of(results.begin(), results.end(), [](const Result& result) {
    return result.verdict == Verdict::Missed || result.verdict == Verdict::Failed;
  });
}

}  // namespace podsim::study
