// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/vector_tiles.h"

// Operations on the rows of a tile of floats in the unified buffer, `pitch` elements apart (a multiple of 8).
namespace podsim::kernel::ops {

inline constexpr std::uint32_t kLane = 64;  // floats of one repeat

struct RowTile {
  std::uint32_t rows;     // at most 255
  std::uint32_t columns;  // at most 255 * 64
  std::uint32_t pitch;

  // One instruction over all rows for every 64 columns, if that takes fewer than one or two per row. The
  // stride between rows is then that between repeats, 8 bits of blocks.
  bool across() const { return pitch / 8 <= 255 && ceil_div(columns, kLane) <= rows; }
};

enum class Fold : std::uint8_t { Sum, Max };

template <Fold kFold>
void fold_pair(const AscendC::LocalTensor<float>& dst, const AscendC::LocalTensor<float>& a,
               const AscendC::LocalTensor<float>& b, std::uint64_t mask, std::uint32_t repeats,
               const AscendC::BinaryRepeatParams& strides) {
  const auto times = static_cast<std::uint8_t>(repeats);
  if constexpr (kFold == Fold::Sum)
    AscendC::Add(dst, a, b, mask, times, strides);
  else
    AscendC::Max(dst, a, b, mask, times, strides);
}
template <Fold kFold>
void fold_counted(const AscendC::LocalTensor<float>& dst, const AscendC::LocalTensor<float>& a,
                  const AscendC::LocalTensor<float>& b, std::uint32_t count) {
  if constexpr (kFold == Fold::Sum)
    AscendC::Add(dst, a, b, static_cast<std::int32_t>(count));
  else
    AscendC::Max(dst, a, b, static_cast<std::int32_t>(count));
}
// One value per row of at most 64 columns.
template <Fold kFold>
void fold_repeats(const AscendC::LocalTensor<float>& dst, const AscendC::LocalTensor<float>& src,
                  std::uint32_t columns, std::uint32_t rows, std::uint32_t pitch) {
  const auto mask = static_cast<std::int32_t>(columns);
  const auto times = static_cast<std::int32_t>(rows);
  const auto stride = static_cast<std::int32_t>(pitch / 8);
  if constexpr (kFold == Fold::Sum)
    AscendC::WholeReduceSum(dst, src, mask, times, 1, 1, stride);
  else
    AscendC::WholeReduceMax(dst, src, mask, times, 1, 1, stride, AscendC::ReduceOrder::ORDER_ONLY_VALUE);
}

// Columns in pieces of 64, each piece of all rows by one instruction; `work` has 64 columns.
template <Fold kFold>
void fold_across(const AscendC::LocalTensor<float>& work, const AscendC::LocalTensor<float>& src,
                 const RowTile& tile) {
  const std::uint32_t pitch = tile.pitch / 8;
  std::uint32_t at = 2 * kLane;
  if (tile.columns >= at) {
    fold_pair<kFold>(work, src, src[kLane], kLane, tile.rows, {1, 1, 1, 8, pitch, pitch});
  } else {
    at = kLane;
    AscendC::Copy(work, src, std::uint64_t{kLane}, static_cast<std::uint8_t>(tile.rows),
                  AscendC::CopyRepeatParams(1, 1, 8, pitch));
  }
  for (; at < tile.columns; at += kLane) {
    fold_pair<kFold>(work, work, src[at], std::min(kLane, tile.columns - at), tile.rows,
                     {1, 1, 1, 8, 8, pitch});
  }
}

// One row in halves until 64 columns are left at the start of `work`, which may be `row` itself.
template <Fold kFold>
void fold_row(const AscendC::LocalTensor<float>& work, const AscendC::LocalTensor<float>& row,
              std::uint32_t columns) {
  std::uint32_t half = kLane;
  while (2 * half < columns) half *= 2;
  const std::uint32_t rest = columns - half;
  if (work.GetPhyAddr() != row.GetPhyAddr() && rest < half)
    AscendC::Adds(work[0], row, 0.0F, static_cast<std::int32_t>(half));
  fold_counted<kFold>(work, row, row[half], rest);
  for (half /= 2; half >= kLane; half /= 2) fold_counted<kFold>(work, work, work[half], half);
}

// Floats of `work` that fold_rows needs besides the tile itself.
inline std::uint32_t fold_work(const RowTile& tile) {
  return tile.rows * kLane + tile.pitch;
}

// dst[r] = sum or maximum of row r. `src` is kept; `work` has fold_work() floats.
template <Fold kFold>
void fold_rows(const AscendC::LocalTensor<float>& dst, const AscendC::LocalTensor<float>& work,
               const AscendC::LocalTensor<float>& src, const RowTile& tile) {
  if (tile.columns <= kLane) return fold_repeats<kFold>(dst, src, tile.columns, tile.rows, tile.pitch);
  if (tile.across()) {
    fold_across<kFold>(work, src, tile);
  } else {
    // Row r ends as 64 columns at r * 64; what is behind them is overwritten by the next.
    for (std::uint32_t r = 0; r < tile.rows; ++r)
      fold_row<kFold>(work[r * kLane], src[r * tile.pitch], tile.columns);
  }
  fold_repeats<kFold>(dst, work, kLane, tile.rows, kLane);
}

// Every value of `values` as a block of 8 equal ones; both rounded up to 8 rows.
inline void spread_rows(const AscendC::LocalTensor<float>& blocks, const AscendC::LocalTensor<float>& values,
                        std::uint32_t rows) {
  AscendC::Brcb(blocks, values, static_cast<std::uint8_t>(ceil_div(rows, 8)),
                AscendC::BrcbRepeatParams(1, 8));
}

// Calls call(tile offset, row, mask, repeats, repeat stride, rows per repeat: 1 or 0) so that all elements
// are covered once.
template <class Call>
void for_pieces(const RowTile& tile, Call call) {
  if (tile.across()) {
    for (std::uint32_t at = 0; at < tile.columns; at += kLane) {
      call(at, 0U, std::min(kLane, tile.columns - at), tile.rows, tile.pitch / 8, 1U);
    }
    return;
  }
  const std::uint32_t whole = tile.columns / kLane;
  const std::uint32_t tail = tile.columns % kLane;
  for (std::uint32_t r = 0; r < tile.rows; ++r) {
    if (whole > 0) call(r * tile.pitch, r, kLane, whole, 8U, 0U);
    if (tail > 0) call(r * tile.pitch + whole * kLane, r, tail, 1U, 8U, 0U);
  }
}

// dst = src (op) one value per row, spread by spread_rows. `operation` is Sub, Mul or Div in its mask form.
template <class Operation>
void with_row_values(const AscendC::LocalTensor<float>& dst, const AscendC::LocalTensor<float>& src,
                     const AscendC::LocalTensor<float>& blocks, const RowTile& tile, Operation operation) {
  for_pieces(tile, [&](std::uint32_t at, std::uint32_t row, std::uint32_t mask, std::uint32_t repeats,
                       std::uint32_t stride, std::uint32_t row_step) {
    operation(dst[at], src[at], blocks[row * 8], std::uint64_t{mask}, static_cast<std::uint8_t>(repeats),
              AscendC::BinaryRepeatParams(1, 1, 0, stride, stride, row_step));
  });
}

// dst = src * a row that is the same for all.
inline void times_row(const AscendC::LocalTensor<float>& dst, const AscendC::LocalTensor<float>& src,
                      const AscendC::LocalTensor<float>& row, const RowTile& tile) {
  if (!tile.across()) {
    for (std::uint32_t r = 0; r < tile.rows; ++r) {
      AscendC::Mul(dst[r * tile.pitch], src[r * tile.pitch], row, static_cast<std::int32_t>(tile.columns));
    }
    return;
  }
  for (std::uint32_t at = 0; at < tile.columns; at += kLane) {
    AscendC::Mul(dst[at], src[at], row[at], std::uint64_t{std::min(kLane, tile.columns - at)},
                 static_cast<std::uint8_t>(tile.rows),
                 AscendC::BinaryRepeatParams(1, 1, 1, tile.pitch / 8, tile.pitch / 8, 0));
  }
}

// Operations for with_row_values.
struct SubRows {
  template <class... A>
  void operator()(const A&... a) const {
    AscendC::Sub(a...);
  }
};
struct DivRows {
  template <class... A>
  void operator()(const A&... a) const {
    AscendC::Div(a...);
  }
};

// Columns, rounded up so that rows of T and of float both start on a block.
template <class T>
std::uint32_t row_pitch(std::uint64_t columns) {
  return static_cast<std::uint32_t>(round_up(columns, kBlockBytes / std::min<std::uint64_t>(sizeof(T), 4)));
}

// The rows of one core, tile by tile: calls body(first row, rows).
template <class Body>
void for_row_tiles(const RowPlan& plan, Body body) {
  const Share mine = share_of(plan.rows, 1, static_cast<std::uint64_t>(AscendC::GetBlockNum()),
                              static_cast<std::uint64_t>(AscendC::GetBlockIdx()));
  for (std::uint64_t at = 0; at < mine.count; at += plan.tile_rows) {
    body(mine.first + at,
         static_cast<std::uint32_t>(std::min<std::uint64_t>(plan.tile_rows, mine.count - at)));
  }
}

// Scratch of row operators: a value per row and the same spread, and what folding needs.
struct RowScratch {
  AscendC::TBuf<> values_buffer;
  AscendC::TBuf<> blocks_buffer;
  AscendC::TBuf<> work_buffer;
  AscendC::LocalTensor<float> values;
  AscendC::LocalTensor<float> blocks;
  AscendC::LocalTensor<float> work;

  void init(AscendC::TPipe& pipe, const RowTile& tile) {
    const auto rows = static_cast<std::uint32_t>(round_up(tile.rows, 8));
    pipe.InitBuffer(values_buffer, rows * 4);
    pipe.InitBuffer(blocks_buffer, rows * 32);
    pipe.InitBuffer(work_buffer, fold_work(tile) * 4);
    values = values_buffer.Get<float>();
    blocks = blocks_buffer.Get<float>();
    work = work_buffer.Get<float>();
  }
  // Of one row, and besides.
  static constexpr std::uint64_t kRowBytes = 4 + 32 + kLane * 4;
  static std::uint64_t fixed_bytes(std::uint32_t pitch) { return 8 * (4 + 32) + std::uint64_t{pitch} * 4; }
};

}  // namespace podsim::kernel::ops
