// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "kernel/ops/matmul_plan.h"

namespace podsim::kernel::ops {

// The tiles of products of several groups, whose rows follow one another in a and c: group by group in
// swizzled order, dealt out to the cores one by one.
class GroupedOrder : public TileOrder {
 public:
  GroupedOrder(const MatmulTiling& tiling, const std::vector<std::int64_t>& rows, std::uint64_t n,
               std::uint64_t k);
  bool tile(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const override;
  std::uint64_t tiles() const override { return first_tile_.back(); }
  std::uint64_t cores() const { return std::min<std::uint64_t>(tiling_.cores, tiles()); }

 private:
  MatmulTiling tiling_;
  std::uint64_t n_;
  std::uint64_t k_;
  std::vector<std::uint64_t> first_row_;  // of a group, and of the one after the last
  std::vector<std::uint64_t> first_tile_;
};

}  // namespace podsim::kernel::ops
