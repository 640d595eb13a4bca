// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/time_gate.h"

#include "podsim/base/error.h"

namespace podsim::core {

TimeGate::TimeGate(sc_core::sc_module_name name, std::size_t cores)
    : sc_module(name), wanted_(cores, Picoseconds::max()), woken_(cores) {
  SC_METHOD(dispatch_method);
  sensitive << dispatch_event_;
  dont_initialize();
}

void TimeGate::wake(std::size_t core, Picoseconds at) {
  if (at >= wanted_[core]) return;
  wanted_[core] = at;
  queue_.emplace(at, core);
  if (queue_.top() == Entry(at, core)) sim::notify_at(dispatch_event_, at);
}

void TimeGate::sleep(std::size_t core, Picoseconds at) {
  PODSIM_CHECK(at >= sim::now(), "core {} asks to wake at {}", core, to_string(at));
  if (at != Picoseconds::max()) wake(core, at);
  sc_core::wait(woken_[core]);
}

void TimeGate::dispatch_method() {
  const Picoseconds now = sim::now();
  while (!queue_.empty() && queue_.top().first <= now) {
    const auto [at, core] = queue_.top();
    queue_.pop();
    if (wanted_[core] != at) continue;  // woken earlier
    wanted_[core] = Picoseconds::max();
    woken_[core].notify();  // immediate: threads run in the order of these calls
  }
  if (!queue_.empty()) sim::notify_at(dispatch_event_, queue_.top().first);
}

}  // namespace podsim::core
