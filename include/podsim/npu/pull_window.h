// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/units/units.h"

namespace podsim::npu {

// Which expert a card that pulls its rows asks for next, and when: those that have rows, in order; one when
// all rows of the one before are there and the first GEMM of the one `depth` + 1 before is done. The buffers
// of a fused kernel, as a rule.
class PullWindow {
 public:
  struct Opening {
    std::uint32_t slot;
    Picoseconds at;
  };

  // A new layer in which slot s has rows[s] rows; nothing is asked for before open().
  void begin(Span<const std::uint32_t> rows);
  void open(Picoseconds at, std::int64_t depth);
  // All rows of `slot` are there, its first GEMM is done. Once per slot that has rows.
  void filled(std::uint32_t slot, Picoseconds at);
  void computed(std::uint32_t slot, Picoseconds at);
  // The next one whose time is known, which is then taken as asked for.
  std::optional<Opening> next();

 private:
  static constexpr Picoseconds kNever = Picoseconds::max();
  struct Expert {
    std::uint32_t slot;
    Picoseconds filled;
    Picoseconds computed;
  };
  Expert& expert(std::uint32_t slot);

  std::vector<Expert> experts_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
  Picoseconds open_ = kNever;
};

}  // namespace podsim::npu
