// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

#include "core/operation.h"

namespace podsim::core {

// What the instructions of one core do to data, and when. An effect comes with its instruction's result, in
// the order of time. Two that touch the same bytes may have to come in program order all the same: those of
// UnitFlag, whose instructions hand a tile over piece by piece while both run, and under automatic
// synchronisation all of them, so that flags a kernel leaves to its compiler never change a result.
class Effects {
 public:
  // `program_order`: for everything that conflicts, not for UnitFlag alone.
  void clear(bool program_order);
  // An instruction was issued; its effect is taken out of it, if it has one.
  void issue(Operation& op);
  // Its result comes at `op.done`.
  void schedule(const Operation& op);
  bool empty() const { return due_.empty(); }
  Picoseconds next() const { return due_.top().at; }
  void run_next();

 private:
  struct Pending {
    std::uint64_t number;  // of the call, in program order
    bool unit_flag;
    bool applied;
    std::uint8_t touch_count;
    std::array<kernel::Footprint, 5> touches;
    std::function<void()> effect;
  };
  struct Due {
    Picoseconds at;
    std::uint64_t order;
    std::uint64_t number;
    bool operator>(const Due& other) const { return at == other.at ? order > other.order : at > other.at; }
  };
  bool in_order(const Pending& earlier, const Pending& later) const;
  void apply(std::size_t place);

  std::deque<Pending> pending_;  // issued, in program order; those at the front are not applied
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t order_ = 0;
  bool program_order_ = false;
};

}  // namespace podsim::core
