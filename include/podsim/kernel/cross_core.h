// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/global_tensor.h"
#include "podsim/kernel/sync.h"

// Synchronisation of cores.
namespace podsim::kernel {

void issue_cross_core(const char* call, Pipe pipe, std::uint8_t mode, std::uint32_t flag, bool set);
void sync_all(bool vector_cores_only);
// Through counters in GM, one block of 32 B per core.
void sync_all_in_memory(std::int32_t* counters, std::uint64_t unified_buffer, std::int32_t used_cores);
// Waits until the word is `expected`, then writes `next`.
void exchange_flag_word(const char* call, std::int32_t* word, std::uint64_t unified_buffer,
                        std::int32_t expected, std::int32_t next);
// Where IBSet and IBWait have their word.
std::int64_t flag_word_index(bool vector_cores_only, std::int32_t block, std::int32_t event);

}  // namespace podsim::kernel

namespace AscendC {

// Modes: 0 all cores of a kind, 1 the vector cores of a block, 2 cube core and its vector cores, 4 (3510)
// cube core and one vector core.
template <uint8_t modeId, pipe_t pipe>
void CrossCoreSetFlag(uint16_t flagId) {
  static_assert(modeId <= 2 || modeId == 4, "CrossCoreSetFlag: modes are 0, 1, 2 and 4");
  podsim::kernel::issue_cross_core("CrossCoreSetFlag", podsim::kernel::pipe_of(pipe), modeId, flagId, true);
}
// 2201: all issue stops, template arguments are ignored. 3510: the pipe stops.
template <uint8_t modeId = 0, pipe_t pipe = PIPE_S>
void CrossCoreWaitFlag(uint16_t flagId) {
  const bool on_pipe = podsim::kernel::is_3510();
  podsim::kernel::issue_cross_core("CrossCoreWaitFlag",
                                   on_pipe ? podsim::kernel::pipe_of(pipe) : podsim::kernel::Pipe::S, modeId,
                                   flagId, false);
}
template <uint8_t modeId, pipe_t pipe>
void NotifyEvent(uint16_t flagId) {
  CrossCoreSetFlag<modeId, pipe>(flagId);
}
inline void WaitEvent(uint16_t flagId) {
  CrossCoreWaitFlag(flagId);
}
inline void SetSyncBaseAddr(uint64_t /*addr*/) {}

struct SyncAllConfig {
  pipe_t triggerPipe;
  pipe_t waitPipe;
};
inline constexpr SyncAllConfig DEFAULT_SYNC_ALL_CONFIG = {PIPE_ALL, PIPE_ALL};

// Barrier of all vector cores, or of all cores of a mixed kernel.
template <bool isAIVOnly = true, const SyncAllConfig& config = DEFAULT_SYNC_ALL_CONFIG>
void SyncAll() {
  podsim::kernel::sync_all(isAIVOnly);
}
template <bool isAIVOnly = true>
void SyncAll(const GlobalTensor<int32_t>& gmWorkspace, const LocalTensor<int32_t>& ubWorkspace,
             const int32_t usedCores = 0) {
  static_assert(isAIVOnly, "SyncAll through GM exists for vector cores only");
  podsim::kernel::sync_all_in_memory(gmWorkspace.GetPhyAddr(0), ubWorkspace.GetPhyAddr(), usedCores);
}

// Vector core to vector core through words of GM, which the host zeroes.
template <bool isAIVOnly = true>
void IBSet(const GlobalTensor<int32_t>& gmWorkspace, const LocalTensor<int32_t>& ubWorkspace,
           int32_t blockIdx, int32_t eventID) {
  if (ASCEND_IS_AIC) return;
  const auto index = static_cast<uint64_t>(podsim::kernel::flag_word_index(isAIVOnly, blockIdx, eventID));
  podsim::kernel::exchange_flag_word("IBSet", gmWorkspace.GetPhyAddr(index), ubWorkspace.GetPhyAddr(), 0, 1);
}
template <bool isAIVOnly = true>
void IBWait(const GlobalTensor<int32_t>& gmWorkspace, const LocalTensor<int32_t>& ubWorkspace,
            int32_t blockIdx, int32_t eventID) {
  if (ASCEND_IS_AIC) return;
  const auto index = static_cast<uint64_t>(podsim::kernel::flag_word_index(isAIVOnly, blockIdx, eventID));
  podsim::kernel::exchange_flag_word("IBWait", gmWorkspace.GetPhyAddr(index), ubWorkspace.GetPhyAddr(), 1, 0);
}

// Cores take turns in the order of their block numbers. One word per core holds whether its turn is next.
template <bool isAIVOnly = true>
void InitDetermineComputeWorkspace(const GlobalTensor<int32_t>& gmWorkspace,
                                   const LocalTensor<int32_t>& ubWorkspace) {
  if (ASCEND_IS_AIC || podsim::kernel::scalar_unit().placement().block != 0) return;
  podsim::kernel::exchange_flag_word("InitDetermineComputeWorkspace", gmWorkspace.GetPhyAddr(0),
                                     ubWorkspace.GetPhyAddr(), 0, 1);
}
template <bool isAIVOnly = true>
void WaitPreBlock(const GlobalTensor<int32_t>& gmWorkspace, const LocalTensor<int32_t>& ubWorkspace) {
  if (ASCEND_IS_AIC) return;
  const auto block = static_cast<uint64_t>(podsim::kernel::scalar_unit().placement().block);
  podsim::kernel::exchange_flag_word("WaitPreBlock", gmWorkspace.GetPhyAddr(block * 8),
                                     ubWorkspace.GetPhyAddr(), 1, 0);
}
template <bool isAIVOnly = true>
void NotifyNextBlock(const GlobalTensor<int32_t>& gmWorkspace, const LocalTensor<int32_t>& ubWorkspace) {
  if (ASCEND_IS_AIC) return;
  const podsim::kernel::Placement& here = podsim::kernel::scalar_unit().placement();
  const auto next = static_cast<uint64_t>((here.block + 1) % here.blocks);
  podsim::kernel::exchange_flag_word("NotifyNextBlock", gmWorkspace.GetPhyAddr(next * 8),
                                     ubWorkspace.GetPhyAddr(), 0, 1);
}

}  // namespace AscendC
