// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/vector_fill.h"

#include <fmt/format.h>

namespace podsim::kernel {
namespace {

constexpr std::uint32_t kSide = 16;

std::uint64_t row_address(std::uint64_t first, std::uint32_t repeat, std::uint32_t stride) {
  return first + repeat * std::uint64_t{stride} * kBlockBytes;
}

}  // namespace

// 16-bit: element (i, j) of the 16 x 16 square goes to (j, i). 32-bit: rows have 8 elements, two dst rows
// hold a column of 16. 8-bit: rows have 32 elements of which one half is read, and one half of each dst row
// written.
void issue_transpose_rows(const char* call, const std::array<std::uint64_t, 16>& dst,
                          const std::array<std::uint64_t, 16>& src,
                          const AscendC::TransDataTo5HDParams& params, DataType type) {
  const std::uint32_t bits = bits_of(type);
  if (bits < 8 || bits > 32)
    refuse(call, fmt::format("type {} has {} bits, expected 8, 16 or 32", type_name(type), bits));
  const std::uint32_t size = bits / 8;
  VectorCall vector(call, VectorOp::Transpose, type, full_lanes(bits, 2U * params.repeatTimes));
  const std::uint64_t last_src =
      std::uint64_t{params.repeatTimes ? params.repeatTimes - 1U : 0U} * params.srcRepStride * kBlockBytes;
  const std::uint64_t last_dst =
      std::uint64_t{params.repeatTimes ? params.repeatTimes - 1U : 0U} * params.dstRepStride * kBlockBytes;
  const auto src_ends = std::minmax_element(src.begin(), src.end());
  const auto dst_ends = std::minmax_element(dst.begin(), dst.end());
  for (std::size_t i = 0; i < kSide; ++i) {
    require_aligned(call, "a source row", src[i], kBlockBytes);
    require_aligned(call, "a destination row", dst[i], kBlockBytes);
  }
  vector.writes_bytes("the destination rows", *dst_ends.first,
                      *dst_ends.second - *dst_ends.first + kBlockBytes + last_dst);
  vector.reads_bytes("the source rows", *src_ends.first,
                     *src_ends.second - *src_ends.first + kBlockBytes + last_src);
  vector.issue([dst, src, params, size](std::byte* memory) {
    const std::uint32_t from_column = size == 1 && params.srcHighHalf ? kSide : 0;
    const std::uint32_t to_column = size == 1 && params.dstHighHalf ? kSide : 0;
    const std::uint32_t columns = size == 4 ? kSide / 2 : kSide;  // of a source row
    for (std::uint32_t r = 0; r < params.repeatTimes; ++r) {
      std::array<std::byte, kSide * kSide * 4> square;
      for (std::uint32_t i = 0; i < kSide; ++i) {
        for (std::uint32_t j = 0; j < columns; ++j) {
          std::memcpy(&square[(j * kSide + i) * size],
                      memory + row_address(src[i], r, params.srcRepStride) + (from_column + j) * size, size);
        }
      }
      // Column j of the source, 16 elements: one row of 16- and 8-bit types, two rows of 32-bit ones.
      const std::uint32_t per_row = size == 4 ? kSide / 2 : kSide;
      for (std::uint32_t k = 0; k < columns * kSide / per_row; ++k) {
        std::memcpy(memory + row_address(dst[k], r, params.dstRepStride) + to_column * size,
                    &square[k * per_row * size], per_row * size);
      }
    }
  });
}

void issue_transpose16(std::uint64_t dst, std::uint64_t src, DataType type) {
  std::array<std::uint64_t, kSide> to{};
  std::array<std::uint64_t, kSide> from{};
  for (std::size_t i = 0; i < kSide; ++i) {
    to[i] = dst + i * kBlockBytes;
    from[i] = src + i * kBlockBytes;
  }
  issue_transpose_rows("Transpose", to, from, AscendC::TransDataTo5HDParams(false, false, 1, 0, 0), type);
}

void issue_broadcast(std::uint64_t dst, std::uint64_t src, std::uint32_t repeats,
                     const AscendC::BrcbRepeatParams& params, DataType type) {
  constexpr std::uint32_t kElements = 8;
  const std::uint32_t size = bits_of(type) / 8;
  const Operand to{dst, type, params.dstBlkStride, params.dstRepStride};
  VectorCall vector("Brcb", VectorOp::Broadcast, type, full_lanes(bits_of(type), repeats));
  require_aligned("Brcb", "the source", src, kBlockBytes);
  vector.writes(to).reads_bytes("the source", src, std::uint64_t{repeats} * kElements * size);
  vector.issue([to, src, repeats, size](std::byte* memory) {
    for (std::uint32_t r = 0; r < repeats; ++r) {
      for (std::uint32_t b = 0; b < kElements; ++b) {
        std::byte* const block =
            memory + to.address + (r * to.repeat_stride + b * to.block_stride) * kBlockBytes;
        std::array<std::byte, 4> value;
        std::memcpy(value.data(), memory + src + (r * kElements + b) * size, size);
        for (std::uint32_t i = 0; i < kBlockBytes; i += size) std::memcpy(block + i, value.data(), size);
      }
    }
  });
}

}  // namespace podsim::kernel
