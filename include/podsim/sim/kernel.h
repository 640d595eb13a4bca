// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemc>

#include "podsim/units/units.h"

// The only door to SystemC: modules include this header, never <systemc> itself.
namespace podsim::sim {

// The kernel keeps 1 ps resolution, its default, so that its clock and ours count the same.
inline sc_core::sc_time to_sc_time(Picoseconds time) {
  return sc_core::sc_time::from_value(static_cast<sc_core::sc_time::value_type>(time.count()));
}

inline Picoseconds to_picoseconds(const sc_core::sc_time& time) {
  return Picoseconds(static_cast<std::int64_t>(time.value()));
}

// The kernel's clock.
inline Picoseconds now() {
  return to_picoseconds(sc_core::sc_time_stamp());
}

// Wakes `event` at absolute time `at`; a time not after now is the next delta cycle. An earlier pending wake
// is kept.
inline void notify_at(sc_core::sc_event& event, Picoseconds at) {
  const Picoseconds current = now();
  event.notify(at > current ? to_sc_time(at - current) : sc_core::SC_ZERO_TIME);
}

// Checks the resolution, gives failed checks the simulated time, and turns kernel errors into exceptions.
// Call once before building modules.
void prepare_kernel();

// Simulates until nothing is left to happen, or for `time` at most. Instead of sc_start(), which leaves the
// address sanitizer without the bounds of the caller's stack.
void run_kernel();
void run_kernel(Picoseconds time);

}  // namespace podsim::sim
