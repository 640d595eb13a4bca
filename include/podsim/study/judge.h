// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "podsim/study/execution.h"
#include "podsim/study/figures.h"

// What each case came to.
namespace podsim::study {

enum class Verdict : std::uint8_t {
  Within,     // its error is within its tolerance
  Missed,     // it is not, and nobody has written why
  Explained,  // it is not, and the case says why
  Failed,     // there is no figure: the run failed, or has no such metric
  Shown,      // the case has no tolerance
};
const char* verdict_name(Verdict verdict);  // "ok", "MISSED", "explained", "FAILED", "shown"

// One line of the report: a case, or one of its further figures (`also`).
struct Result {
  std::string id;
  std::string family;
  std::string metric;  // of a gain: "gain"
  std::string unit;
  std::string conditions;
  std::string why;
  bool is_gain = false;
  bool is_also = false;
  bool calibrated = false;  // a gain is when both of its cases are
  double expected = 0.0;
  std::optional<double> value;  // none: Failed
  std::optional<double> tolerance;
  std::optional<PipeName> expected_pipe;
  std::optional<PipeName> pipe;
  Verdict verdict = Verdict::Failed;
  std::string failure;  // of Failed
  double wall_s = 0.0;  // of the run it is from; gains have none

  double error() const { return value ? *value / expected - 1.0 : 0.0; }
  // Whether a gain is a gain, and a loss a loss. A measured ratio of exactly one is neither.
  bool right_sign() const;
};

// What an execution came to: figures, or why there are none.
struct Ran {
  std::optional<Figures> figures;
  std::string failure;
  double wall_s = 0.0;
};

// The lines of all selected cases, in order; `ran` by execution of the plan.
std::vector<Result> judge(const Plan& plan, const std::vector<Ran>& ran);

// Whether all that was judged holds: nothing Missed, nothing Failed.
bool all_hold(const std::vector<Result>& results);

}  // namespace podsim::study
