// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "podsim/npu/chip_config.h"
#include "podsim/npu/die_config.h"
#include "podsim/npu/kernel_timer.h"
#include "podsim/npu/kernel_timings.h"
#include "podsim/npu/timer_config.h"

namespace podsim::npu {

// Kernel times from the AI core model (docs/components/kernel_timer.md): the grouped GEMM is simulated for
// every size that an M-block may have, with the weights from HBM on all cores of a die and on one, and with
// the weights in L2 behind an M-block before, twice each; a tile is the difference, the fill of the pipes the
// rest. Sizes of M-blocks come in steps of 16 rows, and all of a kernel are simulated together when the first
// is asked for.
class CoreTimer : public KernelTimer {
 public:
  // `activation`: element type of the rows between the GEMMs; `compute_scale`: speed of this card's
  // cores, 1.0 as configured. Throws ConfigError when the chip has no die, or another number of cores than
  // its dies.
  CoreTimer(const ChipConfig& chip, const CoreTimerConfig& config, moe::DataType activation,
            KernelTimings& timings, double compute_scale);

  std::int64_t cores() const override { return cores_; }
  Picoseconds gemm_tile(const GemmTile& tile) const override;
  Picoseconds gemm_fill(const GemmTile& tile) const override;
  Picoseconds gemm_memory(const GemmTile& tile) const override;
  Picoseconds vector_pass(VectorOp op, std::int64_t elements) const override;

 private:
  using KernelShape = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string>;
  struct Tile {
    Picoseconds from_hbm;  // on its core
    Picoseconds from_l2;
    Picoseconds memory;  // share of the card's memory, where that sets the time of tiles from HBM; else 0
    Picoseconds fill;
  };
  // Of M-blocks of 16, 32, .. rows.
  using Tiles = std::vector<Tile>;

  const Tile& tile_of(const GemmTile& tile) const;
  Tiles measure(const KernelShape& shape) const;
  // Time per 2^20 elements.
  Picoseconds vector_rate(VectorOp op) const;
  Picoseconds scaled(Picoseconds time) const;

  DieConfig die_;
  CoreTimerConfig config_;
  bool int8_;
  KernelTimings& timings_;
  double compute_scale_;
  std::int64_t cores_;
  BytesPerSecond memory_rate_;
  mutable std::map<KernelShape, Tiles> tiles_;
  mutable std::map<VectorOp, Picoseconds> vector_rates_;
};

// Element type of the library's grouped GEMM for these operands: the wider one's. Throws ConfigError for FP4
// on both sides, which it does not multiply.
std::string grouped_matmul_type(moe::DataType weight, moe::DataType activation);

// The job of a grouped GEMM on all cores of a die: `groups` times the rows in `rows` ("192:16").
KernelJob grouped_job(const std::string& rows, std::int64_t columns, std::int64_t k, std::int64_t block_m,
                      std::int64_t block_n, const std::string& dtype, WeightLayout weights);

}  // namespace podsim::npu
