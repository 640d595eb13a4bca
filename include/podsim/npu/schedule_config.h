// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "podsim/config/fields.h"

namespace podsim::npu {

// A kernel per stage, nothing overlaps, intermediate results go through memory: the baseline that published
// speed-ups are measured against (docs/components/schedules.md).
struct SerialSchedule {
  static constexpr const char* kKind = "serial";
  std::optional<std::int64_t> block_m;  // default: by expected rows per expert, as wave_fill
  std::int64_t block_n = 128;
  bool compute = true;  // false: dispatch, a barrier, combine, as benchmarks of the two do
  void describe(config::Fields& f);
};

// One persistent kernel; experts in waves that fill the machine; a block starts when its rows are there, its
// results leave when it is done (DeepGEMM's MegaMoE, source of June 2026).
struct WaveFillSchedule {
  static constexpr const char* kKind = "wave_fill";
  std::optional<std::int64_t> block_m;  // default: by expected rows per expert
  std::int64_t block_n = 128;
  std::int64_t tiles_per_core = 2;               // of the first GEMM that a wave has at least
  std::optional<std::int64_t> experts_per_wave;  // instead of that rule
  void describe(config::Fields& f);
};

// Two micro-batches of a card's tokens, each with operators as under serial: one computes while the other
// communicates (DeepSeek's computation-communication overlap over DeepEP).
struct TwoBatchSchedule {
  static constexpr const char* kKind = "two_batch";
  std::optional<std::int64_t> block_m;  // default: by expected rows per expert of one batch
  std::int64_t block_n = 128;
  void describe(config::Fields& f);
};

// Two fused kernels: dispatch with the first GEMM, whose blocks start when their rows are there; the second
// GEMM with the combine, whose results leave tile by tile (Comet).
struct StagePairSchedule {
  static constexpr const char* kKind = "stage_pair";
  std::optional<std::int64_t> block_m;  // default: by expected rows per expert, as wave_fill
  std::int64_t block_n = 128;
  void describe(config::Fields& f);
};

// Ascend's fused kernel (ops-transformer mc2/mega_moe, arch35): vector cores pull the rows of the next expert
// while the cubes run the first GEMM of this one; the second GEMM in a pass of its own, results by tile.
struct ExpertPrefetchSchedule {
  static constexpr const char* kKind = "expert_prefetch";
  std::int64_t block_m = 256;     // rows of a flag, and of a tile of the first GEMM
  std::int64_t l2_block_m = 128;  // rows of a tile of the second GEMM
  std::int64_t block_n = 256;
  std::int64_t depth = 1;  // experts pulled ahead of the one in the first GEMM
  void describe(config::Fields& f);
};

using ScheduleConfig = std::variant<SerialSchedule, WaveFillSchedule, TwoBatchSchedule, StagePairSchedule,
                                    ExpertPrefetchSchedule>;

}  // namespace podsim::npu
