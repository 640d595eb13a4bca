// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/npu/chip_config.h"
#include "podsim/npu/kernel_timer.h"
#include "podsim/npu/stack_config.h"

namespace podsim::npu {

// Kernel times from peak rates: a core has its share of the chip's sustained rate, M and N of a tile are
// rounded up to the cube's 16, and each tile starts with the stack's prologue. Leaves out the paths inside a
// core (L1, L0, FixPipe) and bank conflicts.
class RooflineTimer : public KernelTimer {
 public:
  // `compute_scale`: speed of this card's cores, 1.0 as configured.
  RooflineTimer(const ChipConfig& chip, const StackConfig& stack, double compute_scale);

  std::int64_t cores() const override { return cores_; }
  Picoseconds gemm_tile(const GemmTile& tile) const override;
  Picoseconds vector_pass(VectorOp op, std::int64_t elements) const override;

 private:
  ChipConfig chip_;
  StackConfig stack_;
  double compute_scale_;
  std::int64_t cores_;
  FlopsPerSecond vector_rate_per_core_;
};

}  // namespace podsim::npu
