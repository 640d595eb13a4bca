// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/grouped_matmul_order.h"

#include <algorithm>

namespace podsim::kernel::ops {

GroupedOrder::GroupedOrder(const MatmulTiling& tiling, const std::vector<std::int64_t>& rows, std::uint64_t n,
                           std::uint64_t k, bool pairs)
    : of_core_(tiling.cores), right_(pairs ? n / 2 : 0) {
  const std::uint64_t block_m = tiling.single_m == 0 ? tiling.base_m : tiling.single_m;
  const std::uint64_t block_n = tiling.single_n == 0 ? tiling.base_n : tiling.single_n;
  const std::uint64_t columns = pairs ? n / 2 : n;
  MatmulTile block;
  block.k_end = k;
  std::uint64_t first_row = 0;
  for (const std::int64_t group : rows) {
    const auto count = static_cast<std::uint64_t>(group);
    const std::uint64_t down = parts_of(count, block_m);
    const std::uint64_t across = parts_of(columns, block_n);
    for (std::uint64_t i = 0; i < down * across; ++i) {
      const TilePlace place = swizzled(i, down, across, tiling.swizzle_offset, tiling.swizzle_direction);
      block.m0 = first_row + place.row * block_m;
      block.n0 = place.column * block_n;
      add_block(tiling, block, std::min(block.m0 + block_m, first_row + count),
                std::min(block.n0 + block_n, columns));
    }
    first_row += count;
    ++block.group;
  }
}

void GroupedOrder::add_block(const MatmulTiling& tiling, MatmulTile block, std::uint64_t end_m,
                             std::uint64_t end_n) {
  std::vector<MatmulTile>& mine = of_core_[blocks_++ % of_core_.size()];
  const std::uint64_t first_n = block.n0;
  for (; block.m0 < end_m; block.m0 += tiling.base_m) {
    block.m = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiling.base_m, end_m - block.m0));
    for (block.n0 = first_n; block.n0 < end_n; block.n0 += tiling.base_n) {
      block.n = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiling.base_n, end_n - block.n0));
      mine.push_back(block);
      if (right_ == 0) continue;
      mine.push_back(block);
      mine.back().n0 += right_;
    }
  }
}

bool GroupedOrder::tile(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const {
  if (index >= of_core_[core].size()) return false;
  tile = of_core_[core][index];
  return true;
}

}  // namespace podsim::kernel::ops
