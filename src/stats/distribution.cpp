// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/distribution.h"

#include <algorithm>
#include <cstddef>

namespace podsim::stats {
namespace {

__extension__ using Int128 = __int128;

// The sample of nearest rank: number ceil(percent/100 * n), counted from 1.
std::int64_t percentile(const std::vector<std::int64_t>& sorted, std::size_t percent) {
  return sorted[(sorted.size() * percent + 99) / 100 - 1];
}

}  // namespace

Distribution distribution_of(std::vector<std::int64_t> samples) {
  Distribution result;
  if (samples.empty()) return result;
  std::sort(samples.begin(), samples.end());
  Int128 sum = 0;
  for (const std::int64_t sample : samples) sum += sample;
  result.count = static_cast<std::int64_t>(samples.size());
  result.min = samples.front();
  result.p50 = percentile(samples, 50);
  result.p99 = percentile(samples, 99);
  result.max = samples.back();
  result.mean = static_cast<double>(sum) / static_cast<double>(samples.size());
  return result;
}

}  // namespace podsim::stats
