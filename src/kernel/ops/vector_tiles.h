// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "kernel/ops/vector_run.h"
#include "podsim/kernel/ascendc.h"
#include "podsim/kernel/vector_function.h"

// The device side that the vector operators share: copies of ragged tiles, conversion to float, rows.
namespace podsim::kernel::ops {

template <class T>
AscendC::GlobalTensor<T> global(T* data, bool bypass = false) {
  AscendC::GlobalTensor<T> tensor;
  tensor.SetGlobalBuffer(data);
  if (bypass)
    tensor.template SetL2CacheHint<AscendC::CacheRwMode::READ>(AscendC::CacheMode::CACHE_MODE_DISABLE);
  return tensor;
}

// Any number of elements.
template <class T>
void load(const AscendC::LocalTensor<T>& to, const AscendC::GlobalTensor<T>& from, std::uint32_t count) {
  const auto bytes = static_cast<std::uint32_t>(count * sizeof(T));
  if (bytes % kBlockBytes == 0) return AscendC::DataCopy(to, from, count);
  AscendC::DataCopyPad(to, from, AscendC::DataCopyExtParams(1, bytes, 0, 0, 0),
                       AscendC::DataCopyPadExtParams<T>());
}
template <class T>
void store(const AscendC::GlobalTensor<T>& to, const AscendC::LocalTensor<T>& from, std::uint32_t count) {
  const auto bytes = static_cast<std::uint32_t>(count * sizeof(T));
  if (bytes % kBlockBytes == 0) return AscendC::DataCopy(to, from, count);
  AscendC::DataCopyPad(to, from, AscendC::DataCopyExtParams(1, bytes, 0, 0, 0));
}

// `rows` of `columns` elements: `pitch` apart in the unified buffer, `stride` apart in GM.
struct RowBlock {
  std::uint32_t rows;
  std::uint32_t columns;
  std::uint32_t pitch;
  std::uint64_t stride;
};
template <class T>
std::uint32_t blocks_between(const RowBlock& block) {
  return static_cast<std::uint32_t>(
      (block.pitch * sizeof(T) - round_up(block.columns * sizeof(T), kBlockBytes)) / kBlockBytes);
}
template <class T>
void load_rows(const AscendC::LocalTensor<T>& to, const AscendC::GlobalTensor<T>& from,
               const RowBlock& block) {
  if (block.columns == block.stride && block.columns == block.pitch)
    return load(to, from, block.rows * block.columns);
  const auto gap = static_cast<std::uint32_t>((block.stride - block.columns) * sizeof(T));
  AscendC::DataCopyPad(
      to, from,
      AscendC::DataCopyExtParams(block.rows, static_cast<std::uint32_t>(block.columns * sizeof(T)), gap,
                                 blocks_between<T>(block), 0),
      AscendC::DataCopyPadExtParams<T>());
}
template <class T>
void store_rows(const AscendC::GlobalTensor<T>& to, const AscendC::LocalTensor<T>& from,
                const RowBlock& block) {
  if (block.columns == block.stride && block.columns == block.pitch)
    return store(to, from, block.rows * block.columns);
  const auto gap = static_cast<std::uint32_t>((block.stride - block.columns) * sizeof(T));
  AscendC::DataCopyPad(
      to, from,
      AscendC::DataCopyExtParams(block.rows, static_cast<std::uint32_t>(block.columns * sizeof(T)),
                                 blocks_between<T>(block), gap, 0));
}

// --- conversion
// ---------------------------------------------------------------------------------------------------

template <class T>
inline constexpr bool kIsFloat = std::is_same_v<T, float>;
// `x` as float: itself, or converted into `scratch`.
template <class T>
AscendC::LocalTensor<float> as_float(const AscendC::LocalTensor<T>& x,
                                     const AscendC::LocalTensor<float>& scratch, std::uint32_t count) {
  if constexpr (kIsFloat<T>) {
    return x;
  } else {
    AscendC::Cast(scratch, x, AscendC::RoundMode::CAST_NONE, count);
    return scratch;
  }
}
// Where a float result is computed that will be stored as T: the output itself, or `scratch`.
template <class T>
AscendC::LocalTensor<float> float_place(const AscendC::LocalTensor<T>& out,
                                        const AscendC::LocalTensor<float>& scratch) {
  if constexpr (kIsFloat<T>) {
    return out;
  } else {
    return scratch;
  }
}
template <class T>
void finish(const AscendC::LocalTensor<T>& out, const AscendC::LocalTensor<float>& result,
            std::uint32_t count) {
  if constexpr (!kIsFloat<T>) AscendC::Cast(out, result, AscendC::RoundMode::CAST_RINT, count);
}

// --- streams
// ------------------------------------------------------------------------------------------------------

// Loads, computes and stores tile after tile. `compute.init(pipe, tile)` allocates scratch memory,
// `compute(out, inputs, count)` makes one tile.
template <class In, class Out, std::size_t kInputs, class Compute>
void run_stream(const StreamPlan& plan, const std::array<In*, kInputs>& inputs, Out* output,
                Compute compute) {
  using namespace AscendC;
  const Share mine = share_of(plan.elements, kStreamUnit, static_cast<uint64_t>(GetBlockNum()),
                              static_cast<uint64_t>(GetBlockIdx()));
  TPipe pipe;
  std::array<TQue<TPosition::VECIN, 2>, kInputs> in;
  TQue<TPosition::VECOUT, 2> out;
  std::array<TBuf<>, kInputs> gaps;
  const auto buffers = static_cast<uint8_t>(plan.buffers);
  for (std::size_t i = 0; i < kInputs; ++i) {
    pipe.InitBuffer(in[i], buffers, static_cast<uint32_t>(plan.tile * sizeof(In)));
    if (plan.bank_offset > 0) pipe.InitBuffer(gaps[i], plan.bank_offset);
  }
  pipe.InitBuffer(out, buffers, static_cast<uint32_t>(plan.tile * sizeof(Out)));
  compute.init(pipe, plan.tile);
  for (uint64_t at = 0; at < mine.count; at += plan.tile) {
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(plan.tile, mine.count - at));
    std::array<LocalTensor<In>, kInputs> x;
    for (std::size_t i = 0; i < kInputs; ++i) {
      x[i] = in[i].template AllocTensor<In>();
      load(x[i], global(inputs[i], plan.bypass)[mine.first + at], count);
      in[i].EnQue(x[i]);
    }
    for (std::size_t i = 0; i < kInputs; ++i) x[i] = in[i].template DeQue<In>();
    LocalTensor<Out> y = out.template AllocTensor<Out>();
    compute(y, x, count);
    out.EnQue(y);
    for (std::size_t i = 0; i < kInputs; ++i) in[i].FreeTensor(x[i]);
    y = out.template DeQue<Out>();
    store(global(output)[mine.first + at], y, count);
    out.FreeTensor(y);
  }
}

}  // namespace podsim::kernel::ops
