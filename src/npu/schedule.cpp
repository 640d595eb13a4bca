// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/schedule.h"

#include <fmt/format.h>

#include "npu/schedules.h"
#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

constexpr const char* kBlockM = "rows of an M-block; default: DeepGEMM's table by expected rows per expert";
constexpr const char* kBlockN = "columns of a tile";

}  // namespace

void SerialSchedule::describe(config::Fields& f) {
  f.optional("block_m", block_m, kBlockM).between(1, 1 << 16);
  f.value_or("block_n", block_n, 128, kBlockN).between(16, 1 << 16);
  f.value_or("compute", compute, true,
             "false: dispatch, a barrier and combine alone, as benchmarks of the two do");
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

namespace {

// Eager launches cost more, and the host of a bulk exchange reads the counts before it launches what comes
// next.
StackConfig launched(StackConfig stack, const Exchange& exchange) {
  if (exchange.launch == Launch::Graph) return stack;
  if (!stack.eager_launch)
    throw ConfigError(
        fmt::format("/workload/launch: got \"eager\", but stack {} has no eager_launch", stack.name));
  stack.kernel_launch = *stack.eager_launch;
  if (stack.high_throughput && stack.high_throughput->host_wait)
    stack.metadata_exchange.value += stack.high_throughput->host_wait->value;
  return stack;
}

void check_exchange(const ScheduleConfig& config, const StackConfig& stack, const Exchange& exchange,
                    const char* schedule) {
  const bool low_latency = exchange.family == ExchangeFamily::LowLatency;
  const bool reduced = exchange.combine_copies == moe::Copies::PerCard;
  const bool serial = std::holds_alternative<SerialSchedule>(config);
  if (low_latency && !serial) {
    throw ConfigError(fmt::format(
        "/workload/exchange: got \"low_latency\" under schedule {}, which exchanges rows in its own "
        "way; expected high_throughput, or schedule serial",
        schedule));
  }
  if (low_latency && !stack.low_latency) {
    throw ConfigError(fmt::format(
        "/workload/exchange: got \"low_latency\", but stack {} has no low_latency costs", stack.name));
  }
  if (reduced && (low_latency || !serial)) {
    throw ConfigError(
        fmt::format("/workload/combine_copies: got \"per_card\" under {}{}; only the bulk combine of "
                    "schedule serial adds up "
                    "the results of a token before it sends them",
                    schedule, low_latency ? " with low_latency" : ""));
  }
}

}  // namespace

std::unique_ptr<Schedule> make_schedule(const ScheduleConfig& config, const StackConfig& stack,
                                        const Exchange& exchange) {
  const char* const name = std::visit([](const auto& kind) { return kind.kKind; }, config);
  check_exchange(config, stack, exchange, name);
  const StackConfig costs = launched(stack, exchange);
  if (const auto* serial = std::get_if<SerialSchedule>(&config)) {
    return exchange.family == ExchangeFamily::LowLatency ? make_serial_low_latency(*serial, costs)
                                                         : make_serial(*serial, costs, exchange);
  }
  if (const auto* batches = std::get_if<TwoBatchSchedule>(&config)) return make_two_batch(*batches, costs);
  if (const auto* pairs = std::get_if<StagePairSchedule>(&config)) return make_stage_pair(*pairs, costs);
  if (const auto* prefetch = std::get_if<ExpertPrefetchSchedule>(&config))
    return make_expert_prefetch(*prefetch, costs);
  return make_wave_fill(std::get<WaveFillSchedule>(config), costs);
}

}  // namespace podsim::npu
