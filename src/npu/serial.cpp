// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/schedules.h"
#include "podsim/npu/moe_card.h"
#include "podsim/npu/wave_rule.h"

namespace podsim::npu {
namespace {

// dispatch | barrier | L1 | SwiGLU | L2 | barrier | combine | barrier | weighted sum: a kernel each, the next
// one launched when the card is done with the last, all intermediate results through memory. Where the
// stack says so, dispatch and combine pack what they send, card by card, and unpack what came; where results
// of a token are added up before they are sent, that is the packing. Without compute: dispatch | barrier |
// combine | barrier | weighted sum.
class Serial : public Schedule {
 public:
  Serial(const SerialSchedule& config, const StackConfig& stack, const Exchange& exchange)
      : config_(config),
        stack_(stack),
        reduced_(exchange.combine_copies == moe::Copies::PerCard),
        pack_(stack.high_throughput ? stack.high_throughput->pack_passes.value : 0),
        unpack_(stack.high_throughput ? stack.high_throughput->unpack_passes.value : 0) {
    if (stack.high_throughput && stack.high_throughput->quantise_passes)
      quantise_ = stack.high_throughput->quantise_passes->value;
  }

  const char* name() const override { return SerialSchedule::kKind; }
  bool fused() const override { return false; }
  Overlap overlap() const override { return Overlap::None; }

  Tiling tiling(const LayerShape& shape, std::int64_t) const override {
    Tiling tiling;
    tiling.block_m = config_.block_m.value_or(block_m_for(shape));
    tiling.block_n = config_.block_n;
    tiling.experts_per_wave = shape.slots;
    tiling.compute = config_.compute;
    tiling.reduced = reduced_;
    return tiling;
  }

  FixedCosts fixed_costs() const override {
    const Picoseconds launch = stack_.kernel_launch.value;
    const Picoseconds barrier = stack_.barrier.value;
    if (!config_.compute)
      return {launch + stack_.metadata_exchange.value, barrier, Picoseconds(), launch, barrier + launch};
    return {launch + stack_.metadata_exchange.value, barrier + launch, launch + launch, barrier + launch,
            barrier + launch};
  }

  Picoseconds barrier() const override { return stack_.barrier.value; }

  StageTimes stage_times(const CardReport& report) const override {
    return {report.dispatched, report.combining, report.done};
  }

  void layer_begins(MoeCard& card, Picoseconds at) const override {
    card.pause(at, stack_.kernel_launch.value, kDispatchLaunched, "launch dispatch");
  }

  void step_due(MoeCard& card, int step, Picoseconds at) const override {
    switch (step) {
      case kDispatchLaunched:
        return card.pause(at, stack_.metadata_exchange.value, kMetadataKnown, "metadata exchange");
      case kMetadataKnown:
        return card.run_quantisation(at, quantise_, kQuantised);
      case kQuantised:
        return card.run_copies(at, MoeCard::Moved::Sends, pack_, kPacked);
      case kPacked:
        card.open_dispatch(at);
        return card.await_rows(at);
      case kUnpacking:
        return card.run_copies(at, MoeCard::Moved::Rows, unpack_, kUnpacked);
      case kUnpacked:
        card.note_dispatched(at);
        if (!config_.compute) return combine(card, at);
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
        if (reduced_) return card.run_reduction(at, kResultsPacked);
        return card.run_copies(at, MoeCard::Moved::Results, pack_, kResultsPacked);
      case kResultsPacked:
        card.send_all_results(at);
        return card.await_results(at);
      case kResultsThere:
        return card.run_copies(at, MoeCard::Moved::ResultsBack, unpack_, kResultsUnpacked);
      case kResultsUnpacked:
        return launch(card, at, kSumLaunched, "launch weighted sum");
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
    if (which == 1) return card.do_at(at, kUnpacking);
    if (which == 2 && config_.compute) return combine(card, at);
    card.do_at(at, kResultsThere);
  }

 private:
  enum Step {
    kDispatchLaunched,
    kMetadataKnown,
    kQuantised,
    kPacked,
    kUnpacking,
    kUnpacked,
    kL1Launched,
    kActivationLaunched,
    kActivated,
    kL2Launched,
    kCombineLaunched,
    kResultsPacked,
    kResultsThere,
    kResultsUnpacked,
    kSumLaunched,
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
  bool reduced_;
  std::int64_t quantise_ = 0;
  std::int64_t pack_;
  std::int64_t unpack_;
};

}  // namespace

std::unique_ptr<Schedule> make_serial(const SerialSchedule& config, const StackConfig& stack,
                                      const Exchange& exchange) {
  return std::make_unique<Serial>(config, stack, exchange);
}

}  // namespace podsim::npu
