// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/grouped_matmul_order.h"

#include <algorithm>

namespace podsim::kernel::ops {

GroupedOrder::GroupedOrder(const MatmulTiling& tiling, const std::vector<std::int64_t>& rows, std::uint64_t n,
                           std::uint64_t k)
    : tiling_(tiling), n_(n), k_(k), first_row_{0}, first_tile_{0} {
  for (const std::int64_t group : rows) {
    const auto count = static_cast<std::uint64_t>(group);
    first_row_.push_back(first_row_.back() + count);
    first_tile_.push_back(first_tile_.back() + parts_of(count, tiling.base_m) * parts_of(n, tiling.base_n));
  }
}

bool GroupedOrder::tile(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const {
  const std::uint64_t number = core + index * tiling_.cores;
  if (number >= tiles()) return false;
  const auto after = std::upper_bound(first_tile_.begin(), first_tile_.end(), number);
  tile.group = static_cast<std::uint64_t>(after - first_tile_.begin()) - 1;
  const std::uint64_t rows = first_row_[tile.group + 1] - first_row_[tile.group];
  const TilePlace place =
      swizzled(number - first_tile_[tile.group], parts_of(rows, tiling_.base_m), parts_of(n_, tiling_.base_n),
               tiling_.swizzle_offset, tiling_.swizzle_direction);
  tile.m0 = first_row_[tile.group] + place.row * tiling_.base_m;
  tile.n0 = place.column * tiling_.base_n;
  tile.m = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(tiling_.base_m, first_row_[tile.group + 1] - tile.m0));
  tile.n = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiling_.base_n, n_ - tile.n0));
  tile.k_begin = 0;
  tile.k_end = k_;
  return true;
}

}  // namespace podsim::kernel::ops
