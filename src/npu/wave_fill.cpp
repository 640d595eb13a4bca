// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/schedules.h"
#include "podsim/npu/moe_card.h"
#include "podsim/npu/wave_rule.h"

namespace podsim::npu {
namespace {

// One persistent kernel. An M-block's first GEMM starts when its rows are there, its second when the first is
// done with it, its results leave when the second is. One barrier, then the weighted sum, at the end.
class WaveFill : public Schedule {
 public:
  WaveFill(const WaveFillSchedule& config, const StackConfig& stack) : config_(config), stack_(stack) {}

  const char* name() const override { return WaveFillSchedule::kKind; }
  bool fused() const override { return true; }
  Overlap overlap() const override { return Overlap::All; }

  Tiling tiling(const LayerShape& shape, std::int64_t cores) const override {
    const std::int64_t block_m = config_.block_m.value_or(block_m_for(shape));
    const std::int64_t rule =
        experts_per_wave_for(shape, block_m, config_.block_n, cores, config_.tiles_per_core);
    Tiling tiling;
    tiling.block_m = block_m;
    tiling.block_n = config_.block_n;
    tiling.experts_per_wave = config_.experts_per_wave.value_or(rule);
    return tiling;
  }

  FixedCosts fixed_costs() const override {
    return {stack_.kernel_launch.value + stack_.metadata_exchange.value, stack_.flag_poll.value,
            stack_.flag_poll.value, Picoseconds(), stack_.barrier.value};
  }

  Picoseconds barrier() const override { return stack_.barrier.value; }

  StageTimes stage_times(const CardReport& report) const override {
    return {report.rows_in, report.first_result, report.results_back};
  }

  void layer_begins(MoeCard& card, Picoseconds at) const override {
    card.pause(at, stack_.kernel_launch.value, kLaunched, "launch");
  }

  void step_due(MoeCard& card, int step, Picoseconds at) const override {
    if (step == kLaunched)
      return card.pause(at, stack_.metadata_exchange.value, kMetadataKnown, "metadata exchange");
    if (step == kSummed) return card.finish(at);
    if (step == kBarrierPassed) return card.run_weighted_sum(at, kSummed);
    card.open_dispatch(at);
    for (MoeCard::MBlock m = 0; m < card.m_blocks(); ++m) {
      if (card.is_shared(m)) card.start_block(Gemm::L1, m, at);
    }
    card.await_results(at);
  }

  void rows_arrived(MoeCard& card, std::uint32_t m, Picoseconds at) const override {
    card.start_block(Gemm::L1, m, at + stack_.flag_poll.value);
  }

  void block_done(MoeCard& card, Gemm gemm, std::uint32_t m, Picoseconds at) const override {
    if (gemm == Gemm::L1) return card.start_block(Gemm::L2, m, at + stack_.flag_poll.value);
    if (!card.is_shared(m)) card.send_results(m, at);
  }

  // When all cards of a group have their results back, nobody writes to anybody any more.
  void results_back(MoeCard& card, int, Picoseconds at) const override { card.arrive_at_barrier(at); }
  void barrier_passed(MoeCard& card, int, Picoseconds at) const override { card.do_at(at, kBarrierPassed); }

 private:
  enum Step { kLaunched, kMetadataKnown, kBarrierPassed, kSummed };

  WaveFillSchedule config_;
  StackConfig stack_;
};

}  // namespace

std::unique_ptr<Schedule> make_wave_fill(const WaveFillSchedule& config, const StackConfig& stack) {
  return std::make_unique<WaveFill>(config, stack);
}

}  // namespace podsim::npu
