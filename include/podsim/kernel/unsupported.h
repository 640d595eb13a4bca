// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/data_copy.h"
#include "podsim/kernel/vector_fill.h"

// Names of the published interface that podsim does not have. They are here so that a kernel that calls one
// is told so in a sentence, and one that only mentions the parameter struct compiles.
namespace podsim::kernel {

template <class...>
inline constexpr bool kMissing = false;

}  // namespace podsim::kernel

namespace AscendC {

// Explicit template arguments of any kind may come first.
#define PODSIM_MISSING_CALL(Name, Remark)                                                        \
  template <class... Given, class... Args>                                                       \
  void Name(const Args&... /*arguments*/) {                                                      \
    static_assert(podsim::kernel::kMissing<Args...>, "podsim does not have " #Name ": " Remark); \
  }                                                                                              \
  template <class First, class Second, auto third, class... Args>                                \
  void Name(const Args&... /*arguments*/) {                                                      \
    static_assert(podsim::kernel::kMissing<Args...>, "podsim does not have " #Name ": " Remark); \
  }                                                                                              \
  template <class First, class Second, auto third, auto fourth, class... Args>                   \
  void Name(const Args&... /*arguments*/) {                                                      \
    static_assert(podsim::kernel::kMissing<Args...>, "podsim does not have " #Name ": " Remark); \
  }

PODSIM_MISSING_CALL(CastDeq, "Cast int16_t to half, multiply, and cast again")
PODSIM_MISSING_CALL(CastDequant, "Cast int16_t to half, multiply, and cast again")
PODSIM_MISSING_CALL(SetLoopModePara, "write the loop of DataCopyPad in the kernel")
PODSIM_MISSING_CALL(ResetLoopModePara, "write the loop of DataCopyPad in the kernel")
PODSIM_MISSING_CALL(AllocMutexID, "order the pipes with SetFlag and WaitFlag")
PODSIM_MISSING_CALL(ReleaseMutexID, "order the pipes with SetFlag and WaitFlag")
PODSIM_MISSING_CALL(MmadWithSparse, "structured sparsity is not modelled")
PODSIM_MISSING_CALL(LoadDataWithSparse, "structured sparsity is not modelled")
PODSIM_MISSING_CALL(LoadDataUnzip, "compressed weights are not modelled")
#undef PODSIM_MISSING_CALL

// Locks of pipes (3510).
struct Mutex {
  template <auto pipe, class Id>
  static void Lock(Id /*id*/) {
    static_assert(podsim::kernel::kMissing<Id>,
                  "podsim does not have Mutex: order the pipes with SetFlag and WaitFlag");
  }
  template <auto pipe, class Id>
  static void Unlock(Id /*id*/) {
    static_assert(podsim::kernel::kMissing<Id>,
                  "podsim does not have Mutex: order the pipes with SetFlag and WaitFlag");
  }
};

// Copies of slices.
struct SliceInfo {
  std::uint32_t startIndex = 0;
  std::uint32_t endIndex = 0;
  std::uint32_t stride = 0;
  std::uint32_t burstLen = 0;
  std::uint32_t shapeValue = 0;
};
template <class Destination, class Source>
void DataCopy(const Destination& /*dst*/, const Source& /*src*/, const SliceInfo /*dstSliceInfo*/[],
              const SliceInfo /*srcSliceInfo*/[], std::uint32_t /*dimValue*/ = 1) {
  static_assert(podsim::kernel::kMissing<Source>,
                "podsim does not have DataCopy with SliceInfo: use DataCopyParams or DataCopyPad");
}

// Other layouts than 16 x 16.
enum class TransposeType : std::uint8_t {
  TRANSPOSE_TYPE_NONE = 0,
  TRANSPOSE_ND2ND_B16,
  TRANSPOSE_NCHW2NHWC,
  TRANSPOSE_NHWC2NCHW,
};
struct TransposeParamsExt {
  std::uint16_t nSize = 0;
  std::uint16_t cSize = 0;
  std::uint16_t hSize = 0;
  std::uint16_t wSize = 0;
  TransposeType transposeType = TransposeType::TRANSPOSE_TYPE_NONE;
};
template <class T>
void Transpose(const LocalTensor<T>& /*dst*/, const LocalTensor<T>& /*src*/,
               const LocalTensor<std::uint8_t>& /*tmp*/, const TransposeParamsExt& /*params*/) {
  static_assert(podsim::kernel::kMissing<T>,
                "podsim does not have Transpose with TransposeParamsExt: use TransDataTo5HD");
}

}  // namespace AscendC
