// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/schedules.h"
#include "podsim/npu/moe_card.h"

namespace podsim::npu {
namespace {

// One kernel. While masks and counts go round, the shared expert's first GEMM runs; then the card pulls the
// rows of its experts, one expert ahead of the cubes; a block of the first GEMM starts when the flag of its
// rows is up. The second GEMM comes when a core is through with the first ones, the shared expert's last;
// results leave tile by tile. One barrier, then the weighted sum, at the end.
class ExpertPrefetch : public Schedule {
 public:
  ExpertPrefetch(const ExpertPrefetchSchedule& config, const StackConfig& stack)
      : config_(config), stack_(stack) {}

  const char* name() const override { return ExpertPrefetchSchedule::kKind; }
  bool fused() const override { return true; }
  Overlap overlap() const override { return Overlap::All; }

  Tiling tiling(const LayerShape&, std::int64_t) const override {
    Tiling tiling;
    tiling.block_m = config_.block_m;
    tiling.block_n = config_.block_n;
    tiling.l2_block_m = config_.l2_block_m;
    tiling.experts_per_wave = 1;
    tiling.second_pass = true;
    tiling.results_by_tile = true;
    tiling.pulled = true;
    return tiling;
  }

  FixedCosts fixed_costs() const override {
    const Picoseconds launch = stack_.kernel_launch.value;
    return {launch + stack_.metadata_exchange.value,
            stack_.flag_poll.value,
            stack_.flag_poll.value,
            Picoseconds(),
            stack_.barrier.value,
            launch};
  }

  Picoseconds barrier() const override { return stack_.barrier.value; }

  StageTimes stage_times(const CardReport& report) const override {
    return {report.rows_in, report.first_result, report.results_back};
  }

  void layer_begins(MoeCard& card, Picoseconds at) const override {
    card.pause(at, stack_.kernel_launch.value, kLaunched, "launch");
  }

  void step_due(MoeCard& card, int step, Picoseconds at) const override {
    switch (step) {
      case kLaunched:
        start_shared(card, at);
        return card.pause(at, stack_.metadata_exchange.value, kMetadataKnown, "metadata exchange");
      case kMetadataKnown:
        card.pull_rows(at, config_.depth);
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

  void block_done(MoeCard& card, Gemm gemm, std::uint32_t m, Picoseconds at) const override {
    if (gemm == Gemm::L1) card.start_block(Gemm::L2, m, at + stack_.flag_poll.value);
  }

  void results_ready(MoeCard& card, const ReadyRows& rows, Picoseconds at) const override {
    card.send_results(rows, at);
  }

  void results_back(MoeCard& card, int, Picoseconds at) const override { card.arrive_at_barrier(at); }
  void barrier_passed(MoeCard& card, int, Picoseconds at) const override { card.do_at(at, kBarrierPassed); }

 private:
  enum Step { kLaunched, kMetadataKnown, kBarrierPassed, kSummed };

  static void start_shared(MoeCard& card, Picoseconds at) {
    for (MoeCard::MBlock m = 0; m < card.m_blocks(); ++m) {
      if (card.is_shared(m)) card.start_block(Gemm::L1, m, at);
    }
  }

  ExpertPrefetchSchedule config_;
  StackConfig stack_;
};

}  // namespace

std::unique_ptr<Schedule> make_expert_prefetch(const ExpertPrefetchSchedule& config,
                                               const StackConfig& stack) {
  return std::make_unique<ExpertPrefetch>(config, stack);
}

}  // namespace podsim::npu
