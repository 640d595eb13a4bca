// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/roofline_timer.h"

#include <cmath>

#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

constexpr std::int64_t kCubeSide = 16;  // the cube multiplies 16 x 16 blocks: CANN cube table

std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

FlopsPerSecond share(FlopsPerSecond rate, double scale, std::int64_t cores) {
  const auto scaled = std::llround(static_cast<double>(rate.count()) * scale);
  PODSIM_CHECK(scaled >= cores, "{} FLOP/s for {} cores", scaled, cores);
  return FlopsPerSecond(scaled / cores);
}

}  // namespace

RooflineTimer::RooflineTimer(const ChipConfig& chip, const StackConfig& stack, double compute_scale)
    : chip_(chip),
      stack_(stack),
      compute_scale_(compute_scale),
      cores_(chip.cores.value),
      vector_rate_per_core_(share(chip.vector_rate.value, compute_scale, cores_)) {}

Picoseconds RooflineTimer::gemm_tile(const GemmTile& tile) const {
  const std::int64_t rows = chip_.matrix_rows ? chip_.matrix_rows->value : kCubeSide;
  const Flops work(2 * rounded_up(tile.m, rows) * rounded_up(tile.n, kCubeSide) * tile.k);
  const FlopsPerSecond rate = share(chip_.cube_rate(tile.weight, tile.activation), compute_scale_, cores_);
  return stack_.tile_prologue.value + time_rounded_up(work, rate);
}

Picoseconds RooflineTimer::vector_pass(VectorOp op, std::int64_t elements) const {
  std::int64_t ops = stack_.sum_ops.value;
  if (op == VectorOp::SwiGlu) ops = stack_.swiglu_ops.value;
  if (op == VectorOp::Cast) ops = stack_.cast_ops.value;
  return time_rounded_up(Flops(ops * elements), vector_rate_per_core_);
}

}  // namespace podsim::npu
