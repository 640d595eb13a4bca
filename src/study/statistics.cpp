// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/statistics.h"

#include <algorithm>
#include <cmath>

namespace podsim::study {
namespace {

// `mean_absolute` is the sum until the end.
void add_error(ErrorStats& stats, const Result& result) {
  const double error = result.error();
  ++stats.count;
  stats.mean_absolute += std::abs(error);
  if (!stats.worst_id.empty() && std::abs(error) <= std::abs(stats.worst)) return;
  stats.worst = error;
  stats.worst_id = result.id;
}

void finish(ErrorStats& stats) {
  if (stats.count > 0) stats.mean_absolute /= static_cast<double>(stats.count);
}

void add_gain(GainStats& stats, const Result& result) {
  ++stats.count;
  stats.right_sign += result.right_sign() ? 1U : 0U;
  stats.within += result.verdict == Verdict::Within ? 1U : 0U;
}

void add_verdict(Statistics& stats, Verdict verdict) {
  switch (verdict) {
    case Verdict::Within:
      ++stats.within;
      break;
    case Verdict::Missed:
      ++stats.missed;
      break;
    case Verdict::Explained:
      ++stats.explained;
      break;
    case Verdict::Failed:
      ++stats.failed;
      break;
    case Verdict::Shown:
      ++stats.shown;
      break;
  }
}

}  // namespace

Statistics statistics(const std::vector<Result>& results) {
  Statistics stats;
  for (const Result& result : results) {
    add_verdict(stats, result.verdict);
    if (result.expected_pipe && result.pipe) {
      ++stats.pipes.count;
      stats.pipes.right += *result.pipe == *result.expected_pipe ? 1U : 0U;
    }
    if (!result.value || !result.tolerance) continue;
    if (result.is_gain)
      add_gain(stats.gains, result);
    else
      add_error(result.calibrated ? stats.calibrated : stats.predicted, result);
  }
  finish(stats.calibrated);
  finish(stats.predicted);
  return stats;
}

std::vector<Family> by_family(const std::vector<Result>& results) {
  std::vector<Family> families;
  for (const Result& result : results) {
    auto at = std::find_if(families.begin(), families.end(),
                           [&result](const Family& family) { return family.name == result.family; });
    if (at == families.end()) at = families.insert(families.end(), {result.family, {}, {}});
    at->results.push_back(result);
  }
  for (Family& family : families) family.statistics = statistics(family.results);
  return families;
}

}  // namespace podsim::study
