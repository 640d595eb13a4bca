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

void TwoBatchSchedule::describe(config::Fields& f) {
  f.optional("block_m", block_m, kBlockM).between(1, 1 << 16);
  f.value_or("block_n", block_n, 128, kBlockN).between(16, 1 << 16);
}

void StagePairSchedule::describe(config::Fields& f) {
  f.optional("block_m", block_m, kBlockM).between(1, 1 << 16);
  f.value_or("block_n", block_n, 128, kBlockN).between(16, 1 << 16);
}

void ExpertPrefetchSchedule::describe(config::Fields& f) {
  f.value_or("block_m", block_m, 256, "rows behind one flag, and of a tile of the first GEMM")
      .between(1, 1 << 16);
  f.value_or("l2_block_m", l2_block_m, 128, "rows of a tile of the second GEMM").between(1, 1 << 16);
  f.value_or("block_n", block_n, 256, kBlockN).between(16, 1 << 16);
  f.value_or("depth", depth, 1, "experts whose rows are pulled ahead of the one in the first GEMM")
      .between(0, 1024);
}

std::unique_ptr<Schedule> make_schedule(const ScheduleConfig& config, const StackConfig& stack) {
  if (const auto* serial = std::get_if<SerialSchedule>(&config)) return make_serial(*serial, stack);
  if (const auto* batches = std::get_if<TwoBatchSchedule>(&config)) return make_two_batch(*batches, stack);
  if (const auto* pairs = std::get_if<StagePairSchedule>(&config)) return make_stage_pair(*pairs, stack);
  if (const auto* prefetch = std::get_if<ExpertPrefetchSchedule>(&config))
    return make_expert_prefetch(*prefetch, stack);
  return make_wave_fill(std::get<WaveFillSchedule>(config), stack);
}

}  // namespace podsim::npu
