// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/prefetch.h"

namespace podsim::memory {

// Tags of a set-associative cache. A line is named by its number in device memory; the caller says which set
// it belongs to. The least recently used line goes first, by simulated time, not by order of calls.
class L2Sets {
 public:
  // Times in units of 2^kStampShift ps.
  static constexpr int kStampShift = 12;
  struct alignas(16) Line {
    std::uint32_t stamp = 0;   // when it was last used, from 1; 0: before everything
    std::uint32_t ready = 0;   // when the answer to that was there
    std::uint16_t port = 0;    // who used it
    std::uint8_t touched = 0;  // which sectors
    std::uint8_t valid = 0;    // sectors
    std::uint8_t dirty = 0;
    std::uint8_t persistent = 0;  // goes only when all of the set are
  };
  struct Victim {
    bool there = false;
    std::uint32_t line = 0;
    std::uint8_t dirty = 0;
  };

  L2Sets(std::int64_t sets, std::int64_t ways);

  // The slot of a line, or kNone. Line numbers are below kLines.
  static constexpr std::uint32_t kLines = ~std::uint32_t{0} - 1;
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t find(std::size_t set, std::uint32_t line) const {
    const std::uint32_t* tags = &tags_[set * stride_];
    for (std::size_t first = 0; first < stride_; first += kTagsAtOnce) {
      std::uint32_t match = 0;  // one more than the way; no early way out, so that tags are compared at once
      for (std::uint32_t i = 0; i < kTagsAtOnce; ++i) match |= tags[first + i] == line ? i + 1 : 0;
      if (match != 0) return set * stride_ + first + match - 1;
    }
    return kNone;
  }
  // Makes room for a line and returns its slot, empty; `victim` is the line that had to go.
  std::size_t replace(std::size_t set, std::uint32_t line, Victim& victim);

  Line& at(std::size_t slot) { return lines_[slot]; }
  std::size_t places() const { return tags_.size() / stride_ * ways_; }
  void prefetch_set(std::size_t set) const {
    prefetch(&tags_[set * stride_]);
    for (std::size_t way = 0; way < stride_; way += kLinesPerHostLine) prefetch(&lines_[set * stride_ + way]);
  }

 private:
  static constexpr std::size_t kTagsAtOnce = 8;
  static constexpr std::size_t kLinesPerHostLine = 4;
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  static constexpr std::uint32_t kPadding = kFree - 1;
  bool before(std::size_t a, std::size_t b) const;
  std::size_t free_slot(std::size_t first) const;
  std::size_t victim_of(std::size_t first) const;

  std::size_t ways_;
  std::size_t stride_;  // ways of a set in memory, filled up with padding
  std::vector<std::uint32_t> tags_;
  std::vector<Line> lines_;
};

}  // namespace podsim::memory
