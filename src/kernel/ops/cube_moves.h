// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/matmul_plan.h"
#include "podsim/kernel/ascendc.h"

// The moves that matrix products on the cube are made of, from GM to L1 to L0 and from L0C on, for both
// architectures.
namespace podsim::kernel::ops {

// rows x columns of `from`, `bytes` after its start, as fractals in stripes of `pitch` rows.
template <class T>
void copy_fractals(const AscendC::LocalTensor<T>& to, const GmMatrix& from, std::uint64_t bytes,
                   std::uint64_t row, std::uint32_t rows, std::uint64_t column, std::uint32_t columns,
                   std::uint32_t pitch) {
  using namespace AscendC;
  constexpr uint32_t kC0 = 256 / kBitsOf<T>;
  GlobalTensor<T> source;
  source.SetGlobalBuffer(reinterpret_cast<T*>(from.data + bytes));
  const GlobalTensor<T> at = source[from.index(row, column, kBitsOf<T>)];
  if (from.nz) {  // stripes as they are
    const auto held = static_cast<uint32_t>(round_to(rows, 16));
    DataCopy(to, at, DataCopyParams(parts_of(columns, kC0), held, from.padded_rows() - held, pitch - held));
    return;
  }
  if (from.columns <= 65535 || is_3510()) {
    DataCopy(to, at, Nd2NzParams(1, rows, columns, 0, from.columns, pitch, 1, 0));
    return;
  }
  for (uint32_t i = 0; i < rows; ++i) {  // dav-2201 counts the pitch in 16 bits: row by row
    DataCopy(to[i * kC0], at[i * from.columns], Nd2NzParams(1, 1, columns, 0, columns, pitch, 1, 0));
  }
}

// `pitch` rows of fractals side by side in L1, k columns of them, into L0: the left matrix, or a right one
// that lies transposed. As one LoadData3D on 2201, whose image is one row of `pitch` pixels with k channels.
template <class T>
void load_stripes(const AscendC::LocalTensor<T>& to, const AscendC::LocalTensor<T>& from, std::uint32_t pitch,
                  std::uint32_t k) {
  using namespace AscendC;
  constexpr uint32_t kC0 = 256 / kBitsOf<T>;
  const uint32_t stripes = (k + kC0 - 1) / kC0;
  if (is_3510()) {
    const uint32_t fractals = pitch / 16;
    return LoadData(
        to, from,
        LoadData2DParamsV2(0, 0, fractals, stripes, static_cast<int32_t>(fractals), fractals, false, 0));
  }
  LoadData3DParamsV2<T> p;
  p.l1H = 1;
  p.l1W = p.mExtension = static_cast<uint16_t>(pitch);
  p.channelSize = p.kExtension = static_cast<uint16_t>(stripes * kC0);
  LoadData(to, from, p);
}

// The right matrix as it is multiplied, k x `columns`, from stripes of `pitch` rows: every square is turned.
template <class T>
void load_squares(const AscendC::LocalTensor<T>& to, const AscendC::LocalTensor<T>& from, std::uint32_t pitch,
                  std::uint32_t k, std::uint32_t columns) {
  using namespace AscendC;
  constexpr uint32_t kC0 = 256 / kBitsOf<T>;
  const uint32_t stripes = columns / kC0;
  if (is_3510()) {
    const auto rows = static_cast<uint32_t>(round_to(k, kC0 > 16 ? kC0 : 16));
    LoadData(to, from,
             LoadData2DParamsV2(0, 0, rows / 16, stripes, static_cast<int32_t>(pitch / 16), columns / 16,
                                true, 0));
  } else if constexpr (kBitsOf<T> == 16) {
    for (uint32_t i = 0; i < (k + 15) / 16; ++i) {
      LoadData(to[i * columns * 16], from[i * 256], LoadData2DParams(0, stripes, pitch / 16, 0, 0, true, 0));
    }
  } else if constexpr (kBitsOf<T> == 8) {
    for (uint32_t i = 0; i < (k + 31) / 32; ++i) {
      LoadDataWithTranspose(to[i * columns * 32], from[i * 1024],
                            LoadData2dTransposeParams(0, stripes, pitch / 32, 1, 0));
    }
  }
}

// m x n of a result of `rows` rows in L0C, to rows `pitch` elements apart. Params: those of the architecture.
template <class Params>
Params rows_from_l0c(std::uint32_t m, std::uint32_t n, std::uint32_t rows, std::uint64_t pitch,
                     QuantMode_t mode, std::uint32_t unit_flag) {
  Params params;
  params.nSize = static_cast<std::uint16_t>(n);
  params.mSize = static_cast<std::uint16_t>(m);
  params.srcStride = static_cast<std::uint16_t>(rows);
  params.dstStride = static_cast<std::uint32_t>(pitch);
  params.quantPre = mode;
  params.unitFlag = static_cast<std::uint8_t>(unit_flag);
  return params;
}

}  // namespace podsim::kernel::ops
