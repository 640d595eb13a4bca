// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/send_cores.h"

#include <algorithm>
#include <functional>

namespace podsim::npu {

void SendCores::open(Picoseconds at) {
  free_.assign(static_cast<std::size_t>(config_.cores), at);
}

Picoseconds SendCores::preparation(Bytes bytes) const {
  return config_.copy_rate ? config_.issue + time_rounded_up(bytes, *config_.copy_rate) : config_.issue;
}

Picoseconds SendCores::ready(Picoseconds from, Bytes bytes) const {
  return std::max(from, free_.front()) + preparation(bytes);
}

Picoseconds SendCores::pass(std::int64_t count, Bytes bytes) const {
  if (!limited()) return Picoseconds();
  return preparation(bytes) * ((count + config_.cores - 1) / config_.cores);
}

// A core with n rows on their way starts on the next one when the n-th before it is acknowledged: on average
// after an n-th of the time from the start of a row to its answer.
void SendCores::sent(Picoseconds now, Bytes bytes, Picoseconds round_trip) {
  std::pop_heap(free_.begin(), free_.end(), std::greater<>());
  free_.back() = now;
  if (config_.in_flight) {
    const Picoseconds preparing = preparation(bytes);
    free_.back() = std::max(now, now - preparing + (preparing + round_trip) / *config_.in_flight);
  }
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
}

}  // namespace podsim::npu
