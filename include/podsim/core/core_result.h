// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "podsim/kernel/instruction.h"
#include "podsim/units/units.h"

namespace podsim::core {

// What one pipe did in a launch. Busy: some instruction is between its start and its result. The stalls say
// where the rest went, and overlap with nothing else of the pipe except `memory`, which is inside busy.
struct PipeResult {
  std::int64_t instructions = 0;
  std::int64_t bytes = 0;  // that copies moved
  Picoseconds busy;
  Picoseconds wait_issue;   // queue empty: the scalar unit had not issued the next instruction
  Picoseconds wait_flag;    // a flag, a barrier, UnitFlag or an earlier result was missing
  Picoseconds wait_memory;  // of a copy: longer than its own data path needs
  Picoseconds wait_bank;    // bank conflicts in the unified buffer
  Picoseconds wait_queue;   // scalar unit only: the queue of a pipe was full

  PipeResult& operator+=(const PipeResult& other);
};

struct CoreResult {
  std::uint32_t core = 0;
  kernel::CoreKind kind = kernel::CoreKind::Aic;
  std::int64_t blocks = 0;  // that ran here
  Picoseconds active;       // between start and end of its blocks
  std::array<PipeResult, kernel::kPipeCount> pipes;

  const PipeResult& pipe(kernel::Pipe p) const { return pipes[static_cast<std::size_t>(p)]; }
};

// Two accesses to the same bytes that nothing orders.
struct Hazard {
  enum class Kind : std::uint8_t { ReadAfterWrite, WriteAfterRead, WriteAfterWrite, EventSetTwice } kind{};
  std::uint32_t core = 0;
  std::int64_t block = 0;
  std::string first_call;  // earlier in the kernel
  kernel::Pipe first_pipe = kernel::Pipe::S;
  std::int64_t first_cycle = 0;
  std::string second_call;
  kernel::Pipe second_pipe = kernel::Pipe::S;
  std::int64_t second_cycle = 0;
  kernel::Memory memory = kernel::Memory::UnifiedBuffer;
  std::uint64_t address = 0;

  // "read after write in unified_buffer at byte 0: core 0 block 0: DataCopy on mte2 (cycle 10), then Add ..."
  std::string text() const;
};

}  // namespace podsim::core
