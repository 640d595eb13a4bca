// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/activations.h"
#include "kernel/ops/mla_plan.h"
#include "kernel/ops/vector_rows.h"

namespace podsim::kernel::ops {

// The vector cores' side, half of the heads each: online softmax (Milakov and Gimelshein, arXiv 1805.02867).
// Probabilities of a step are exponentials over the largest score so far; sums of earlier steps shrink by
// exp(old - new). Pieces of one request are put together at the end (flash decoding).
template <class T>
class MlaVector {
 public:
  MlaVector(const MlaPlan& plan, const MlaArrays& arrays)
      : plan_(plan),
        arrays_(arrays),
        core_(static_cast<std::uint64_t>(AscendC::GetBlockIdx() / AscendC::GetTaskRatio())),
        sub_(static_cast<std::uint32_t>(AscendC::GetSubBlockIdx())),
        first_(std::min(sub_ * plan.part(), plan.heads)),
        rows_(std::min(plan.part(), plan.heads - first_)) {
    const uint32_t part = plan.padded_part();
    pipe_.InitBuffer(sum_, part * plan.lora * 4);
    pipe_.InitBuffer(scores_, 1, part * pitch() * 4);
    pipe_.InitBuffer(out_, 1, static_cast<uint32_t>(out_elements(plan) * sizeof(T)));
    pipe_.InitBuffer(gap_, kGap);
    pipe_.InitBuffer(products_, 2, plan.chunk * plan.lora * 4);
    pipe_.InitBuffer(stats_, kStats * part * 4);
    pipe_.InitBuffer(blocks_, kBlocks * part * 32);
    pipe_.InitBuffer(wide_, kWideRows * kLane * 4);
    pipe_.InitBuffer(stats_out_, 1, 2 * part * 4);
  }
  // Of the unified buffer: per row of a chunk, and besides.
  static RowBytes bytes(const MlaPlan& plan) {
    const uint64_t part = plan.padded_part();
    const uint64_t pitch = round_up(plan.tile, 16);
    return {plan.lora * 4, 0,
            kGap + kWideRows * kLane * 4 + out_elements(plan) * sizeof(T) +
                part * (plan.lora * 4 + pitch * 4 + kStats * 4 + kBlocks * 32 + 2 * 4)};
  }

  void run() {
    const std::vector<MlaStep>& steps = plan_.steps[core_];
    for (uint64_t i = 0; i <= steps.size(); ++i) {
      if (i < steps.size()) soften(i);
      if (i > 0) add_products(i - 1);
    }
    if (plan_.joins.empty()) return;
    AscendC::SyncAll<true>();
    join();
  }

 private:
  static constexpr std::uint32_t kStats = 8;
  static constexpr std::uint32_t kBlocks = 3;
  static constexpr std::uint32_t kJoinRows = 8;  // a block of statistics
  static constexpr std::uint32_t kWideRows = 16;
  static constexpr float kLowest = -3e38F;
  // Sums and products that are added lie in different bank groups of 2201.
  static constexpr std::uint32_t kGap = 256;

  // Probabilities of a step, or as many rows of the result, at least one.
  static std::uint64_t out_elements(const MlaPlan& plan) {
    return std::max<std::uint64_t>(plan.padded_part() * round_up(plan.tile, 16), plan.lora);
  }
  std::uint32_t pitch() const { return static_cast<std::uint32_t>(round_up(plan_.tile, 16)); }
  AscendC::LocalTensor<float> stat(std::uint32_t i) { return stats_.Get<float>()[i * plan_.padded_part()]; }
  // Of an item: the next one begins before the sums of the last are complete.
  AscendC::LocalTensor<float> largest(std::uint32_t item) { return stat(item % 2); }
  AscendC::LocalTensor<float> total(std::uint32_t item) { return stat(2 + item % 2); }
  // A value per row as blocks of eight: 0 and 1 for shrinking by step, 2 for anything else.
  AscendC::LocalTensor<float> blocks(std::uint64_t i) {
    return blocks_.Get<float>()[static_cast<std::uint32_t>(i) * plan_.padded_part() * 8];
  }
  RowTile sum_rows(std::uint32_t rows) const { return {rows, plan_.lora, plan_.lora}; }

  // Scores of a step into probabilities.
  void soften(std::uint64_t step) {
    using namespace AscendC;
    const MlaStep& at = plan_.steps[core_][step];
    CrossCoreWaitFlag<2, PIPE_MTE2>(kScoresFlag);
    if (rows_ > 0) {
      const uint64_t place = ((core_ * 2 + step % 2) * plan_.padded_heads() + first_) * plan_.tile;
      const RowBlock block{rows_, at.tokens, pitch(), plan_.tile};
      LocalTensor<float> x = scores_.AllocTensor<float>();
      load_rows(x, global(arrays_.scores)[place], block);
      scores_.EnQue(x);
      x = scores_.DeQue<float>();
      LocalTensor<T> p = out_.template AllocTensor<T>();
      soften_rows(x, at, step % 2);
      Cast(p, x, RoundMode::CAST_RINT, rows_ * pitch());
      scores_.FreeTensor(x);
      out_.EnQue(p);
      p = out_.template DeQue<T>();
      store_rows(global(reinterpret_cast<T*>(arrays_.probabilities))[place], p, block);
      out_.FreeTensor(p);
    }
    CrossCoreSetFlag<2, PIPE_MTE3>(kProbabilitiesFlag);
  }

  void soften_rows(const AscendC::LocalTensor<float>& x, const MlaStep& at, std::uint64_t turn) {
    using namespace AscendC;
    const RowTile tile{rows_, at.tokens, pitch()};
    const auto n = static_cast<int32_t>(rows_);
    const auto count = static_cast<int32_t>(rows_ * pitch());
    const LocalTensor<float> old = largest(at.item);
    const LocalTensor<float> sum = total(at.item);
    const LocalTensor<float> now = stat(4);
    const LocalTensor<float> shrink = stat(5);
    if (at.first) {
      Duplicate(old, kLowest, n);
      Duplicate(sum, 0.0F, n);
    }
    Muls(x, x, plan_.scale, count);
    settle();
    fold_repeats<Fold::Max>(now, x, tile.columns, rows_, tile.pitch);
    settle();
    Max(now, now, old, n);
    settle();
    Sub(shrink, old, now, n);
    spread_rows(blocks(2), now, rows_);
    settle();
    Exp(shrink, shrink, n);
    Adds(old, now, 0.0F, n);
    with_row_values(x, x, blocks(2), tile, SubRows());
    settle();
    Exp(x, x, count);
    Mul(sum, sum, shrink, n);
    spread_rows(blocks(turn), shrink, rows_);
    settle();
    fold_repeats<Fold::Sum>(now, x, tile.columns, rows_, tile.pitch);
    settle();
    Add(sum, sum, now, n);
    settle();
  }

  void add_products(std::uint64_t step) {
    using namespace AscendC;
    const MlaStep& at = plan_.steps[core_][step];
    CrossCoreWaitFlag<2, PIPE_MTE2>(kProductsFlag);
    const LocalTensor<float> sum = sum_.Get<float>();
    const uint64_t place = ((core_ * 2 + step % 2) * plan_.padded_heads() + first_) * plan_.lora;
    if (!at.first && rows_ > 0) times_rows(sum, blocks(step % 2), rows_);
    settle();
    for (uint32_t row = 0; row < rows_; row += plan_.chunk) {
      const uint32_t rows = std::min(plan_.chunk, rows_ - row);
      const auto count = static_cast<int32_t>(rows * plan_.lora);
      const LocalTensor<float> x = take(arrays_.products + place + uint64_t{row} * plan_.lora, rows);
      const LocalTensor<float> mine = sum[row * plan_.lora];
      if (at.first)
        Adds(mine, x, 0.0F, count);
      else
        Add(mine, mine, x, count);
      products_.FreeTensor(x);
    }
    settle();
    if (at.last && rows_ > 0) finish(at.item);
  }
  // Rows of latents times a value each. Reading a block eight times over takes eight turns at its bank, so
  // the values are spread over a repeat first.
  void times_rows(const AscendC::LocalTensor<float>& x, const AscendC::LocalTensor<float>& values,
                  std::uint32_t rows) {
    using namespace AscendC;
    const LocalTensor<float> wide = wide_.Get<float>();
    const auto pitch = static_cast<uint8_t>(plan_.lora / 8);
    for (uint32_t row = 0; row < rows; row += kWideRows) {
      const auto repeats = static_cast<uint8_t>(std::min(kWideRows, rows - row));
      settle();
      Copy(wide, values[row * 8], uint64_t{kLane}, repeats, CopyRepeatParams(1, 0, 8, 1));
      settle();
      for (uint32_t at = 0; at < plan_.lora; at += kLane) {
        const LocalTensor<float> piece = x[row * plan_.lora + at];
        Mul(piece, piece, wide, uint64_t{std::min(kLane, plan_.lora - at)}, repeats,
            BinaryRepeatParams(1, 1, 1, pitch, pitch, 8));
      }
    }
  }
  AscendC::LocalTensor<float> take(float* from, std::uint32_t rows) {
    AscendC::LocalTensor<float> x = products_.template AllocTensor<float>();
    load(x, global(from), rows * plan_.lora);
    products_.EnQue(x);
    return products_.template DeQue<float>();
  }

  // The result of a whole request, or a partial one.
  void finish(std::uint32_t number) {
    using namespace AscendC;
    const MlaItem& item = plan_.items[core_][number];
    const LocalTensor<float> sum = sum_.Get<float>();
    if (item.whole) {
      spread_rows(blocks(2), total(number), rows_);
      settle();
      with_row_values(sum, sum, blocks(2), sum_rows(rows_), DivRows());
      settle();
      store_out(sum, item.request, first_, rows_);
      return;
    }
    const auto n = static_cast<int32_t>(plan_.padded_part());
    LocalTensor<float> stats = stats_out_.AllocTensor<float>();
    Adds(stats, largest(number), 0.0F, n);
    Adds(stats[plan_.padded_part()], total(number), 0.0F, n);
    stats_out_.EnQue(stats);
    stats = stats_out_.DeQue<float>();
    store(global(arrays_.partial_stats)[(uint64_t{item.partial} * 2 + sub_) * 2 * plan_.padded_part()], stats,
          2 * plan_.padded_part());
    stats_out_.FreeTensor(stats);
    // No queue has room for all of it: from where it is.
    const TEventID there = pipe_.AllocEventID<HardEvent::V_MTE3>();
    SetFlag<HardEvent::V_MTE3>(there);
    WaitFlag<HardEvent::V_MTE3>(there);
    pipe_.ReleaseEventID<HardEvent::V_MTE3>(there);
    store(global(arrays_.partial_sums)[(uint64_t{item.partial} * plan_.heads + first_) * plan_.lora], sum,
          rows_ * plan_.lora);
    const TEventID free = pipe_.AllocEventID<HardEvent::MTE3_V>();
    SetFlag<HardEvent::MTE3_V>(free);
    WaitFlag<HardEvent::MTE3_V>(free);
    pipe_.ReleaseEventID<HardEvent::MTE3_V>(free);
  }
  void store_out(const AscendC::LocalTensor<float>& from, std::uint32_t request, std::uint32_t head,
                 std::uint32_t rows) {
    using namespace AscendC;
    const auto step = static_cast<uint32_t>(out_elements(plan_) / plan_.lora);
    for (uint32_t row = 0; row < rows; row += step) {
      const uint32_t count = std::min(step, rows - row) * plan_.lora;
      LocalTensor<T> out = out_.template AllocTensor<T>();
      Cast(out, from[row * plan_.lora], RoundMode::CAST_RINT, count);
      out_.EnQue(out);
      out = out_.template DeQue<T>();
      const uint64_t place = (uint64_t{request} * plan_.heads + head + row) * plan_.lora;
      store(global(reinterpret_cast<T*>(arrays_.out))[place], out, count);
      out_.FreeTensor(out);
    }
  }

  // Requests with several pieces, one after another; every core of this half takes some rows at a time.
  void join() {
    const auto cores = static_cast<uint64_t>(AscendC::GetBlockNum());
    uint64_t turn = 0;
    for (const MlaJoin& join : plan_.joins) {
      for (uint32_t row = 0; row < rows_; row += kJoinRows, ++turn) {
        if (turn % cores == core_) join_rows(join, row, std::min(kJoinRows, rows_ - row));
      }
    }
  }
  void join_rows(const MlaJoin& join, std::uint32_t row, std::uint32_t rows) {
    using namespace AscendC;
    const auto n = static_cast<int32_t>(rows);
    const LocalTensor<float> sum = sum_.Get<float>();
    const LocalTensor<float> old = stat(0);
    const LocalTensor<float> whole = stat(1);
    const LocalTensor<float> now = stat(2);
    const LocalTensor<float> keep = stat(3);
    const LocalTensor<float> take_in = stat(4);
    Duplicate(old, kLowest, n);
    Duplicate(whole, 0.0F, n);
    Duplicate(sum, 0.0F, static_cast<int32_t>(rows * plan_.lora));
    settle();
    for (uint32_t i = 0; i < join.count; ++i) {
      const uint64_t partial = join.first + i;
      LocalTensor<float> stats = scores_.AllocTensor<float>();
      load(stats, global(arrays_.partial_stats)[(partial * 2 + sub_) * 2 * plan_.padded_part()],
           2 * plan_.padded_part());
      scores_.EnQue(stats);
      stats = scores_.DeQue<float>();
      Max(now, old, stats[row], n);
      settle();
      Sub(keep, old, now, n);
      Sub(take_in, stats[row], now, n);
      settle();
      Exp(keep, keep, n);
      Exp(take_in, take_in, n);
      Adds(old, now, 0.0F, n);
      settle();
      Mul(whole, whole, keep, n);
      Mul(now, take_in, stats[plan_.padded_part() + row], n);
      spread_rows(blocks(0), keep, rows);
      spread_rows(blocks(1), take_in, rows);
      scores_.FreeTensor(stats);
      settle();
      Add(whole, whole, now, n);
      times_rows(sum, blocks(0), rows);
      const uint64_t from = (partial * plan_.heads + first_ + row) * plan_.lora;
      for (uint32_t at = 0; at < rows; at += plan_.chunk) {
        const uint32_t part = std::min(plan_.chunk, rows - at);
        const LocalTensor<float> x = take(arrays_.partial_sums + from + uint64_t{at} * plan_.lora, part);
        times_rows(x, blocks(1)[at * 8], part);
        settle();
        Add(sum[at * plan_.lora], sum[at * plan_.lora], x, static_cast<int32_t>(part * plan_.lora));
        products_.FreeTensor(x);
      }
      settle();
    }
    spread_rows(blocks(2), whole, rows);
    settle();
    with_row_values(sum, sum, blocks(2), sum_rows(rows), DivRows());
    settle();
    store_out(sum, join.request, first_ + row, rows);
  }

  const MlaPlan& plan_;
  const MlaArrays& arrays_;
  const std::uint64_t core_;
  const std::uint32_t sub_;
  const std::uint32_t first_;  // of the core's heads
  const std::uint32_t rows_;   // heads
  AscendC::TPipe pipe_;
  AscendC::TBuf<> sum_;  // part x lora
  AscendC::TBuf<> gap_;
  AscendC::TQue<AscendC::TPosition::VECIN, 1> scores_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> products_;
  AscendC::TQue<AscendC::TPosition::VECOUT, 1> out_;  // probabilities, or rows of the result
  AscendC::TQue<AscendC::TPosition::VECOUT, 1> stats_out_;
  AscendC::TBuf<> stats_;
  AscendC::TBuf<> blocks_;
  AscendC::TBuf<> wide_;
};

}  // namespace podsim::kernel::ops
