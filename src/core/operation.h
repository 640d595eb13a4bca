// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "podsim/core/hazard_check.h"
#include "podsim/kernel/instruction.h"
#include "podsim/sim/memory_port.h"
#include "podsim/units/units.h"

namespace podsim::core {

// An instruction in the queue of a pipe: all that its execution needs, worked out when it was issued.
struct Operation {
  enum class Kind : std::uint8_t { Work, Copy, SetFlag, WaitFlag, Barrier, CrossSet, CrossWait };
  Kind kind = Kind::Work;
  kernel::Pipe peer = kernel::Pipe::S;  // the other end of a flag
  std::uint8_t event = 0;
  std::uint8_t unit_flag = 0;
  std::uint8_t touch_count = 0;
  bool one_at_a_time = false;     // keeps its pipe until its result is there
  bool wait_for_earlier = false;  // automatic synchronisation: earlier results of this pipe that it touches
  kernel::CrossCoreWork cross;
  const char* call = "";
  std::uint64_t number = 0;  // calls of the core in program order
  std::uint32_t epoch = 0;   // what the scalar unit knew: HazardCheck
  std::uint32_t pieces = 1;  // of L0C that UnitFlag hands over one by one
  Picoseconds issued;
  Picoseconds occupancy;  // until the pipe can start the next
  Picoseconds latency;    // from there to the result
  Picoseconds bank;       // part of the occupancy
  Picoseconds started;    // once it has left the queue
  Picoseconds done;
  std::int64_t l1_bytes = 0;        // moved into or out of L1 by MTE2 or MTE1
  sim::MemoryTransfer transfer;     // Copy
  std::uint32_t matrices = 1;       // as many such transfers ...
  std::uint64_t matrix_stride = 0;  // ... so far apart
  std::function<void()> effect;     // until it is pushed
  bool has_effect = false;
  std::array<kernel::Footprint, 5> touches;
};

}  // namespace podsim::core
