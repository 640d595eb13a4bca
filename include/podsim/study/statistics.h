// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "podsim/study/judge.h"

// How far off podsim is, over many cases.
namespace podsim::study {

// Relative errors of cases that have a figure and a tolerance.
struct ErrorStats {
  std::size_t count = 0;
  double mean_absolute = 0.0;  // mean of |simulated / measured - 1|
  double worst = 0.0;  // the error with the largest absolute value, with its sign; the first of equals
  std::string worst_id;
};

struct GainStats {
  std::size_t count = 0;  // of gains that have a figure
  std::size_t right_sign = 0;
  std::size_t within = 0;  // right sign, and within the tolerance
};

struct PipeStats {
  std::size_t count = 0;  // of runs with a measured busiest pipe
  std::size_t right = 0;
};

// Calibrated cases are no evidence of anything but the fit: they are kept apart. Gains and shown figures
// count in no error.
struct Statistics {
  ErrorStats calibrated;
  ErrorStats predicted;
  GainStats gains;
  PipeStats pipes;  // of predicted and calibrated cases alike
  std::size_t within = 0;
  std::size_t missed = 0;
  std::size_t explained = 0;
  std::size_t failed = 0;
  std::size_t shown = 0;
};

Statistics statistics(const std::vector<Result>& results);

// Results with their family's statistics, families in the order they occur first.
struct Family {
  std::string name;
  std::vector<Result> results;
  Statistics statistics;
};
std::vector<Family> by_family(const std::vector<Result>& results);

}  // namespace podsim::study
