// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/kernel/instruction.h"
#include "podsim/units/units.h"

namespace podsim::core {

// An instruction on its pipe, or a call on the scalar unit, from its start to its result.
struct TraceSlice {
  std::uint32_t core = 0;
  kernel::Pipe pipe = kernel::Pipe::S;
  const char* call = "";
  Picoseconds start;
  Picoseconds end;
  std::uint64_t bytes = 0;  // moved, for copies
};

// A flag that `from` set and `to` waited for: the arrow between the two.
struct TraceFlow {
  std::uint32_t core = 0;
  kernel::Pipe from = kernel::Pipe::S;
  kernel::Pipe to = kernel::Pipe::S;
  std::uint8_t event = 0;
  Picoseconds set;
  Picoseconds waited;  // the wait was over
};

// Whoever wants to see what the pipes do. Slices of one pipe come in order of start; pipes come mixed.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void slice(const TraceSlice& slice) = 0;
  virtual void flow(const TraceFlow& flow) = 0;
};

}  // namespace podsim::core
