// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernel/ops/matmul_plan.h"
#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

// The high-level Matmul of Ascend C, by template (Norm, MDL) and tiling (at run time, constant).
// start_ns: asc-devkit guide, constant tiling: the simulator has the first MTE2 at 3.536 and 2.185 us.
// step_cycles, calibrated on scalar times only: 449 cycles per step on dav-2201 and 459 on dav-3510 with Norm
// (mm8k_hl_a2_c0 to c3, mm8k_hl_a5_c0, c1), 297 and 247 to 308 with MDL (mm8k_hl_a2_c6, mm8k_hl_a5_c5, c6),
// 164 to 174 and 166 to 172 with constant tiling (c7, c8 of both), less the 50 that the same kernel takes
// from basic calls (mm8k_basic_a2_s1, mmgelu_a5_matmul_only_fp32_o). One figure for both chips: the code is
// the same. Constant tiling of Norm was not measured by step: assumed as MDL's.
constexpr std::array<MatmulLibrary, 5> kLibraries{{
    {"basic", 0, 0},
    {"norm", 3536, 400},
    {"norm_constant", 2185, 120},
    {"mdl", 3536, 240},
    {"mdl_constant", 2185, 120},
}};

}  // namespace

const MatmulLibrary& matmul_library(const std::string& name) {
  for (const MatmulLibrary& library : kLibraries) {
    if (name == library.name) return library;
  }
  throw ConfigError(fmt::format("library \"{}\" is not known, expected one of {}", name,
                                fmt::join(matmul_library_names(), ", ")));
}

std::vector<std::string> matmul_library_names() {
  std::vector<std::string> names;
  for (const MatmulLibrary& library : kLibraries) names.emplace_back(library.name);
  return names;
}

}  // namespace podsim::kernel::ops
