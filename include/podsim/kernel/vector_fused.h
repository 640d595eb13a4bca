// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_binary.h"
#include "podsim/kernel/vector_cast.h"

// Calls that compute and convert in one instruction, and reorderings of two tensors. The computation rounds
// to the source's type before it is converted (assumed: only the formula is published).
namespace podsim::kernel {

template <class D>
D converted(double value, Rounding rounding, Overflow overflow) {
  D result{};
  store_number(reinterpret_cast<std::byte*>(&result), 0, kTypeOf<D>, value, rounding, overflow);
  return result;
}

struct AddReluCastRule {
  template <class D, class S>
  static constexpr bool kLegal = (std::is_same_v<S, Half> && std::is_same_v<D, std::int8_t>) ||
                                 (std::is_same_v<S, float> && std::is_same_v<D, Half>) ||
                                 (std::is_same_v<S, std::int16_t> && std::is_same_v<D, std::int8_t>);
  template <class S>
  static double apply(S a, S b, float /*scale*/) {
    return static_cast<double>(math::AddRelu{}(a, b));
  }
};
struct SubReluCastRule : AddReluCastRule {
  template <class S>
  static double apply(S a, S b, float /*scale*/) {
    return static_cast<double>(math::SubRelu{}(a, b));
  }
};
struct MulCastRule {
  template <class D, class S>
  static constexpr bool kLegal = std::is_same_v<S, Half> &&
                                 (std::is_same_v<D, std::int8_t> || std::is_same_v<D, std::uint8_t>);
  template <class S>
  static double apply(S a, S b, float /*scale*/) {
    return static_cast<double>(math::Mul{}(a, b));
  }
};
// The scale of SetDeqScale.
struct AddDeqReluRule {
  template <class D, class S>
  static constexpr bool kLegal = std::is_same_v<S, std::int32_t>&& std::is_same_v<D, Half>;
  template <class S>
  static double apply(S a, S b, float scale) {
    return math::Relu{}(static_cast<double>(math::Add{}(a, b)) * static_cast<double>(scale));
  }
};

template <class Rule, class D, class S>
void issue_fused(const char* call, VectorOp op, const AscendC::LocalTensor<D>& dst,
                 const AscendC::LocalTensor<S>& src0, const AscendC::LocalTensor<S>& src1, const Lanes& lanes,
                 const AscendC::BinaryRepeatParams& p) {
  const CoreRegisters& registers = scalar_unit().registers();
  issue_binary(call, op, dst, src0, src1, lanes, p,
               [overflow = registers.overflow, scale = registers.deq_scale](S a, S b) {
                 return converted<D>(Rule::apply(a, b, scale), Rounding::Rint, overflow);
               });
}

// Turns one pair of tensors into another: even and odd elements apart, or together again.
void issue_interleave(std::uint64_t dst0, std::uint64_t dst1, std::uint64_t src0, std::uint64_t src1,
                      std::uint64_t count, DataType type, bool apart);

}  // namespace podsim::kernel

namespace AscendC {

#define PODSIM_FUSED_CALL(Name, Op, Types)                                                                  \
  template <class D, class S, bool isSetMask = true, class Mask = uint64_t>                                 \
  void Name(const LocalTensor<D>& dst, const LocalTensor<S>& src0, const LocalTensor<S>& src1, Mask mask,   \
            const uint8_t repeatTime, const BinaryRepeatParams& repeatParams) {                             \
    using namespace podsim::kernel;                                                                         \
    static_assert(Name##Rule::kLegal<D, S>, #Name " turns " Types);                                         \
    if (!on_vector_core(#Name)) return;                                                                     \
    issue_fused<Name##Rule>(#Name, VectorOp::Op, dst, src0, src1,                                           \
                            any_lanes<isSetMask>(#Name, kWiderBits<D, S>, mask, repeatTime), repeatParams); \
  }                                                                                                         \
  template <class D, class S>                                                                               \
  void Name(const LocalTensor<D>& dst, const LocalTensor<S>& src0, const LocalTensor<S>& src1,              \
            const uint32_t count) {                                                                         \
    using namespace podsim::kernel;                                                                         \
    static_assert(Name##Rule::kLegal<D, S>, #Name " turns " Types);                                         \
    if (!on_vector_core(#Name)) return;                                                                     \
    issue_fused<Name##Rule>(#Name, VectorOp::Op, dst, src0, src1, counted_lanes(kWiderBits<D, S>, count),   \
                            binary_strides<D, S>());                                                        \
  }
PODSIM_FUSED_CALL(AddReluCast, Add, "half to int8_t, float to half or int16_t to int8_t")
PODSIM_FUSED_CALL(SubReluCast, Add, "half to int8_t, float to half or int16_t to int8_t")
PODSIM_FUSED_CALL(MulCast, Mul, "half to int8_t or uint8_t")
PODSIM_FUSED_CALL(AddDeqRelu, Add, "int32_t to half")
#undef PODSIM_FUSED_CALL

// To the nearest integer of the mode, in the same type (3510).
template <class T, RoundMode roundMode>
void Truncate(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint32_t count) {
  using namespace podsim::kernel;
  static_assert(math::kIsFloating<T>, "Truncate takes half, bfloat16_t and float");
  static_assert(roundMode != RoundMode::CAST_NONE && roundMode != RoundMode::CAST_ODD,
                "Truncate takes CAST_RINT, CAST_FLOOR, CAST_CEIL, CAST_ROUND and CAST_TRUNC");
  if (!on_vector_core("Truncate")) return;
  require_arch("Truncate", 3510);
  issue_unary(
      "Truncate", VectorOp::Convert, dst, src, counted_lanes(kBitsOf<T>, count), UnaryRepeatParams(),
      [](T a) { return static_cast<T>(round_to_integral(static_cast<double>(a), rounding_of(roundMode))); });
}

// src0[0], src1[0], src0[1], ..: the first count of them to dst0, the others to dst1 (3510).
template <class T>
void Interleave(const LocalTensor<T>& dst0, const LocalTensor<T>& dst1, const LocalTensor<T>& src0,
                const LocalTensor<T>& src1, const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Interleave")) return;
  issue_interleave(dst0.GetPhyAddr(), dst1.GetPhyAddr(), src0.GetPhyAddr(), src1.GetPhyAddr(),
                   static_cast<uint64_t>(count), kTypeOf<T>, false);
}
// Even elements of src0 followed by src1 to dst0, odd ones to dst1 (3510).
template <class T>
void DeInterleave(const LocalTensor<T>& dst0, const LocalTensor<T>& dst1, const LocalTensor<T>& src0,
                  const LocalTensor<T>& src1, const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("DeInterleave")) return;
  issue_interleave(dst0.GetPhyAddr(), dst1.GetPhyAddr(), src0.GetPhyAddr(), src1.GetPhyAddr(),
                   static_cast<uint64_t>(count), kTypeOf<T>, true);
}

}  // namespace AscendC
