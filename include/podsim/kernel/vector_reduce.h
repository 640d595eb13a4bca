// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_fill.h"

// Sums, maxima and minima over blocks, repeats and whole tensors. Sums are binary trees of neighbours,
// rounded at every step; elements that the mask leaves out count as the neutral element.
namespace podsim::kernel {

enum class Reduction : std::uint8_t { Sum, Max, Min };

struct ReduceCall {
  const char* call = "";
  Reduction reduction = Reduction::Sum;
  DataType type = DataType::Fp32;
  std::uint64_t dst = 0;
  std::uint64_t src = 0;
  std::uint64_t tmp = 0;
  std::uint32_t block_stride = 1;
  std::uint32_t repeat_stride = 8;
  std::uint32_t destination_stride = 1;
};

// The whole tensor to one value (and its index behind it, as an unsigned integer of the same width).
// `in_order`: the results of the repeats are added one after another instead of as a tree.
void issue_reduce_all(const ReduceCall& call, const Lanes& lanes, bool in_order, bool with_index);
// One result, or pair of value and index, per repeat.
void issue_reduce_repeats(const ReduceCall& call, const Lanes& lanes, AscendC::ReduceOrder order);
// One result per block of 32 B, 8 a repeat.
void issue_reduce_blocks(const ReduceCall& call, const Lanes& lanes);
// Sums of neighbours, half as many as elements.
void issue_reduce_pairs(const ReduceCall& call, const Lanes& lanes);

inline constexpr TypeSet kSummable3510 =
    kHalfFloat | types(DataType::Int32, DataType::Uint32, DataType::Int64, DataType::Uint64);

template <class T>
ReduceCall reduce_call(const char* call, Reduction reduction, const AscendC::LocalTensor<T>& dst,
                       const AscendC::LocalTensor<T>& src) {
  require_type(call, kTypeOf<T>, kHalfFloat, kSummable3510);
  return {call, reduction, kTypeOf<T>, dst.GetPhyAddr(), src.GetPhyAddr(), 0, 1, 8, 1};
}

}  // namespace podsim::kernel

namespace AscendC {

template <class T, bool isSetMask = true>
void ReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer,
               const int32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("ReduceSum")) return;
  ReduceCall call = reduce_call("ReduceSum", Reduction::Sum, dst, src);
  call.tmp = sharedTmpBuffer.GetPhyAddr();
  issue_reduce_all(call, counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)), !is_3510(), false);
}
template <class T, bool isSetMask = true, class Mask = int32_t>
void ReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer,
               Mask mask, const int32_t repeatTime, const int32_t srcRepStride) {
  using namespace podsim::kernel;
  if (!on_vector_core("ReduceSum")) return;
  ReduceCall call = reduce_call("ReduceSum", Reduction::Sum, dst, src);
  call.tmp = sharedTmpBuffer.GetPhyAddr();
  call.repeat_stride = static_cast<uint32_t>(srcRepStride);
  issue_reduce_all(call, any_lanes<true>("ReduceSum", kBitsOf<T>, mask, static_cast<uint32_t>(repeatTime)),
                   false, false);
}

#define PODSIM_REDUCE_EXTREME(Name, Kind)                                                                  \
  template <class T>                                                                                       \
  void Reduce##Name(const LocalTensor<T>& dst, const LocalTensor<T>& src,                                  \
                    const LocalTensor<T>& sharedTmpBuffer, const int32_t count, bool calIndex = false) {   \
    using namespace podsim::kernel;                                                                        \
    if (!on_vector_core("Reduce" #Name)) return;                                                           \
    ReduceCall call = reduce_call("Reduce" #Name, Reduction::Kind, dst, src);                              \
    call.tmp = sharedTmpBuffer.GetPhyAddr();                                                               \
    issue_reduce_all(call, counted_lanes(kBitsOf<T>, static_cast<uint64_t>(count)), false, calIndex);      \
  }                                                                                                        \
  template <class T, class Mask>                                                                           \
  void Reduce##Name(const LocalTensor<T>& dst, const LocalTensor<T>& src,                                  \
                    const LocalTensor<T>& sharedTmpBuffer, Mask mask, const int32_t repeatTime,            \
                    const int32_t srcRepStride, bool calIndex = false) {                                   \
    using namespace podsim::kernel;                                                                        \
    if (!on_vector_core("Reduce" #Name)) return;                                                           \
    ReduceCall call = reduce_call("Reduce" #Name, Reduction::Kind, dst, src);                              \
    call.tmp = sharedTmpBuffer.GetPhyAddr();                                                               \
    call.repeat_stride = static_cast<uint32_t>(srcRepStride);                                              \
    issue_reduce_all(call,                                                                                 \
                     any_lanes<true>("Reduce" #Name, kBitsOf<T>, mask, static_cast<uint32_t>(repeatTime)), \
                     false, calIndex);                                                                     \
  }                                                                                                        \
  template <class T, bool isSetMask = true, class Mask = int32_t>                                          \
  void WholeReduce##Name(const LocalTensor<T>& dst, const LocalTensor<T>& src, Mask mask,                  \
                         const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride, \
                         const int32_t srcRepStride, ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX) { \
    using namespace podsim::kernel;                                                                        \
    if (!on_vector_core("WholeReduce" #Name)) return;                                                      \
    ReduceCall call = reduce_call("WholeReduce" #Name, Reduction::Kind, dst, src);                         \
    call.block_stride = static_cast<uint32_t>(srcBlkStride);                                               \
    call.repeat_stride = static_cast<uint32_t>(srcRepStride);                                              \
    call.destination_stride = static_cast<uint32_t>(dstRepStride);                                         \
    issue_reduce_repeats(                                                                                  \
        call,                                                                                              \
        any_lanes<isSetMask>("WholeReduce" #Name, kBitsOf<T>, mask, static_cast<uint32_t>(repeatTime)),    \
        order);                                                                                            \
  }
PODSIM_REDUCE_EXTREME(Max, Max)
PODSIM_REDUCE_EXTREME(Min, Min)
#undef PODSIM_REDUCE_EXTREME

template <class T, bool isSetMask = true, class Mask = int32_t>
void WholeReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, Mask mask, const int32_t repeatTime,
                    const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride) {
  using namespace podsim::kernel;
  if (!on_vector_core("WholeReduceSum")) return;
  ReduceCall call = reduce_call("WholeReduceSum", Reduction::Sum, dst, src);
  call.block_stride = static_cast<uint32_t>(srcBlkStride);
  call.repeat_stride = static_cast<uint32_t>(srcRepStride);
  call.destination_stride = static_cast<uint32_t>(dstRepStride);
  issue_reduce_repeats(
      call, any_lanes<isSetMask>("WholeReduceSum", kBitsOf<T>, mask, static_cast<uint32_t>(repeatTime)),
      ReduceOrder::ORDER_ONLY_VALUE);
}
// The older name, with another order of arguments.
template <class T, bool isSetMask = true, class Mask = int32_t>
void RepeatReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime,
                     Mask mask, const int32_t /*dstBlkStride*/, const int32_t srcBlkStride,
                     const int32_t dstRepStride, const int32_t srcRepStride) {
  WholeReduceSum<T, isSetMask>(dst, src, mask, repeatTime, dstRepStride, srcBlkStride, srcRepStride);
}

// Repeat count before mask in these names.
#define PODSIM_REDUCE_BLOCKS(Name, Kind)                                                                 \
  template <class T, bool isSetMask = true, class Mask = int32_t>                                        \
  void BlockReduce##Name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, \
                         Mask mask, const int32_t dstRepStride, const int32_t srcBlkStride,              \
                         const int32_t srcRepStride) {                                                   \
    using namespace podsim::kernel;                                                                      \
    if (!on_vector_core("BlockReduce" #Name)) return;                                                    \
    ReduceCall call = reduce_call("BlockReduce" #Name, Reduction::Kind, dst, src);                       \
    call.block_stride = static_cast<uint32_t>(srcBlkStride);                                             \
    call.repeat_stride = static_cast<uint32_t>(srcRepStride);                                            \
    call.destination_stride = static_cast<uint32_t>(dstRepStride);                                       \
    issue_reduce_blocks(call, any_lanes<isSetMask>("BlockReduce" #Name, kBitsOf<T>, mask,                \
                                                   static_cast<uint32_t>(repeatTime)));                  \
  }
PODSIM_REDUCE_BLOCKS(Sum, Sum)
PODSIM_REDUCE_BLOCKS(Max, Max)
PODSIM_REDUCE_BLOCKS(Min, Min)
#undef PODSIM_REDUCE_BLOCKS

template <class T, bool isSetMask = true, class Mask = int32_t>
void PairReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, Mask mask,
                   const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride) {
  using namespace podsim::kernel;
  if (!on_vector_core("PairReduceSum")) return;
  ReduceCall call = reduce_call("PairReduceSum", Reduction::Sum, dst, src);
  call.block_stride = static_cast<uint32_t>(srcBlkStride);
  call.repeat_stride = static_cast<uint32_t>(srcRepStride);
  call.destination_stride = static_cast<uint32_t>(dstRepStride);
  issue_reduce_pairs(
      call, any_lanes<isSetMask>("PairReduceSum", kBitsOf<T>, mask, static_cast<uint32_t>(repeatTime)));
}

// Newer names.
template <ReduceType type, class T, bool isSetMask = true, class Mask = int32_t>
void ReduceRepeat(const LocalTensor<T>& dst, const LocalTensor<T>& src, Mask mask, const int32_t repeatTime,
                  const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride,
                  ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX) {
  if constexpr (type == ReduceType::SUM) {
    WholeReduceSum<T, isSetMask>(dst, src, mask, repeatTime, dstRepStride, srcBlkStride, srcRepStride);
  } else if constexpr (type == ReduceType::MAX) {
    WholeReduceMax<T, isSetMask>(dst, src, mask, repeatTime, dstRepStride, srcBlkStride, srcRepStride, order);
  } else {
    WholeReduceMin<T, isSetMask>(dst, src, mask, repeatTime, dstRepStride, srcBlkStride, srcRepStride, order);
  }
}
template <ReduceType type, class T, bool isSetMask = true, class Mask = int32_t>
void ReduceDataBlock(const LocalTensor<T>& dst, const LocalTensor<T>& src, Mask mask,
                     const int32_t repeatTime, const int32_t dstRepStride, const int32_t srcBlkStride,
                     const int32_t srcRepStride) {
  if constexpr (type == ReduceType::SUM) {
    BlockReduceSum<T, isSetMask>(dst, src, repeatTime, mask, dstRepStride, srcBlkStride, srcRepStride);
  } else if constexpr (type == ReduceType::MAX) {
    BlockReduceMax<T, isSetMask>(dst, src, repeatTime, mask, dstRepStride, srcBlkStride, srcRepStride);
  } else {
    BlockReduceMin<T, isSetMask>(dst, src, repeatTime, mask, dstRepStride, srcBlkStride, srcRepStride);
  }
}
template <ReduceType type, class T, bool isSetMask = true, class Mask = int32_t>
void ReducePairElem(const LocalTensor<T>& dst, const LocalTensor<T>& src, Mask mask, const int32_t repeatTime,
                    const int32_t dstRepStride, const int32_t srcBlkStride, const int32_t srcRepStride) {
  static_assert(type == ReduceType::SUM, "ReducePairElem exists for sums only");
  PairReduceSum<T, isSetMask>(dst, src, repeatTime, mask, dstRepStride, srcBlkStride, srcRepStride);
}

// Scalar results of the last reduction: the scalar unit waits for the vector pipe.
template <class T>
T GetReduceRepeatSumSpr() {
  using namespace podsim::kernel;
  T value{};
  if (!on_vector_core("GetReduceRepeatSumSpr")) return value;
  scalar_unit().drain_pipe("GetReduceRepeatSumSpr", Pipe::V);
  std::memcpy(static_cast<void*>(&value), &scalar_unit().registers().reduce_sum, sizeof(T));
  return value;
}
template <class T>
T GetAccVal() {
  return GetReduceRepeatSumSpr<T>();
}
template <class T>
void GetReduceRepeatMaxMinSpr(T& maxMinValue, T& maxMinIndex) {
  using namespace podsim::kernel;
  if (!on_vector_core("GetReduceRepeatMaxMinSpr")) return;
  scalar_unit().drain_pipe("GetReduceRepeatMaxMinSpr", Pipe::V);
  const CoreRegisters& registers = scalar_unit().registers();
  std::memcpy(static_cast<void*>(&maxMinValue), &registers.reduce_value, sizeof(T));
  std::memcpy(static_cast<void*>(&maxMinIndex), &registers.reduce_index, sizeof(T));
}
template <class T>
void GetReduceRepeatMaxMinSpr(T& maxMinValue) {
  T index;
  GetReduceRepeatMaxMinSpr(maxMinValue, index);
}
template <class T>
void GetReduceMaxMinCount(T& maxMinValue, T& maxMinIndex) {
  GetReduceRepeatMaxMinSpr(maxMinValue, maxMinIndex);
}

}  // namespace AscendC
