// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

// In which order cores visit the tiles of a matrix.
namespace podsim::kernel::ops {

// Split: consecutive runs of tiles, one per core. Same: every core all tiles. Rotated: all, core c from tile
// c.
enum class CopyOrder : std::uint8_t { Split, Same, Rotated };

inline constexpr std::uint64_t kMostRows = 4095;  // of one copy

struct CopyMatrix {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::uint64_t stride = 0;  // elements between rows
  std::uint32_t tile_rows = 0;
  std::uint32_t tile_columns = 0;
  std::uint64_t parts = 1;   // of columns, one after another
  std::uint64_t passes = 1;  // over each part
  CopyOrder order = CopyOrder::Split;

  std::uint64_t across() const { return (columns / parts + tile_columns - 1) / tile_columns; }
  std::uint64_t tiles() const { return across() * ((rows + tile_rows - 1) / tile_rows); }  // of a part
};

struct CopyTile {
  std::uint64_t offset = 0;  // elements from the start of the matrix
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
};

// Tiles of one core, row by row of tiles.
class CopyWalk {
 public:
  CopyWalk(const CopyMatrix& matrix, std::uint64_t cores, std::uint64_t core)
      : m_(matrix), across_(matrix.across()), total_(matrix.tiles()), count_(total_) {
    if (m_.order == CopyOrder::Split) {
      first_ = total_ * core / cores;
      count_ = total_ * (core + 1) / cores - first_;
    } else if (m_.order == CopyOrder::Rotated) {
      first_ = core;
    }
    if (count_ == 0) part_ = m_.parts;
  }
  bool next(CopyTile& tile) {
    if (part_ == m_.parts) return false;
    const std::uint64_t index = (first_ + at_) % total_;
    const std::uint64_t row = index / across_ * m_.tile_rows;
    const std::uint64_t column = index % across_ * m_.tile_columns;
    const std::uint64_t part = m_.columns / m_.parts;
    tile.offset = row * m_.stride + part_ * part + column;
    tile.rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(m_.tile_rows, m_.rows - row));
    tile.columns = static_cast<std::uint32_t>(std::min<std::uint64_t>(m_.tile_columns, part - column));
    step();
    return true;
  }

 private:
  void step() {
    if (++at_ < count_) return;
    at_ = 0;
    if (++pass_ < m_.passes) return;
    pass_ = 0;
    ++part_;
  }
  CopyMatrix m_;
  std::uint64_t across_, total_, count_;
  std::uint64_t first_ = 0, at_ = 0, pass_ = 0, part_ = 0;
};

}  // namespace podsim::kernel::ops
