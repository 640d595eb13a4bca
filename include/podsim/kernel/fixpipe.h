// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "podsim/kernel/cube_params.h"
#include "podsim/kernel/data_copy.h"

// The way out of L0C, with conversion, scaling and layout.
namespace AscendC {

struct FixpipeConfig {
  CO2Layout format;
  bool isToUB = false;
};
inline constexpr FixpipeConfig CFG_NZ = {CO2Layout::NZ, false};
inline constexpr FixpipeConfig CFG_ROW_MAJOR = {CO2Layout::ROW_MAJOR, false};
inline constexpr FixpipeConfig CFG_COLUMN_MAJOR = {CO2Layout::COLUMN_MAJOR, false};

struct FixpipeParamsV220 {
  FixpipeParamsV220() = default;
  FixpipeParamsV220(U16 nSizeIn, U16 mSizeIn, U16 srcStrideIn, U32 dstStrideIn, Flag reluEnIn,
                    QuantMode_t quantPreIn = NoQuant, NarrowTo<std::int64_t> deqScalarIn = 0, U16 ndNumIn = 1,
                    U16 srcNdStrideIn = 0, U16 dstNdStrideIn = 0, U8 unitFlagIn = 0,
                    Flag isChannelSplitIn = false)
      : nSize(nSizeIn),
        mSize(mSizeIn),
        srcStride(srcStrideIn),
        dstStride(dstStrideIn),
        quantPre(quantPreIn),
        deqScalar(static_cast<std::uint64_t>(static_cast<std::int64_t>(deqScalarIn))),
        ndNum(ndNumIn),
        srcNdStride(srcNdStrideIn),
        dstNdStride(dstNdStrideIn),
        reluEn(reluEnIn),
        unitFlag(unitFlagIn),
        isChannelSplit(isChannelSplitIn) {}

  std::uint16_t nSize = 0;
  std::uint16_t mSize = 0;
  std::uint16_t srcStride = 0;
  std::uint32_t dstStride = 0;
  QuantMode_t quantPre = NoQuant;
  std::uint64_t deqScalar = 0;
  std::uint16_t ndNum = 1;
  std::uint16_t srcNdStride = 0;
  std::uint16_t dstNdStride = 0;
  bool reluEn = false;
  std::uint8_t unitFlag = 0;
  bool isChannelSplit = false;
};

struct Nz2NdParams {
  std::uint16_t ndNum = 1;
  std::uint16_t srcNdStride = 0;
  std::uint32_t dstNdStride = 0;
};
struct Nz2DnParams {
  std::uint16_t dnNum = 1;
  std::uint16_t srcNzMatrixStride = 0;
  std::uint32_t dstDnMatrixStride = 0;
  std::uint16_t srcNzC0Stride = 1;
};
struct Nz2NzParams {};
template <CO2Layout format>
struct TransformParams {
  using PARAMS = Nz2NzParams;
};
template <>
struct TransformParams<CO2Layout::ROW_MAJOR> {
  using PARAMS = Nz2NdParams;
};
template <>
struct TransformParams<CO2Layout::COLUMN_MAJOR> {
  using PARAMS = Nz2DnParams;
};

template <CO2Layout format = CO2Layout::ROW_MAJOR>
struct FixpipeParamsArch3510 {
  FixpipeParamsArch3510() = default;
  FixpipeParamsArch3510(U16 nSizeIn, U16 mSizeIn, U16 srcStrideIn, U32 dstStrideIn)
      : nSize(nSizeIn), mSize(mSizeIn), srcStride(srcStrideIn), dstStride(dstStrideIn) {}

  std::uint16_t nSize = 0;
  std::uint16_t mSize = 0;
  std::uint16_t srcStride = 0;
  std::uint32_t dstStride = 0;
  QuantMode_t quantPre = NoQuant;
  std::uint64_t deqScalar = 0;
  bool reluEn = false;
  std::uint8_t unitFlag = 0;
  std::uint8_t dualDstCtl = 0;
  bool subBlockId = false;
  typename TransformParams<format>::PARAMS params;
  bool isChannelSplit = false;
};
template <CO2Layout format = CO2Layout::ROW_MAJOR>
using FixpipeParamsC310 = FixpipeParamsArch3510<format>;

}  // namespace AscendC

namespace podsim::kernel {

// Both generations' parameters in one: strides in elements.
struct FixpipeCall {
  const char* call = "Fixpipe";
  std::uint64_t source = 0;
  DataType from = DataType::Fp32;
  DataType to = DataType::Fp16;
  std::uint32_t n = 0;
  std::uint32_t m = 0;
  std::uint64_t stripe = 0;  // between 16-column stripes of L0C
  std::uint64_t pitch = 0;   // of the destination: between rows, columns or stripes
  FixpipeMove::Layout layout = FixpipeMove::Layout::RowMajor;
  std::uint32_t stripe_width = 16;  // of the destination when Nz
  std::uint32_t matrices = 1;
  std::uint64_t source_matrix = 0;
  std::uint64_t destination_matrix = 0;
  QuantMode_t mode = NoQuant;
  std::uint64_t scale = 0;
  bool has_scales = false;
  LocalPlace scales;  // one word per column
  bool relu = false;
  std::uint8_t unit_flag = 0;
  std::uint8_t dual = 0;  // 1: rows, 2: columns, split over both vector cores
  std::uint8_t sub_block = 0;
};
void fixpipe_to_gm(const FixpipeCall& call, const GlobalPlace& destination);
void fixpipe_to_local(const FixpipeCall& call, const LocalPlace& destination);

constexpr std::uint32_t stripe_width(DataType to, std::uint32_t bits, bool split) {
  if (split && to == DataType::Fp32) return 8;
  return bits <= 8 ? static_cast<std::uint32_t>(kBlockBytes * 8) / bits : 16;
}
constexpr FixpipeMove::Layout layout_of(AscendC::CO2Layout format) {
  switch (format) {
    case AscendC::CO2Layout::NZ:
      return FixpipeMove::Layout::Nz;
    case AscendC::CO2Layout::COLUMN_MAJOR:
      return FixpipeMove::Layout::ColumnMajor;
    default:
      return FixpipeMove::Layout::RowMajor;
  }
}

template <class T, class U, class P>
FixpipeCall fixpipe_base(const AscendC::LocalTensor<U>& src, const P& p, AscendC::CO2Layout format) {
  static_assert(std::is_same_v<U, float> || std::is_same_v<U, std::int32_t>,
                "Fixpipe reads float or int32_t from L0C");
  if (src.memory() != Memory::L0c)
    refuse("Fixpipe", std::string("the source is in the ") + memory_name(src.memory()) + ", expected L0C");
  FixpipeCall call;
  call.source = src.GetPhyAddr();
  call.from = kTypeOf<U>;
  call.to = kTypeOf<T>;
  call.n = p.nSize;
  call.m = p.mSize;
  call.stripe = std::uint64_t{p.srcStride} * 16;
  call.pitch = p.dstStride;
  call.layout = layout_of(format);
  call.stripe_width = stripe_width(call.to, kBitsOf<T>, p.isChannelSplit);
  call.mode = p.quantPre;
  call.scale = p.deqScalar;
  call.relu = p.reluEn;
  call.unit_flag = p.unitFlag;
  return call;
}
template <class T, class U>
FixpipeCall fixpipe_call(const AscendC::LocalTensor<U>& src, const AscendC::FixpipeParamsV220& p,
                         AscendC::CO2Layout format) {
  FixpipeCall call = fixpipe_base<T>(src, p, format);
  if (call.layout == FixpipeMove::Layout::Nz && !is_3510()) call.pitch *= kBlockBytes * 8 / kBitsOf<T>;
  if (call.layout == FixpipeMove::Layout::Nz) return call;
  call.matrices = p.ndNum;
  call.source_matrix = std::uint64_t{p.srcNdStride} * (is_3510() ? 16 : 256);
  call.destination_matrix = p.dstNdStride;
  return call;
}
template <class T, class U, AscendC::CO2Layout format>
FixpipeCall fixpipe_call(const AscendC::LocalTensor<U>& src, const AscendC::FixpipeParamsArch3510<format>& p,
                         AscendC::CO2Layout) {
  require_arch("Fixpipe with FixpipeParamsArch3510", 3510);
  FixpipeCall call = fixpipe_base<T>(src, p, format);
  call.dual = p.dualDstCtl;
  call.sub_block = p.subBlockId ? 1 : 0;
  if constexpr (format == AscendC::CO2Layout::ROW_MAJOR) {
    call.matrices = p.params.ndNum;
    call.source_matrix = std::uint64_t{p.params.srcNdStride} * 16;
    call.destination_matrix = p.params.dstNdStride;
  } else if constexpr (format == AscendC::CO2Layout::COLUMN_MAJOR) {
    call.matrices = p.params.dnNum;
    call.source_matrix = std::uint64_t{p.params.srcNzMatrixStride} * 16;
    call.destination_matrix = p.params.dstDnMatrixStride;
  }
  return call;
}

}  // namespace podsim::kernel

namespace AscendC {

template <class T, class U, const FixpipeConfig& config = CFG_ROW_MAJOR, class P>
void Fixpipe(const GlobalTensor<T>& dst, const LocalTensor<U>& src, const P& params) {
  using namespace podsim::kernel;
  if (!runs_on("Fixpipe", CoreKind::Aic)) return;
  fixpipe_to_gm(fixpipe_call<T>(src, params, config.format), destination_of(dst));
}
template <class T, class U, const FixpipeConfig& config = CFG_ROW_MAJOR, class P>
void Fixpipe(const GlobalTensor<T>& dst, const LocalTensor<U>& src,
             const LocalTensor<uint64_t>& cbufWorkspace, const P& params) {
  using namespace podsim::kernel;
  if (!runs_on("Fixpipe", CoreKind::Aic)) return;
  FixpipeCall call = fixpipe_call<T>(src, params, config.format);
  call.has_scales = true;
  call.scales = place_of(cbufWorkspace);
  fixpipe_to_gm(call, destination_of(dst));
}
template <class T, class U, const FixpipeConfig& config = CFG_ROW_MAJOR, class P>
void Fixpipe(const LocalTensor<T>& dst, const LocalTensor<U>& src, const P& params) {
  using namespace podsim::kernel;
  if (!runs_on("Fixpipe", CoreKind::Aic)) return;
  fixpipe_to_local(fixpipe_call<T>(src, params, config.format), place_of(dst));
}
template <class T, class U, const FixpipeConfig& config = CFG_ROW_MAJOR, class P>
void Fixpipe(const LocalTensor<T>& dst, const LocalTensor<U>& src, const LocalTensor<uint64_t>& cbufWorkspace,
             const P& params) {
  using namespace podsim::kernel;
  if (!runs_on("Fixpipe", CoreKind::Aic)) return;
  FixpipeCall call = fixpipe_call<T>(src, params, config.format);
  call.has_scales = true;
  call.scales = place_of(cbufWorkspace);
  fixpipe_to_local(call, place_of(dst));
}

// --- the older spelling: registers first, then DataCopy
// ------------------------------------------------------------------

// Layout ND: several matrices; strides as in FixpipeParamsV220.
inline void SetFixpipeNz2ndFlag(uint16_t ndNum, uint16_t srcNdStride, uint16_t dstNdStride) {
  podsim::kernel::FixpipeRegisters& registers = podsim::kernel::scalar_unit().registers().fixpipe;
  registers.nd_count = ndNum;
  registers.source_nd_stride = srcNdStride;
  registers.destination_nd_stride = dstNdStride;
}
// Scale of the modes that have one for all columns.
inline void SetFixpipePreQuantFlag(uint64_t config) {
  podsim::kernel::scalar_unit().registers().fixpipe.scale = config;
}
// Scales per column.
template <class T, bool setRelu = false>
void SetFixPipeConfig(const LocalTensor<T>& preData, bool isUnitFlag = false) {
  static_assert(!setRelu && sizeof(T) == sizeof(uint64_t),
                "SetFixPipeConfig takes a tensor of uint64_t scales; slopes of relu are not supported");
  podsim::kernel::FixpipeRegisters& registers = podsim::kernel::scalar_unit().registers().fixpipe;
  registers.has_scales = true;
  registers.scales_memory = preData.memory();
  registers.scales = preData.GetPhyAddr();
  registers.unit_flag = isUnitFlag;
}

struct DataCopyCO12DstParams {
  DataCopyCO12DstParams() = default;
  DataCopyCO12DstParams(U16 nSizeIn, U16 mSizeIn, U32 dstStrideIn, U16 srcStrideIn, QuantMode_t quantPreIn,
                        U8 reluPreIn, Flag channelSplitIn, Flag nz2ndEnIn)
      : nSize(nSizeIn),
        mSize(mSizeIn),
        dstStride(dstStrideIn),
        srcStride(srcStrideIn),
        quantPre(quantPreIn),
        reluPre(reluPreIn),
        channelSplit(channelSplitIn),
        nz2ndEn(nz2ndEnIn) {}

  std::uint8_t sid = 0;
  std::uint16_t nSize = 0;
  std::uint16_t mSize = 0;
  std::uint32_t dstStride = 0;
  std::uint16_t srcStride = 0;
  std::uint8_t unitFlag = 0;
  QuantMode_t quantPre = NoQuant;
  std::uint8_t reluPre = 0;  // 0 or 1
  bool channelSplit = false;
  bool nz2ndEn = false;
};

}  // namespace AscendC

namespace podsim::kernel {

template <class T, class U>
FixpipeCall fixpipe_call(const AscendC::LocalTensor<U>& src, const AscendC::DataCopyCO12DstParams& p) {
  const FixpipeRegisters& registers = scalar_unit().registers().fixpipe;
  require_at_most("DataCopy", "reluPre", p.reluPre, 1);
  AscendC::FixpipeParamsV220 params(p.nSize, p.mSize, p.srcStride, p.dstStride, p.reluPre == 1, p.quantPre);
  params.deqScalar = registers.scale;
  params.unitFlag = p.unitFlag != 0 ? p.unitFlag : (registers.unit_flag ? 3 : 0);
  params.isChannelSplit = p.channelSplit;
  if (p.nz2ndEn) {
    params.ndNum = registers.nd_count;
    params.srcNdStride = registers.source_nd_stride;
    params.dstNdStride = registers.destination_nd_stride;
  }
  FixpipeCall call =
      fixpipe_call<T>(src, params, p.nz2ndEn ? AscendC::CO2Layout::ROW_MAJOR : AscendC::CO2Layout::NZ);
  call.call = "DataCopy";
  call.has_scales = registers.has_scales;
  call.scales = {registers.scales_memory, registers.scales};
  return call;
}

}  // namespace podsim::kernel

namespace AscendC {

template <class T, class U>
void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<U>& src, const DataCopyCO12DstParams& params) {
  using namespace podsim::kernel;
  if (!runs_on("DataCopy", CoreKind::Aic)) return;
  fixpipe_to_gm(fixpipe_call<T>(src, params), destination_of(dst));
}
template <class T, class U>
void DataCopy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const DataCopyCO12DstParams& params) {
  using namespace podsim::kernel;
  if (!runs_on("DataCopy", CoreKind::Aic)) return;
  fixpipe_to_local(fixpipe_call<T>(src, params), place_of(dst));
}

}  // namespace AscendC
