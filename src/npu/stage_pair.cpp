// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/schedules.h"
#include "podsim/npu/moe_card.h"
#include "podsim/npu/wave_rule.h"

namespace podsim::npu {
namespace {

// Two fused kernels. In the first one a block of the first GEMM starts when its rows are there; in the second
// one results leave tile by tile. A barrier ends each: its communication buffers are used again.
class StagePair : public Schedule {
 public:
  StagePair(const StagePairSchedule& config, const StackConfig& stack) : config_(config), stack_(stack) {}

  const char* name() const override { return StagePairSchedule::kKind; }
  bool fused() const override { return true; }
  Overlap overlap() const override { return Overlap::Pairs; }

  Tiling tiling(const LayerShape& shape, std::int64_t) const override {
    Tiling tiling;
    tiling.block_m = config_.block_m.value_or(block_m_for(shape));
    tiling.block_n = config_.block_n;
    tiling.experts_per_wave = shape.slots;
    tiling.results_by_tile = true;
    return tiling;
  }

  FixedCosts fixed_costs() const override {
    const Picoseconds launch = stack_.kernel_launch.value;
    const Picoseconds barrier = stack_.barrier.value;
    return {launch + stack_.metadata_exchange.value, stack_.flag_poll.value, barrier + launch, Picoseconds(),
            barrier};
  }

  Picoseconds barrier() const override { return stack_.barrier.value; }

  StageTimes stage_times(const CardReport& report) const override {
    return {report.rows_in, report.first_result, report.results_back};
  }

  void layer_begins(MoeCard& card, Picoseconds at) const override {
    card.pause(at, stack_.kernel_launch.value, kFirstLaunched, "launch dispatch and L1");
  }

  void step_due(MoeCard& card, int step, Picoseconds at) const override {
    switch (step) {
      case kFirstLaunched:
        return card.pause(at, stack_.metadata_exchange.value, kMetadataKnown, "metadata exchange");
      case kMetadataKnown:
        return begin_first(card, at);
      case kSecondLaunched:
        card.start_gemm(Gemm::L2, at);
        return card.await_results(at);
      case kBarrierPassed:
        return card.run_weighted_sum(at, kSummed);
      default:
        return card.finish(at);
    }
  }

  void rows_arrived(MoeCard& card, std::uint32_t m, Picoseconds at) const override {
    card.start_block(Gemm::L1, m, at + stack_.flag_poll.value);
  }

  void gemm_done(MoeCard& card, Gemm gemm, int, Picoseconds at) const override {
    if (gemm == Gemm::L1) card.arrive_at_barrier(at);
  }

  void results_ready(MoeCard& card, const ReadyRows& rows, Picoseconds at) const override {
    card.send_results(rows, at);
  }

  void results_back(MoeCard& card, int, Picoseconds at) const override { card.arrive_at_barrier(at); }

  void barrier_passed(MoeCard& card, int which, Picoseconds at) const override {
    if (which > 1) return card.do_at(at, kBarrierPassed);
    card.pause(at, stack_.kernel_launch.value, kSecondLaunched, "launch L2 and combine");
  }

 private:
  enum Step { kFirstLaunched, kMetadataKnown, kSecondLaunched, kBarrierPassed, kSummed };

  static void begin_first(MoeCard& card, Picoseconds at) {
    card.open_dispatch(at);
    for (MoeCard::MBlock m = 0; m < card.m_blocks(); ++m) {
      if (card.is_shared(m)) card.start_block(Gemm::L1, m, at);
    }
    if (card.m_blocks() == 0) card.arrive_at_barrier(at);
  }

  StagePairSchedule config_;
  StackConfig stack_;
};

}  // namespace

std::unique_ptr<Schedule> make_stage_pair(const StagePairSchedule& config, const StackConfig& stack) {
  return std::make_unique<StagePair>(config, stack);
}

}  // namespace podsim::npu
