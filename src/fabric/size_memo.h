// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace podsim::fabric {

// Remembers a figure per packet size: the packets of a run have two or three sizes, and computing
// serialization or wire bytes takes a division each.
class SizeMemo {
 public:
  template <class Compute>
  std::uint32_t get(std::uint32_t size, const Compute& compute) {
    Entry& entry = entries_[size * 0x9E3779B1U >> 29U];  // Fibonacci hashing to eight entries
    if (entry.size != size) entry = {size, compute(size)};
    return entry.figure;
  }

 private:
  struct Entry {
    std::uint64_t size = ~std::uint64_t{0};
    std::uint32_t figure = 0;
  };
  std::array<Entry, 8> entries_;
};

}  // namespace podsim::fabric
