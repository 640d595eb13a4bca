// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstring>

#include "podsim/kernel/load_data.h"

// What the loads into the operand buffers have in common.
namespace podsim::kernel {

inline constexpr std::uint32_t kRows = 16;  // of a fractal

inline void require_operand_buffer(const char* call, const LocalPlace& dst) {
  if (dst.memory != Memory::L0a && dst.memory != Memory::L0b) {
    refuse(call, fmt::format("the destination is in the {}, expected L0A or L0B", memory_name(dst.memory)));
  }
  require_aligned(call, "the destination", dst.address, kFractalBytes);
}
inline void require_l1(const char* call, const LocalPlace& src) {
  if (src.memory != Memory::L1)
    refuse(call, fmt::format("the source is in the {}, expected L1", memory_name(src.memory)));
  require_aligned(call, "the source", src.address, kBlockBytes);
}

inline std::uint32_t c0_of(DataType type) {
  return static_cast<std::uint32_t>(kBlockBytes * 8 / bits_of(type));
}

// One element of any width between two byte arrays.
inline void move_element(std::byte* to, std::uint64_t to_index, const std::byte* from,
                         std::uint64_t from_index, std::uint32_t bits) {
  if (bits >= 8) {
    std::memcpy(to + to_index * bits / 8, from + from_index * bits / 8, bits / 8);
    return;
  }
  const auto both = std::to_integer<unsigned>(from[from_index / 2]);
  const unsigned nibble = from_index % 2 == 0 ? both & 0xfU : both >> 4U;
  const auto old = std::to_integer<unsigned>(to[to_index / 2]);
  to[to_index / 2] =
      static_cast<std::byte>(to_index % 2 == 0 ? (old & 0xf0U) | nibble : (old & 0xfU) | nibble << 4U);
}

inline Instruction load_instruction(const char* call, const LocalMove& move, const Footprint& from,
                                    const Footprint& to) {
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = Pipe::Mte1;
  instruction.work = move;
  instruction.touch(from);
  instruction.touch(to);
  return instruction;
}

template <class Effect>
inline void issue_load(const Instruction& instruction, const LocalPlace& dst, const LocalPlace& src,
                       Effect effect) {
  ScalarUnit& unit = scalar_unit();
  if (!unit.functional()) return unit.issue(instruction, {});
  std::byte* const to = unit.local(dst.memory) + dst.address;
  const std::byte* const from = unit.local(src.memory) + src.address;
  unit.issue(instruction, [to, from, effect] { effect(to, from); });
}

inline std::uint64_t end_of(const Footprint& print) {
  return (print.blocks - 1) * print.stride + print.bytes;
}

inline void require_touched_inside(const char* call, const Footprint& from, const Footprint& to) {
  require_inside(call, "the source", from.memory, from.address, end_of(from));
  require_inside(call, "the destination", to.memory, to.address, end_of(to));
}

}  // namespace podsim::kernel
