// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/core_registers.h"
#include "podsim/kernel/scalar_unit.h"

namespace podsim::kernel {

// Vector calls made while this lives are one function of register instructions, as kernels for 3510 are
// written (asc-devkit, Reg vector computing): what one call leaves for the next stays in registers. Changes
// the time only, and only on cores that have such functions. The calls should work on the same elements, or
// rows of a few registers; one in another is part of it.
class VectorFunction {
 public:
  explicit VectorFunction(bool fused = true) {
    CoreRegisters& registers = scalar_unit().registers();
    if (!fused || registers.vector_function != 0) return;
    registers_ = &registers;
    registers.vector_function = ++registers.vector_functions;
  }
  ~VectorFunction() {
    if (registers_ != nullptr) registers_->vector_function = 0;
  }
  VectorFunction(const VectorFunction&) = delete;
  VectorFunction& operator=(const VectorFunction&) = delete;

 private:
  CoreRegisters* registers_ = nullptr;
};

}  // namespace podsim::kernel
