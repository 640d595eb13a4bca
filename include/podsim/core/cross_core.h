// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "podsim/base/fifo.h"
#include "podsim/kernel/instruction.h"
#include "podsim/units/units.h"

namespace podsim::core {

// The counters by which the cores of a launch wait for each other. Modes as the kernel interface has them:
// 0 all cores of a kind, 1 the vector cores of a block, 2 the cube core and all vector cores of its block,
// 4 the cube core and one vector core, whose flags 0-15 are 16 sub_block + flag on the cube core.
class CrossCore {
 public:
  static constexpr std::size_t kFlags = 32;
  using Wake = std::function<void(std::size_t core, Picoseconds at)>;

  // `wake` is told of every core whose counter rose.
  CrossCore(std::size_t cores, Picoseconds delay, std::int64_t limit, Wake wake);

  // Forgets everything. A launch runs on so many cores of each kind, which enter() names as they start.
  void reset(std::size_t cube_cores, std::size_t vector_cores);
  void enter(std::size_t core, kernel::CoreKind kind, std::int64_t block, std::int64_t sub_block);

  // Throws ConfigError past the limit of a counter, or for a mode or flag that is not known.
  void set(std::size_t core, std::uint8_t mode, std::uint8_t flag, Picoseconds now);
  // When the next wait for `flag` on `core` is over, if that is known; taken with `take`.
  std::optional<Picoseconds> peek(std::size_t core, std::uint8_t mode, std::uint8_t flag) const;
  void take(std::size_t core, std::uint8_t mode, std::uint8_t flag);

 private:
  struct Member {
    bool present = false;
    kernel::CoreKind kind = kernel::CoreKind::Aic;
    std::int64_t block = 0;
    std::int64_t sub_block = 0;
    std::array<Fifo<Picoseconds>, 2 * kFlags> counters;  // mode 4 has its own
    std::array<std::int64_t, 3 * kFlags> arrived{};      // by mode 0-2: sets not yet matched
  };
  static std::size_t slot(std::uint8_t mode, std::uint8_t flag) { return flag + (mode == 4 ? kFlags : 0); }
  void raise(std::size_t core, std::size_t slot, Picoseconds at);
  void gather(std::size_t core, std::uint8_t mode, std::uint8_t flag, Picoseconds at);

  std::vector<Member> members_;
  std::array<std::size_t, 2> expected_{};  // by kind
  Picoseconds delay_;
  std::size_t limit_;
  Wake wake_;
};

}  // namespace podsim::core
