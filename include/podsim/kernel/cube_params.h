// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/kernel/copy_params.h"

// Parameter structs of the cube's calls. A fractal is 16 rows of 32 B.
namespace AscendC {

using U8 = NarrowTo<std::uint8_t>;
using U16 = NarrowTo<std::uint16_t>;
using U32 = NarrowTo<std::uint32_t>;
using Flag = NarrowTo<bool>;

// repeatTimes fractals; the source advances srcStride fractals, the destination 1 + dstGap.
struct LoadData2DParams {
  LoadData2DParams() = default;
  LoadData2DParams(U16 start, U8 repeats, U16 srcStrideIn, U8 sidIn, U16 dstGapIn, Flag transpose, U8 mode)
      : startIndex(start),
        repeatTimes(repeats),
        srcStride(srcStrideIn),
        sid(sidIn),
        dstGap(dstGapIn),
        ifTranspose(transpose),
        addrMode(mode) {}

  std::uint16_t startIndex = 0;
  std::uint8_t repeatTimes = 0;
  std::uint16_t srcStride = 0;
  std::uint8_t sid = 0;
  std::uint16_t dstGap = 0;
  bool ifTranspose = false;
  std::uint8_t addrMode = 0;
};
using LoadData2dParams = LoadData2DParams;

// A rectangle of mStep x kStep fractals; strides are the pitch between columns of fractals.
struct LoadData2DParamsV2 {
  LoadData2DParamsV2() = default;
  LoadData2DParamsV2(U32 mStart, U32 kStart, U16 mStepIn, U16 kStepIn, NarrowTo<std::int32_t> srcStrideIn,
                     U16 dstStrideIn, Flag transpose, U8 sidIn)
      : mStartPosition(mStart),
        kStartPosition(kStart),
        mStep(mStepIn),
        kStep(kStepIn),
        srcStride(srcStrideIn),
        dstStride(dstStrideIn),
        ifTranspose(transpose),
        sid(sidIn) {}

  std::uint32_t mStartPosition = 0;
  std::uint32_t kStartPosition = 0;
  std::uint16_t mStep = 0;
  std::uint16_t kStep = 0;
  std::int32_t srcStride = 0;
  std::uint16_t dstStride = 0;
  bool ifTranspose = false;
  std::uint8_t sid = 0;
};

// Scales of the MX formats, in units of 32 B: 16 rows of 2 scales.
struct LoadData2DMxParams {
  LoadData2DMxParams() = default;
  LoadData2DMxParams(U16 xStart, U16 yStart, U8 xStepIn, U8 yStepIn, U16 srcStrideIn, U16 dstStrideIn)
      : xStartPosition(xStart),
        yStartPosition(yStart),
        xStep(xStepIn),
        yStep(yStepIn),
        srcStride(srcStrideIn),
        dstStride(dstStrideIn) {}

  std::uint16_t xStartPosition = 0;
  std::uint16_t yStartPosition = 0;
  std::uint8_t xStep = 0;
  std::uint8_t yStep = 0;
  std::uint16_t srcStride = 0;
  std::uint16_t dstStride = 0;
};

// Squares (16 x 16 of 16 and 32 bits, 32 x 32 of 8, 64 x 64 of 4) transposed.
struct LoadData2dTransposeParams {
  LoadData2dTransposeParams() = default;
  LoadData2dTransposeParams(U16 start, U8 repeats, U16 srcStrideIn, U16 dstGapIn, U16 dstFracGapIn,
                            U8 mode = 0)
      : startIndex(start),
        repeatTimes(repeats),
        srcStride(srcStrideIn),
        dstGap(dstGapIn),
        dstFracGap(dstFracGapIn),
        addrMode(mode) {}

  std::uint16_t startIndex = 0;
  std::uint8_t repeatTimes = 0;
  std::uint16_t srcStride = 0;
  std::uint16_t dstGap = 0;
  std::uint16_t dstFracGap = 0;
  std::uint8_t addrMode = 0;
};

// The same with gaps between the fractals of a source square too; startIndex and srcStride count fractals.
struct LoadData2dTransposeParamsV2 {
  LoadData2dTransposeParamsV2() = default;
  LoadData2dTransposeParamsV2(U16 start, U8 repeats, U16 srcStrideIn, U16 dstGapIn, U16 dstFracGapIn,
                              U16 srcFracGapIn, U8 mode = 0)
      : startIndex(start),
        repeatTimes(repeats),
        srcStride(srcStrideIn),
        dstGap(dstGapIn),
        dstFracGap(dstFracGapIn),
        srcFracGap(srcFracGapIn),
        addrMode(mode) {}

  std::uint16_t startIndex = 0;
  std::uint8_t repeatTimes = 0;
  std::uint16_t srcStride = 0;
  std::uint16_t dstGap = 0;
  std::uint16_t dstFracGap = 0;
  std::uint16_t srcFracGap = 0;
  std::uint8_t addrMode = 0;
};

// Of LoadData with LoadData3DParamsV2.
struct LoadDataRepeatParam {
  LoadDataRepeatParam() = default;
  LoadDataRepeatParam(U16 stride, U8 times, U8 mode)
      : repeatStride(stride), repeatTime(times), repeatMode(mode) {}

  std::uint16_t repeatStride = 0;
  std::uint8_t repeatTime = 1;
  std::uint8_t repeatMode = 0;
};

// Image to column: rows are output pixels, columns (c1, kh, kw, c0).
template <class T>
struct LoadData3DParamsV2 {
  LoadData3DParamsV2() = default;
  LoadData3DParamsV2(const std::uint8_t padding[4], U16 height, U16 width, U16 channels, U16 kExt, U16 mExt,
                     U16 kStart, U16 mStart, U8 strideWIn, U8 strideHIn, U8 filterWIn, U8 filterHIn,
                     U8 dilationW, U8 dilationH, Flag transpose, Flag smallK, NarrowTo<T> padValueIn,
                     Flag sizeW = false, Flag sizeH = false, Flag fMatrix = false)
      : l1H(height),
        l1W(width),
        channelSize(channels),
        kExtension(kExt),
        mExtension(mExt),
        kStartPt(kStart),
        mStartPt(mStart),
        strideW(strideWIn),
        strideH(strideHIn),
        filterW(filterWIn),
        filterH(filterHIn),
        dilationFilterW(dilationW),
        dilationFilterH(dilationH),
        enTranspose(transpose),
        enSmallK(smallK),
        padValue(padValueIn),
        filterSizeW(sizeW),
        filterSizeH(sizeH),
        fMatrixCtrl(fMatrix) {
    for (int i = 0; i < 4; ++i) padList[i] = padding[i];
  }

  std::uint8_t padList[4] = {};  // left, right, top, bottom
  std::uint16_t l1H = 0;
  std::uint16_t l1W = 0;
  std::uint16_t channelSize = 0;
  std::uint16_t kExtension = 0;
  std::uint16_t mExtension = 0;
  std::uint16_t kStartPt = 0;
  std::uint16_t mStartPt = 0;
  std::uint8_t strideW = 1;
  std::uint8_t strideH = 1;
  std::uint8_t filterW = 1;
  std::uint8_t filterH = 1;
  std::uint8_t dilationFilterW = 1;
  std::uint8_t dilationFilterH = 1;
  bool enTranspose = false;
  bool enSmallK = false;
  T padValue{};
  bool filterSizeW = false;
  bool filterSizeH = false;
  bool fMatrixCtrl = false;
};
struct IsResetLoad3dConfig {
  bool isSetFMatrix = true;
  bool isSetPadding = true;
};
inline constexpr IsResetLoad3dConfig IS_RESER_LOAD3D_DEFAULT_CONFIG = {true, true};

template <class T>
struct InitConstValueParams {
  InitConstValueParams() = default;
  InitConstValueParams(U16 repeats, U16 blocks, U16 gap, NarrowTo<T> value)
      : repeatTimes(repeats), blockNum(blocks), dstGap(gap), initValue(value) {}

  std::uint16_t repeatTimes = 0;
  std::uint16_t blockNum = 0;
  std::uint16_t dstGap = 0;
  T initValue{};
};

struct MmadParams {
  MmadParams() = default;
  MmadParams(U16 mIn, U16 nIn, U16 kIn, Flag bias, NarrowTo<std::int32_t> offset, Flag sparse, Flag winogradA,
             Flag winogradB)
      : m(mIn),
        n(nIn),
        k(kIn),
        isBias(bias),
        fmOffset(offset),
        enSsparse(sparse),
        enWinogradA(winogradA),
        enWinogradB(winogradB) {}
  MmadParams(U16 mIn, U16 nIn, U16 kIn, U8 flag, Flag source, Flag init)
      : m(mIn), n(nIn), k(kIn), unitFlag(flag), cmatrixSource(source), cmatrixInitVal(init) {}

  std::uint16_t m = 0;
  std::uint16_t n = 0;
  std::uint16_t k = 0;
  bool isBias = false;
  std::int32_t fmOffset = 0;
  bool enSsparse = false;
  bool enWinogradA = false;
  bool enWinogradB = false;
  std::uint8_t unitFlag = 0;
  bool kDirectionAlign = false;
  bool cmatrixSource = false;
  bool cmatrixInitVal = true;
  bool disableGemv = false;
};

}  // namespace AscendC
