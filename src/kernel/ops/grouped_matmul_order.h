// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kernel/ops/matmul_plan.h"

namespace podsim::kernel::ops {

// The tiles of products of several groups, whose rows follow one another in a and c. Blocks of single_m x
// single_n, or single tiles, are dealt out to the cores one by one, group by group in swizzled order. In
// pairs, each tile of the left half of the columns is followed by that of the right half.
class GroupedOrder : public TileOrder {
 public:
  GroupedOrder(const MatmulTiling& tiling, const std::vector<std::int64_t>& rows, std::uint64_t n,
               std::uint64_t k, bool pairs);
  bool tile(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const override;
  // That have something to do.
  std::uint64_t cores() const { return std::min<std::uint64_t>(of_core_.size(), blocks_); }

 private:
  // Tiles of a block that begins at `block` and ends with its group or half.
  void add_block(const MatmulTiling& tiling, MatmulTile block, std::uint64_t end_m, std::uint64_t end_n);

  std::vector<std::vector<MatmulTile>> of_core_;
  std::uint64_t blocks_ = 0;  // dealt out so far
  std::uint64_t right_ = 0;   // from a tile to the other of its pair, in columns; 0: no pairs
};

}  // namespace podsim::kernel::ops
