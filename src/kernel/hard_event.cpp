// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/hard_event.h"

#include <fmt/format.h>

namespace podsim::kernel {
namespace {

constexpr std::int32_t kEventIds = 8;

Instruction instruction_on(const char* call, Pipe pipe, Work work) {
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = pipe;
  instruction.work = work;
  return instruction;
}

}  // namespace

const char* event_name(AscendC::HardEvent event) {
  static constexpr std::array<const char*, kEventCount> kNames{
      "MTE2_MTE1", "MTE1_MTE2", "MTE1_M", "M_MTE1",   "MTE2_V",    "V_MTE2",    "MTE3_V",
      "V_MTE3",    "M_V",       "V_M",    "V_V",      "MTE3_MTE1", "MTE1_MTE3", "MTE1_V",
      "MTE2_M",    "M_MTE2",    "V_MTE1", "M_FIX",    "FIX_M",     "MTE3_MTE2", "MTE2_MTE3",
      "S_V",       "V_S",       "S_MTE2", "MTE2_S",   "S_MTE3",    "MTE3_S",    "MTE2_FIX",
      "FIX_MTE2",  "FIX_S",     "M_S",    "FIX_MTE3", "MTE1_FIX",  "FIX_MTE1",  "FIX_FIX"};
  return kNames.at(static_cast<std::size_t>(event));
}

bool core_has(CoreKind kind, Pipe pipe) {
  switch (pipe) {
    case Pipe::V:
      return kind == CoreKind::Aiv;
    case Pipe::M:
    case Pipe::Mte1:
    case Pipe::Fix:
      return kind == CoreKind::Aic;
    default:
      return true;
  }
}

void issue_flag(const char* call, EventPipes pipes, std::int32_t id, bool set) {
  if (id < 0 || id >= kEventIds) {
    refuse(call, fmt::format("event id is {}, expected 0 to {}", id, kEventIds - 1));
  }
  ScalarUnit& unit = scalar_unit();
  const CoreKind kind = unit.placement().kind;
  if (!core_has(kind, pipes.source) || !core_has(kind, pipes.destination)) return;
  const FlagWork work{pipes.source, pipes.destination, static_cast<std::uint8_t>(id), set};
  unit.issue(instruction_on(call, set ? pipes.source : pipes.destination, work), {});
}

void issue_barrier(const char* call, Pipe pipe) {
  ScalarUnit& unit = scalar_unit();
  if (!core_has(unit.placement().kind, pipe)) return;
  unit.issue(instruction_on(call, pipe, BarrierWork{}), {});
}

void issue_full_barrier(const char* call) {
  scalar_unit().issue(instruction_on(call, Pipe::S, BarrierWork{true}), {});
}

}  // namespace podsim::kernel
