// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_issue.h"

// Element-wise calls of two tensors, each in three forms: count; mask as a number of elements; mask as bits.
namespace AscendC {

#define PODSIM_BINARY_CALL(Name, Op, Function, Types2201, Types3510)                                         \
  template <class T, bool isSetMask = true>                                                                  \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1,               \
            const uint64_t mask[], const uint8_t repeatTime, const BinaryRepeatParams& repeatParams) {       \
    using namespace podsim::kernel;                                                                          \
    if (!on_vector_core(#Name)) return;                                                                      \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                   \
    issue_binary(#Name, VectorOp::Op, dst, src0, src1,                                                       \
                 lanes_for<isSetMask>(#Name, kBitsOf<T>, mask, repeatTime), repeatParams, math::Function{}); \
  }                                                                                                          \
  template <class T, bool isSetMask = true>                                                                  \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1,               \
            const uint64_t mask, const uint8_t repeatTime, const BinaryRepeatParams& repeatParams) {         \
    using namespace podsim::kernel;                                                                          \
    if (!on_vector_core(#Name)) return;                                                                      \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                   \
    issue_binary(#Name, VectorOp::Op, dst, src0, src1,                                                       \
                 lanes_for<isSetMask>(#Name, kBitsOf<T>, mask, repeatTime), repeatParams, math::Function{}); \
  }                                                                                                          \
  template <class T>                                                                                         \
  void Name(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1,               \
            const int32_t count) {                                                                           \
    using namespace podsim::kernel;                                                                          \
    if (!on_vector_core(#Name)) return;                                                                      \
    require_type(#Name, kTypeOf<T>, Types2201, Types3510);                                                   \
    issue_binary(#Name, VectorOp::Op, dst, src0, src1,                                                       \
                 counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)), BinaryRepeatParams(),              \
                 math::Function{});                                                                          \
  }

PODSIM_BINARY_CALL(Add, Add, Add, kArithmetic, kWideSet)
PODSIM_BINARY_CALL(Sub, Add, Sub, kArithmetic, kWideSet)
PODSIM_BINARY_CALL(Mul, Mul, Mul, kArithmetic, kWideSet)
PODSIM_BINARY_CALL(Div, Divide, Div, kHalfFloat, kWideSet)
PODSIM_BINARY_CALL(Max, MaxMin, Max, kArithmetic, kWideSet)
PODSIM_BINARY_CALL(Min, MaxMin, Min, kArithmetic, kWideSet)
PODSIM_BINARY_CALL(And, Logic, And, kIntegers16, kIntegers)
PODSIM_BINARY_CALL(Or, Logic, Or, kIntegers16, kIntegers)
PODSIM_BINARY_CALL(AddRelu, Add, AddRelu, kHalfFloat | types(DataType::Int16),
                   kHalfFloat | types(DataType::Int16))
PODSIM_BINARY_CALL(SubRelu, Add, SubRelu, kHalfFloat | types(DataType::Int16),
                   kHalfFloat | types(DataType::Int16))
PODSIM_BINARY_CALL(ExpSub, Transcendental, ExpSub, 0, kHalfFloat)
PODSIM_BINARY_CALL(AbsSub, Add, AbsSub, 0, kHalfFloat)
#undef PODSIM_BINARY_CALL

// Calls that read what is in dst. `Expression` of a, b and d, the element of dst before. D and S may differ.
#define PODSIM_ACCUMULATE_CALL(Name, Expression)                                                       \
  template <class D, class S, bool isSetMask = true>                                                   \
  void Name(const LocalTensor<D>& dst, const LocalTensor<S>& src0, const LocalTensor<S>& src1,         \
            const uint64_t mask[], const uint8_t repeatTime, const BinaryRepeatParams& repeatParams) { \
    using namespace podsim::kernel;                                                                    \
    if (!on_vector_core(#Name)) return;                                                                \
    require_accumulation(#Name, kTypeOf<D>, kTypeOf<S>);                                               \
    const Lanes lanes = lanes_for<isSetMask>(#Name, kWiderBits<D, S>, mask, repeatTime);               \
    issue_accumulate(#Name, VectorOp::MulAdd, dst, src0, src1, lanes, repeatParams,                    \
                     [](S a, S b, D d) -> D { return Expression; });                                   \
  }                                                                                                    \
  template <class D, class S, bool isSetMask = true>                                                   \
  void Name(const LocalTensor<D>& dst, const LocalTensor<S>& src0, const LocalTensor<S>& src1,         \
            const uint64_t mask, const uint8_t repeatTime, const BinaryRepeatParams& repeatParams) {   \
    using namespace podsim::kernel;                                                                    \
    if (!on_vector_core(#Name)) return;                                                                \
    require_accumulation(#Name, kTypeOf<D>, kTypeOf<S>);                                               \
    const Lanes lanes = lanes_for<isSetMask>(#Name, kWiderBits<D, S>, mask, repeatTime);               \
    issue_accumulate(#Name, VectorOp::MulAdd, dst, src0, src1, lanes, repeatParams,                    \
                     [](S a, S b, D d) -> D { return Expression; });                                   \
  }                                                                                                    \
  template <class D, class S>                                                                          \
  void Name(const LocalTensor<D>& dst, const LocalTensor<S>& src0, const LocalTensor<S>& src1,         \
            const int32_t count) {                                                                     \
    using namespace podsim::kernel;                                                                    \
    if (!on_vector_core(#Name)) return;                                                                \
    require_accumulation(#Name, kTypeOf<D>, kTypeOf<S>);                                               \
    const Lanes lanes = counted_lanes(kWiderBits<D, S>, static_cast<uint64_t>(count));                 \
    issue_accumulate(#Name, VectorOp::MulAdd, dst, src0, src1, lanes, binary_strides<D, S>(),          \
                     [](S a, S b, D d) -> D { return Expression; });                                   \
  }

PODSIM_ACCUMULATE_CALL(MulAddDst, math::multiply_add(a, b, d))
PODSIM_ACCUMULATE_CALL(FusedMulAdd, math::multiply_add(a, static_cast<S>(d), static_cast<D>(b)))
PODSIM_ACCUMULATE_CALL(MulAddRelu, math::Relu{}(math::multiply_add(a, static_cast<S>(d), static_cast<D>(b))))
PODSIM_ACCUMULATE_CALL(FusedMulAddRelu,
                       math::Relu{}(math::multiply_add(a, static_cast<S>(d), static_cast<D>(b))))
#undef PODSIM_ACCUMULATE_CALL

// dst = a + b on tensors: an expression that assignment turns into the call.
template <class T,
          void (*kCall)(const LocalTensor<T>&, const LocalTensor<T>&, const LocalTensor<T>&, int32_t)>
struct BinaryExpression : podsim::kernel::TensorExpression {
  BinaryExpression(const LocalTensor<T>& left, const LocalTensor<T>& right) : a(left), b(right) {}
  void assign_to(const LocalTensor<T>& dst) const { kCall(dst, a, b, static_cast<int32_t>(dst.GetSize())); }
  LocalTensor<T> a;
  LocalTensor<T> b;
};
#define PODSIM_TENSOR_OPERATOR(symbol, Name)                                                              \
  template <class T>                                                                                      \
  BinaryExpression<T, &Name<T>> operator symbol(const LocalTensor<T>& src0, const LocalTensor<T>& src1) { \
    return {src0, src1};                                                                                  \
  }
PODSIM_TENSOR_OPERATOR(+, Add)
PODSIM_TENSOR_OPERATOR(-, Sub)
PODSIM_TENSOR_OPERATOR(*, Mul)
PODSIM_TENSOR_OPERATOR(/, Div)
PODSIM_TENSOR_OPERATOR(&, And)
PODSIM_TENSOR_OPERATOR(|, Or)
#undef PODSIM_TENSOR_OPERATOR

}  // namespace AscendC
