// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/schedules.h"
#include "podsim/npu/moe_card.h"
#include "podsim/npu/wave_rule.h"

namespace podsim::npu {
namespace {

// Two micro-batches A and B, operators as under serial, in two streams:
//   communication:  dispatch A | dispatch B  | combine A                | combine B
//   computation:               | L1 to L2 of A | L1 to L2 of B, sum of A            | sum of B
// An operator starts when the one before it in its stream is done and its input is there. All barriers belong
// to communication, so that all cards pass them in one order.
class TwoBatch : public Schedule {
 public:
  TwoBatch(const TwoBatchSchedule& config, const StackConfig& stack) : config_(config), stack_(stack) {}

  const char* name() const override { return TwoBatchSchedule::kKind; }
  bool fused() const override { return false; }
  Overlap overlap() const override { return Overlap::All; }

  Tiling tiling(const LayerShape& shape, std::int64_t) const override {
    LayerShape half = shape;
    half.tokens = (shape.tokens + 1) / 2;
    Tiling tiling;
    tiling.block_m = config_.block_m.value_or(block_m_for(half));
    tiling.block_n = config_.block_n;
    tiling.experts_per_wave = shape.slots;
    tiling.batches = 2;
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
    return {report.rows_in, report.first_result, report.results_back};
  }

  void layer_begins(MoeCard& card, Picoseconds at) const override {
    launch(card, at, kDispatchLaunched, kA, {"launch dispatch A", "launch dispatch B"});
  }

  void step_due(MoeCard& card, int step, Picoseconds at) const override {
    const int batch = step % 2;
    switch (step / 2) {
      case kDispatchLaunched:
        return card.pause(at, stack_.metadata_exchange.value, in(kMetadataKnown, batch),
                          batch == kA ? "metadata exchange A" : "metadata exchange B");
      case kMetadataKnown:
        card.open_dispatch(at, batch);
        return card.await_rows(at, batch);
      case kL1Launched:
        return card.start_gemm(Gemm::L1, at, batch);
      case kActivationLaunched:
        return card.run_activation(at, in(kActivated, batch), batch);
      case kActivated:
        return launch(card, at, kL2Launched, batch, {"launch L2 A", "launch L2 B"});
      case kL2Launched:
        return card.start_gemm(Gemm::L2, at, batch);
      case kCombineLaunched:
        return combine(card, batch, at);
      case kSumLaunched:
        return card.run_weighted_sum(at, in(kSummed, batch), batch);
      default:
        if (batch == kB) return card.finish(at);
        return sum(card, kB, kSumFree, at);
    }
  }

  void all_rows_arrived(MoeCard& card, int, Picoseconds at) const override { card.arrive_at_barrier(at); }
  void results_back(MoeCard& card, int, Picoseconds at) const override { card.arrive_at_barrier(at); }

  void gemm_done(MoeCard& card, Gemm gemm, int batch, Picoseconds at) const override {
    if (gemm == Gemm::L1)
      return launch(card, at, kActivationLaunched, batch, {"launch SwiGLU A", "launch SwiGLU B"});
    if (batch == kA) {
      compute(card, at);
      return stand_for_combine(card, kA, at);
    }
    stand_for_combine(card, kB, at);
    sum(card, kA, kComputed, at);
  }

  void barrier_passed(MoeCard& card, int which, Picoseconds at) const override {
    switch (which) {
      case 1:  // A is dispatched
        launch(card, at, kL1Launched, kA, {"launch L1 A", "launch L1 B"});
        return launch(card, at, kDispatchLaunched, kB, {"launch dispatch A", "launch dispatch B"});
      case 2:  // B is dispatched
        compute(card, at);
        return stand_for_combine(card, kA, at);
      case 4:  // A is combined
        stand_for_combine(card, kB, at);
        return sum(card, kA, kComputed, at);
      case 6:
        return sum(card, kB, kSumFree, at);
      default:  // all have computed what is combined next
        launch(card, at, kCombineLaunched, which == 3 ? kA : kB, {"launch combine A", "launch combine B"});
    }
  }

 private:
  enum Batch { kA, kB };
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
  // Of MoeCard::both: what is done in both streams.
  enum Pair { kRowsOfB, kCombineOfA, kCombineOfB, kComputed, kSumFree };

  static int in(Step step, int batch) { return 2 * step + batch; }

  void launch(MoeCard& card, Picoseconds at, Step step, int batch,
              const std::array<const char*, 2>& names) const {
    card.pause(at, stack_.kernel_launch.value, in(step, batch), names[static_cast<std::size_t>(batch)]);
  }

  // B computes when its rows are there and A has computed.
  void compute(MoeCard& card, Picoseconds at) const {
    if (const auto ready = card.both(kRowsOfB, at))
      launch(card, *ready, kL1Launched, kB, {"launch L1 A", "launch L1 B"});
  }

  // A batch is combined when it is computed and the communication before it is done.
  static void stand_for_combine(MoeCard& card, int batch, Picoseconds at) {
    if (const auto ready = card.both(batch == kA ? kCombineOfA : kCombineOfB, at))
      card.arrive_at_barrier(*ready);
  }

  // A's sum follows B's second GEMM, B's sum A's.
  void sum(MoeCard& card, int batch, Pair pair, Picoseconds at) const {
    if (const auto ready = card.both(pair, at))
      launch(card, *ready, kSumLaunched, batch, {"launch weighted sum A", "launch weighted sum B"});
  }

  static void combine(MoeCard& card, int batch, Picoseconds at) {
    const CardPlan::Batch& planned = card.batch(batch);
    for (std::uint32_t i = 0; i < planned.m_blocks; ++i) {
      const MoeCard::MBlock m = planned.first_m_block + i;
      if (!card.is_shared(m)) card.send_results(m, at);
    }
    card.await_results(at, batch);
  }

  TwoBatchSchedule config_;
  StackConfig stack_;
};

}  // namespace

std::unique_ptr<Schedule> make_two_batch(const TwoBatchSchedule& config, const StackConfig& stack) {
  return std::make_unique<TwoBatch>(config, stack);
}

}  // namespace podsim::npu
