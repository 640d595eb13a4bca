// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/units/units.h"

namespace podsim::core {

// Cycles to time and back, rounded so that time(n) holds exactly n whole cycles.
class CoreClock {
 public:
  CoreClock() = default;
  explicit CoreClock(Hertz rate) : hertz_(rate.count()) {}

  Picoseconds time(Cycles cycles) const {
    constexpr std::int64_t kShort = 9'000'000;  // of which 10^12 times fit in 63 bits
    if (cycles.count() > kShort) return time_rounded_up(cycles, Hertz(hertz_));
    return Picoseconds((cycles.count() * kPicosecondsPerSecond + hertz_ - 1) / hertz_);
  }
  // A number of cycles that need not be whole, as costs per row are.
  Picoseconds time(double cycles) const {
    return Picoseconds(static_cast<std::int64_t>(cycles * 1e12 / static_cast<double>(hertz_) + 0.5));
  }
  std::int64_t cycles(Picoseconds time) const {
    return static_cast<std::int64_t>(static_cast<Int128>(time.count()) * hertz_ / kPicosecondsPerSecond);
  }
  std::int64_t bytes_per_second(double bytes_per_cycle) const {
    return static_cast<std::int64_t>(bytes_per_cycle * static_cast<double>(hertz_) + 0.5);
  }

 private:
  __extension__ using Int128 = __int128;
  static constexpr std::int64_t kPicosecondsPerSecond = 1'000'000'000'000;
  std::int64_t hertz_ = 1'000'000'000;
};

}  // namespace podsim::core
