// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/cube_moves.h"
#include "kernel/ops/mla_plan.h"

namespace podsim::kernel::ops {

// The cube core's side: scores = query x keys of a step, and one step later, when the vector cores have made
// probabilities of them, products = probabilities x values, from the same rows of the cache in L1.
template <class T>
class MlaCube {
 public:
  MlaCube(const MlaPlan& plan, const MlaArrays& arrays)
      : plan_(plan),
        arrays_(arrays),
        core_(static_cast<std::uint64_t>(AscendC::GetBlockIdx())),
        rows_(plan.padded_heads()),
        pitch_(static_cast<std::uint32_t>(round_to(plan.tile, 16))),
        l0a_(half_of(Memory::L0a)),
        l0b_(half_of(Memory::L0b)),
        l0c_(half_of(Memory::L0c)) {}

  // Bytes of L1 besides the cache's rows, and of those of a step.
  static std::uint64_t fixed_bytes(const MlaPlan& plan) {
    return plan.padded_heads() * (plan.width() + 2 * round_to(plan.tile, 16)) * sizeof(T);
  }
  static std::uint64_t step_bytes(const MlaPlan& plan) {
    return round_to(plan.tile, 16) * plan.width() * sizeof(T);
  }

  void run() {
    using namespace AscendC;
    const std::vector<MlaStep>& steps = plan_.steps[core_];
    SetFlag<HardEvent::MTE1_MTE2>(kQueryEvent);
    for (uint32_t i = 0; i < 2; ++i) {
      SetFlag<HardEvent::MTE1_MTE2>(kProbabilitiesEvent + static_cast<int32_t>(i));
      SetFlag<HardEvent::M_MTE1>(static_cast<int32_t>(i));
      SetFlag<HardEvent::FIX_M>(static_cast<int32_t>(i));
    }
    for (uint32_t i = 0; i < plan_.kv_buffers; ++i) SetFlag<HardEvent::MTE1_MTE2>(static_cast<int32_t>(i));
    for (uint64_t i = 0; i < steps.size(); ++i) {
      if (i == 0) scores(0);
      if (i + 1 < steps.size()) scores(i + 1);
      load_cache(i + plan_.kv_buffers - 1);
      products(i);
    }
    WaitFlag<HardEvent::MTE1_MTE2>(kQueryEvent);
    for (uint32_t i = 0; i < 2; ++i) {
      WaitFlag<HardEvent::MTE1_MTE2>(kProbabilitiesEvent + static_cast<int32_t>(i));
      WaitFlag<HardEvent::M_MTE1>(static_cast<int32_t>(i));
      WaitFlag<HardEvent::FIX_M>(static_cast<int32_t>(i));
    }
    for (uint32_t i = 0; i < plan_.kv_buffers; ++i) WaitFlag<HardEvent::MTE1_MTE2>(static_cast<int32_t>(i));
  }

 private:
  static constexpr std::int32_t kProbabilitiesEvent = 4;  // after those of up to four steps of the cache
  static constexpr std::int32_t kQueryEvent = 6;
  static constexpr std::uint32_t kBaseK = 128;  // 32 KiB of 128 heads in L0A
  static constexpr std::uint32_t kBaseN = 128;  // 64 KiB of 128 heads in L0C
  static constexpr std::uint32_t kC0 = 256 / kBitsOf<T>;

  static std::uint32_t half_of(Memory memory) {
    return static_cast<std::uint32_t>(scalar_unit().chip().capacity[static_cast<std::size_t>(memory)] / 2);
  }
  std::int32_t kv_buffer(std::uint64_t step) const {
    return static_cast<std::int32_t>(step % plan_.kv_buffers);
  }

  // --- places in L1: query, probabilities of two steps, rows of the cache
  AscendC::LocalTensor<T> l1(std::uint64_t elements) const {
    return {AscendC::TPosition::A1, static_cast<std::uint32_t>(elements * sizeof(T)), 0};
  }
  AscendC::LocalTensor<T> query() const { return l1(0); }
  AscendC::LocalTensor<T> probabilities(std::uint64_t step) const {
    return l1(std::uint64_t{rows_} * (plan_.width() + step % 2 * pitch_));
  }
  AscendC::LocalTensor<T> cache(std::uint64_t step) const {
    return l1(std::uint64_t{rows_} * (plan_.width() + 2 * pitch_) +
              std::uint64_t{pitch_} * plan_.width() * static_cast<std::uint64_t>(kv_buffer(step)));
  }

  // Up to and including `step`, if the core has it.
  void load_cache(std::uint64_t step) {
    using namespace AscendC;
    const std::vector<MlaStep>& steps = plan_.steps[core_];
    for (; loaded_ <= step && loaded_ < steps.size(); ++loaded_) {
      const MlaStep& at = steps[loaded_];
      const GmMatrix rows{arrays_.cache, 0, plan_.width(), false};
      WaitFlag<HardEvent::MTE1_MTE2>(kv_buffer(loaded_));
      copy_fractals(cache(loaded_), rows, 0, cache_row(plan_, arrays_, plan_.items[core_][at.item], at),
                    at.tokens, 0, plan_.width(), pitch_);
      SetFlag<HardEvent::MTE2_MTE1>(kv_buffer(loaded_));
    }
  }
  void load_query(const MlaItem& item) {
    using namespace AscendC;
    const GmMatrix rows{arrays_.query, 0, plan_.width(), false};
    WaitFlag<HardEvent::MTE1_MTE2>(kQueryEvent);
    copy_fractals(query(), rows, 0, std::uint64_t{item.request} * plan_.heads, plan_.heads, 0, plan_.width(),
                  rows_);
    SetFlag<HardEvent::MTE2_MTE1>(kQueryEvent);
    WaitFlag<HardEvent::MTE2_MTE1>(kQueryEvent);
  }

  void scores(std::uint64_t step) {
    using namespace AscendC;
    const MlaStep& at = plan_.steps[core_][step];
    if (at.first) load_query(plan_.items[core_][at.item]);
    load_cache(step);
    WaitFlag<HardEvent::MTE2_MTE1>(kv_buffer(step));
    const LocalTensor<float> sum = take_result();
    const auto columns = static_cast<uint32_t>(round_to(at.tokens, 16));
    for (uint32_t k = 0; k < plan_.width(); k += kBaseK) {
      const uint32_t length = std::min(kBaseK, plan_.width() - k);
      const bool last = k + length == plan_.width();
      block(
          [&](const LocalTensor<T>& a, const LocalTensor<T>& b) {
            load_stripes(a, query()[k * rows_], rows_, length);
            load_stripes(b, cache(step)[k * pitch_], pitch_, length);
            if (last && at.last) SetFlag<HardEvent::MTE1_MTE2>(kQueryEvent);
          },
          sum, pitch_, length, k == 0);
      if (!last && rows_ / 16 * (columns / 16) < 10) PipeBarrier<PIPE_M>();
    }
    float* const to = arrays_.scores + (core_ * 2 + step % 2) * rows_ * plan_.tile;
    give_result(sum, to, at.tokens, plan_.tile);
    CrossCoreSetFlag<2, PIPE_FIX>(kScoresFlag);
  }

  void products(std::uint64_t step) {
    using namespace AscendC;
    const MlaStep& at = plan_.steps[core_][step];
    const auto id = static_cast<int32_t>(step % 2);
    const GmMatrix from{arrays_.probabilities + (core_ * 2 + step % 2) * rows_ * plan_.tile * sizeof(T), 0,
                        plan_.tile, false};
    CrossCoreWaitFlag<2, PIPE_MTE2>(kProbabilitiesFlag);
    WaitFlag<HardEvent::MTE1_MTE2>(kProbabilitiesEvent + id);
    copy_fractals(probabilities(step), from, 0, 0, plan_.heads, 0, at.tokens, rows_);
    SetFlag<HardEvent::MTE2_MTE1>(kProbabilitiesEvent + id);
    WaitFlag<HardEvent::MTE2_MTE1>(kProbabilitiesEvent + id);
    float* const to = arrays_.products + (core_ * 2 + step % 2) * rows_ * plan_.lora;
    for (uint32_t n = 0; n < plan_.lora; n += kBaseN) {
      const uint32_t columns = std::min(kBaseN, plan_.lora - n);
      const LocalTensor<float> sum = take_result();
      block(
          [&](const LocalTensor<T>& a, const LocalTensor<T>& b) {
            load_stripes(a, probabilities(step), rows_, at.tokens);
            load_squares(b, cache(step)[n * pitch_], pitch_, at.tokens, columns);
            if (n + columns < plan_.lora) return;
            SetFlag<HardEvent::MTE1_MTE2>(kProbabilitiesEvent + id);
            SetFlag<HardEvent::MTE1_MTE2>(kv_buffer(step));
          },
          sum, columns, at.tokens, true);
      give_result(sum, to + n, columns, plan_.lora);
    }
    CrossCoreSetFlag<2, PIPE_FIX>(kProductsFlag);
  }

  // One Mmad; load(a, b) fills its places in L0A and L0B.
  template <class Load>
  void block(Load load, const AscendC::LocalTensor<float>& sum, std::uint32_t columns, std::uint32_t k,
             bool init) {
    using namespace AscendC;
    const auto id = static_cast<int32_t>(blocks_++ % 2);
    const LocalTensor<T> a(TPosition::A2, l0a_ * static_cast<uint32_t>(id), 0);
    const LocalTensor<T> b(TPosition::B2, l0b_ * static_cast<uint32_t>(id), 0);
    WaitFlag<HardEvent::M_MTE1>(id);
    load(a, b);
    SetFlag<HardEvent::MTE1_M>(id);
    WaitFlag<HardEvent::MTE1_M>(id);
    Mmad(sum, a, b, MmadParams(rows_, columns, k, 0, false, init));
    SetFlag<HardEvent::M_MTE1>(id);
  }

  AscendC::LocalTensor<float> take_result() {
    using namespace AscendC;
    const auto id = static_cast<int32_t>(results_ % 2);
    WaitFlag<HardEvent::FIX_M>(id);
    return {TPosition::CO1, l0c_ * static_cast<uint32_t>(id), 0};
  }
  void give_result(const AscendC::LocalTensor<float>& sum, float* to, std::uint32_t columns,
                   std::uint32_t pitch) {
    using namespace AscendC;
    const auto id = static_cast<int32_t>(results_++ % 2);
    GlobalTensor<float> out;
    out.SetGlobalBuffer(to);
    SetFlag<HardEvent::M_FIX>(id);
    WaitFlag<HardEvent::M_FIX>(id);
    if (is_3510()) {
      using Params = FixpipeParamsArch3510<CO2Layout::ROW_MAJOR>;
      Fixpipe<float, float, CFG_ROW_MAJOR>(
          out, sum, rows_from_l0c<Params>(plan_.heads, columns, rows_, pitch, NoQuant, 0));
    } else {
      Fixpipe<float, float, CFG_ROW_MAJOR>(
          out, sum, rows_from_l0c<FixpipeParamsV220>(plan_.heads, columns, rows_, pitch, NoQuant, 0));
    }
    SetFlag<HardEvent::FIX_M>(id);
  }

  const MlaPlan& plan_;
  const MlaArrays& arrays_;
  const std::uint64_t core_;
  const std::uint32_t rows_;   // of query, scores and products
  const std::uint32_t pitch_;  // rows of the cache in L1
  const std::uint32_t l0a_;    // bytes of a half
  const std::uint32_t l0b_;
  const std::uint32_t l0c_;
  std::uint64_t loaded_ = 0;  // steps
  std::uint64_t blocks_ = 0;
  std::uint64_t results_ = 0;
};

}  // namespace podsim::kernel::ops
