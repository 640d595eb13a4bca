// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/kernel/hard_event.h"
#include "podsim/kernel/language.h"

namespace podsim::kernel {

constexpr Pipe pipe_of(pipe_t pipe) {
  switch (pipe) {
    case PIPE_V:
      return Pipe::V;
    case PIPE_M:
      return Pipe::M;
    case PIPE_MTE1:
      return Pipe::Mte1;
    case PIPE_MTE2:
      return Pipe::Mte2;
    case PIPE_MTE3:
      return Pipe::Mte3;
    case PIPE_FIX:
      return Pipe::Fix;
    default:
      return Pipe::S;
  }
}

inline void barrier(const char* call, pipe_t pipe) {
  if (pipe == PIPE_ALL) return issue_full_barrier(call);
  if (pipe != PIPE_S) issue_barrier(call, pipe_of(pipe));  // the scalar unit is in order by itself
}

}  // namespace podsim::kernel

namespace AscendC {

// Queued on the source pipe: when all before it there is done, the flag becomes 1.
template <HardEvent event>
void SetFlag(std::int32_t eventID) {
  podsim::kernel::issue_flag("SetFlag", podsim::kernel::pipes_of(event), eventID, true);
}
// Queued on the destination pipe: blocks it until the flag is 1 and clears it.
template <HardEvent event>
void WaitFlag(std::int32_t eventID) {
  podsim::kernel::issue_flag("WaitFlag", podsim::kernel::pipes_of(event), eventID, false);
}

template <pipe_t pipe>
void PipeBarrier() {
  static_assert(pipe != PIPE_S, "PipeBarrier<PIPE_S> does not exist");
  podsim::kernel::barrier("PipeBarrier", pipe);
}

template <pipe_t src, pipe_t dst>
class TQueSync {
 public:
  void SetFlag(TEventID id) { flag("TQueSync::SetFlag", id, true); }
  void WaitFlag(TEventID id) { flag("TQueSync::WaitFlag", id, false); }

 private:
  static void flag(const char* call, TEventID id, bool set) {
    podsim::kernel::issue_flag(call, {podsim::kernel::pipe_of(src), podsim::kernel::pipe_of(dst)}, id, set);
  }
};

// The scalar unit waits for its own memory accesses, which podsim makes at once.
template <MemDsbT scope>
void DataSyncBarrier() {}

}  // namespace AscendC

// Intrinsics with run-time arguments.
inline void set_flag(pipe_t src, pipe_t dst, int id) {
  podsim::kernel::issue_flag("set_flag", {podsim::kernel::pipe_of(src), podsim::kernel::pipe_of(dst)}, id,
                             true);
}
inline void wait_flag(pipe_t src, pipe_t dst, int id) {
  podsim::kernel::issue_flag("wait_flag", {podsim::kernel::pipe_of(src), podsim::kernel::pipe_of(dst)}, id,
                             false);
}
inline void pipe_barrier(pipe_t pipe) {
  podsim::kernel::barrier("pipe_barrier", pipe);
}
