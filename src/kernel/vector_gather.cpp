// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/vector_gather.h"

#include <fmt/format.h>

#include <memory>

#include "podsim/kernel/vector_compare.h"

namespace podsim::kernel {
namespace {

// Offsets are data, so they are checked when the instruction executes.
void require_reached(const char* call, std::uint64_t address, std::uint64_t bytes, std::uint64_t capacity) {
  if (address + bytes <= capacity) return;
  refuse(call,
         fmt::format("an offset leads to byte {} of the unified buffer, which has {}", address, capacity));
}

std::uint64_t unified_buffer_bytes() {
  return scalar_unit().chip().capacity[static_cast<std::size_t>(Memory::UnifiedBuffer)];
}

std::uint64_t offset_of(const std::byte* memory, const GatherCall& call, std::uint64_t index) {
  std::uint32_t offset = 0;
  std::memcpy(&offset, memory + call.offsets + index * sizeof(offset), sizeof(offset));
  return std::uint64_t{offset} + call.base;
}

// One of four elements: patterns 3 to 6; 1 and 2: even and odd; 7: all.
bool in_pattern(std::uint32_t pattern, std::uint64_t element) {
  switch (pattern) {
    case 1:
      return element % 2 == 0;
    case 2:
      return element % 2 == 1;
    case 7:
      return true;
    default:
      return element % 4 == pattern - 3;
  }
}

template <class Chosen>
std::uint64_t count_chosen(const GatherMaskCall& call, std::uint32_t per_repeat, Chosen chosen) {
  std::uint64_t kept = 0;
  for (std::uint32_t r = 0; r < call.params.repeatTimes; ++r) {
    for (std::uint32_t e = 0; e < per_repeat; ++e) kept += chosen(r, e) ? 1U : 0U;
  }
  return kept;
}

}  // namespace

void require_comparable(const char* call, DataType type, AscendC::CMPMODE mode) {
  const TypeSet on_2201 = mode == AscendC::CMPMODE::EQ ? kHalfFloat | set_of(DataType::Int32) : kHalfFloat;
  require_type(call, type, on_2201, kWideSet);
}

void issue_gather(const GatherCall& call, const Lanes& lanes) {
  const std::uint32_t size = bits_of(call.type) / 8;
  require_type("Gather", call.type, kBits16And32, kWideSet);
  const Operand to{call.dst, call.type, 1, static_cast<std::uint16_t>(call.repeat_stride)};
  const std::uint64_t reach = (lanes.repeats ? lanes.repeats - 1U : 0U) * std::uint64_t{lanes.per_repeat} +
                              (lanes.counter ? lanes.count % lanes.per_repeat : lanes.reach());
  VectorCall vector("Gather", VectorOp::Gather, call.type, lanes);
  require_aligned("Gather", "the offsets", call.offsets, kBlockBytes);
  vector.writes(to).reads_bytes("the offsets", call.offsets, reach * sizeof(std::uint32_t));
  vector.reads_bytes("the source", call.src, size);
  vector.issue([call, lanes, to, size, capacity = unified_buffer_bytes()](std::byte* memory) {
    lanes.for_each([&](std::uint32_t r, std::uint32_t e) {
      const std::uint64_t from = call.src + offset_of(memory, call, std::uint64_t{r} * lanes.per_repeat + e);
      require_reached("Gather", from, size, capacity);
      std::memcpy(memory + to.address + r * to.repeat_stride * kBlockBytes + e * size, memory + from, size);
    });
  });
}

void issue_scatter(const GatherCall& call, const Lanes& lanes) {
  require_arch("Scatter", 3510);
  const std::uint32_t size = bits_of(call.type) / 8;
  const Operand from{call.src, call.type, 1, 8};
  VectorCall vector("Scatter", VectorOp::Scatter, call.type, lanes);
  vector.reads(from).reads_bytes("the offsets", call.offsets, lanes.elements() * sizeof(std::uint32_t));
  vector.writes_bytes("the destination", call.dst, size);
  vector.issue([call, lanes, size, capacity = unified_buffer_bytes()](std::byte* memory) {
    lanes.for_each([&](std::uint32_t r, std::uint32_t e) {
      const std::uint64_t index = std::uint64_t{r} * lanes.per_repeat + e;
      const std::uint64_t to = call.dst + offset_of(memory, call, index);
      require_reached("Scatter", to, size, capacity);
      std::memcpy(memory + to, memory + call.src + index * size, size);
    });
  });
}

void issue_gather_blocks(const GatherCall& call, std::uint32_t repeats,
                         const AscendC::GatherRepeatParams& params) {
  constexpr std::uint32_t kBlocks = 8;
  const Operand to{call.dst, call.type, params.dstBlkStride, params.dstRepStride};
  VectorCall vector("Gatherb", VectorOp::GatherBlock, call.type, full_lanes(bits_of(call.type), repeats));
  vector.writes(to).reads_bytes("the offsets", call.offsets,
                                std::uint64_t{repeats} * kBlocks * sizeof(std::uint32_t));
  vector.reads_bytes("the source", call.src, kBlockBytes);
  vector.issue([call, to, repeats, capacity = unified_buffer_bytes()](std::byte* memory) {
    for (std::uint32_t r = 0; r < repeats; ++r) {
      for (std::uint32_t b = 0; b < kBlocks; ++b) {
        const std::uint64_t from = call.src + offset_of(memory, call, std::uint64_t{r} * kBlocks + b);
        require_reached("Gatherb", from, kBlockBytes, capacity);
        std::memmove(memory + to.address + (r * to.repeat_stride + b * to.block_stride) * kBlockBytes,
                     memory + from, kBlockBytes);
      }
    }
  });
}

std::uint64_t issue_gather_mask(const GatherMaskCall& call) {
  const std::uint32_t bits = bits_of(call.type);
  const std::uint32_t size = bits / 8;
  require_type("GatherMask", call.type, kBits16And32, kBits16And32);
  const AscendC::GatherMaskParams& p = call.params;
  // In reduce mode a repeat is `mask` elements long, blocks following at the block stride.
  const std::uint32_t per_repeat =
      call.reduce_mode ? call.mask : static_cast<std::uint32_t>(kRepeatBytes) / size;
  scalar_unit().registers().counter_mask = false;
  if (per_repeat == 0 || p.repeatTimes == 0) return 0;
  const std::uint64_t blocks = ceil_div(std::uint64_t{per_repeat} * size, kBlockBytes);
  const std::uint64_t source_bytes = (p.repeatTimes - 1U) * std::uint64_t{p.src0RepeatStride} * kBlockBytes +
                                     ((blocks - 1) * p.src0BlockStride + 1) * kBlockBytes;
  const std::uint64_t pattern_bytes =
      (p.repeatTimes - 1U) * std::uint64_t{p.src1RepeatStride} * kBlockBytes + ceil_div(per_repeat, 8);
  const std::uint64_t all = std::uint64_t{p.repeatTimes} * per_repeat;

  const auto chosen = [call, p](const std::byte* memory, std::uint32_t r, std::uint32_t e) {
    if (call.fixed_pattern != 0) return in_pattern(call.fixed_pattern, e);
    return get_bit(memory + call.pattern + r * p.src1RepeatStride * kBlockBytes, e);
  };
  std::uint64_t upper = all;
  if (call.fixed_pattern != 0) {
    upper = count_chosen(call, per_repeat,
                         [&](std::uint32_t r, std::uint32_t e) { return chosen(nullptr, r, e); });
  }
  Lanes lanes = full_lanes(bits, static_cast<std::uint32_t>(ceil_div(all * size, kRepeatBytes)));
  VectorCall vector("GatherMask", VectorOp::GatherMask, call.type, lanes);
  require_aligned("GatherMask", "the source", call.src, kBlockBytes);
  vector.writes_bytes("the destination", call.dst, upper * size)
      .reads_bytes("the source", call.src, source_bytes);
  if (call.fixed_pattern == 0) vector.reads_bytes("the pattern", call.pattern, pattern_bytes);
  const auto kept = std::make_shared<std::uint64_t>(upper);
  vector.issue([call, p, chosen, per_repeat, size, kept](std::byte* memory) {
    std::uint64_t next = 0;
    for (std::uint32_t r = 0; r < p.repeatTimes; ++r) {
      for (std::uint32_t e = 0; e < per_repeat; ++e) {
        if (!chosen(memory, r, e)) continue;
        const std::uint64_t in_block = kBlockBytes / size;
        const std::uint64_t from = r * p.src0RepeatStride * kBlockBytes +
                                   e / in_block * p.src0BlockStride * kBlockBytes + e % in_block * size;
        std::memmove(memory + call.dst + next++ * size, memory + call.src + from, size);
      }
    }
    *kept = next;
  });
  scalar_unit().drain_pipe("GatherMask", Pipe::V);
  return *kept;
}

}  // namespace podsim::kernel
