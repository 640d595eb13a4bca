// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/call.h"

#include <cstring>

#include "podsim/base/error.h"
#include "podsim/kernel/numbers.h"

namespace podsim::kernel {
namespace {

// Sum in the element's own type, so that integers wrap and floats round as one addition does.
template <class T>
T wrapped_sum(std::int64_t a, std::int64_t b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

double combined(double old, double now, AtomicMode mode) {
  switch (mode.op) {
    case AtomicOp::Max:
      return now > old ? now : old;
    case AtomicOp::Min:
      return now < old ? now : old;
    case AtomicOp::Add:
      break;
    case AtomicOp::None:
      return now;
  }
  switch (mode.type) {  // fp32: both exact in double, whose sum rounds to float as a float addition would
    case DataType::Int8:
      return wrapped_sum<std::int8_t>(static_cast<std::int64_t>(old), static_cast<std::int64_t>(now));
    case DataType::Int16:
      return wrapped_sum<std::int16_t>(static_cast<std::int64_t>(old), static_cast<std::int64_t>(now));
    case DataType::Int32:
      return wrapped_sum<std::int32_t>(static_cast<std::int64_t>(old), static_cast<std::int64_t>(now));
    default:
      return old + now;
  }
}

}  // namespace

const char* memory_name(Memory memory) {
  constexpr std::array kNames{
      "GM", "L1", "L0A", "L0B", "L0C", "unified buffer", "bias table", "fixpipe buffer"};
  return kNames.at(static_cast<std::size_t>(memory));
}
const char* pipe_name(Pipe pipe) {
  constexpr std::array kNames{"S", "V", "M", "MTE1", "MTE2", "MTE3", "FIX"};
  return kNames.at(static_cast<std::size_t>(pipe));
}

void refuse(const char* call, const std::string& rule) {
  throw ConfigError(fmt::format("{}: {}", call, rule));
}

bool is_3510() {
  return scalar_unit().chip().architecture == 3510;
}

bool runs_on(const char* call, CoreKind kind) {
  const Placement& here = scalar_unit().placement();
  if (here.kind == kind) return true;
  if (here.mixed) return false;
  refuse(call, kind == CoreKind::Aic ? "needs a cube core, but the kernel runs on vector cores only"
                                     : "needs a vector core, but the kernel runs on cube cores only");
}

void require_aligned(const char* call, const char* operand, std::uint64_t address, std::uint64_t alignment) {
  if (address % alignment == 0) return;
  refuse(call, fmt::format("{} starts at byte {}, expected a multiple of {}", operand, address, alignment));
}

void require_at_most(const char* call, const char* operand, std::uint64_t value, std::uint64_t limit) {
  if (value > limit) refuse(call, fmt::format("{} is {}, expected at most {}", operand, value, limit));
}

void require_inside(const char* call, const char* operand, Memory memory, std::uint64_t address,
                    std::uint64_t bytes) {
  const std::uint64_t capacity = scalar_unit().chip().capacity[static_cast<std::size_t>(memory)];
  if (address <= capacity && bytes <= capacity - address) return;
  refuse(call, fmt::format("{} takes bytes {} to {} of the {}, which has {}", operand, address,
                           address + bytes, memory_name(memory), capacity));
}

void require_arch(const char* call, std::uint32_t architecture) {
  const std::uint32_t here = scalar_unit().chip().architecture;
  if (here != architecture)
    refuse(call, fmt::format("exists on architecture {} only, this chip is {}", architecture, here));
}

void require_type(const char* call, DataType type, TypeSet on_2201, TypeSet on_3510) {
  const TypeSet allowed = is_3510() ? on_3510 : on_2201;
  if ((allowed & set_of(type)) != 0) return;
  std::string names;
  for (unsigned i = 0; i <= static_cast<unsigned>(DataType::Bool); ++i) {
    const auto known = static_cast<DataType>(i);
    if ((allowed & set_of(known)) == 0) continue;
    names += (names.empty() ? "" : ", ") + std::string(type_name(known));
  }
  refuse(call, fmt::format("type {} is not possible on architecture {}, expected one of {}", type_name(type),
                           scalar_unit().chip().architecture, names.empty() ? "none" : names));
}

std::uint64_t gm_address(const char* call, const char* operand, const void* pointer, std::uint64_t bytes) {
  ScalarUnit& unit = scalar_unit();
  const auto first = reinterpret_cast<std::uintptr_t>(unit.device_memory());
  const auto value = reinterpret_cast<std::uintptr_t>(pointer);
  const std::uint64_t capacity = unit.chip().capacity[static_cast<std::size_t>(Memory::Gm)];
  if (value < first || value - first > capacity || bytes > capacity - (value - first)) {
    refuse(call, fmt::format("{} ({}, {} bytes) is not in device memory", operand, pointer, bytes));
  }
  return value - first;
}

void write_global(std::byte* destination, const std::byte* source, std::uint64_t bytes, AtomicMode mode) {
  if (mode.op == AtomicOp::None) {
    std::memmove(destination, source, bytes);
    return;
  }
  const std::uint64_t count = bytes * 8 / bits_of(mode.type);
  for (std::uint64_t i = 0; i < count; ++i) {
    const double old = load_number(destination, i, mode.type);
    store_number(destination, i, mode.type, combined(old, load_number(source, i, mode.type), mode));
  }
}

Footprint footprint(Memory memory, bool write, std::uint64_t address, std::uint64_t bytes) {
  return Footprint{memory, write, 1, address, bytes, bytes};
}

}  // namespace podsim::kernel
