// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "podsim/kernel/copy_issue.h"
#include "podsim/kernel/copy_params.h"
#include "podsim/kernel/global_tensor.h"

namespace podsim::kernel {

template <class T>
LocalPlace place_of(const AscendC::LocalTensor<T>& tensor) {
  return {tensor.memory(), tensor.address_.bufferAddr};
}
template <class T>
GlobalPlace source_of(const AscendC::GlobalTensor<T>& tensor) {
  return {reinterpret_cast<std::byte*>(tensor.GetPhyAddr(0)), tensor.read_hint()};
}
template <class T>
GlobalPlace destination_of(const AscendC::GlobalTensor<T>& tensor) {
  return {reinterpret_cast<std::byte*>(tensor.GetPhyAddr(0)), tensor.write_hint()};
}

// Count form: one piece, rounded down to whole blocks.
template <class T>
Pieces counted_piece(std::uint64_t count) {
  return {1, count * kBitsOf<T> / 8 / kBlockBytes * kBlockBytes, 0, 0};
}
inline Pieces block_pieces(const AscendC::DataCopyParams& params, std::uint64_t unit = kBlockBytes) {
  const std::uint64_t bytes = params.blockLen * unit;
  return {params.blockCount, bytes, bytes + params.srcStride * kBlockBytes,
          bytes + params.dstStride * kBlockBytes};
}
template <class T>
std::uint64_t bits_as_word(T value) {
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  return word;
}
// A gap in bytes must not lead backwards past the piece itself.
std::uint64_t stride_after(const char* call, std::uint64_t bytes, std::int64_t gap);

}  // namespace podsim::kernel

namespace AscendC {

// --- GM -> local
// ----------------------------------------------------------------------------------------------

template <class T>
void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const std::uint32_t count) {
  podsim::kernel::copy_in("DataCopy", podsim::kernel::place_of(dst), podsim::kernel::source_of(src),
                          podsim::kernel::counted_piece<T>(count));
}
template <class T>
void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyParams& params) {
  podsim::kernel::copy_in("DataCopy", podsim::kernel::place_of(dst), podsim::kernel::source_of(src),
                          podsim::kernel::block_pieces(params));
}
template <class T, bool enableSmallC0 = false>
void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const Nd2NzParams& p) {
  podsim::kernel::copy_to_nz("DataCopy", podsim::kernel::place_of(dst), podsim::kernel::source_of(src),
                             {p.ndNum, p.nValue, p.dValue, p.srcNdMatrixStride, p.srcDValue, p.dstNzC0Stride,
                              p.dstNzNStride, p.dstNzMatrixStride, false},
                             podsim::kernel::kTypeOf<T>);
}
template <class T, bool enableSmallC0 = false>
void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const Dn2NzParams& p) {
  static_assert(podsim::kernel::kBitsOf<T> >= 8,
                "DataCopy: a transposed source of 4-bit elements is not supported");
  podsim::kernel::require_arch("DataCopy", 3510);
  podsim::kernel::copy_to_nz("DataCopy", podsim::kernel::place_of(dst), podsim::kernel::source_of(src),
                             {p.dnNum, p.nValue, p.dValue, p.srcDnMatrixStride, p.srcDValue, p.dstNzC0Stride,
                              p.dstNzNStride, p.dstNzMatrixStride, true},
                             podsim::kernel::kTypeOf<T>);
}

// --- local -> GM
// ----------------------------------------------------------------------------------------------

template <class T>
void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const std::uint32_t count) {
  podsim::kernel::copy_out("DataCopy", podsim::kernel::destination_of(dst), podsim::kernel::place_of(src),
                           podsim::kernel::counted_piece<T>(count), false);
}
template <class T>
void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyParams& params) {
  podsim::kernel::copy_out("DataCopy", podsim::kernel::destination_of(dst), podsim::kernel::place_of(src),
                           podsim::kernel::block_pieces(params), false);
}

// --- local -> local
// -------------------------------------------------------------------------------------------

template <class D, class S>
void DataCopy(const LocalTensor<D>& dst, const LocalTensor<S>& src, const DataCopyParams& params) {
  constexpr bool kWiden = !std::is_same_v<D, S>;
  static_assert(!kWiden || (std::is_same_v<D, float> && std::is_same_v<S, half>),
                "DataCopy between local tensors of two types: only half to float, into the bias table");
  // Bias table: pieces of 64 B on 2201.
  const bool wide_unit = dst.memory() == podsim::kernel::Memory::BiasTable && !podsim::kernel::is_3510();
  podsim::kernel::copy_local(
      "DataCopy", podsim::kernel::place_of(dst), podsim::kernel::place_of(src),
      podsim::kernel::block_pieces(params, wide_unit ? 64 : podsim::kernel::kBlockBytes),
      podsim::kernel::kTypeOf<S>, kWiden);
}
template <class D, class S>
void DataCopy(const LocalTensor<D>& dst, const LocalTensor<S>& src, const std::uint32_t count) {
  constexpr bool kWiden = !std::is_same_v<D, S>;
  static_assert(!kWiden || (std::is_same_v<D, float> && std::is_same_v<S, half>),
                "DataCopy between local tensors of two types: only half to float, into the bias table");
  podsim::kernel::copy_local("DataCopy", podsim::kernel::place_of(dst), podsim::kernel::place_of(src),
                             podsim::kernel::counted_piece<S>(count), podsim::kernel::kTypeOf<S>, kWiden);
}

// --- with conversions, as the first chips had them
// ----------------------------------------------------------------

template <class Destination, class Source>
void DataCopy(const Destination& dst, const Source& src, const DataCopyParams& params,
              const DataCopyEnhancedParams& enhancedParams) {
  if (enhancedParams.blockMode != BlockMode::BLOCK_MODE_NORMAL ||
      enhancedParams.deqScale != DeqScale::DEQ_NONE || enhancedParams.isRelu) {
    podsim::kernel::refuse(
        "DataCopy",
        "DataCopyEnhancedParams asks for a conversion or a fractal layout, which no chip of "
        "podsim's has; Fixpipe leads out of L0C");
  }
  DataCopy(dst, src, params);
}

// --- byte lengths and padding
// ---------------------------------------------------------------------------------

template <class T, PaddingMode mode = PaddingMode::Normal>
void DataCopyPad(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyExtParams& p,
                 const DataCopyPadExtParams<T>& pad) {
  using namespace podsim::kernel;  // NOLINT: names of this layer only
  constexpr auto kSize = static_cast<std::uint32_t>(sizeof(T));
  if (mode == PaddingMode::Compact) require_arch("DataCopyPad<Compact>", 3510);
  Padding padding{pad.isPad, pad.leftPadding * kSize,     pad.rightPadding * kSize, 0,
                  kSize,     mode == PaddingMode::Compact};
  padding.value = pad.isPad ? bits_as_word(pad.paddingValue) : scalar_unit().registers().pad_value;
  const std::uint64_t filled =
      round_up(padding.left + std::uint64_t{p.blockLen} + padding.right, kBlockBytes);
  const Pieces pieces{
      p.blockCount, p.blockLen, stride_after("DataCopyPad", p.blockLen, p.srcStride),
      stride_after("DataCopyPad", filled, p.dstStride * static_cast<std::int64_t>(kBlockBytes))};
  copy_in_padded("DataCopyPad", place_of(dst), source_of(src), pieces, padding);
}
template <class T, PaddingMode mode = PaddingMode::Normal>
void DataCopyPad(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyParams& p,
                 const DataCopyPadParams& pad) {
  T value;
  std::memcpy(static_cast<void*>(&value), &pad.paddingValue, sizeof(T));
  DataCopyPadExtParams<T> ext;
  ext.isPad = pad.isPad;
  ext.leftPadding = pad.leftPadding;
  ext.rightPadding = pad.rightPadding;
  ext.paddingValue = value;
  DataCopyPad<T, mode>(dst, src, DataCopyExtParams(p.blockCount, p.blockLen, p.srcStride, p.dstStride, 0),
                       ext);
}

template <class T, PaddingMode mode = PaddingMode::Normal>
void DataCopyPad(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyExtParams& p) {
  using namespace podsim::kernel;  // NOLINT: names of this layer only
  const std::uint64_t held = mode == PaddingMode::Compact ? p.blockLen : round_up(p.blockLen, kBlockBytes);
  if (mode == PaddingMode::Compact) require_arch("DataCopyPad<Compact>", 3510);
  const Pieces pieces{p.blockCount, p.blockLen,
                      stride_after("DataCopyPad", held, p.srcStride * static_cast<std::int64_t>(kBlockBytes)),
                      stride_after("DataCopyPad", p.blockLen, p.dstStride)};
  copy_out("DataCopyPad", destination_of(dst), place_of(src), pieces, true);
}
template <class T, PaddingMode mode = PaddingMode::Normal>
void DataCopyPad(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyParams& p) {
  DataCopyPad<T, mode>(dst, src, DataCopyExtParams(p.blockCount, p.blockLen, p.srcStride, p.dstStride, 0));
}

// What DataCopyPad fills with when isPad is false.
template <class T>
void SetPadValue(T paddingValue, TPosition /*position*/ = TPosition::MAX) {
  podsim::kernel::scalar_unit().registers().pad_value = podsim::kernel::bits_as_word(paddingValue);
}

}  // namespace AscendC
