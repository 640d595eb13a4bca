// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/system.h"

#include <fmt/format.h>

#include "podsim/base/error.h"

namespace podsim::kernel {

void set_atomic(const char* call, AtomicOp op, DataType type) {
  constexpr TypeSet kAtomic =
      types(DataType::Int8, DataType::Int16, DataType::Fp16, DataType::Bf16, DataType::Int32, DataType::Fp32);
  require_type(call, type, kAtomic, kAtomic);
  scalar_unit().registers().atomic = {op, type};
}

void print_text(const std::string& text) {
  scalar_unit().print(text);
}

void assertion_failed(const char* condition, const char* file, int line) {
  throw ConfigError(fmt::format("{}:{}: the kernel's assertion '{}' does not hold", file, line, condition));
}

}  // namespace podsim::kernel

namespace AscendC {

int64_t GetSystemCycle() {
  const podsim::kernel::ScalarUnit& unit = podsim::kernel::scalar_unit();
  const podsim::kernel::ChipTraits& chip = unit.chip();
  const int64_t seconds = unit.cycles() / chip.core_hz;
  return seconds * chip.system_counter_hz +
         unit.cycles() % chip.core_hz * chip.system_counter_hz / chip.core_hz;
}

uint64_t GetUBSizeInBytes() {
  return podsim::kernel::scalar_unit()
      .chip()
      .capacity[static_cast<std::size_t>(podsim::kernel::Memory::UnifiedBuffer)];
}

int64_t GetArchVersion() {
  return podsim::kernel::scalar_unit().chip().architecture;
}

void Trap() {
  throw podsim::ConfigError("the kernel called Trap");
}

}  // namespace AscendC
