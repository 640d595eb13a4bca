// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "podsim/sim/kernel.h"

namespace podsim::core {

// Wakes cores at the times they ask for. Cores that wake at one time go in the order of their numbers,
// whatever the order in which they were built or asked.
class TimeGate : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(TimeGate);
  TimeGate(sc_core::sc_module_name name, std::size_t cores);

  // Lets the calling thread of `core` sleep until `at`, or until wake() names an earlier time.
  void sleep(std::size_t core, Picoseconds at);
  void wake(std::size_t core, Picoseconds at);

 private:
  using Entry = std::pair<Picoseconds, std::size_t>;
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.first == b.first ? a.second > b.second : a.first > b.first;
    }
  };
  void dispatch_method();

  std::vector<Picoseconds> wanted_;  // by core; max(): nobody asked
  std::vector<sc_core::sc_event> woken_;
  std::priority_queue<Entry, std::vector<Entry>, Later> queue_;
  sc_core::sc_event dispatch_event_;
};

}  // namespace podsim::core
