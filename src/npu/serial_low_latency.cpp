// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/schedules.h"
#include "podsim/base/error.h"
#include "podsim/npu/moe_card.h"
#include "podsim/npu/wave_rule.h"

namespace podsim::npu {
namespace {

// dispatch | L1 | SwiGLU | L2 | combine: a kernel each. Dispatch counts its rows, sends every row to a slot
// of its own and flags behind them, waits for the flags of all cards, and copies the rows from the slots to
// where the experts read them. Combine does the same with results and sums them up where they came in. Slots
// are used in turn by every other layer, so no barrier is needed: a card goes on when it has what it waits
// for.
class SerialLowLatency : public Schedule {
 public:
  SerialLowLatency(const SerialSchedule& config, const StackConfig& stack)
      : config_(config), stack_(stack), costs_(*stack.low_latency) {}

  const char* name() const override { return SerialSchedule::kKind; }
  bool fused() const override { return false; }
  Overlap overlap() const override { return Overlap::Cards; }

  Tiling tiling(const LayerShape& shape, std::int64_t) const override {
    Tiling tiling;
    tiling.block_m = config_.block_m.value_or(block_m_for(shape));
    tiling.block_n = config_.block_n;
    tiling.experts_per_wave = shape.slots;
    tiling.compute = config_.compute;
    tiling.flags = true;
    return tiling;
  }

  FixedCosts fixed_costs() const override {
    const Picoseconds launch = stack_.kernel_launch.value;
    const Picoseconds poll = stack_.flag_poll.value;
    FixedCosts costs{launch + costs_.setup.value, poll + costs_.settle.value, Picoseconds(), launch, poll};
    if (!config_.compute) return costs;
    costs.before_l1 += launch;
    costs.between_gemms = launch + launch;
    return costs;
  }

  Picoseconds barrier() const override { return Picoseconds(); }

  StageTimes stage_times(const CardReport& report) const override {
    return {report.dispatched, report.combining, report.done};
  }

  void layer_begins(MoeCard& card, Picoseconds at) const override {
    launch(card, at, kDispatchLaunched, "launch dispatch");
  }

  void step_due(MoeCard& card, int step, Picoseconds at) const override {
    switch (step) {
      case kDispatchLaunched:
        return card.pause(at, costs_.setup.value, kCounted, "count rows");
      case kCounted:
        card.open_dispatch(at);
        return card.await_rows(at);
      case kFlagsSeen:
        return card.run_copies(at, MoeCard::Moved::Rows, costs_.copy_passes.value, kCopied);
      case kCopied:
        card.note_dispatched(at);
        if (!config_.compute) return card.arrive_at_barrier(at);
        return launch(card, at, kL1Launched, "launch L1");
      case kL1Launched:
        return card.start_gemm(Gemm::L1, at);
      case kActivationLaunched:
        return card.run_activation(at, kActivated);
      case kActivated:
        return launch(card, at, kL2Launched, "launch L2");
      case kL2Launched:
        return card.start_gemm(Gemm::L2, at);
      case kCombineLaunched:
        card.send_all_results(at);
        return card.await_results(at);
      case kResultsSeen:
        return card.run_weighted_sum(at, kSummed);
      default:
        return card.finish(at);
    }
  }

  void all_rows_arrived(MoeCard& card, int, Picoseconds at) const override {
    card.pause(at, stack_.flag_poll.value + costs_.settle.value, kFlagsSeen, "flags");
  }

  void gemm_done(MoeCard& card, Gemm gemm, int, Picoseconds at) const override {
    if (gemm == Gemm::L1) return launch(card, at, kActivationLaunched, "launch SwiGLU");
    combine(card, at);
  }

  // Only between dispatch and combine of a benchmark.
  void barrier_passed(MoeCard& card, int, Picoseconds at) const override { combine(card, at); }

  void results_back(MoeCard& card, int, Picoseconds at) const override {
    card.pause(at, stack_.flag_poll.value, kResultsSeen, "flags");
  }

 private:
  enum Step {
    kDispatchLaunched,
    kCounted,
    kFlagsSeen,
    kCopied,
    kL1Launched,
    kActivationLaunched,
    kActivated,
    kL2Launched,
    kCombineLaunched,
    kResultsSeen,
    kSummed
  };

  void launch(MoeCard& card, Picoseconds at, Step step, const char* what) const {
    card.pause(at, stack_.kernel_launch.value, step, what);
  }

  void combine(MoeCard& card, Picoseconds at) const {
    card.note_combining(at);
    launch(card, at, kCombineLaunched, "launch combine");
  }

  SerialSchedule config_;
  StackConfig stack_;
  LowLatencyConfig costs_;
};

}  // namespace

std::unique_ptr<Schedule> make_serial_low_latency(const SerialSchedule& config, const StackConfig& stack) {
  PODSIM_CHECK(stack.low_latency.has_value(), "stack {} has no low_latency costs", stack.name);
  return std::make_unique<SerialLowLatency>(config, stack);
}

}  // namespace podsim::npu
