// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace podsim::stats {

// What a set of integer samples looks like. Percentiles are samples (nearest rank: the smallest one that at
// least p percent are not above), so they are exact and need no interpolation.
struct Distribution {
  std::int64_t count = 0;
  std::int64_t min = 0;
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
  std::int64_t max = 0;
  double mean = 0.0;
};

// All zero when there are no samples.
Distribution distribution_of(std::vector<std::int64_t> samples);

}  // namespace podsim::stats
