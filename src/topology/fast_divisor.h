// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

namespace podsim::topology {

// Divides by a number known only at run time with one multiplication instead of a division: exact for every
// 32-bit dividend, because 2^64 / divisor rounded up errs by less than 2^-32 in the quotient's fraction
// (Granlund & Montgomery, PLDI 1994).
class FastDivisor {
 public:
  FastDivisor() = default;
  explicit FastDivisor(std::uint32_t divisor)
      : divisor_(divisor), reciprocal_(std::numeric_limits<std::uint64_t>::max() / divisor + 1) {}

  std::uint32_t value() const { return divisor_; }
  std::uint32_t quotient(std::uint32_t n) const {
    if (divisor_ == 1) return n;
    return static_cast<std::uint32_t>((static_cast<Uint128>(reciprocal_) * n) >> 64U);
  }

 private:
  __extension__ using Uint128 = unsigned __int128;
  std::uint32_t divisor_ = 1;
  std::uint64_t reciprocal_ = 0;
};

}  // namespace podsim::topology
