// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "podsim/npu/kernel_timer.h"

namespace podsim::npu {

// The cores of another timer, less those that communicate: of vector cores the others take all vector work;
// whole cores are gone.
class SharedTimer : public KernelTimer {
 public:
  SharedTimer(std::unique_ptr<KernelTimer> timer, std::int64_t taken, std::int64_t vector_cores, bool whole)
      : timer_(std::move(timer)), taken_(taken), vector_cores_(vector_cores), whole_(whole) {}

  std::int64_t cores() const override { return whole_ ? timer_->cores() - taken_ : timer_->cores(); }
  Picoseconds gemm_tile(const GemmTile& tile) const override { return timer_->gemm_tile(tile); }
  Picoseconds gemm_fill(const GemmTile& tile) const override { return timer_->gemm_fill(tile); }
  Picoseconds gemm_memory(const GemmTile& tile) const override { return timer_->gemm_memory(tile); }
  Picoseconds vector_pass(VectorOp op, std::int64_t elements) const override {
    const Picoseconds all = timer_->vector_pass(op, elements);
    return whole_ ? all : Picoseconds(all.count() * vector_cores_ / (vector_cores_ - taken_));
  }

 private:
  std::unique_ptr<KernelTimer> timer_;
  std::int64_t taken_;
  std::int64_t vector_cores_;
  bool whole_;
};

}  // namespace podsim::npu
