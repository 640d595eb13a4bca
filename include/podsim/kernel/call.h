// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "podsim/kernel/core_registers.h"
#include "podsim/kernel/instruction.h"
#include "podsim/kernel/scalar_unit.h"

// What every call of the kernel interface does before it becomes an instruction: is it on the right core, and
// does it keep the rules of the hardware? Breaking one throws ConfigError with call, operand, value and rule.
namespace podsim::kernel {

constexpr std::uint64_t kBlockBytes = 32;
constexpr std::uint64_t kRepeatBytes = 256;
constexpr std::uint64_t kFractalBytes = 512;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}
constexpr std::uint64_t ceil_div(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit;
}

// False on the other kind of core of a mixed kernel, where the call does nothing. Throws when the kernel runs
// on the other kind only.
bool runs_on(const char* call, CoreKind kind);
bool is_3510();

[[noreturn]] void refuse(const char* call, const std::string& rule);
void require_aligned(const char* call, const char* operand, std::uint64_t address, std::uint64_t alignment);
void require_at_most(const char* call, const char* operand, std::uint64_t value, std::uint64_t limit);
// Bytes [address, address + bytes) lie in the core's buffer.
void require_inside(const char* call, const char* operand, Memory memory, std::uint64_t address,
                    std::uint64_t bytes);
void require_arch(const char* call, std::uint32_t architecture);

using TypeSet = std::uint32_t;
constexpr TypeSet set_of(DataType type) {
  return TypeSet{1} << static_cast<unsigned>(type);
}
template <class... Types>
constexpr TypeSet types(Types... list) {
  return (TypeSet{0} | ... | set_of(list));
}
// `type` is legal for the call on this chip: one of the sets.
void require_type(const char* call, DataType type, TypeSet on_2201, TypeSet on_3510);

// Address of a pointer into device memory, all `bytes` of which must lie in it.
std::uint64_t gm_address(const char* call, const char* operand, const void* pointer, std::uint64_t bytes);

const char* memory_name(Memory memory);
const char* pipe_name(Pipe pipe);

// Combines `bytes` from `source` into device memory under an atomic mode, or copies them.
void write_global(std::byte* destination, const std::byte* source, std::uint64_t bytes, AtomicMode mode);

// A range of bytes in one memory.
Footprint footprint(Memory memory, bool write, std::uint64_t address, std::uint64_t bytes);

}  // namespace podsim::kernel
