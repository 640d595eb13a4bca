// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/vector_fused.h"

#include <vector>

namespace podsim::kernel {

void issue_interleave(std::uint64_t dst0, std::uint64_t dst1, std::uint64_t src0, std::uint64_t src1,
                      std::uint64_t count, DataType type, bool apart) {
  const char* const call = apart ? "DeInterleave" : "Interleave";
  require_arch(call, 3510);
  require_type(call, type, 0, kFillable3510);
  if (count % 2 != 0) refuse(call, "count is " + std::to_string(count) + ", expected an even number");
  const std::uint64_t size = bits_of(type) / 8;
  const std::uint64_t bytes = count * size;
  VectorCall(call, VectorOp::Move, type, counted_lanes(bits_of(type), count))
      .writes_bytes("the first destination", dst0, bytes)
      .writes_bytes("the second destination", dst1, bytes)
      .reads_bytes("the first source", src0, bytes)
      .reads_bytes("the second source", src1, bytes)
      .issue([=](std::byte* memory) {
        std::vector<std::byte> out(2 * bytes);
        for (std::uint64_t i = 0; i < 2 * count; ++i) {
          // Element i of what is in order there, and its place among the alternating ones.
          const std::byte* const in = memory + (i < count ? src0 + i * size : src1 + (i - count) * size);
          const std::uint64_t together = i < count ? 2 * i : 2 * (i - count) + 1;
          const std::uint64_t split = i / 2 + (i % 2) * count;
          std::memcpy(out.data() + (apart ? split : together) * size, in, size);
        }
        std::memcpy(memory + dst0, out.data(), bytes);
        std::memcpy(memory + dst1, out.data() + bytes, bytes);
      });
}

}  // namespace podsim::kernel
