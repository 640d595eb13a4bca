// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/schedule.h"

#include "npu/schedules.h"

namespace podsim::npu {
namespace {

constexpr const char* kBlockM = "rows of an M-block; default: DeepGEMM's table by expected rows per expert";
constexpr const char* kBlockN = "columns of a tile";

}  // namespace

void SerialSchedule::describe(config::Fields& f) {
  f.optional("block_m", block_m, kBlockM).between(1, 1 << 16);
  f.value_or("block_n", block_n, 128, kBlockN).between(16, 1 << 16);
}

void WaveFillSchedule::describe(config::Fields& f) {
  f.optional("block_m", block_m, kBlockM).between(1, 1 << 16);
  f.value_or("block_n", block_n, 128, kBlockN).between(16, 1 << 16);
  f.value_or("tiles_per_core", tiles_per_core, 2, "tiles of the first GEMM per core that a wave has at least")
      .between(1, 1024);
  f.optional("experts_per_wave", experts_per_wave, "instead of the rule by tiles_per_core").at_least(1);
}

std::unique_ptr<Schedule> make_schedule(const ScheduleConfig& config, const StackConfig& stack) {
  if (const auto* serial = std::get_if<SerialSchedule>(&config)) return make_serial(*serial, stack);
  return make_wave_fill(std::get<WaveFillSchedule>(config), stack);
}

}  // namespace podsim::npu
