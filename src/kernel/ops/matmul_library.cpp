// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernel/ops/matmul_plan.h"
#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

// The high-level Matmul of Ascend C, by template (Norm, MDL) and tiling (at run time, constant).
// start_ns, from the asc-devkit guide on constant tiling, where the first MTE2 begins at 3.536 and 2.185 us:
// calibrated: guide_const_128x30720x64_off, guide_const_128x30720x64_on
// step_cycles, on scalar times only, calibrated: mm8k_hl_a2_c0 to c3 and mm8k_hl_a5_c0, mm8k_hl_a5_c1 (449
// and 459 cycles per step with Norm), mm8k_hl_a2_c6, mm8k_hl_a5_c5, mm8k_hl_a5_c6 (297 and 247 to 308 with
// MDL), mm8k_hl_a2_c7, mm8k_hl_a2_c8, mm8k_hl_a5_c7, mm8k_hl_a5_c8 (164 to 174 with constant tiling), less
// the 50 that the same kernel takes from basic calls (mm8k_basic_a2_s1, mmgelu_a5_matmul_only_fp32_o). One
// figure for both chips: the code is the same. Constant tiling of Norm was not measured by step: assumed as
// MDL's.
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
