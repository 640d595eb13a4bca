// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <type_traits>

#include "podsim/kernel/copy_params.h"
#include "podsim/kernel/vector_issue.h"

// Masks, and the calls that fill, move and reorder without computing.
namespace podsim::kernel {

// Mask given as a number of elements or as an array of bits, by its type.
template <bool isSetMask, class Mask>
Lanes any_lanes(const char* call, std::uint32_t bits, Mask mask, std::uint32_t repeats) {
  if constexpr (std::is_pointer_v<Mask>)
    return lanes_for<isSetMask>(call, bits, static_cast<const std::uint64_t*>(mask), repeats);
  else
    return lanes_for<isSetMask>(call, bits, static_cast<std::uint64_t>(mask), repeats);
}

template <class T, class F>
void issue_fill(const char* call, const AscendC::LocalTensor<T>& dst, const Lanes& lanes,
                std::uint32_t block_stride, std::uint32_t repeat_stride, F f) {
  const Operand to = operand_of(dst, block_stride, repeat_stride);
  VectorCall(call, VectorOp::Fill, kTypeOf<T>, lanes).writes(to).issue([lanes, to, f](std::byte* memory) {
    const View<T> out(memory, to);
    lanes.for_each(
        [&](std::uint32_t r, std::uint32_t e) { out.set(r, e, f(std::uint64_t{r} * lanes.per_repeat + e)); });
  });
}
inline constexpr TypeSet kFillable3510 = kWideSet | types(DataType::Bool, DataType::Fp64);

// Rows of 16 elements (32 of 8 bits) at the listed addresses, transposed.
void issue_transpose_rows(const char* call, const std::array<std::uint64_t, 16>& dst,
                          const std::array<std::uint64_t, 16>& src,
                          const AscendC::TransDataTo5HDParams& params, DataType type);
// Every element of src fills one block of dst.
void issue_broadcast(std::uint64_t dst, std::uint64_t src, std::uint32_t repeats,
                     const AscendC::BrcbRepeatParams& params, DataType type);
void issue_transpose16(std::uint64_t dst, std::uint64_t src, DataType type);

}  // namespace podsim::kernel

namespace AscendC {

// --- masks for calls with isSetMask = false
// -------------------------------------------------------------------

inline void SetMaskNorm() {
  podsim::kernel::scalar_unit().registers().counter_mask = false;
}
inline void SetMaskCount() {
  podsim::kernel::scalar_unit().registers().counter_mask = true;
}
template <class T, MaskMode mode = MaskMode::NORMAL>
void SetVectorMask(const uint64_t maskHigh, const uint64_t maskLow) {
  podsim::kernel::CoreRegisters& registers = podsim::kernel::scalar_unit().registers();
  registers.mask_high = maskHigh;
  registers.mask_low = maskLow;
}
template <class T, MaskMode mode = MaskMode::NORMAL>
void SetVectorMask(int32_t len) {
  podsim::kernel::CoreRegisters& registers = podsim::kernel::scalar_unit().registers();
  const auto count = static_cast<uint64_t>(len);
  const auto bits = [](uint64_t n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; };
  registers.mask_low = mode == MaskMode::COUNTER ? count : bits(count);
  registers.mask_high = mode == MaskMode::COUNTER || count <= 64 ? 0 : bits(count - 64);
}
inline void ResetMask() {
  podsim::kernel::CoreRegisters& registers = podsim::kernel::scalar_unit().registers();
  registers.mask_low = registers.mask_high = ~uint64_t{0};
}

// --- fill
// -----------------------------------------------------------------------------------------------------

template <class T>
void Duplicate(const LocalTensor<T>& dst, const podsim::kernel::as_given_t<T>& scalarValue,
               const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Duplicate")) return;
  require_type("Duplicate", kTypeOf<T>, kBits16And32, kFillable3510);
  issue_fill("Duplicate", dst, counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)), 1, 8,
             [s = scalarValue](uint64_t) { return s; });
}
template <class T, bool isSetMask = true>
void Duplicate(const LocalTensor<T>& dst, const podsim::kernel::as_given_t<T>& scalarValue, uint64_t mask,
               const uint8_t repeatTime, const uint16_t dstBlockStride, const uint8_t dstRepeatStride) {
  using namespace podsim::kernel;
  if (!on_vector_core("Duplicate")) return;
  require_type("Duplicate", kTypeOf<T>, kBits16And32, kFillable3510);
  issue_fill("Duplicate", dst, lanes_for<isSetMask>("Duplicate", kBitsOf<T>, mask, repeatTime),
             dstBlockStride, dstRepeatStride, [s = scalarValue](uint64_t) { return s; });
}
template <class T, bool isSetMask = true>
void Duplicate(const LocalTensor<T>& dst, const podsim::kernel::as_given_t<T>& scalarValue,
               const uint64_t mask[], const uint8_t repeatTime, const uint16_t dstBlockStride,
               const uint8_t dstRepeatStride) {
  using namespace podsim::kernel;
  if (!on_vector_core("Duplicate")) return;
  require_type("Duplicate", kTypeOf<T>, kBits16And32, kFillable3510);
  issue_fill("Duplicate", dst, lanes_for<isSetMask>("Duplicate", kBitsOf<T>, mask, repeatTime),
             dstBlockStride, dstRepeatStride, [s = scalarValue](uint64_t) { return s; });
}
// From element 0 of a tensor (3510).
template <class T>
void Duplicate(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Duplicate")) return;
  require_arch("Duplicate", 3510);
  issue_unary("Duplicate", VectorOp::Fill, dst, src, counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)),
              UnaryRepeatParams(1, 0, 8, 0), [](T a) { return a; });
}

// first, first + 1, ...
template <class T>
void CreateVecIndex(const LocalTensor<T>& dst, const podsim::kernel::as_given_t<T>& firstValue,
                    const uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("CreateVecIndex")) return;
  require_type("CreateVecIndex", kTypeOf<T>, kArithmetic, kWideSet);
  issue_fill("CreateVecIndex", dst, counted_lanes(kBitsOf<T>, count), 1, 8, [s = firstValue](uint64_t i) {
    return math::Add{}(s, static_cast<T>(static_cast<math::computing_t<T>>(i)));
  });
}
template <class T, bool isSetMask = true, class Mask = uint64_t>
void CreateVecIndex(const LocalTensor<T>& dst, const podsim::kernel::as_given_t<T>& firstValue, Mask mask,
                    const uint8_t repeatTime, const uint16_t dstBlkStride, const uint8_t dstRepStride) {
  using namespace podsim::kernel;
  if (!on_vector_core("CreateVecIndex")) return;
  require_type("CreateVecIndex", kTypeOf<T>, kArithmetic, kWideSet);
  issue_fill("CreateVecIndex", dst, any_lanes<isSetMask>("CreateVecIndex", kBitsOf<T>, mask, repeatTime),
             dstBlkStride, dstRepStride, [s = firstValue](uint64_t i) {
               return math::Add{}(s, static_cast<T>(static_cast<math::computing_t<T>>(i)));
             });
}
template <class T>
void ArithProgression(const LocalTensor<T>& dst, const podsim::kernel::as_given_t<T> firstValue,
                      const podsim::kernel::as_given_t<T> diffValue, const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("ArithProgression")) return;
  require_type("ArithProgression", kTypeOf<T>, kArithmetic, kWideSet);
  issue_fill("ArithProgression", dst, counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)), 1, 8,
             [firstValue, diffValue](uint64_t i) {
               return math::Add{}(
                   firstValue, math::Mul{}(diffValue, static_cast<T>(static_cast<math::computing_t<T>>(i))));
             });
}

// --- move and reorder
// -----------------------------------------------------------------------------------------

template <class T, bool isSetMask = true, class Mask = uint64_t>
void Copy(const LocalTensor<T>& dst, const LocalTensor<T>& src, Mask mask, const uint8_t repeatTime,
          const CopyRepeatParams& p) {
  using namespace podsim::kernel;
  if (!on_vector_core("Copy")) return;
  const Operand to = operand_of(dst, p.dstStride, p.dstRepeatSize);
  const Operand from = operand_of(src, p.srcStride, p.srcRepeatSize);
  const Lanes lanes = any_lanes<isSetMask>("Copy", kBitsOf<T>, mask, repeatTime);
  VectorCall("Copy", VectorOp::Move, kTypeOf<T>, lanes)
      .writes(to)
      .reads(from)
      .issue([lanes, to, from](std::byte* memory) {
        const View<T> out(memory, to);
        const View<T> in(memory, from);
        lanes.for_each([&](uint32_t r, uint32_t e) { out.set(r, e, in.get(r, e)); });
      });
}
template <class T>
void Copy(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Copy")) return;
  require_arch("Copy", 3510);
  issue_unary("Copy", VectorOp::Move, dst, src, counted_lanes(kBitsOf<T>, count), UnaryRepeatParams(),
              [](T a) { return a; });
}

template <class T>
void Brcb(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const uint8_t repeatTime,
          const BrcbRepeatParams& p) {
  static_assert(podsim::kernel::kBitsOf<T> == 16 || podsim::kernel::kBitsOf<T> == 32,
                "Brcb takes 16- and 32-bit types");
  if (!podsim::kernel::on_vector_core("Brcb")) return;
  podsim::kernel::issue_broadcast(dst.GetPhyAddr(), src0.GetPhyAddr(), repeatTime, p,
                                  podsim::kernel::kTypeOf<T>);
}

// 16 x 16 of 16 bits.
template <class T>
void Transpose(const LocalTensor<T>& dst, const LocalTensor<T>& src) {
  static_assert(podsim::kernel::kBitsOf<T> == 16, "Transpose takes 16-bit types");
  if (!podsim::kernel::on_vector_core("Transpose")) return;
  podsim::kernel::issue_transpose16(dst.GetPhyAddr(), src.GetPhyAddr(), podsim::kernel::kTypeOf<T>);
}

template <class T>
void TransDataTo5HD(uint64_t dstList[16], uint64_t srcList[16], const TransDataTo5HDParams& params) {
  if (!podsim::kernel::on_vector_core("TransDataTo5HD")) return;
  std::array<uint64_t, 16> dst{};
  std::array<uint64_t, 16> src{};
  for (std::size_t i = 0; i < 16; ++i) {
    dst[i] = dstList[i];
    src[i] = srcList[i];
  }
  podsim::kernel::issue_transpose_rows("TransDataTo5HD", dst, src, params, podsim::kernel::kTypeOf<T>);
}
template <class T>
void TransDataTo5HD(const LocalTensor<T> (&dstList)[16], const LocalTensor<T> (&srcList)[16],
                    const TransDataTo5HDParams& params) {
  uint64_t dst[16];
  uint64_t src[16];
  for (std::size_t i = 0; i < 16; ++i) {
    dst[i] = dstList[i].GetPhyAddr();
    src[i] = srcList[i].GetPhyAddr();
  }
  TransDataTo5HD<T>(dst, src, params);
}

}  // namespace AscendC
