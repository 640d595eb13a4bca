// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_lanes.h"
#include "podsim/kernel/vector_math.h"
#include "podsim/kernel/vector_params.h"

// The shapes that most vector calls have, with the element operation left open.
namespace podsim::kernel {

template <class D, class S>
inline constexpr std::uint32_t kWiderBits = kBitsOf<D> > kBitsOf<S> ? kBitsOf<D> : kBitsOf<S>;
template <class D, class S>
inline constexpr DataType kWiderType = kBitsOf<D> >= kBitsOf<S> ? kTypeOf<D> : kTypeOf<S>;

// Strides that put one element after another in a call whose widest type is `bits` wide.
template <class D, class S>
AscendC::UnaryRepeatParams unary_strides() {
  constexpr std::uint32_t kBits = kWiderBits<D, S>;
  return {1, 1, 8 * kBitsOf<D> / kBits, 8 * kBitsOf<S> / kBits};
}
template <class D, class S>
AscendC::BinaryRepeatParams binary_strides() {
  constexpr std::uint32_t kBits = kWiderBits<D, S>;
  return {1, 1, 1, 8 * kBitsOf<D> / kBits, 8 * kBitsOf<S> / kBits, 8 * kBitsOf<S> / kBits};
}

// Accumulation in a type as wide as the factors, or of halves in float.
void require_accumulation(const char* call, DataType destination, DataType source);

// dst[i] = f(src[i])
template <class D, class S, class F>
void issue_unary(const char* call, VectorOp op, const AscendC::LocalTensor<D>& dst,
                 const AscendC::LocalTensor<S>& src, const Lanes& lanes, const AscendC::UnaryRepeatParams& p,
                 F f) {
  const Operand to = operand_of(dst, p.dstBlkStride, p.dstRepStride);
  const Operand from = operand_of(src, p.srcBlkStride, p.srcRepStride);
  VectorCall(call, op, kWiderType<D, S>, lanes)
      .writes(to)
      .reads(from)
      .issue([lanes, to, from, f](std::byte* memory) {
        const View<D> out(memory, to);
        const View<S> in(memory, from);
        lanes.for_each([&](std::uint32_t r, std::uint32_t e) { out.set(r, e, f(in.get(r, e))); });
      });
}

// dst[i] = f(src0[i], src1[i])
template <class D, class S, class F>
void issue_binary(const char* call, VectorOp op, const AscendC::LocalTensor<D>& dst,
                  const AscendC::LocalTensor<S>& src0, const AscendC::LocalTensor<S>& src1,
                  const Lanes& lanes, const AscendC::BinaryRepeatParams& p, F f) {
  const Operand to = operand_of(dst, p.dstBlkStride, p.dstRepStride);
  const Operand a = operand_of(src0, p.src0BlkStride, p.src0RepStride);
  const Operand b = operand_of(src1, p.src1BlkStride, p.src1RepStride);
  VectorCall(call, op, kWiderType<D, S>, lanes)
      .writes(to)
      .reads(a)
      .reads(b)
      .issue([lanes, to, a, b, f](std::byte* memory) {
        const View<D> out(memory, to);
        const View<S> in0(memory, a);
        const View<S> in1(memory, b);
        lanes.for_each(
            [&](std::uint32_t r, std::uint32_t e) { out.set(r, e, f(in0.get(r, e), in1.get(r, e))); });
      });
}

// dst[i] = f(src0[i], src1[i], dst[i])
template <class D, class S, class F>
void issue_accumulate(const char* call, VectorOp op, const AscendC::LocalTensor<D>& dst,
                      const AscendC::LocalTensor<S>& src0, const AscendC::LocalTensor<S>& src1,
                      const Lanes& lanes, const AscendC::BinaryRepeatParams& p, F f) {
  const Operand to = operand_of(dst, p.dstBlkStride, p.dstRepStride);
  const Operand a = operand_of(src0, p.src0BlkStride, p.src0RepStride);
  const Operand b = operand_of(src1, p.src1BlkStride, p.src1RepStride);
  VectorCall(call, op, kWiderType<D, S>, lanes)
      .writes(to)
      .reads(a)
      .reads(b)
      .reads(to)
      .issue([lanes, to, a, b, f](std::byte* memory) {
        const View<D> out(memory, to);
        const View<S> in0(memory, a);
        const View<S> in1(memory, b);
        lanes.for_each([&](std::uint32_t r, std::uint32_t e) {
          out.set(r, e, f(in0.get(r, e), in1.get(r, e), out.get(r, e)));
        });
      });
}

}  // namespace podsim::kernel
