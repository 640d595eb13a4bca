// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "podsim/kernel/global_tensor.h"

namespace podsim::kernel {

std::byte* scalar_access(const char* call, Memory memory, bool write, std::uint64_t address,
                         std::uint64_t bytes) {
  ScalarUnit& unit = scalar_unit();
  if (memory != Memory::UnifiedBuffer) {
    refuse(call,
           fmt::format("scalar access reaches the unified buffer only, not the {}", memory_name(memory)));
  }
  if (!runs_on(call, CoreKind::Aiv)) return nullptr;
  require_inside(call, "the element", memory, address, bytes);
  unit.access(call, footprint(memory, write, address, bytes));
  return unit.functional() ? unit.local(memory) + address : nullptr;
}

void global_access(const char* call, const void* pointer, bool write, std::uint64_t bytes) {
  const std::uint64_t address = gm_address(call, "the element", pointer, bytes);
  scalar_unit().access(call, footprint(Memory::Gm, write, address, bytes));
}

std::string print_elements(const std::byte* data, std::uint64_t count, DataType type) {
  std::string text = "[";
  for (std::uint64_t i = 0; i < count; ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", load_number(data, i, type));
  }
  return text + "]";
}

}  // namespace podsim::kernel
