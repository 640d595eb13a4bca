// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/kernel/local_tensor.h"

// Strides of the mask forms, in blocks of 32 B.
namespace AscendC {

struct UnaryRepeatParams {
  UnaryRepeatParams() = default;
  UnaryRepeatParams(podsim::kernel::Narrow<std::uint16_t> dstBlk,
                    podsim::kernel::Narrow<std::uint16_t> srcBlk, podsim::kernel::Narrow<std::uint8_t> dstRep,
                    podsim::kernel::Narrow<std::uint8_t> srcRep)
      : dstBlkStride(dstBlk), srcBlkStride(srcBlk), dstRepStride(dstRep), srcRepStride(srcRep) {}
  UnaryRepeatParams(podsim::kernel::Narrow<std::uint16_t> dstBlk,
                    podsim::kernel::Narrow<std::uint16_t> srcBlk, podsim::kernel::Narrow<std::uint8_t> dstRep,
                    podsim::kernel::Narrow<std::uint8_t> srcRep, podsim::kernel::Narrow<bool> halfBlk)
      : dstBlkStride(dstBlk),
        srcBlkStride(srcBlk),
        dstRepStride(dstRep),
        srcRepStride(srcRep),
        halfBlock(halfBlk) {}

  std::uint32_t blockNumber = 8;
  std::uint16_t dstBlkStride = 1;
  std::uint16_t srcBlkStride = 1;
  std::uint8_t dstRepStride = 8;
  std::uint8_t srcRepStride = 8;
  bool repeatStrideMode = false;
  bool strideSizeMode = false;
  bool halfBlock = false;
};

struct BinaryRepeatParams {
  BinaryRepeatParams() = default;
  BinaryRepeatParams(podsim::kernel::Narrow<std::uint8_t> dstBlk,
                     podsim::kernel::Narrow<std::uint8_t> src0Blk,
                     podsim::kernel::Narrow<std::uint8_t> src1Blk,
                     podsim::kernel::Narrow<std::uint8_t> dstRep,
                     podsim::kernel::Narrow<std::uint8_t> src0Rep,
                     podsim::kernel::Narrow<std::uint8_t> src1Rep)
      : dstBlkStride(dstBlk),
        src0BlkStride(src0Blk),
        src1BlkStride(src1Blk),
        dstRepStride(dstRep),
        src0RepStride(src0Rep),
        src1RepStride(src1Rep) {}

  std::uint32_t blockNumber = 8;
  std::uint8_t dstBlkStride = 1;
  std::uint8_t src0BlkStride = 1;
  std::uint8_t src1BlkStride = 1;
  std::uint8_t dstRepStride = 8;
  std::uint8_t src0RepStride = 8;
  std::uint8_t src1RepStride = 8;
  bool repeatStrideMode = false;
  bool strideSizeMode = false;
};

struct BrcbRepeatParams {
  BrcbRepeatParams() = default;
  BrcbRepeatParams(podsim::kernel::Narrow<std::uint16_t> dstBlk, podsim::kernel::Narrow<std::uint16_t> dstRep)
      : dstBlkStride(dstBlk), dstRepStride(dstRep) {}
  std::uint16_t dstBlkStride = 1;
  std::uint16_t dstRepStride = 8;
};

struct GatherMaskParams {
  GatherMaskParams() = default;
  GatherMaskParams(podsim::kernel::Narrow<std::uint8_t> src0Blk,
                   podsim::kernel::Narrow<std::uint16_t> repeats,
                   podsim::kernel::Narrow<std::uint16_t> src0Rep,
                   podsim::kernel::Narrow<std::uint8_t> src1Rep)
      : src0BlockStride(src0Blk),
        repeatTimes(repeats),
        src0RepeatStride(src0Rep),
        src1RepeatStride(src1Rep) {}
  std::uint8_t src0BlockStride = 1;
  std::uint16_t repeatTimes = 1;
  std::uint16_t src0RepeatStride = 8;
  std::uint8_t src1RepeatStride = 8;
};

struct GatherRepeatParams {
  GatherRepeatParams() = default;
  GatherRepeatParams(podsim::kernel::Narrow<std::uint16_t> dstBlk,
                     podsim::kernel::Narrow<std::uint16_t> dstRep)
      : dstBlkStride(dstBlk), dstRepStride(dstRep) {}
  std::uint16_t dstBlkStride = 1;
  std::uint16_t dstRepStride = 8;
};

struct TransDataTo5HDParams {
  TransDataTo5HDParams() = default;
  TransDataTo5HDParams(podsim::kernel::Narrow<bool> dstHigh, podsim::kernel::Narrow<bool> srcHigh,
                       podsim::kernel::Narrow<std::uint8_t> repeats,
                       podsim::kernel::Narrow<std::uint16_t> dstRep,
                       podsim::kernel::Narrow<std::uint16_t> srcRep)
      : dstHighHalf(dstHigh),
        srcHighHalf(srcHigh),
        repeatTimes(repeats),
        dstRepStride(dstRep),
        srcRepStride(srcRep) {}
  bool dstHighHalf = false;
  bool srcHighHalf = false;
  std::uint8_t repeatTimes = 1;
  std::uint16_t dstRepStride = 0;
  std::uint16_t srcRepStride = 0;
};

template <class T>
struct MrgSortSrcList {
  MrgSortSrcList() = default;
  MrgSortSrcList(const LocalTensor<T>& first, const LocalTensor<T>& second, const LocalTensor<T>& third,
                 const LocalTensor<T>& fourth)
      : src1(first), src2(second), src3(third), src4(fourth) {}
  LocalTensor<T> src1;
  LocalTensor<T> src2;
  LocalTensor<T> src3;
  LocalTensor<T> src4;
};
struct MrgSort4Info {
  MrgSort4Info() = default;
  MrgSort4Info(const std::uint16_t lengths[4], podsim::kernel::Narrow<bool> exhausted,
               podsim::kernel::Narrow<std::uint16_t> valid, podsim::kernel::Narrow<std::uint16_t> repeats)
      : ifExhaustedSuspension(exhausted), validBit(valid), repeatTimes(repeats) {
    for (int i = 0; i < 4; ++i) elementLengths[i] = lengths[i];
  }
  std::uint16_t elementLengths[4] = {};
  bool ifExhaustedSuspension = false;
  std::uint16_t validBit = 3;
  std::uint16_t repeatTimes = 1;
};

}  // namespace AscendC
