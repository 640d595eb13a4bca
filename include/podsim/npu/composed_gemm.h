// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/npu/chip_config.h"
#include "podsim/npu/kernel_timer.h"

namespace podsim::npu {

// A grouped GEMM on one die: c = a b[g] for the rows of every group g.
struct GroupedGemm {
  std::vector<std::int64_t> rows;  // [groups]
  std::int64_t columns = 0;
  std::int64_t k = 0;
  std::int64_t block_m = 128;
  std::int64_t block_n = 128;
  moe::DataType type = moe::DataType::Fp8;  // of both sides
};

// Its time from the launch to the end of the last core, composed of tiles on a TileEngine as a card does it:
// M-blocks in the order of their rows, tiles dealt round robin to the cores, memory as one server with the
// die's share of the chip's sustained rate. Throws ConfigError when the chip has no die.
Picoseconds composed_time(const GroupedGemm& gemm, const ChipConfig& chip, const KernelTimer& timer);

}  // namespace podsim::npu
