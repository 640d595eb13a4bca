// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/units/units.h"

namespace podsim::core {

// L1 between the copies that fill it and the loads that empty it: it moves so many bytes per cycle, and what
// one side moves the other one cannot. A load is lengthened by the bytes that arrive while it runs, a copy's
// rate falls by the share that loads have taken of late.
class L1Sharing {
 public:
  // `bytes_per_second`: of L1. `window`: over which the loads' share is taken.
  L1Sharing() = default;
  L1Sharing(std::int64_t bytes_per_second, Picoseconds window) : rate_(bytes_per_second), window_(window) {}

  void start_block(Picoseconds start);
  // A load of `bytes` that takes `duration` alone starts at `start`. Returns what it takes longer.
  Picoseconds load(Picoseconds start, Picoseconds duration, std::int64_t bytes);
  // The rate that a copy which starts at `start` has of `bytes_per_second`.
  std::int64_t copy_rate(Picoseconds start, std::int64_t bytes_per_second);
  // That copy of `bytes` has arrived at `end`.
  void copied(Picoseconds start, Picoseconds end, std::int64_t bytes);

 private:
  std::int64_t rate_ = 0;
  Picoseconds window_;
  Picoseconds window_start_;
  std::int64_t loaded_ = 0;  // bytes since then
  std::int64_t share_ = 0;   // bytes per second that loads took in the window before
  Picoseconds copy_begin_;   // of the bytes that arrived last
  Picoseconds copy_end_;
  std::int64_t copied_ = 0;
};

}  // namespace podsim::core
