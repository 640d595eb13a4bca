// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/grouped_matmul_order.h"
#include "kernel/ops/tile_ring.h"
#include "kernel/ops/vector_tiles.h"

namespace podsim::kernel::ops {

// The vector cores' side of the ring: scales int32 sums by channel and token, applies the activation, and
// stores the result as Out. Sum: float or int32_t; Out: float, half, bfloat16_t or int8_t (over one scale of
// the group).
template <class Sum, class Out>
class TileEpilogue {
 public:
  TileEpilogue(const MatmulOperands& operands, const MatmulTiling& tiling, const GroupedOrder& order,
               const Epilogue& epilogue)
      : operands_(operands),
        tiling_(tiling),
        order_(order),
        epilogue_(epilogue),
        columns_(operands.n / epilogue.inputs()) {
    const uint32_t pitch = tile_pitch(tiling.base_n);
    const uint32_t elements = epilogue.chunk * pitch;
    if (epilogue.direct)  // first, so that it lies where the cube core puts tiles
      pipe_.InitBuffer(ring_, epilogue.depth * place_bytes(tiling, epilogue.vectors));
    else
      pipe_.InitBuffer(sums_, 2, epilogue.inputs() * elements * 4);
    pipe_.InitBuffer(out_, 2, elements * static_cast<uint32_t>(sizeof(Out)));
    if (needs_scratch(epilogue)) pipe_.InitBuffer(scratch_, elements * 4);
    if (!epilogue.scaled()) return;
    pipe_.InitBuffer(channels_, 2, epilogue.inputs() * pitch * 4);
    pipe_.InitBuffer(tokens_, 2, epilogue.chunk * 4);
    pipe_.InitBuffer(token_blocks_, epilogue.chunk * 32);
  }

  void run() {
    if constexpr (kIsInt8) AscendC::SetDeqScale(half(1.0));
    if (epilogue_.direct)
      run_on<PIPE_V>();
    else
      run_on<PIPE_MTE2>();
  }

  // Bytes of the unified buffer per row of a chunk, and besides.
  static RowBytes bytes(const MatmulTiling& tiling, const Epilogue& epilogue) {
    const uint64_t pitch = tile_pitch(tiling.base_n);
    RowBytes bytes;
    bytes.buffered = pitch * sizeof(Out) + (epilogue.direct ? 0 : epilogue.inputs() * pitch * 4);
    bytes.once = needs_scratch(epilogue) ? pitch * 4 : 0;
    if (epilogue.direct) bytes.fixed = uint64_t{epilogue.depth} * place_bytes(tiling, epilogue.vectors);
    if (epilogue.scaled()) {
      bytes.buffered += 4;
      bytes.once += 32;
      bytes.fixed += 2 * epilogue.inputs() * pitch * 4;
    }
    return bytes;
  }

 private:
  static constexpr bool kIsInt8 = std::is_same_v<Out, int8_t>;
  static bool needs_scratch(const Epilogue& epilogue) {
    return kIsInt8 || (epilogue.activation != Activation::None && !kIsFloat<Out>);
  }

  // A vector core waits where it first touches a tile: copying it in, or computing.
  template <pipe_t kPipe>
  void run_on() {
    using namespace AscendC;
    const auto block = static_cast<uint64_t>(GetBlockIdx() / GetTaskRatio());
    for (uint32_t i = 0; epilogue_.direct && i < epilogue_.depth; ++i) CrossCoreSetFlag<2, kPipe>(kFreeFlag);
    MatmulTile tile;
    for (uint64_t i = 0; order_.tile(block, i, tile); i += epilogue_.inputs()) {
      for (uint32_t j = 0; j < epilogue_.inputs(); ++j) CrossCoreWaitFlag<2, kPipe>(kTileFlag);
      const uint32_t part = part_rows(tile.m, epilogue_.vectors);
      const uint32_t first = static_cast<uint32_t>(GetSubBlockIdx()) * part;
      if (first < tile.m) rows_of(tile, block, i, first, std::min(part, tile.m - first));
      for (uint32_t j = 0; j < epilogue_.inputs(); ++j) CrossCoreSetFlag<2, kPipe>(kFreeFlag);
    }
  }

  // This core's rows of tile `index`, chunk by chunk.
  void rows_of(const MatmulTile& tile, std::uint64_t block, std::uint64_t index, std::uint32_t first,
               std::uint32_t rows) {
    using namespace AscendC;
    LocalTensor<float> channels;
    if (epilogue_.scaled()) channels = load_channels(tile);
    for (uint32_t at = 0; at < rows; at += epilogue_.chunk) {
      const uint64_t row = tile.m0 + first + at;
      RowBlock chunk{std::min(epilogue_.chunk, rows - at), tile.n, tile_pitch(tile.n), columns_};
      if (epilogue_.direct) {
        chunk.pitch = tile_pitch(tiling_.base_n);
        std::array<LocalTensor<Sum>, 2> sums;
        for (uint32_t i = 0; i < epilogue_.inputs(); ++i) sums[i] = in_ring(index + i)[at * chunk.pitch];
        compute(sums, chunk, channels, tile.group, row);
      } else {
        LocalTensor<Sum> both = load_sums(chunk, block, index, first + at);
        compute({both, both[chunk.rows * chunk.pitch]}, chunk, channels, tile.group, row);
        sums_.FreeTensor(both);
      }
      LocalTensor<Out> out = out_.template DeQue<Out>();
      store_rows(global(reinterpret_cast<Out*>(operands_.c))[row * columns_ + tile.n0], out, chunk);
      out_.FreeTensor(out);
    }
    if (epilogue_.scaled()) channels_.FreeTensor(channels);
  }

  // Of both inputs, one after the other.
  AscendC::LocalTensor<float> load_channels(const MatmulTile& tile) {
    using namespace AscendC;
    LocalTensor<float> channels = channels_.AllocTensor<float>();
    for (uint32_t i = 0; i < epilogue_.inputs(); ++i) {
      load(channels[i * tile_pitch(tile.n)],
           global(epilogue_.channel_scales)[tile.group * operands_.n + i * columns_ + tile.n0], tile.n);
    }
    channels_.EnQue(channels);
    return channels_.DeQue<float>();
  }
  AscendC::LocalTensor<Sum> load_sums(const RowBlock& chunk, std::uint64_t block, std::uint64_t index,
                                      std::uint32_t row) {
    using namespace AscendC;
    RowBlock from = chunk;
    from.stride = tiling_.base_n;
    LocalTensor<Sum> sums = sums_.template AllocTensor<Sum>();
    for (uint32_t i = 0; i < epilogue_.inputs(); ++i) {
      auto* const place = reinterpret_cast<Sum*>(ring_place(epilogue_, tiling_, block, index + i));
      load_rows(sums[i * chunk.rows * chunk.pitch], global(place)[uint64_t{row} * tiling_.base_n], from);
    }
    sums_.EnQue(sums);
    return sums_.template DeQue<Sum>();
  }
  AscendC::LocalTensor<Sum> in_ring(std::uint64_t index) {
    return ring_.Get<Sum>()[static_cast<std::uint32_t>(index % epilogue_.depth) *
                            (place_bytes(tiling_, epilogue_.vectors) / 4)];
  }

  void compute(const std::array<AscendC::LocalTensor<Sum>, 2>& sums, const RowBlock& chunk,
               const AscendC::LocalTensor<float>& channels, std::uint64_t group, std::uint64_t row) {
    using namespace AscendC;
    const VectorFunction function;
    const auto count = static_cast<int32_t>(chunk.rows * chunk.pitch);
    if (epilogue_.scaled()) spread_tokens(chunk, row);
    std::array<LocalTensor<float>, 2> x;
    for (uint32_t i = 0; i < epilogue_.inputs(); ++i) {
      x[i] = sums[i].template ReinterpretCast<float>();
      if constexpr (!kIsFloat<Sum>) Cast(x[i], sums[i], RoundMode::CAST_RINT, chunk.rows * chunk.pitch);
    }
    if (epilogue_.scaled()) {
      settle();
      scale(x, channels, chunk);
      settle();
    }
    LocalTensor<Out> out = out_.template AllocTensor<Out>();
    LocalTensor<float> y = x[0];
    if constexpr (kIsFloat<Out>)
      y = out;
    else if (epilogue_.activation != Activation::None)
      y = scratch_.Get<float>();
    activate(y, x, count);
    if (epilogue_.activation != Activation::None) settle();
    if constexpr (kIsInt8) {
      quantise(out, y, x[0], group, count);
    } else if constexpr (!kIsFloat<Out>) {
      Cast(out, y, RoundMode::CAST_RINT, chunk.rows * chunk.pitch);
    }
    out_.EnQue(out);
  }

  // One scale per row, as a block of eight.
  void spread_tokens(const RowBlock& chunk, std::uint64_t row) {
    using namespace AscendC;
    LocalTensor<float> tokens = tokens_.AllocTensor<float>();
    load(tokens, global(epilogue_.token_scales)[row], chunk.rows);
    tokens_.EnQue(tokens);
    tokens = tokens_.DeQue<float>();
    Brcb(token_blocks_.Get<float>(), tokens, static_cast<uint8_t>((chunk.rows + 7) / 8),
         BrcbRepeatParams(1, 8));
    tokens_.FreeTensor(tokens);
  }

  // Down the rows, 64 columns at a time: the same channels for all rows, then the same token for all columns.
  void scale(const std::array<AscendC::LocalTensor<float>, 2>& x, const AscendC::LocalTensor<float>& channels,
             const RowBlock& chunk) {
    const uint32_t columns = tile_pitch(chunk.columns);
    for (uint32_t i = 0; i < epilogue_.inputs(); ++i) times(x[i], channels[i * columns], 1, 64, 0, chunk);
    settle();
    for (uint32_t i = 0; i < epilogue_.inputs(); ++i) times(x[i], token_blocks_.Get<float>(), 0, 0, 1, chunk);
  }
  // x times factors: blocks of a repeat are `block` blocks apart, columns 64 further `step` elements, rows
  // `row` blocks.
  static void times(const AscendC::LocalTensor<float>& x, const AscendC::LocalTensor<float>& factors,
                    std::uint8_t block, std::uint32_t step, std::uint8_t row, const RowBlock& chunk) {
    const auto pitch = static_cast<uint8_t>(chunk.pitch / 8);
    for (uint32_t i = 0; i * 64 < chunk.columns; ++i) {
      const uint64_t mask = std::min(64U, chunk.columns - i * 64);
      AscendC::Mul(x[i * 64], x[i * 64], factors[i * step], mask, static_cast<uint8_t>(chunk.rows),
                   AscendC::BinaryRepeatParams(1, 1, block, pitch, pitch, row));
    }
  }

  void activate(const AscendC::LocalTensor<float>& y, const std::array<AscendC::LocalTensor<float>, 2>& x,
                std::int32_t count) {
    switch (epilogue_.activation) {
      case Activation::None:
        if constexpr (kIsFloat<Out>) AscendC::Adds(y, x[0], 0.0F, count);
        break;
      case Activation::Gelu:
        return gelu_of(y, x[0], count);
      case Activation::FasterGelu:
        return faster_gelu_of(y, x[0], count);
      case Activation::Swiglu:
        silu_of(y, x[0], count);
        settle();
        return AscendC::Mul(y, y, x[1], count);
    }
  }

  // There is no conversion from float to int8: over int32, which rounds, and half, which is exact up to
  // 2048. `x` is free by now, or the same as y.
  void quantise(const AscendC::LocalTensor<int8_t>& out, const AscendC::LocalTensor<float>& y,
                const AscendC::LocalTensor<float>& x, std::uint64_t group, std::int32_t count) {
    using namespace AscendC;
    const auto n = static_cast<uint32_t>(count);
    const LocalTensor<int32_t> whole = x.ReinterpretCast<int32_t>();
    const LocalTensor<half> narrow = scratch_.Get<half>();
    Muls(y, y, 1.0F / global(epilogue_.out_scales).GetValue(group), count);
    settle();
    Cast(whole, y, RoundMode::CAST_RINT, n);
    settle();
    Cast(narrow, whole, RoundMode::CAST_NONE, n);
    settle();
    Cast(out, narrow, RoundMode::CAST_RINT, n);
  }

  const MatmulOperands& operands_;
  const MatmulTiling& tiling_;
  const GroupedOrder& order_;
  const Epilogue& epilogue_;
  const std::uint64_t columns_;  // of the result
  AscendC::TPipe pipe_;
  AscendC::TBuf<> ring_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> sums_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> channels_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> tokens_;
  AscendC::TQue<AscendC::TPosition::VECOUT, 2> out_;
  AscendC::TBuf<> token_blocks_;
  AscendC::TBuf<> scratch_;
};

}  // namespace podsim::kernel::ops
