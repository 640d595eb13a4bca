// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "podsim/kernel/cube_params.h"
#include "podsim/kernel/data_copy.h"

// L1 (or GM, on 2201) to the operand buffers of the cube, fractal by fractal.
namespace podsim::kernel {

struct ImageLoad {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::array<std::uint8_t, 4> padding{};
  std::uint32_t channels = 0;
  std::uint32_t k_extent = 0;
  std::uint32_t m_extent = 0;
  std::uint32_t k_start = 0;
  std::uint32_t m_start = 0;
  std::uint32_t stride_w = 1;
  std::uint32_t stride_h = 1;
  std::uint32_t filter_w = 1;
  std::uint32_t filter_h = 1;
  std::uint32_t dilation_w = 1;
  std::uint32_t dilation_h = 1;
  bool transpose = false;
  std::uint64_t pad_value = 0;
};

void load_fractals(const LocalPlace& dst, const LocalPlace& src, const AscendC::LoadData2DParams& params,
                   DataType type);
void load_fractals_from_gm(const LocalPlace& dst, const GlobalPlace& src,
                           const AscendC::LoadData2DParams& params, DataType type);
void load_rectangle(const LocalPlace& dst, const LocalPlace& src, const AscendC::LoadData2DParamsV2& params,
                    DataType type);
void load_scales(const LocalPlace& dst, const LocalPlace& src, const AscendC::LoadData2DMxParams& params);
void load_transposed(const LocalPlace& dst, const LocalPlace& src,
                     const AscendC::LoadData2dTransposeParams& params, DataType type);
void load_transposed(const LocalPlace& dst, const LocalPlace& src,
                     const AscendC::LoadData2dTransposeParamsV2& params, DataType type);
void load_image(const LocalPlace& dst, const LocalPlace& src, const ImageLoad& load, DataType type);
// `value`: the bits of one element.
void fill_constant(const LocalPlace& dst, std::uint32_t repeats, std::uint32_t blocks, std::uint32_t gap,
                   std::uint64_t value, DataType type);

}  // namespace podsim::kernel

namespace AscendC {

template <class T>
void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData2DParams& loadDataParams) {
  podsim::kernel::load_fractals(podsim::kernel::place_of(dst), podsim::kernel::place_of(src), loadDataParams,
                                podsim::kernel::kTypeOf<T>);
}
template <class T>
void LoadData(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const LoadData2DParams& loadDataParams) {
  podsim::kernel::load_fractals_from_gm(podsim::kernel::place_of(dst), podsim::kernel::source_of(src),
                                        loadDataParams, podsim::kernel::kTypeOf<T>);
}
template <class T>
void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src,
              const LoadData2DParamsV2& loadDataParams) {
  podsim::kernel::load_rectangle(podsim::kernel::place_of(dst), podsim::kernel::place_of(src), loadDataParams,
                                 podsim::kernel::kTypeOf<T>);
}
// Data and its scales.
template <class T, class S>
void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<S>& src1,
              const LoadData2DParamsV2& loadDataParams, const LoadData2DMxParams& loadMxDataParams) {
  podsim::kernel::load_rectangle(podsim::kernel::place_of(dst), podsim::kernel::place_of(src0),
                                 loadDataParams, podsim::kernel::kTypeOf<T>);
  podsim::kernel::load_scales(podsim::kernel::place_of(dst), podsim::kernel::place_of(src1),
                              loadMxDataParams);
}
template <class T>
void LoadDataWithTranspose(const LocalTensor<T>& dst, const LocalTensor<T>& src,
                           const LoadData2dTransposeParams& p) {
  podsim::kernel::load_transposed(podsim::kernel::place_of(dst), podsim::kernel::place_of(src), p,
                                  podsim::kernel::kTypeOf<T>);
}

// Strides and gaps of single fractals (3510).
template <class T>
void LoadDataWithTranspose(const LocalTensor<T>& dst, const LocalTensor<T>& src,
                           const LoadData2dTransposeParamsV2& p) {
  podsim::kernel::require_arch("LoadDataWithTranspose with LoadData2dTransposeParamsV2", 3510);
  podsim::kernel::load_transposed(podsim::kernel::place_of(dst), podsim::kernel::place_of(src), p,
                                  podsim::kernel::kTypeOf<T>);
}

// Geometry and padding may come from registers set apart.
inline void SetFmatrix(uint16_t l1H, uint16_t l1W, const uint8_t padList[4], const FmatrixMode& mode) {
  podsim::kernel::CoreRegisters& registers = podsim::kernel::scalar_unit().registers();
  podsim::kernel::ImageRegisters& image =
      mode == FmatrixMode::FMATRIX_LEFT ? registers.image_a : registers.image_b;
  image.height = l1H;
  image.width = l1W;
  for (std::size_t i = 0; i < 4; ++i) image.padding[i] = padList[i];
}
template <class T>
void SetLoadDataPaddingValue(const T padValue) {
  podsim::kernel::scalar_unit().registers().image_pad = podsim::kernel::bits_as_word(padValue);
}
// LoadData of an image is done once; podsim does not repeat it.
inline void SetLoadDataRepeat(const LoadDataRepeatParam& repeatParams) {
  if (repeatParams.repeatTime > 1) {
    podsim::kernel::refuse("SetLoadDataRepeat", "repeatTime is " + std::to_string(repeatParams.repeatTime) +
                                                    ", podsim knows no repetition, expected 1");
  }
}
// 0: no limit; podsim has no other.
inline void SetLoadDataBoundary(uint32_t boundaryValue) {
  if (boundaryValue != 0)
    podsim::kernel::refuse("SetLoadDataBoundary", "a boundary in L1 is not supported, expected 0");
}
template <class T, const IsResetLoad3dConfig& defaultConfig = IS_RESER_LOAD3D_DEFAULT_CONFIG>
void LoadData(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LoadData3DParamsV2<T>& p) {
  podsim::kernel::CoreRegisters& registers = podsim::kernel::scalar_unit().registers();
  podsim::kernel::ImageRegisters& image = p.fMatrixCtrl ? registers.image_b : registers.image_a;
  if (defaultConfig.isSetFMatrix)
    SetFmatrix(p.l1H, p.l1W, p.padList,
               p.fMatrixCtrl ? FmatrixMode::FMATRIX_RIGHT : FmatrixMode::FMATRIX_LEFT);
  if (defaultConfig.isSetPadding) SetLoadDataPaddingValue(p.padValue);
  podsim::kernel::ImageLoad load;
  load.height = image.height;
  load.width = image.width;
  load.padding = image.padding;
  load.channels = p.channelSize;
  load.k_extent = p.kExtension;
  load.m_extent = p.mExtension;
  load.k_start = p.kStartPt;
  load.m_start = p.mStartPt;
  load.stride_w = p.strideW;
  load.stride_h = p.strideH;
  load.filter_w = p.filterW + (p.filterSizeW ? 256U : 0U);
  load.filter_h = p.filterH + (p.filterSizeH ? 256U : 0U);
  load.dilation_w = p.dilationFilterW;
  load.dilation_h = p.dilationFilterH;
  load.transpose = p.enTranspose;
  load.pad_value = registers.image_pad;
  podsim::kernel::load_image(podsim::kernel::place_of(dst), podsim::kernel::place_of(src), load,
                             podsim::kernel::kTypeOf<T>);
}

template <class T>
void Fill(const LocalTensor<T>& dst, const InitConstValueParams<T>& p) {
  podsim::kernel::fill_constant(podsim::kernel::place_of(dst), p.repeatTimes, p.blockNum, p.dstGap,
                                podsim::kernel::bits_as_word(p.initValue), podsim::kernel::kTypeOf<T>);
}
template <class T>
void InitConstValue(const LocalTensor<T>& dst, const InitConstValueParams<T>& p) {
  Fill(dst, p);
}

}  // namespace AscendC
