// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/grouped_matmul_order.h"
#include "kernel/ops/matmul_kernel.h"
#include "kernel/ops/vector_tiles.h"

// int32 tiles go from a cube core to its two vector cores through a ring of places in GM, and from there,
// scaled by channel and token, to c.
namespace podsim::kernel::ops {

struct DequantArrays {
  std::int32_t* ring = nullptr;  // blocks x depth x base_m x base_n
  std::uint32_t depth = 1;
  float* channel_scales = nullptr;  // groups x n
  float* token_scales = nullptr;    // m
  bool gelu = false;
};

// Cross-core flags: a tile is in the ring; its place is free again.
constexpr std::uint16_t kTileFlag = 0;
constexpr std::uint16_t kFreeFlag = 1;

inline std::int32_t* ring_place(const DequantArrays& arrays, const MatmulTiling& tiling, std::uint64_t block,
                                std::uint64_t tile) {
  return arrays.ring + (block * arrays.depth + tile % arrays.depth) * tiling.base_m * tiling.base_n;
}

// The cube core's side.
class IntoRing : public TileSink {
 public:
  IntoRing(const DequantArrays& arrays, const MatmulTiling& tiling, std::uint64_t block)
      : arrays_(arrays), tiling_(tiling), block_(block) {}

  TileTarget target(const MatmulTile& /*tile*/) override {
    if (written_ >= arrays_.depth) AscendC::CrossCoreWaitFlag<2, PIPE_FIX>(kFreeFlag);
    return {reinterpret_cast<std::byte*>(ring_place(arrays_, tiling_, block_, written_)), tiling_.base_n};
  }
  void written(const MatmulTile& /*tile*/) override {
    AscendC::CrossCoreSetFlag<2, PIPE_FIX>(kTileFlag);
    ++written_;
  }
  // Takes the flags that are still on their way.
  void finish() {
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(written_, arrays_.depth); ++i)
      AscendC::CrossCoreWaitFlag<2, PIPE_FIX>(kFreeFlag);
  }

 private:
  const DequantArrays& arrays_;
  const MatmulTiling& tiling_;
  std::uint64_t block_;
  std::uint64_t written_ = 0;
};

// The vector cores' side; each takes half of a tile's rows. Out: half or bfloat16_t.
template <class Out>
class Dequant {
 public:
  Dequant(const MatmulOperands& operands, const MatmulTiling& tiling, const GroupedOrder& order,
          const DequantArrays& arrays)
      : operands_(operands),
        tiling_(tiling),
        order_(order),
        arrays_(arrays),
        chunk_(chunk_rows(tiling, arrays.gelu)) {
    const uint32_t elements = chunk_ * pitch_of(tiling.base_n);
    pipe_.InitBuffer(sums_, 2, elements * 4);
    pipe_.InitBuffer(out_, 2, elements * static_cast<uint32_t>(sizeof(Out)));
    pipe_.InitBuffer(channels_, 2, pitch_of(tiling.base_n) * 4);
    pipe_.InitBuffer(tokens_, 2, chunk_ * 4);
    pipe_.InitBuffer(token_blocks_, chunk_ * 32);
    if (arrays.gelu) pipe_.InitBuffer(scratch_, elements * 4);
  }

  void run() {
    using namespace AscendC;
    const auto block = static_cast<uint64_t>(GetBlockIdx() / GetTaskRatio());
    MatmulTile tile;
    for (uint64_t i = 0; order_.tile(block, i, tile); ++i) {
      CrossCoreWaitFlag<2, PIPE_MTE2>(kTileFlag);
      const uint32_t first_half = (tile.m + 1) / 2;
      const uint32_t first = GetSubBlockIdx() == 0 ? 0 : first_half;
      const uint32_t end = GetSubBlockIdx() == 0 ? first_half : tile.m;
      if (first < end) half_tile(tile, ring_place(arrays_, tiling_, block, i), first, end);
      CrossCoreSetFlag<2, PIPE_MTE2>(kFreeFlag);
    }
  }

  static std::uint32_t chunk_rows(const MatmulTiling& tiling, bool gelu) {
    // 183 KiB: what both generations have beside the scales of a tile.
    const std::uint32_t row =
        pitch_of(tiling.base_n) * (2 * 4 + 2 * static_cast<std::uint32_t>(sizeof(Out)) + (gelu ? 4 : 0)) +
        2 * 4 + 32;
    const auto fits = static_cast<std::uint32_t>(183 * 1024 / row / 8 * 8);
    return std::min(fits, static_cast<std::uint32_t>(round_to(tiling.base_m / 2, 8)));
  }

 private:
  static std::uint32_t pitch_of(std::uint32_t columns) {
    return static_cast<std::uint32_t>(round_to(columns, 16));
  }

  void half_tile(const MatmulTile& tile, std::int32_t* place, std::uint32_t first, std::uint32_t end) {
    using namespace AscendC;
    LocalTensor<float> channels = channels_.AllocTensor<float>();
    load(channels, global(arrays_.channel_scales)[tile.group * operands_.n + tile.n0], tile.n);
    channels_.EnQue(channels);
    channels = channels_.DeQue<float>();
    for (uint32_t row = first; row < end; row += chunk_) {
      const RowBlock from{std::min(chunk_, end - row), tile.n, pitch_of(tile.n), tiling_.base_n};
      LocalTensor<int32_t> sums = sums_.AllocTensor<int32_t>();
      load_rows(sums, global(place)[uint64_t{row} * tiling_.base_n], from);
      sums_.EnQue(sums);
      LocalTensor<float> tokens = tokens_.AllocTensor<float>();
      load(tokens, global(arrays_.token_scales)[tile.m0 + row], from.rows);
      tokens_.EnQue(tokens);
      compute(from, channels);
      LocalTensor<Out> out = out_.template DeQue<Out>();
      const RowBlock to{from.rows, tile.n, from.pitch, operands_.n};
      store_rows(global(reinterpret_cast<Out*>(operands_.c))[(tile.m0 + row) * operands_.n + tile.n0], out,
                 to);
      out_.FreeTensor(out);
    }
    channels_.FreeTensor(channels);
  }

  void compute(const RowBlock& block, const AscendC::LocalTensor<float>& channels) {
    using namespace AscendC;
    const uint32_t count = block.rows * block.pitch;
    LocalTensor<int32_t> sums = sums_.DeQue<int32_t>();
    LocalTensor<float> tokens = tokens_.DeQue<float>();
    const LocalTensor<float> x = sums.ReinterpretCast<float>();
    const LocalTensor<float> token_blocks = token_blocks_.Get<float>();
    Cast(x, sums, RoundMode::CAST_RINT, count);
    Brcb(token_blocks, tokens, static_cast<uint8_t>((block.rows + 7) / 8), BrcbRepeatParams(1, 8));
    const auto row_blocks = static_cast<uint8_t>(block.pitch / 8);
    const auto rows = static_cast<uint8_t>(block.rows);
    for (uint32_t column = 0; column < block.columns;
         column += 64) {  // down the rows, the same scales for each
      const uint64_t mask = std::min(64U, block.columns - column);
      Mul(x[column], x[column], channels[column], mask, rows,
          BinaryRepeatParams(1, 1, 1, row_blocks, row_blocks, 0));
      Mul(x[column], x[column], token_blocks, mask, rows,
          BinaryRepeatParams(1, 1, 0, row_blocks, row_blocks, 1));
    }
    tokens_.FreeTensor(tokens);
    if (arrays_.gelu) gelu(x, static_cast<int32_t>(count));
    LocalTensor<Out> out = out_.template AllocTensor<Out>();
    Cast(out, x, RoundMode::CAST_RINT, count);
    out_.EnQue(out);
    sums_.FreeTensor(sums);
  }

  // x sigmoid(1.702 x).
  void gelu(const AscendC::LocalTensor<float>& x, std::int32_t count) {
    using namespace AscendC;
    const LocalTensor<float> y = scratch_.Get<float>();
    Muls(y, x, -1.702F, count);
    Exp(y, y, count);
    Adds(y, y, 1.0F, count);
    Div(x, x, y, count);
  }

  const MatmulOperands& operands_;
  const MatmulTiling& tiling_;
  const GroupedOrder& order_;
  const DequantArrays& arrays_;
  const std::uint32_t chunk_;
  AscendC::TPipe pipe_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> sums_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> channels_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> tokens_;
  AscendC::TQue<AscendC::TPosition::VECOUT, 2> out_;
  AscendC::TBuf<> token_blocks_;
  AscendC::TBuf<> scratch_;
};

}  // namespace podsim::kernel::ops
