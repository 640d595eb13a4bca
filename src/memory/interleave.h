// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace podsim::memory {

// Deals consecutive blocks of memory out to `parts` slices or channels, in turn or by the XOR of all groups
// of address bits (which keeps strides of powers of two from falling on one part).
class Interleave {
 public:
  Interleave(std::int64_t parts, bool hash)
      : parts_(static_cast<std::uint64_t>(parts)), hash_(hash), power_((parts & (parts - 1)) == 0) {
    while ((std::uint64_t{1} << bits_) < parts_) ++bits_;
  }
  std::uint64_t part(std::uint64_t block) const {
    if (!power_) return block % parts_;
    if (!hash_ || bits_ == 0) return block & (parts_ - 1);
    for (unsigned shift = bits_; shift < 32; shift *= 2) block ^= block >> shift;  // of at least 32 bits
    return block & (parts_ - 1);
  }
  // The number of the block within its part.
  std::uint64_t index(std::uint64_t block) const { return power_ ? block >> bits_ : block / parts_; }

 private:
  std::uint64_t parts_;
  bool hash_;
  bool power_;
  unsigned bits_ = 0;
};

}  // namespace podsim::memory
