// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/schedules.h"
#include "podsim/npu/moe_card.h"
#include "podsim/npu/wave_rule.h"

namespace podsim::npu {
namespace {

// dispatch | barrier | L1 | SwiGLU | L2 | barrier | combine | barrier | weighted sum: a kernel each, the next
// one launched when the card is done with the last, all intermediate results through memory.
class Serial : public Schedule {
 public:
  Serial(const SerialSchedule& config, const StackConfig& stack) : config_(config), stack_(stack) {}

  const char* name() const override { return SerialSchedule::kKind; }
  bool fused() const override { return false; }
  Overlap overlap() const override { return Overlap::None; }

  Tiling tiling(const LayerShape& shape, std::int64_t) const override {
    Tiling tiling;
    tiling.block_m = config_.block_m.value_or(block_m_for(shape));
    tiling.block_n = config_.block_n;
    tiling.experts_per_wave = shape.slots;
    return tiling;
  }

  FixedCosts fixed_costs() const override {
    const Picoseconds launch = stack_.kernel_launch.value;
    const Picoseconds barrier = stack_.barrier.value;
    return {launch + stack_.metadata_exchange.value, barrier + launch, launch + launch, barrier + launch,
            barrier + launch};
  }

  Picoseconds barrier() const override { return stack_.barrier.value; }

  StageTimes stage_times(const CardReport& report) const override {
    return {report.barriers[0], report.barriers[1], report.done};
  }

  void layer_begins(MoeCard& card, Picoseconds at) const override {
    card.pause(at, stack_.kernel_launch.value, kDispatchLaunched, "launch dispatch");
  }

  void step_due(MoeCard& card, int step, Picoseconds at) const override {
    switch (step) {
      case kDispatchLaunched:
        return card.pause(at, stack_.metadata_exchange.value, kMetadataKnown, "metadata exchange");
      case kMetadataKnown:
        card.open_dispatch(at);
        return card.await_rows(at);
      case kL1Launched:
        return card.start_gemm(Gemm::L1, at);
      case kActivationLaunched:
        return card.run_activation(at, kActivated);
      case kActivated:
        return launch(card, at, kL2Launched, "launch L2");
      case kL2Launched:
        return card.start_gemm(Gemm::L2, at);
      case kCombineLaunched:
        return combine(card, at);
      case kSumLaunched:
        return card.run_weighted_sum(at, kSummed);
      default:
        return card.finish(at);
    }
  }

  void all_rows_arrived(MoeCard& card, int, Picoseconds at) const override { card.arrive_at_barrier(at); }
  void results_back(MoeCard& card, int, Picoseconds at) const override { card.arrive_at_barrier(at); }

  void gemm_done(MoeCard& card, Gemm gemm, int, Picoseconds at) const override {
    if (gemm == Gemm::L1) return launch(card, at, kActivationLaunched, "launch SwiGLU");
    card.arrive_at_barrier(at);
  }

  void barrier_passed(MoeCard& card, int which, Picoseconds at) const override {
    if (which == 1) return launch(card, at, kL1Launched, "launch L1");
    if (which == 2) return launch(card, at, kCombineLaunched, "launch combine");
    launch(card, at, kSumLaunched, "launch weighted sum");
  }

 private:
  enum Step {
    kDispatchLaunched,
    kMetadataKnown,
    kL1Launched,
    kActivationLaunched,
    kActivated,
    kL2Launched,
    kCombineLaunched,
    kSumLaunched,
    kSummed
  };

  void launch(MoeCard& card, Picoseconds at, Step step, const char* what) const {
    card.pause(at, stack_.kernel_launch.value, step, what);
  }

  static void combine(MoeCard& card, Picoseconds at) {
    for (MoeCard::MBlock m = 0; m < card.m_blocks(); ++m) {
      if (!card.is_shared(m)) card.send_results(m, at);
    }
    card.await_results(at);
  }

  SerialSchedule config_;
  StackConfig stack_;
};

}  // namespace

std::unique_ptr<Schedule> make_serial(const SerialSchedule& config, const StackConfig& stack) {
  return std::make_unique<Serial>(config, stack);
}

}  // namespace podsim::npu
