// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/composed_gemm.h"

#include <algorithm>

#include "podsim/base/error.h"
#include "podsim/npu/hbm_server.h"
#include "podsim/npu/tile_engine.h"

namespace podsim::npu {
namespace {

std::int64_t divided_up(std::int64_t value, std::int64_t by) {
  return (value + by - 1) / by;
}

Bytes bytes_of(std::int64_t elements, moe::DataType type) {
  return Bytes(divided_up(elements * moe::bits(type), 8));
}

}  // namespace

Picoseconds composed_time(const GroupedGemm& gemm, const ChipConfig& chip, const KernelTimer& timer) {
  if (!chip.die) throw ConfigError(fmt::format("chip {} names no die in its file", chip.name));
  const DieConfig& die = **chip.die;
  const std::int64_t dies = chip.cores.value / die.cube_cores.value;
  HbmServer hbm(BytesPerSecond(chip.hbm.sustained().count() / dies));
  const Bytes weights = bytes_of(gemm.columns * gemm.k, gemm.type);
  const std::int64_t tiles = divided_up(gemm.columns, gemm.block_n);
  std::vector<TileBlock> blocks;
  for (const std::int64_t rows : gemm.rows) {
    for (std::int64_t row = 0; row < rows; row += gemm.block_m) {
      const std::int64_t m = std::min(gemm.block_m, rows - row);
      const bool in_l2 = row > 0 && weights <= chip.l2.value;
      const GemmTile tile{m,
                          std::min(gemm.block_n, gemm.columns),
                          gemm.k,
                          gemm.type,
                          gemm.type,
                          gemm.block_m,
                          gemm.columns,
                          in_l2};
      const Bytes bytes = bytes_of(m * gemm.k, gemm.type) + (in_l2 ? Bytes() : weights);
      TileBlock block;
      block.tiles = static_cast<std::uint32_t>(tiles);
      block.cube_time = timer.gemm_tile(tile);
      block.fill = timer.gemm_fill(tile);
      block.hbm_load = hbm.load_of(Bytes(divided_up(bytes.count(), tiles)));
      block.hbm_load.time = std::max(block.hbm_load.time, timer.gemm_memory(tile) * dies);
      blocks.push_back(block);
    }
  }
  TileEngine engine(static_cast<std::size_t>(die.cube_cores.value), hbm);
  engine.begin(Span<const TileBlock>(blocks), die.launch.cube_core_start.value);
  for (std::size_t i = 0; i < blocks.size(); ++i)
    engine.set_ready(static_cast<TileEngine::BlockIndex>(i), Picoseconds());
  Picoseconds end;
  while (const auto finished = engine.advance(TileEngine::kNever)) end = std::max(end, finished->time);
  return die.launch.task.value + end;
}

}  // namespace podsim::npu
