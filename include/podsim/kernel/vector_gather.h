// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/vector_fill.h"

namespace podsim::kernel {

struct GatherCall {
  std::uint64_t dst = 0;
  std::uint64_t src = 0;
  std::uint64_t offsets = 0;  // one uint32 of bytes per element
  std::uint32_t base = 0;     // added to every offset
  DataType type = DataType::Fp16;
  std::uint32_t repeat_stride = 8;
};
void issue_gather(const GatherCall& call, const Lanes& lanes);
void issue_scatter(const GatherCall& call, const Lanes& lanes);
void issue_gather_blocks(const GatherCall& call, std::uint32_t repeats,
                         const AscendC::GatherRepeatParams& params);

struct GatherMaskCall {
  std::uint64_t dst = 0;
  std::uint64_t src = 0;
  DataType type = DataType::Fp16;
  std::uint32_t fixed_pattern = 0;  // 1 to 7; 0: bits at `pattern`
  std::uint64_t pattern = 0;
  bool reduce_mode = false;
  std::uint32_t mask = 0;
  AscendC::GatherMaskParams params;
};
// Returns how many elements were kept: the scalar unit waits for it. In timing-only runs a tensor pattern
// counts as all ones.
std::uint64_t issue_gather_mask(const GatherMaskCall& call);

}  // namespace podsim::kernel

namespace AscendC {

template <class T>
void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset,
            const uint32_t srcBaseAddr, const uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Gather")) return;
  issue_gather({dst.GetPhyAddr(), src.GetPhyAddr(), srcOffset.GetPhyAddr(), srcBaseAddr, kTypeOf<T>, 8},
               counted_lanes(kBitsOf<T>, count));
}
template <class T, class Mask>
void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset,
            const uint32_t srcBaseAddr, Mask mask, const uint8_t repeatTime, const uint16_t dstRepStride) {
  using namespace podsim::kernel;
  if (!on_vector_core("Gather")) return;
  issue_gather(
      {dst.GetPhyAddr(), src.GetPhyAddr(), srcOffset.GetPhyAddr(), srcBaseAddr, kTypeOf<T>, dstRepStride},
      any_lanes<true>("Gather", kBitsOf<T>, mask, repeatTime));
}
template <class T>
void Gatherb(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<uint32_t>& offset,
             const uint8_t repeatTime, const GatherRepeatParams& repeatParams) {
  using namespace podsim::kernel;
  if (!on_vector_core("Gatherb")) return;
  issue_gather_blocks({dst.GetPhyAddr(), src0.GetPhyAddr(), offset.GetPhyAddr(), 0, kTypeOf<T>, 8},
                      repeatTime, repeatParams);
}
template <class T>
void Scatter(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& dstOffset,
             const uint32_t dstBaseAddr, const uint32_t count) {
  using namespace podsim::kernel;
  if (!on_vector_core("Scatter")) return;
  issue_scatter({dst.GetPhyAddr(), src.GetPhyAddr(), dstOffset.GetPhyAddr(), dstBaseAddr, kTypeOf<T>, 8},
                counted_lanes(kBitsOf<T>, count));
}

enum class GatherMaskMode : uint8_t { VERSION_V1 = 0, VERSION_V2 = 1 };
#if defined(__NPU_ARCH__) && __NPU_ARCH__ == 3510
constexpr GatherMaskMode defaultGatherMaskMode = GatherMaskMode::VERSION_V2;
#else
constexpr GatherMaskMode defaultGatherMaskMode = GatherMaskMode::VERSION_V2;
#endif

// Selected elements one after another.
template <class T, class U, GatherMaskMode mode = defaultGatherMaskMode>
void GatherMask(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<U>& src1Pattern,
                const bool reduceMode, const uint32_t mask, const GatherMaskParams& gatherMaskParams,
                uint64_t& rsvdCnt) {
  using namespace podsim::kernel;
  static_assert(kBitsOf<U> == kBitsOf<T>, "GatherMask: the pattern's type is as wide as the data's");
  if (!on_vector_core("GatherMask")) return;
  rsvdCnt = issue_gather_mask({dst.GetPhyAddr(), src0.GetPhyAddr(), kTypeOf<T>, 0, src1Pattern.GetPhyAddr(),
                               reduceMode, mask, gatherMaskParams});
}
template <class T, GatherMaskMode mode = defaultGatherMaskMode>
void GatherMask(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const uint8_t src1Pattern,
                const bool reduceMode, const uint32_t mask, const GatherMaskParams& gatherMaskParams,
                uint64_t& rsvdCnt) {
  using namespace podsim::kernel;
  if (!on_vector_core("GatherMask")) return;
  if (src1Pattern < 1 || src1Pattern > 7)
    refuse("GatherMask", "src1Pattern is " + std::to_string(src1Pattern) + ", expected 1 to 7");
  rsvdCnt = issue_gather_mask(
      {dst.GetPhyAddr(), src0.GetPhyAddr(), kTypeOf<T>, src1Pattern, 0, reduceMode, mask, gatherMaskParams});
}

}  // namespace AscendC
