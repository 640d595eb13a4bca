// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/kernel/enums.h"
#include "podsim/kernel/narrow.h"
#include "podsim/kernel/numbers.h"

// Parameter structs of the copies. Units differ from field to field; a block is 32 B.
namespace AscendC {

template <class T>
using NarrowTo = podsim::kernel::Narrow<T>;

// Pieces of blockLen blocks (bytes in DataCopyPad), gaps from the end of one to the start of the next.
struct DataCopyParams {
  DataCopyParams() {}
  DataCopyParams(NarrowTo<std::uint16_t> count, NarrowTo<std::uint16_t> len, NarrowTo<std::uint16_t> srcGapIn,
                 NarrowTo<std::uint16_t> dstGapIn)
      : blockCount(count), blockLen(len), srcStride(srcGapIn), dstStride(dstGapIn) {}

  std::uint16_t blockCount = 1;
  std::uint16_t blockLen = 0;
  union {
    std::uint16_t srcStride = 0;
    std::uint16_t srcGap;
  };
  union {
    std::uint16_t dstStride = 0;
    std::uint16_t dstGap;
  };
};

struct DataCopyEnhancedParams {
  BlockMode blockMode = BlockMode::BLOCK_MODE_NORMAL;
  DeqScale deqScale = DeqScale::DEQ_NONE;
  std::uint64_t deqValue = 0;
  std::uint8_t sidStoreMode = 0;
  bool isRelu = false;
};

// blockLen in bytes; the gap in GM in bytes, the gap in the local memory in blocks.
struct DataCopyExtParams {
  DataCopyExtParams() = default;
  DataCopyExtParams(NarrowTo<std::uint16_t> count, NarrowTo<std::uint32_t> len,
                    NarrowTo<std::int64_t> srcStrideIn, NarrowTo<std::int64_t> dstStrideIn,
                    NarrowTo<std::uint32_t> rsvIn)
      : blockCount(count), blockLen(len), srcStride(srcStrideIn), dstStride(dstStrideIn), rsv(rsvIn) {}

  std::uint16_t blockCount = 1;
  std::uint32_t blockLen = 0;
  std::int64_t srcStride = 0;
  std::int64_t dstStride = 0;
  std::uint32_t rsv = 0;
};

// Paddings in elements, at most 32 B each.
template <class T>
struct DataCopyPadExtParams {
  DataCopyPadExtParams() = default;
  DataCopyPadExtParams(NarrowTo<bool> isPadValue, NarrowTo<std::uint8_t> leftPadValue,
                       NarrowTo<std::uint8_t> rightPadValue, NarrowTo<T> padValue)
      : isPad(isPadValue), leftPadding(leftPadValue), rightPadding(rightPadValue), paddingValue(padValue) {}

  bool isPad = false;
  std::uint8_t leftPadding = 0;
  std::uint8_t rightPadding = 0;
  T paddingValue = static_cast<T>(0);
};
struct DataCopyPadParams {
  DataCopyPadParams() = default;
  DataCopyPadParams(NarrowTo<bool> isPadValue, NarrowTo<std::uint8_t> leftPadValue,
                    NarrowTo<std::uint8_t> rightPadValue, NarrowTo<std::uint64_t> padValue)
      : isPad(isPadValue), leftPadding(leftPadValue), rightPadding(rightPadValue), paddingValue(padValue) {}

  bool isPad = false;
  std::uint8_t leftPadding = 0;
  std::uint8_t rightPadding = 0;
  std::uint64_t paddingValue = 0;
};

// ndNum matrices of nValue rows and dValue columns, row pitch srcDValue elements, to fractals in L1.
// dstNzC0Stride and dstNzNStride in blocks, dstNzMatrixStride in elements.
struct Nd2NzParams {
  Nd2NzParams() = default;
  Nd2NzParams(NarrowTo<std::uint16_t> ndNumIn, NarrowTo<std::uint16_t> nValueIn,
              NarrowTo<std::uint32_t> dValueIn, NarrowTo<std::uint64_t> srcNdMatrixStrideIn,
              NarrowTo<std::uint64_t> srcDValueIn, NarrowTo<std::uint16_t> dstNzC0StrideIn,
              NarrowTo<std::uint16_t> dstNzNStrideIn, NarrowTo<std::uint32_t> dstNzMatrixStrideIn)
      : ndNum(ndNumIn),
        nValue(nValueIn),
        dValue(dValueIn),
        srcNdMatrixStride(srcNdMatrixStrideIn),
        srcDValue(srcDValueIn),
        dstNzC0Stride(dstNzC0StrideIn),
        dstNzNStride(dstNzNStrideIn),
        dstNzMatrixStride(dstNzMatrixStrideIn) {}

  std::uint16_t ndNum = 0;
  std::uint16_t nValue = 0;
  std::uint32_t dValue = 0;
  std::uint64_t srcNdMatrixStride = 0;
  std::uint64_t srcDValue = 0;
  std::uint16_t dstNzC0Stride = 0;
  std::uint16_t dstNzNStride = 0;
  std::uint32_t dstNzMatrixStride = 0;
};
// The same of a matrix that lies transposed in GM: dValue rows of nValue columns.
struct Dn2NzParams {
  Dn2NzParams() = default;
  Dn2NzParams(NarrowTo<std::uint16_t> dnNumIn, NarrowTo<std::uint16_t> nValueIn,
              NarrowTo<std::uint32_t> dValueIn, NarrowTo<std::uint64_t> srcDnMatrixStrideIn,
              NarrowTo<std::uint64_t> srcDValueIn, NarrowTo<std::uint16_t> dstNzC0StrideIn,
              NarrowTo<std::uint16_t> dstNzNStrideIn, NarrowTo<std::uint32_t> dstNzMatrixStrideIn)
      : dnNum(dnNumIn),
        nValue(nValueIn),
        dValue(dValueIn),
        srcDnMatrixStride(srcDnMatrixStrideIn),
        srcDValue(srcDValueIn),
        dstNzC0Stride(dstNzC0StrideIn),
        dstNzNStride(dstNzNStrideIn),
        dstNzMatrixStride(dstNzMatrixStrideIn) {}

  std::uint16_t dnNum = 0;
  std::uint16_t nValue = 0;
  std::uint32_t dValue = 0;
  std::uint64_t srcDnMatrixStride = 0;
  std::uint64_t srcDValue = 0;
  std::uint16_t dstNzC0Stride = 0;
  std::uint16_t dstNzNStride = 0;
  std::uint32_t dstNzMatrixStride = 0;
};

struct CopyRepeatParams {
  CopyRepeatParams() = default;
  CopyRepeatParams(NarrowTo<std::uint16_t> dst, NarrowTo<std::uint16_t> src,
                   NarrowTo<std::uint16_t> dstRepeat, NarrowTo<std::uint16_t> srcRepeat)
      : dstStride(dst), srcStride(src), dstRepeatSize(dstRepeat), srcRepeatSize(srcRepeat) {}

  std::uint16_t dstStride = 1;
  std::uint16_t srcStride = 1;
  std::uint16_t dstRepeatSize = 8;
  std::uint16_t srcRepeatSize = 8;
};

}  // namespace AscendC
