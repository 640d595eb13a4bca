// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_fill.h"

// Sorting. A sorted list is made of pairs of 8 bytes: the score (4 bytes, or 2 and 2 unused for half) and the
// index, a uint32. Orders are descending and stable.
namespace podsim::kernel {

constexpr std::uint32_t kPairBytes = 8;

struct MergeCall {
  std::uint64_t dst = 0;
  std::array<std::uint64_t, 4> src{};
  std::array<std::uint16_t, 4> lengths{};  // in pairs
  std::uint32_t valid = 3;                 // bits of the lists that take part: 3, 7 or 15
  bool suspend = false;                    // stop when one list is used up
  std::uint32_t repeats = 1;
  DataType type = DataType::Fp32;
};

void issue_sort32(std::uint64_t dst, std::uint64_t scores, std::uint64_t indices, std::uint32_t repeats,
                  DataType type);
void issue_merge(const MergeCall& call);
// Runs of 32 pairs, already sorted each, into one list; `tmp` is as large as `dst`.
void issue_merge_runs(std::uint64_t dst, std::uint64_t tmp, std::uint32_t runs, DataType type);
void issue_extract(std::uint64_t values, std::uint64_t indices, std::uint64_t sorted, std::uint32_t repeats,
                   DataType type);

}  // namespace podsim::kernel

namespace AscendC {

template <class T>
uint32_t GetSortOffset(const uint32_t elemOffset) {
  return elemOffset * podsim::kernel::kPairBytes / static_cast<uint32_t>(sizeof(T));
}
template <class T>
uint32_t GetSortLen(const uint32_t elemCount) {
  return GetSortOffset<T>(elemCount);
}

template <class T>
void Sort32(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<uint32_t>& src1,
            const int32_t repeatTime) {
  using namespace podsim::kernel;
  if (!on_vector_core("Sort32")) return;
  require_type("Sort32", kTypeOf<T>, kHalfFloat, kHalfFloat);
  issue_sort32(dst.GetPhyAddr(), src0.GetPhyAddr(), src1.GetPhyAddr(), static_cast<uint32_t>(repeatTime),
               kTypeOf<T>);
}

template <class T>
void MrgSort(const LocalTensor<T>& dst, const MrgSortSrcList<T>& src, const MrgSort4Info& params) {
  using namespace podsim::kernel;
  if (!on_vector_core("MrgSort")) return;
  MergeCall call;
  call.dst = dst.GetPhyAddr();
  call.src = {src.src1.GetPhyAddr(), src.src2.GetPhyAddr(), src.src3.GetPhyAddr(), src.src4.GetPhyAddr()};
  for (std::size_t i = 0; i < 4; ++i) call.lengths[i] = params.elementLengths[i];
  call.valid = params.validBit;
  call.suspend = params.ifExhaustedSuspension;
  call.repeats = params.repeatTimes;
  call.type = kTypeOf<T>;
  issue_merge(call);
}
// Pairs that the last merge took from each list.
inline void GetMrgSortResult(uint16_t& mrgSortList1, uint16_t& mrgSortList2, uint16_t& mrgSortList3,
                             uint16_t& mrgSortList4) {
  using namespace podsim::kernel;
  if (!on_vector_core("GetMrgSortResult")) return;
  scalar_unit().drain_pipe("GetMrgSortResult", Pipe::V);
  const auto& merged = scalar_unit().registers().merged;
  mrgSortList1 = merged[0];
  mrgSortList2 = merged[1];
  mrgSortList3 = merged[2];
  mrgSortList4 = merged[3];
}
template <class T, bool isExhaustedSuspension = false>
void MrgSort(const LocalTensor<T>& dst, const MrgSortSrcList<T>& sortList, const uint16_t elementCountList[4],
             uint32_t sortedNum[4], uint16_t validBit, const int32_t repeatTime) {
  MrgSort(dst, sortList, MrgSort4Info(elementCountList, isExhaustedSuspension, validBit, repeatTime));
  if constexpr (isExhaustedSuspension) {
    uint16_t taken[4] = {};
    GetMrgSortResult(taken[0], taken[1], taken[2], taken[3]);
    for (int i = 0; i < 4; ++i) sortedNum[i] = taken[i];
  }
}

// These chips sort scores where they are.
template <class T>
void Concat(LocalTensor<T>& concat, const LocalTensor<T>& src, const LocalTensor<T>& /*tmp*/,
            const int32_t /*repeatTime*/) {
  concat = src;
}
template <class T, bool isFullSort>
void Sort(const LocalTensor<T>& dst, const LocalTensor<T>& concat, const LocalTensor<uint32_t>& index,
          LocalTensor<T>& tmp, const int32_t repeatTime) {
  using namespace podsim::kernel;
  if (!on_vector_core("Sort")) return;
  Sort32(dst, concat, index, repeatTime);
  if constexpr (isFullSort) {
    issue_merge_runs(dst.GetPhyAddr(), tmp.GetPhyAddr(), static_cast<uint32_t>(repeatTime), kTypeOf<T>);
  }
}
template <class T>
void Extract(const LocalTensor<T>& dstValue, const LocalTensor<uint32_t>& dstIndex,
             const LocalTensor<T>& sorted, const int32_t repeatTime) {
  using namespace podsim::kernel;
  if (!on_vector_core("Extract")) return;
  issue_extract(dstValue.GetPhyAddr(), dstIndex.GetPhyAddr(), sorted.GetPhyAddr(),
                static_cast<uint32_t>(repeatTime), kTypeOf<T>);
}

}  // namespace AscendC
