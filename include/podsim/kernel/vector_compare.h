// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_binary.h"
#include "podsim/kernel/vector_fill.h"

// Comparison into bits, and selection by bits. Bit 0 of byte 0 belongs to element 0.
namespace podsim::kernel {

template <class T>
bool compared(T a, T b, AscendC::CMPMODE mode) {
  const auto x = math::wide(a);
  const auto y = math::wide(b);
  // Unsigned computing types would order negative integers wrongly.
  const auto less = [](T p, T q) {
    if constexpr (math::kIsFloating<T>)
      return math::wide(p) < math::wide(q);
    else
      return p < q;
  };
  switch (mode) {
    case AscendC::CMPMODE::LT:
      return less(a, b);
    case AscendC::CMPMODE::GT:
      return less(b, a);
    case AscendC::CMPMODE::EQ:
      return x == y;
    case AscendC::CMPMODE::LE:
      return less(a, b) || x == y;
    case AscendC::CMPMODE::GE:
      return less(b, a) || x == y;
    case AscendC::CMPMODE::NE:
      return x != y;
  }
  return false;
}

inline void put_bit(std::byte* bytes, std::uint64_t index, bool value) {
  const auto bit = static_cast<std::byte>(1U << (index % 8));
  bytes[index / 8] = value ? bytes[index / 8] | bit : bytes[index / 8] & ~bit;
}
inline bool get_bit(const std::byte* bytes, std::uint64_t index) {
  return (std::to_integer<unsigned>(bytes[index / 8]) >> (index % 8) & 1U) != 0;
}

// Legal comparisons: on 2201 int32 only for equality.
void require_comparable(const char* call, DataType type, AscendC::CMPMODE mode);

// dst bits of whole repeats, one after another; `scalar`: src1 is one value.
template <class T, class Second>
void issue_compare(const char* call, std::uint64_t dst, const Operand& src0, const Operand* src1,
                   const Lanes& lanes, AscendC::CMPMODE mode, Second second) {
  require_comparable(call, kTypeOf<T>, mode);
  VectorCall vector(call, VectorOp::Compare, kTypeOf<T>, lanes);
  vector.writes_bytes("the destination", dst, std::uint64_t{lanes.repeats} * lanes.per_repeat / 8);
  vector.reads(src0);
  if (src1 != nullptr) vector.reads(*src1);
  vector.issue([dst, src0, lanes, mode, second](std::byte* memory) {
    const View<T> in(memory, src0);
    lanes.for_each([&](std::uint32_t r, std::uint32_t e) {
      put_bit(memory + dst, std::uint64_t{r} * lanes.per_repeat + e,
              compared<T>(in.get(r, e), second(memory, r, e), mode));
    });
  });
}
template <class T>
void issue_compare_tensors(const char* call, std::uint64_t dst, const AscendC::LocalTensor<T>& src0,
                           const AscendC::LocalTensor<T>& src1, const Lanes& lanes, AscendC::CMPMODE mode,
                           const AscendC::BinaryRepeatParams& p) {
  const Operand a = operand_of(src0, p.src0BlkStride, p.src0RepStride);
  const Operand b = operand_of(src1, p.src1BlkStride, p.src1RepStride);
  issue_compare<T>(call, dst, a, &b, lanes, mode, [b](std::byte* memory, std::uint32_t r, std::uint32_t e) {
    return View<T>(memory, b).get(r, e);
  });
}
// Whole repeats within `count` elements; the rest is not computed.
inline std::uint32_t whole_repeats(std::uint32_t bits, std::uint64_t count) {
  return static_cast<std::uint32_t>(count * bits / 8 / kRepeatBytes);
}
// On 2201 comparisons ignore their mask.
template <bool isSetMask, class Mask>
Lanes compare_lanes(const char* call, std::uint32_t bits, Mask mask, std::uint32_t repeats) {
  const Lanes lanes = any_lanes<isSetMask>(call, bits, mask, repeats);
  return is_3510() ? lanes : full_lanes(bits, repeats);
}

// How a selection reads its bits: the first repeat's bits for every repeat, or one after another.
template <class T, class Second>
void issue_select(const AscendC::LocalTensor<T>& dst, std::uint64_t bits_at,
                  const AscendC::LocalTensor<T>& src0, const Operand* src1, const Lanes& lanes,
                  AscendC::SELMODE mode, const AscendC::BinaryRepeatParams& p, Second second) {
  require_type("Select", kTypeOf<T>, kHalfFloat, kBits16And32);
  const Operand to = operand_of(dst, p.dstBlkStride, p.dstRepStride);
  const Operand a = operand_of(src0, p.src0BlkStride, p.src0RepStride);
  const bool repeated = mode == AscendC::SELMODE::VSEL_CMPMASK_SPR;
  VectorCall vector("Select", VectorOp::Select, kTypeOf<T>, lanes);
  vector.writes(to).reads(a);
  if (src1 != nullptr) vector.reads(*src1);
  vector.reads_bytes("the mask", bits_at,
                     (repeated ? 1 : lanes.repeats) * std::uint64_t{lanes.per_repeat} / 8);
  vector.issue([to, a, bits_at, lanes, repeated, second](std::byte* memory) {
    const View<T> out(memory, to);
    const View<T> in(memory, a);
    lanes.for_each([&](std::uint32_t r, std::uint32_t e) {
      const std::uint64_t index = repeated ? e : std::uint64_t{r} * lanes.per_repeat + e;
      out.set(r, e, get_bit(memory + bits_at, index) ? in.get(r, e) : second(memory, r, e));
    });
  });
}
template <class T>
void issue_select_tensors(const AscendC::LocalTensor<T>& dst, std::uint64_t bits_at,
                          const AscendC::LocalTensor<T>& src0, const AscendC::LocalTensor<T>& src1,
                          const Lanes& lanes, AscendC::SELMODE mode, const AscendC::BinaryRepeatParams& p) {
  const Operand b = operand_of(src1, p.src1BlkStride, p.src1RepStride);
  issue_select(
      dst, bits_at, src0, &b, lanes, mode, p,
      [b](std::byte* memory, std::uint32_t r, std::uint32_t e) { return View<T>(memory, b).get(r, e); });
}

}  // namespace podsim::kernel

namespace AscendC {

template <class T, class U>
void Compare(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1,
             CMPMODE cmpMode, uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Compare")) return;
  issue_compare_tensors("Compare", dst.GetPhyAddr(), src0, src1,
                        full_lanes(kBitsOf<T>, whole_repeats(kBitsOf<T>, count)), cmpMode,
                        BinaryRepeatParams());
}
template <class T, class U, bool isSetMask = true, class Mask = uint64_t>
void Compare(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1,
             CMPMODE cmpMode, Mask mask, uint8_t repeatTime, const BinaryRepeatParams& repeatParams) {
  using namespace podsim::kernel;
  if (!on_vector_core("Compare")) return;
  issue_compare_tensors("Compare", dst.GetPhyAddr(), src0, src1,
                        compare_lanes<isSetMask>("Compare", kBitsOf<T>, mask, repeatTime), cmpMode,
                        repeatParams);
}
template <class T, class U>
void Compares(const LocalTensor<U>& dst, const LocalTensor<T>& src0,
              const podsim::kernel::as_given_t<T> src1Scalar, CMPMODE cmpMode, uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Compares")) return;
  issue_compare<T>("Compares", dst.GetPhyAddr(), operand_of(src0, 1, 8), nullptr,
                   full_lanes(kBitsOf<T>, whole_repeats(kBitsOf<T>, count)), cmpMode,
                   [src1Scalar](std::byte*, uint32_t, uint32_t) { return src1Scalar; });
}
template <class T, class U, bool isSetMask = true, class Mask = uint64_t>
void Compares(const LocalTensor<U>& dst, const LocalTensor<T>& src0,
              const podsim::kernel::as_given_t<T> src1Scalar, CMPMODE cmpMode, Mask mask, uint8_t repeatTime,
              const UnaryRepeatParams& p) {
  using namespace podsim::kernel;
  if (!on_vector_core("Compares")) return;
  issue_compare<T>("Compares", dst.GetPhyAddr(), operand_of(src0, p.srcBlkStride, p.srcRepStride), nullptr,
                   compare_lanes<isSetMask>("Compares", kBitsOf<T>, mask, repeatTime), cmpMode,
                   [src1Scalar](std::byte*, uint32_t, uint32_t) { return src1Scalar; });
}
template <class T, class U>
void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0,
                   const podsim::kernel::as_given_t<T> src1Scalar, CMPMODE cmpMode, uint32_t count) {
  Compares<T, U>(dst, src0, src1Scalar, cmpMode, count);
}
template <class T, class U, bool isSetMask = true, class Mask = uint64_t>
void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0,
                   const podsim::kernel::as_given_t<T> src1Scalar, CMPMODE cmpMode, Mask mask,
                   uint8_t repeatTime, const UnaryRepeatParams& p) {
  Compares<T, U, isSetMask>(dst, src0, src1Scalar, cmpMode, mask, repeatTime, p);
}

// One repeat into the compare register.
template <class T, bool isSetMask = true, class Mask = uint64_t>
void Compare(const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, Mask mask,
             const BinaryRepeatParams& p) {
  using namespace podsim::kernel;
  if (!on_vector_core("Compare")) return;
  require_comparable("Compare", kTypeOf<T>, cmpMode);
  const Lanes lanes = compare_lanes<isSetMask>("Compare", kBitsOf<T>, mask, 1);
  const Operand a = operand_of(src0, p.src0BlkStride, p.src0RepStride);
  const Operand b = operand_of(src1, p.src1BlkStride, p.src1RepStride);
  uint64_t* const result = scalar_unit().registers().compare_mask.data();
  VectorCall("Compare", VectorOp::Compare, kTypeOf<T>, lanes).reads(a).reads(b).issue([=](std::byte* memory) {
    const View<T> in0(memory, a);
    const View<T> in1(memory, b);
    auto* const bits = reinterpret_cast<std::byte*>(result);
    lanes.for_each([&](uint32_t r, uint32_t e) {
      put_bit(bits, e, compared<T>(in0.get(r, e), in1.get(r, e), cmpMode));
    });
  });
}
template <class T>
void GetCmpMask(const LocalTensor<T>& dst) {
  using namespace podsim::kernel;
  if (!on_vector_core("GetCmpMask")) return;
  const uint64_t* const mask = scalar_unit().registers().compare_mask.data();
  VectorCall("GetCmpMask", VectorOp::Mask, DataType::Uint16, full_lanes(16, 1))
      .writes_bytes("the destination", dst.GetPhyAddr(), 16)
      .issue([mask, at = dst.GetPhyAddr()](std::byte* memory) { std::memcpy(memory + at, mask, 16); });
}
template <class T>
void SetCmpMask(const LocalTensor<T>& src) {
  using namespace podsim::kernel;
  if (!on_vector_core("SetCmpMask")) return;
  uint64_t* const mask = scalar_unit().registers().compare_mask.data();
  VectorCall("SetCmpMask", VectorOp::Mask, DataType::Uint16, full_lanes(16, 1))
      .reads_bytes("the source", src.GetPhyAddr(), 16)
      .issue([mask, at = src.GetPhyAddr()](std::byte* memory) { std::memcpy(mask, memory + at, 16); });
}

// Bit 1 takes src0, bit 0 src1.
template <class T, class U>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0,
            const LocalTensor<T>& src1, SELMODE selMode, uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Select")) return;
  issue_select_tensors(dst, selMask.GetPhyAddr(), src0, src1, counted_lanes(kBitsOf<T>, count), selMode,
                       BinaryRepeatParams());
}
template <class T, class U, bool isSetMask = true, class Mask = uint64_t>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0,
            const LocalTensor<T>& src1, SELMODE selMode, Mask mask, uint8_t repeatTime,
            const BinaryRepeatParams& p) {
  using namespace podsim::kernel;
  if (!on_vector_core("Select")) return;
  issue_select_tensors(dst, selMask.GetPhyAddr(), src0, src1,
                       any_lanes<isSetMask>("Select", kBitsOf<T>, mask, repeatTime), selMode, p);
}
template <class T, class U>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0,
            const podsim::kernel::as_given_t<T> src1, SELMODE selMode, uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Select")) return;
  issue_select(dst, selMask.GetPhyAddr(), src0, nullptr, counted_lanes(kBitsOf<T>, count), selMode,
               BinaryRepeatParams(), [src1](std::byte*, uint32_t, uint32_t) { return src1; });
}
template <class T, class U, bool isSetMask = true, class Mask = uint64_t>
void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0,
            const podsim::kernel::as_given_t<T> src1, SELMODE selMode, Mask mask, uint8_t repeatTime,
            const BinaryRepeatParams& p) {
  using namespace podsim::kernel;
  if (!on_vector_core("Select")) return;
  issue_select(dst, selMask.GetPhyAddr(), src0, nullptr,
               any_lanes<isSetMask>("Select", kBitsOf<T>, mask, repeatTime), selMode, p,
               [src1](std::byte*, uint32_t, uint32_t) { return src1; });
}

// dst = a < b
template <class T>
struct CompareExpression : podsim::kernel::TensorExpression {
  CompareExpression(const LocalTensor<T>& left, const LocalTensor<T>& right, CMPMODE how)
      : a(left), b(right), mode(how) {}
  template <class U>
  void assign_to(const LocalTensor<U>& dst) const {
    Compare(dst, a, b, mode, dst.GetSize());
  }
  LocalTensor<T> a;
  LocalTensor<T> b;
  CMPMODE mode;
};
#define PODSIM_COMPARE_OPERATOR(symbol, Mode)                                                    \
  template <class T>                                                                             \
  CompareExpression<T> operator symbol(const LocalTensor<T>& src0, const LocalTensor<T>& src1) { \
    return {src0, src1, CMPMODE::Mode};                                                          \
  }
PODSIM_COMPARE_OPERATOR(<, LT)
PODSIM_COMPARE_OPERATOR(>, GT)
PODSIM_COMPARE_OPERATOR(<=, LE)
PODSIM_COMPARE_OPERATOR(>=, GE)
PODSIM_COMPARE_OPERATOR(==, EQ)
PODSIM_COMPARE_OPERATOR(!=, NE)
#undef PODSIM_COMPARE_OPERATOR

}  // namespace AscendC
