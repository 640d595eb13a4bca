// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kernel/ops/matmul_plan.h"

namespace podsim::kernel::ops {

// The tiles of one product: dealt out in swizzled order, or each core's own rectangle (single_m, single_n).
// Parts of a split K come after one another.
class MatmulOrder : public TileOrder {
 public:
  MatmulOrder(const MatmulTiling& tiling, std::uint64_t m, std::uint64_t n, std::uint64_t k);
  bool tile(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const override;
  std::uint64_t tiles() const { return rows_ * columns_ * tiling_.split_k; }
  // That have something to do.
  std::uint64_t cores() const;

 private:
  bool dealt(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const;
  bool own(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const;
  void cut_tail();
  bool cut(MatmulTile& tile, std::uint64_t piece) const;

  MatmulTiling tiling_;
  std::uint64_t m_;
  std::uint64_t n_;
  std::uint64_t k_;
  std::uint64_t rows_;  // of tiles
  std::uint64_t columns_;
  std::uint64_t k_part_;     // of a split K
  std::uint64_t part_m_;     // rows of an L2 part
  std::uint64_t cut_m_ = 1;  // pieces of a tile of the last round
  std::uint64_t cut_n_ = 1;
};

// Goes through the K blocks of a core's tiles, `stride` base blocks at a time. K begins at another packet on
// every core when staggered, and goes round.
class KWalk {
 public:
  KWalk(const TileOrder& order, const MatmulTiling& tiling, std::uint64_t core, std::uint32_t stride)
      : order_(order),
        core_(core),
        step_(std::uint64_t{stride} * tiling.base_k),
        span_(std::uint64_t{tiling.span()} * tiling.base_k),
        stagger_(tiling.k_stagger) {}

  // To the next, the first at the start; false past the last.
  bool next();
  const MatmulTile& tile() const { return tile_; }
  std::uint64_t k() const { return k_; }
  std::uint32_t length() const { return static_cast<std::uint32_t>(std::min(step_, end_ - k_)); }
  std::uint64_t from_span() const { return k_ - begin_; }
  bool first() const { return first_; }  // of its tile
  bool ends_span() const { return k_ + step_ >= end_; }
  bool last() const { return visited_ + 1 == spans_ && ends_span(); }

 private:
  bool next_tile();
  void enter_span();

  const TileOrder& order_;
  std::uint64_t core_;
  std::uint64_t step_;
  std::uint64_t span_;
  bool stagger_;
  std::uint64_t index_ = 0;
  MatmulTile tile_;
  std::uint64_t spans_ = 0;    // packets of the longer kind in the tile
  std::uint64_t visited_ = 0;  // of them, before this one
  std::uint64_t begin_ = 0;    // of the span
  std::uint64_t end_ = 0;
  std::uint64_t k_ = 0;
  bool first_ = false;
  bool started_ = false;
};

}  // namespace podsim::kernel::ops
