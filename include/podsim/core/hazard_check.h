// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "podsim/core/core_result.h"
#include "podsim/kernel/instruction.h"

namespace podsim::core {

// True if the two touch a common byte of one memory.
bool overlap(const kernel::Footprint& a, const kernel::Footprint& b);

// Finds accesses of one core to the same bytes that nothing orders, with one vector clock per pipe:
// clock[p][q] is the last instruction of pipe q known to be done before what pipe p does next. Flags carry
// clocks from pipe to pipe; the scalar unit's clock travels with every instruction it issues.
class HazardCheck {
 public:
  using Clock = std::array<std::uint64_t, kernel::kPipeCount>;
  // An instruction as the check sees it. `number` counts all calls of the core in program order.
  struct Access {
    kernel::Pipe pipe = kernel::Pipe::S;
    std::uint64_t number = 0;
    const char* call = "";
    std::int64_t cycle = 0;
    bool unit_flag = false;  // ordered between M and FixPipe by UnitFlag
    const kernel::Footprint* touches = nullptr;
    std::size_t touch_count = 0;
  };

  // Strict mode: also within a pipe where its instructions overlap (V, MTE2, MTE3), and between the scalar
  // unit and pipes, which a compiler takes care of otherwise.
  HazardCheck(std::uint32_t core, std::int64_t block, bool strict);

  // The scalar unit's knowledge now; later instructions carry it.
  const Clock& scalar_clock() const { return clocks_[0]; }
  // `access` runs; `issue_clock`: what the scalar unit knew when it issued it.
  void run(const Access& access, const Clock& issue_clock);
  // Everything that `pipe` has run so far is done: as a flag set now would say.
  Clock snapshot(kernel::Pipe pipe) const;
  // `pipe` has waited for what `snapshot` knows.
  void join(kernel::Pipe pipe, const Clock& snapshot);
  void barrier(kernel::Pipe pipe);
  // The scalar unit has waited for everything.
  void drain();
  void event_set_twice(kernel::Pipe source, kernel::Pipe destination, std::uint8_t event, std::int64_t cycle);

  const std::vector<Hazard>& hazards() const { return hazards_; }

 private:
  struct Record {
    kernel::Pipe pipe;
    std::uint64_t number;
    const char* call;
    std::int64_t cycle;
    bool unit_flag;
    kernel::Footprint footprint;
  };
  bool ordered(const Record& earlier, const Access& now, bool now_writes) const;
  void compare(const Access& access, const kernel::Footprint& footprint);
  void report(const Record& earlier, const Access& access, const kernel::Footprint& footprint);
  void remember(const Access& access, const kernel::Footprint& footprint);

  std::uint32_t core_;
  std::int64_t block_;
  bool strict_;
  std::array<Clock, kernel::kPipeCount> clocks_{};
  Clock last_{};  // number of the last instruction of each pipe
  std::array<std::deque<Record>, kernel::kMemoryCount> records_;
  std::vector<Hazard> hazards_;
  std::set<std::tuple<std::string, std::string, int, int, int>> reported_;  // a pair of calls is told once
};

}  // namespace podsim::core
