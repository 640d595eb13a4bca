// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/cross_core.h"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <vector>

namespace podsim::kernel {
namespace {

// Ids 11 to 14 belong to SyncAll.
constexpr std::uint32_t kFlagIds = 16;
constexpr std::uint8_t kCubeCoresFlag = 11;
constexpr std::uint8_t kVectorCoresFlag = 12;
constexpr std::uint8_t kArrivedFlag = 13;
constexpr std::uint8_t kReleaseFlag = 14;
constexpr std::int64_t kWordsPerCore = 8;  // a block of 32 B
// Readings of a flag word after which the kernel is taken to hang; about a second of simulated time.
constexpr std::uint32_t kMostReadings = 1U << 19U;

// Copy of GM to the unified buffer, or back, whose data steers the kernel: done in timing-only runs too.
void copy_now(const char* call, bool write, void* pointer, std::uint64_t unified_buffer, std::uint64_t bytes,
              const std::function<void()>& effect) {
  ScalarUnit& unit = scalar_unit();
  const std::uint64_t held = round_up(bytes, kBlockBytes);
  require_aligned(call, "the unified buffer workspace", unified_buffer, kBlockBytes);
  require_inside(call, "the unified buffer workspace", Memory::UnifiedBuffer, unified_buffer, held);
  GlobalMove move;
  move.write = write;
  move.address = gm_address(call, "the GM workspace", pointer, held);
  move.row_bytes = move.row_stride = held;
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = write ? Pipe::Mte3 : Pipe::Mte2;
  instruction.work = move;
  instruction.touch(footprint(Memory::Gm, write, move.address, held));
  instruction.touch(footprint(Memory::UnifiedBuffer, !write, unified_buffer, held));
  unit.issue(instruction, effect);
  issue_full_barrier(call);
}

[[noreturn]] void hang(const char* call, const std::int32_t* word, std::int32_t expected) {
  refuse(call, fmt::format("the word at GM address {} never became {}", gm_address(call, "the word", word, 4),
                           expected));
}

}  // namespace

void issue_cross_core(const char* call, Pipe pipe, std::uint8_t mode, std::uint32_t flag, bool set) {
  require_at_most(call, "flagId", flag, kFlagIds * 2 - 1);
  if (mode == 4 || flag >= kFlagIds) require_arch(call, 3510);
  ScalarUnit& unit = scalar_unit();
  if (!core_has(unit.placement().kind, pipe)) return;
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = pipe;
  instruction.work = CrossCoreWork{mode, static_cast<std::uint8_t>(flag), set};
  unit.issue(instruction, {});
}

// All vector cores meet in mode 0. With cube cores: the vector cores of a block report to their cube core,
// the cube cores meet, and release their vector cores.
void sync_all(bool vector_cores_only) {
  constexpr const char* kCall = "SyncAll";
  const Placement& here = scalar_unit().placement();
  const bool cube = here.kind == CoreKind::Aic;
  if (vector_cores_only && cube && here.mixed) return;
  issue_full_barrier(kCall);
  const Pipe pipe = cube ? Pipe::Fix : Pipe::Mte3;
  const auto wait = [](std::uint8_t mode, std::uint8_t flag) {
    issue_cross_core(kCall, Pipe::S, mode, flag, false);
  };
  if (vector_cores_only || !here.mixed) {
    const std::uint8_t flag = cube ? kCubeCoresFlag : kVectorCoresFlag;
    issue_cross_core(kCall, pipe, 0, flag, true);
    return wait(0, flag);
  }
  if (!cube) {
    issue_cross_core(kCall, pipe, 2, kArrivedFlag, true);
    return wait(2, kReleaseFlag);
  }
  wait(2, kArrivedFlag);
  issue_cross_core(kCall, pipe, 0, kCubeCoresFlag, true);
  wait(0, kCubeCoresFlag);
  issue_cross_core(kCall, pipe, 2, kReleaseFlag, true);
}

std::int64_t flag_word_index(bool vector_cores_only, std::int32_t block, std::int32_t event) {
  const std::int64_t cores = scalar_unit().placement().blocks * (vector_cores_only ? 1 : 2);
  return (cores * event + block) * kWordsPerCore;
}

void exchange_flag_word(const char* call, std::int32_t* word, std::uint64_t unified_buffer,
                        std::int32_t expected, std::int32_t next) {
  issue_full_barrier(call);
  ScalarUnit& unit = scalar_unit();
  std::byte* const held = unit.functional() ? unit.local(Memory::UnifiedBuffer) + unified_buffer : nullptr;
  const auto seen = std::make_shared<std::int32_t>(~expected);
  for (std::uint32_t reading = 0; *seen != expected; ++reading) {
    if (reading == kMostReadings) hang(call, word, expected);
    copy_now(call, false, word, unified_buffer, kBlockBytes, [word, held, seen] {
      std::memcpy(seen.get(), word, sizeof(*word));
      if (held != nullptr) std::memcpy(held, word, kBlockBytes);
    });
  }
  copy_now(call, true, word, unified_buffer, kBlockBytes, [word, held, next] {
    std::memcpy(word, &next, sizeof(next));
    if (held != nullptr) std::memcpy(held, &next, sizeof(next));
  });
}

// Every core counts its visits in its own block and waits until all have come as often.
void sync_all_in_memory(std::int32_t* counters, std::uint64_t unified_buffer, std::int32_t used_cores) {
  constexpr const char* kCall = "SyncAll";
  if (!runs_on(kCall, CoreKind::Aiv)) return;
  const Placement& here = scalar_unit().placement();
  const std::int64_t own = here.mixed ? here.block * here.task_ratio + here.sub_block : here.block;
  const std::int64_t all = here.mixed ? here.blocks * here.task_ratio : here.blocks;
  const std::int64_t cores = used_cores == 0 ? all : used_cores;
  const std::uint64_t bytes = static_cast<std::uint64_t>(cores) * kBlockBytes;
  issue_full_barrier(kCall);
  const auto seen =
      std::make_shared<std::vector<std::int32_t>>(static_cast<std::size_t>(cores * kWordsPerCore));
  const auto read = [seen, counters, bytes] { std::memcpy(seen->data(), counters, bytes); };
  copy_now(kCall, false, counters, unified_buffer, bytes, read);
  const std::int32_t visit = (*seen)[static_cast<std::size_t>(own * kWordsPerCore)] + 1;
  std::int32_t* const mine = counters + own * kWordsPerCore;
  copy_now(kCall, true, mine, unified_buffer, kBlockBytes,
           [mine, visit] { std::memcpy(mine, &visit, sizeof(visit)); });
  for (std::uint32_t reading = 0;; ++reading) {
    if (reading == kMostReadings) hang(kCall, counters, visit);
    copy_now(kCall, false, counters, unified_buffer, bytes, read);
    bool here_all = true;
    for (std::int64_t core = 0; core < cores; ++core)
      here_all = here_all && (*seen)[static_cast<std::size_t>(core * kWordsPerCore)] >= visit;
    if (here_all) return;
  }
}

}  // namespace podsim::kernel
