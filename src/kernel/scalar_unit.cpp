// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/scalar_unit.h"

#include "podsim/base/error.h"
#include "podsim/kernel/core_registers.h"

namespace podsim::kernel {
namespace {
ScalarUnit* running = nullptr;
}

ScalarUnit& scalar_unit() {
  if (running == nullptr)
    throw ConfigError("a kernel call outside a launch: kernels run through the launch helper");
  return *running;
}

void set_scalar_unit(ScalarUnit* unit) {
  running = unit;
}

CoreRegisters& ScalarUnit::registers() {
  if (!registers_) registers_ = std::make_shared<CoreRegisters>();
  return *registers_;
}

}  // namespace podsim::kernel
