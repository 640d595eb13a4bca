// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "core/rounding.h"
#include "podsim/base/error.h"
#include "podsim/core/timing.h"

namespace podsim::core {
namespace {

constexpr std::int64_t kFractal = 16;  // rows and columns of a piece of the result

const CubeRow& row_of(const CoreConfig& config, const kernel::CubeWork& work) {
  // Mixed FP8 formats go at the rate of either; 4-bit times 8-bit at that of the wider.
  const kernel::DataType type = bits_of(work.a) >= bits_of(work.b) ? work.a : work.b;
  for (const CubeRow& row : config.cube.rows) {
    if (row.type == type && row.sparse == work.sparse) return row;
  }
  throw ConfigError(fmt::format("the cube of {} has no {}{} product", config.name,
                                work.sparse ? "sparse " : "", config::enum_name(type)));
}

}  // namespace

CubeTiming::CubeTiming(const CoreConfig& config) : config_(config) {}

std::int64_t CubeTiming::fractals(std::int64_t m, std::int64_t n) {
  return ceil_div(m, kFractal) * ceil_div(n, kFractal);
}

Cycles CubeTiming::steps(const kernel::CubeWork& work) const {
  const CubeRow& row = row_of(config_, work);
  const std::int64_t macs =
      fractals(work.m, work.n) * kFractal * kFractal * ceil_div(work.k, row.k0) * row.k0;
  return Cycles(ceil_div(macs, row.macs_per_cycle));
}

Duration CubeTiming::operator()(const kernel::CubeWork& work) const {
  const std::int64_t issue = config_.cube.issue_cycles.value;
  return {steps(work) + Cycles(issue), Cycles(config_.cube.result_cycles.value - issue), {}};
}

}  // namespace podsim::core
