// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace podsim::fabric {

// Which virtual lane sends its next block: the highest priority that can go; within one priority deficit
// round robin (Shreedhar and Varghese, 1995), whose quantum is the lane's weight in full blocks. A lane that
// can go waits for lanes of higher priority, and for at most weight full blocks of each lane of its own.
class LaneArbiter {
 public:
  static constexpr std::size_t kMostLanes = 16;
  struct Lane {
    std::uint8_t priority = 0;  // higher goes first
    std::uint16_t weight = 1;
  };

  explicit LaneArbiter(std::int64_t block_flits) : block_flits_(block_flits) {}
  void set(std::size_t lane, Lane settings) { lanes_[lane] = settings; }
  // `eligible`: bit per lane, at least one; `flits`: of the block at the head of each eligible lane.
  std::size_t pick(std::uint32_t eligible, const std::array<std::uint8_t, kMostLanes>& flits);

 private:
  std::uint32_t highest(std::uint32_t eligible) const;

  std::int64_t block_flits_;
  std::array<Lane, kMostLanes> lanes_{};
  std::array<std::int64_t, kMostLanes> deficit_{};
  std::size_t turn_ = 0;
  bool charged_ = false;  // the lane whose turn it is has its quantum
};

}  // namespace podsim::fabric
