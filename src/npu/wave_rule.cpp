// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/wave_rule.h"

#include <algorithm>
#include <array>

namespace podsim::npu {
namespace {

struct BlockRow {
  std::int64_t twice_expected_rows;  // up to this, included
  std::int64_t block_m;
};
constexpr std::array kBlockTable{BlockRow{17, 16}, BlockRow{33, 32}, BlockRow{65, 64}, BlockRow{129, 96},
                                 BlockRow{193, 128}};
constexpr std::int64_t kLargestBlock = 192;

std::int64_t group_rows(const LayerShape& shape) {
  return shape.tokens * shape.top_k * shape.ranks;
}

std::int64_t divided_up(std::int64_t value, std::int64_t by) {
  return (value + by - 1) / by;
}

}  // namespace

std::int64_t block_m_for(const LayerShape& shape) {
  for (const BlockRow& row : kBlockTable) {
    if (2 * group_rows(shape) <= row.twice_expected_rows * shape.total_slots) return row.block_m;
  }
  return kLargestBlock;
}

std::int64_t experts_per_wave_for(const LayerShape& shape, std::int64_t block_m, std::int64_t block_n,
                                  std::int64_t cores, std::int64_t tiles_per_core) {
  if (group_rows(shape) < shape.total_slots) return shape.slots;
  const std::int64_t m_blocks = divided_up(group_rows(shape), shape.total_slots * block_m);
  const std::int64_t tiles = m_blocks * divided_up(2 * shape.expert_width, block_n);
  const std::int64_t fewest = std::min(divided_up(tiles_per_core * cores, tiles), shape.slots);

  std::int64_t best = fewest;
  const auto last_wave = [&](std::int64_t experts) {
    const std::int64_t rest = shape.slots % experts;
    return rest == 0 ? experts : rest;
  };
  for (std::int64_t n = fewest + 1; n <= std::min(2 * fewest, shape.slots); ++n) {
    if (last_wave(n) * best > last_wave(best) * n) best = n;  // a fuller last wave
  }
  return best;
}

}  // namespace podsim::npu
