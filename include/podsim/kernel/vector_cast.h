// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_fill.h"

namespace podsim::kernel {

constexpr Rounding rounding_of(AscendC::RoundMode mode) {
  using AscendC::RoundMode;
  switch (mode) {
    case RoundMode::CAST_FLOOR:
      return Rounding::Floor;
    case RoundMode::CAST_CEIL:
      return Rounding::Ceil;
    case RoundMode::CAST_ROUND:
      return Rounding::Round;
    case RoundMode::CAST_TRUNC:
    case RoundMode::CAST_ZERO:
      return Rounding::Trunc;
    case RoundMode::CAST_ODD:
      return Rounding::Odd;
    case RoundMode::CAST_NONE:
      return Rounding::None;
    default:
      return Rounding::Rint;
  }
}

void issue_cast(const Operand& to, const Operand& from, AscendC::RoundMode mode, const Lanes& lanes);
// One value, converted as Cast does.
void convert_element(std::byte* to, std::uint64_t to_index, DataType to_type, const std::byte* from,
                     std::uint64_t from_index, DataType from_type, Rounding rounding, Overflow overflow);

}  // namespace podsim::kernel

namespace AscendC {

template <class D, class S>
void Cast(const LocalTensor<D>& dst, const LocalTensor<S>& src, const RoundMode& roundMode,
          const uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Cast")) return;
  constexpr uint32_t kBits = kWiderBits<D, S>;
  issue_cast(contiguous(dst, kBits), contiguous(src, kBits), roundMode, counted_lanes(kBits, count));
}
template <class D, class S, bool isSetMask = true>
void Cast(const LocalTensor<D>& dst, const LocalTensor<S>& src, const RoundMode& roundMode,
          const uint64_t mask, const uint8_t repeatTime, const UnaryRepeatParams& p) {
  using namespace podsim::kernel;
  if (!on_vector_core("Cast")) return;
  issue_cast(operand_of(dst, p.dstBlkStride, p.dstRepStride), operand_of(src, p.srcBlkStride, p.srcRepStride),
             roundMode, lanes_for<isSetMask>("Cast", kWiderBits<D, S>, mask, repeatTime));
}
template <class D, class S, bool isSetMask = true>
void Cast(const LocalTensor<D>& dst, const LocalTensor<S>& src, const RoundMode& roundMode,
          const uint64_t mask[], const uint8_t repeatTime, const UnaryRepeatParams& p) {
  using namespace podsim::kernel;
  if (!on_vector_core("Cast")) return;
  issue_cast(operand_of(dst, p.dstBlkStride, p.dstRepStride), operand_of(src, p.srcBlkStride, p.srcRepStride),
             roundMode, lanes_for<isSetMask>("Cast", kWiderBits<D, S>, mask, repeatTime));
}

// What int32 -> half multiplies with.
inline void SetDeqScale(half scale) {
  podsim::kernel::scalar_unit().registers().deq_scale = static_cast<float>(scale);
}

// Scalars: from S to D.
template <class S, class D, RoundMode roundMode>
D Cast(const S value) {
  D result{};
  podsim::kernel::convert_element(reinterpret_cast<std::byte*>(&result), 0, podsim::kernel::kTypeOf<D>,
                                  reinterpret_cast<const std::byte*>(&value), 0, podsim::kernel::kTypeOf<S>,
                                  podsim::kernel::rounding_of(roundMode), podsim::kernel::Overflow::Keep);
  return result;
}
template <class S, class D, RoundMode roundMode>
D ScalarCast(const S value) {
  return Cast<S, D, roundMode>(value);
}
inline bfloat16_t ToBfloat16(const float value) {
  return bfloat16_t(value);
}
inline float ToFloat(const bfloat16_t value) {
  return static_cast<float>(value);
}

// Saturating, or infinity and NaN (the state at start).
inline void SetSaturation(bool saturate) {
  podsim::kernel::scalar_unit().registers().overflow =
      saturate ? podsim::kernel::Overflow::Saturate : podsim::kernel::Overflow::Keep;
}
template <class T = void>
void SetSaturationFlag(bool saturate) {
  SetSaturation(saturate);
}
struct AscendCUtils {
  static void SetOverflow(uint64_t ctrlValue) { SetSaturation(ctrlValue == 0); }
  // Older names of the mask calls.
  template <class T>
  static void SetMask(const uint64_t& maskHigh, const uint64_t& maskLow) {
    SetVectorMask<T>(maskHigh, maskLow);
  }
  template <class T>
  static void SetMask(int32_t len) {
    SetVectorMask<T>(len);
  }
  template <class T>
  static void SetMaskCount(int32_t len) {
    AscendC::SetMaskCount();
    SetVectorMask<T, MaskMode::COUNTER>(len);
  }
  static void ResetMask() { AscendC::ResetMask(); }
};
// Control bit 48 only: the others have no counterpart here.
template <int8_t startBit, int8_t endBit>
void SetCtrlSpr(int64_t value) {
  static_assert(startBit == 48 && endBit == 48, "SetCtrlSpr: only control bit 48, saturation, is supported");
  SetSaturation(value == 0);
}

}  // namespace AscendC
