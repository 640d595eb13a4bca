// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "podsim/kernel/call.h"
#include "podsim/kernel/enums.h"

namespace podsim::kernel {

struct EventPipes {
  Pipe source;
  Pipe destination;
};
inline constexpr std::size_t kEventCount = static_cast<std::size_t>(AscendC::HardEvent::MAX);
inline constexpr std::array<EventPipes, kEventCount> kEventPipes{{
    {Pipe::Mte2, Pipe::Mte1}, {Pipe::Mte1, Pipe::Mte2}, {Pipe::Mte1, Pipe::M},  {Pipe::M, Pipe::Mte1},
    {Pipe::Mte2, Pipe::V},    {Pipe::V, Pipe::Mte2},    {Pipe::Mte3, Pipe::V},  {Pipe::V, Pipe::Mte3},
    {Pipe::M, Pipe::V},       {Pipe::V, Pipe::M},       {Pipe::V, Pipe::V},     {Pipe::Mte3, Pipe::Mte1},
    {Pipe::Mte1, Pipe::Mte3}, {Pipe::Mte1, Pipe::V},    {Pipe::Mte2, Pipe::M},  {Pipe::M, Pipe::Mte2},
    {Pipe::V, Pipe::Mte1},    {Pipe::M, Pipe::Fix},     {Pipe::Fix, Pipe::M},   {Pipe::Mte3, Pipe::Mte2},
    {Pipe::Mte2, Pipe::Mte3}, {Pipe::S, Pipe::V},       {Pipe::V, Pipe::S},     {Pipe::S, Pipe::Mte2},
    {Pipe::Mte2, Pipe::S},    {Pipe::S, Pipe::Mte3},    {Pipe::Mte3, Pipe::S},  {Pipe::Mte2, Pipe::Fix},
    {Pipe::Fix, Pipe::Mte2},  {Pipe::Fix, Pipe::S},     {Pipe::M, Pipe::S},     {Pipe::Fix, Pipe::Mte3},
    {Pipe::Mte1, Pipe::Fix},  {Pipe::Fix, Pipe::Mte1},  {Pipe::Fix, Pipe::Fix},
}};
constexpr EventPipes pipes_of(AscendC::HardEvent event) {
  return kEventPipes[static_cast<std::size_t>(event)];
}
const char* event_name(AscendC::HardEvent event);

// Vector cores have no M, MTE1 and FIX, cube cores no V.
bool core_has(CoreKind kind, Pipe pipe);

// Queues one half of a flag; nothing on a core that lacks one of the pipes.
void issue_flag(const char* call, EventPipes pipes, std::int32_t id, bool set);
// Later instructions of the pipe wait for its earlier ones.
void issue_barrier(const char* call, Pipe pipe);
// All pipes drained, issue stops.
void issue_full_barrier(const char* call);

}  // namespace podsim::kernel
