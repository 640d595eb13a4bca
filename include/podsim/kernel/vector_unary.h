// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_issue.h"

// Element-wise calls of one tensor, and of one tensor and a scalar.
namespace AscendC {

#define PODSIM_UNARY_CALL(Name, Op, Function, Types2201, Types3510)                                       \
  template <class T, bool isSetMask = true>                                                               \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint64_t mask[],                  \
            const uint8_t repeatTime, const UnaryRepeatParams& repeatParams) {                            \
    using namespace podsim::kernel;                                                                       \
    if (!on_vector_core(#Name)) return;                                                                   \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                \
    issue_unary(#Name, VectorOp::Op, dst, src, lanes_for<isSetMask>(#Name, kBitsOf<T>, mask, repeatTime), \
                repeatParams, math::Function{});                                                          \
  }                                                                                                       \
  template <class T, bool isSetMask = true>                                                               \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint64_t mask,                    \
            const uint8_t repeatTime, const UnaryRepeatParams& repeatParams) {                            \
    using namespace podsim::kernel;                                                                       \
    if (!on_vector_core(#Name)) return;                                                                   \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                \
    issue_unary(#Name, VectorOp::Op, dst, src, lanes_for<isSetMask>(#Name, kBitsOf<T>, mask, repeatTime), \
                repeatParams, math::Function{});                                                          \
  }                                                                                                       \
  template <class T>                                                                                      \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t count) {                  \
    using namespace podsim::kernel;                                                                       \
    if (!on_vector_core(#Name)) return;                                                                   \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                \
    issue_unary(#Name, VectorOp::Op, dst, src, counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)),   \
                UnaryRepeatParams(), math::Function{});                                                   \
  }

PODSIM_UNARY_CALL(Exp, Transcendental, Exp, kHalfFloat, kHalfFloat)
PODSIM_UNARY_CALL(Ln, Transcendental, Ln, kHalfFloat, kHalfFloat)
PODSIM_UNARY_CALL(Sqrt, Transcendental, Sqrt, kHalfFloat, kHalfFloat)
PODSIM_UNARY_CALL(Rsqrt, Transcendental, Rsqrt, kHalfFloat, kHalfFloat)
PODSIM_UNARY_CALL(Reciprocal, Divide, Reciprocal, kHalfFloat, kHalfFloat)
PODSIM_UNARY_CALL(Abs, Add, Abs, kHalfFloat, kWideSet)
PODSIM_UNARY_CALL(Neg, Add, Neg, 0, kWideSet)
PODSIM_UNARY_CALL(Relu, MaxMin, Relu, kHalfFloat | types(DataType::Int32),
                  kHalfFloat | types(DataType::Int32))
PODSIM_UNARY_CALL(Not, Logic, Not, kIntegers16, kIntegers)
#undef PODSIM_UNARY_CALL

// Names ending in s work with a scalar; it is given in any arithmetic type.
#define PODSIM_SCALAR_CALL(Name, Op, Function, Types2201, Types3510)                                         \
  template <class T, bool isSetMask = true>                                                                  \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src,                                            \
            const podsim::kernel::as_given_t<T>& scalarValue, const uint64_t mask[],                         \
            const uint8_t repeatTime, const UnaryRepeatParams& repeatParams) {                               \
    using namespace podsim::kernel;                                                                          \
    if (!on_vector_core(#Name)) return;                                                                      \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                   \
    issue_unary(#Name, VectorOp::Op, dst, src, lanes_for<isSetMask>(#Name, kBitsOf<T>, mask, repeatTime),    \
                repeatParams, [s = scalarValue](T a) -> T { return Function; });                             \
  }                                                                                                          \
  template <class T, bool isSetMask = true>                                                                  \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src,                                            \
            const podsim::kernel::as_given_t<T>& scalarValue, const uint64_t mask, const uint8_t repeatTime, \
            const UnaryRepeatParams& repeatParams) {                                                         \
    using namespace podsim::kernel;                                                                          \
    if (!on_vector_core(#Name)) return;                                                                      \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                   \
    issue_unary(#Name, VectorOp::Op, dst, src, lanes_for<isSetMask>(#Name, kBitsOf<T>, mask, repeatTime),    \
                repeatParams, [s = scalarValue](T a) -> T { return Function; });                             \
  }                                                                                                          \
  template <class T, bool isSetMask = true>                                                                  \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src,                                            \
            const podsim::kernel::as_given_t<T>& scalarValue, const int32_t count) {                         \
    using namespace podsim::kernel;                                                                          \
    if (!on_vector_core(#Name)) return;                                                                      \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                   \
    issue_unary(#Name, VectorOp::Op, dst, src, counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)),      \
                UnaryRepeatParams(), [s = scalarValue](T a) -> T { return Function; });                      \
  }

PODSIM_SCALAR_CALL(Adds, Add, math::Add{}(a, s), kArithmetic, kWideSet)
PODSIM_SCALAR_CALL(Muls, Mul, math::Mul{}(a, s), kArithmetic, kWideSet)
PODSIM_SCALAR_CALL(Maxs, MaxMin, math::Max{}(a, s), kArithmetic, kWideSet)
PODSIM_SCALAR_CALL(Mins, MaxMin, math::Min{}(a, s), kArithmetic, kWideSet)
PODSIM_SCALAR_CALL(LeakyRelu, Mul, math::LeakyRelu{}(a, s), kHalfFloat, kHalfFloat)
PODSIM_SCALAR_CALL(Subs, Add, math::Sub{}(a, s), kArithmetic, kWideSet)
PODSIM_SCALAR_CALL(Divs, Divide, math::Div{}(a, s), kHalfFloat, kWideSet)
PODSIM_SCALAR_CALL(Ands, Logic, math::And{}(a, s), kIntegers16, kIntegers)
PODSIM_SCALAR_CALL(Ors, Logic, math::Or{}(a, s), kIntegers16, kIntegers)
PODSIM_SCALAR_CALL(ShiftLeft, Shift, math::shift_left(a, s), kIntegers, kIntegers)
#undef PODSIM_SCALAR_CALL

// Rounding adds the last bit that falls out; signed types only.
template <class T, bool isSetMask = true, class Mask>
void ShiftRight(const LocalTensor<T>& dst, const LocalTensor<T>& src,
                const podsim::kernel::as_given_t<T>& scalarValue, Mask mask, const uint8_t repeatTime,
                const UnaryRepeatParams& repeatParams, bool roundEn = false) {
  using namespace podsim::kernel;
  if (!on_vector_core("ShiftRight")) return;
  require_type("ShiftRight", kTypeOf<T>, kIntegers, kIntegers);
  Lanes lanes;
  if constexpr (std::is_pointer_v<Mask>) {
    lanes = lanes_for<isSetMask>("ShiftRight", kBitsOf<T>, static_cast<const uint64_t*>(mask), repeatTime);
  } else {
    lanes = lanes_for<isSetMask>("ShiftRight", kBitsOf<T>, static_cast<uint64_t>(mask), repeatTime);
  }
  issue_unary("ShiftRight", VectorOp::Shift, dst, src, lanes, repeatParams,
              [s = scalarValue, roundEn](T a) { return math::shift_right(a, s, roundEn); });
}
template <class T, bool isSetMask = true>
void ShiftRight(const LocalTensor<T>& dst, const LocalTensor<T>& src,
                const podsim::kernel::as_given_t<T>& scalarValue, const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("ShiftRight")) return;
  require_type("ShiftRight", kTypeOf<T>, kIntegers, kIntegers);
  issue_unary("ShiftRight", VectorOp::Shift, dst, src,
              counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)), UnaryRepeatParams(),
              [s = scalarValue](T a) { return math::shift_right(a, s, false); });
}

}  // namespace AscendC

namespace podsim::kernel {

// dst += src * scalar
template <class D, class S>
void issue_axpy(const AscendC::LocalTensor<D>& dst, const AscendC::LocalTensor<S>& src, S scalar,
                const Lanes& lanes, const AscendC::UnaryRepeatParams& p) {
  const Operand to = operand_of(dst, p.dstBlkStride, p.dstRepStride);
  const Operand from = operand_of(src, p.srcBlkStride, p.srcRepStride);
  VectorCall("Axpy", VectorOp::MulAdd, kWiderType<D, S>, lanes)
      .writes(to)
      .reads(from)
      .reads(to)
      .issue([lanes, to, from, scalar](std::byte* memory) {
        const View<D> out(memory, to);
        const View<S> in(memory, from);
        lanes.for_each([&](std::uint32_t r, std::uint32_t e) {
          out.set(r, e, math::multiply_add(in.get(r, e), scalar, out.get(r, e)));
        });
      });
}

}  // namespace podsim::kernel

namespace AscendC {

template <class D, class S, bool isSetMask = true>
void Axpy(const LocalTensor<D>& dst, const LocalTensor<S>& src,
          const podsim::kernel::as_given_t<S> scalarValue, const uint64_t mask, const uint8_t repeatTime,
          const UnaryRepeatParams& repeatParams) {
  using namespace podsim::kernel;
  if (!on_vector_core("Axpy")) return;
  require_accumulation("Axpy", kTypeOf<D>, kTypeOf<S>);
  issue_axpy<D, S>(dst, src, scalarValue, lanes_for<isSetMask>("Axpy", kWiderBits<D, S>, mask, repeatTime),
                   repeatParams);
}
template <class D, class S, bool isSetMask = true>
void Axpy(const LocalTensor<D>& dst, const LocalTensor<S>& src,
          const podsim::kernel::as_given_t<S> scalarValue, const uint64_t mask[], const uint8_t repeatTime,
          const UnaryRepeatParams& repeatParams) {
  using namespace podsim::kernel;
  if (!on_vector_core("Axpy")) return;
  require_accumulation("Axpy", kTypeOf<D>, kTypeOf<S>);
  issue_axpy<D, S>(dst, src, scalarValue, lanes_for<isSetMask>("Axpy", kWiderBits<D, S>, mask, repeatTime),
                   repeatParams);
}
template <class D, class S>
void Axpy(const LocalTensor<D>& dst, const LocalTensor<S>& src,
          const podsim::kernel::as_given_t<S> scalarValue, const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Axpy")) return;
  require_accumulation("Axpy", kTypeOf<D>, kTypeOf<S>);
  issue_axpy<D, S>(dst, src, scalarValue, counted_lanes(kWiderBits<D, S>, static_cast<uint64_t>(count)),
                   unary_strides<D, S>());
}

}  // namespace AscendC
