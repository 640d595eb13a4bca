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

using ScheduleConfig = std::variant<SerialSchedule, WaveFillSchedule>;

}  // namespace podsim::npu
