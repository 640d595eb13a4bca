// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace podsim::memory {

// Which clocks of a bus are taken, a bit each, so that a command may still go into a gap left by commands
// that wait for their banks. Remembers the last kWords * 64 clocks; anything earlier counts as taken.
class CycleMap {
 public:
  // The first clock at or after `from` at which no clock of the pattern `mask` (bit i: clock +i, bit 0 set)
  // is taken.
  std::int64_t find(std::int64_t from, std::uint64_t mask) const {
    for (;;) {
      const std::uint64_t taken = window(from);
      if ((taken & mask) == 0) return from;
      from += (taken & 1U) == 0 ? 1 : (~taken == 0 ? 64 : __builtin_ctzll(~taken));
    }
  }
  void take(std::int64_t at, std::uint64_t mask) {
    const auto word = static_cast<std::uint64_t>(at) >> 6U;
    const auto shift = static_cast<unsigned>(at & 63);
    writable(word) |= mask << shift;
    if (shift != 0) writable(word + 1) |= mask >> (64U - shift);
  }

 private:
  static constexpr std::uint64_t kWords = 64;
  struct Entry {
    std::uint64_t word = 0;
    std::uint64_t taken = 0;
  };

  std::uint64_t window(std::int64_t at) const {
    const auto word = static_cast<std::uint64_t>(at) >> 6U;
    const auto shift = static_cast<unsigned>(at & 63);
    if (shift == 0) return taken(word);
    return taken(word) >> shift | taken(word + 1) << (64U - shift);
  }
  std::uint64_t taken(std::uint64_t word) const {
    const Entry& entry = entries_[word % kWords];
    if (entry.word == word) return entry.taken;
    return entry.word < word ? 0 : ~std::uint64_t{0};
  }
  std::uint64_t& writable(std::uint64_t word) {
    Entry& entry = entries_[word % kWords];
    if (entry.word != word) entry = {word, 0};
    return entry.taken;
  }

  std::array<Entry, kWords> entries_{};
};

}  // namespace podsim::memory
