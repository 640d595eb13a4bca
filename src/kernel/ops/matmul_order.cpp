// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/matmul_order.h"

#include <algorithm>

namespace podsim::kernel::ops {

TilePlace swizzled(std::uint64_t index, std::uint64_t rows, std::uint64_t columns, std::uint32_t offset,
                   std::uint32_t direction) {
  const std::uint64_t along = direction == 0 ? columns : rows;   // length of a band
  const std::uint64_t across = direction == 0 ? rows : columns;  // what is cut into bands
  const std::uint64_t band = index / (offset * along);
  const std::uint64_t inside = index % (offset * along);
  const std::uint64_t width = std::min<std::uint64_t>(offset, across - band * offset);
  const std::uint64_t at_across = band * offset + inside % width;
  std::uint64_t at_along = inside / width;
  if (band % 2 == 1) at_along = along - 1 - at_along;
  return direction == 0 ? TilePlace{at_across, at_along} : TilePlace{at_along, at_across};
}

MatmulOrder::MatmulOrder(const MatmulTiling& tiling, std::uint64_t m, std::uint64_t n, std::uint64_t k)
    : tiling_(tiling),
      m_(m),
      n_(n),
      k_(k),
      rows_(parts_of(m, tiling.base_m)),
      columns_(parts_of(n, tiling.base_n)),
      k_part_(round_to(parts_of(k, tiling.split_k), tiling.base_k)),
      part_m_(round_to(parts_of(m, tiling.l2_parts), 16)) {
  if (tiling.tail_split) cut_tail();
}

// Rows and columns by turns, as long as every piece finds a core; a single round is not cut (catlass and
// CANN: adaptive sliding window).
void MatmulOrder::cut_tail() {
  const std::uint64_t tail = tiles() % tiling_.cores;
  if (tail == 0 || tiles() < tiling_.cores) return;
  for (bool grew = true; grew;) {
    grew = false;
    for (std::uint64_t* cut : {&cut_m_, &cut_n_}) {
      const std::uint64_t side = cut == &cut_m_ ? tiling_.base_m : tiling_.base_n;
      ++*cut;
      const bool fits = cut_m_ * cut_n_ * tail <= tiling_.cores && side / *cut >= 16;
      if (!fits) --*cut;
      grew |= fits;
    }
  }
}

// Cuts `tile` to its `piece`-th piece; false when the tile has not so many.
bool MatmulOrder::cut(MatmulTile& tile, std::uint64_t piece) const {
  const auto keep = [](std::uint64_t& begin, std::uint32_t& size, std::uint64_t at, std::uint64_t parts) {
    const std::uint64_t step = round_to(parts_of(size, parts), 32);
    if (at * step >= size) return false;
    begin += at * step;
    size = static_cast<std::uint32_t>(std::min(step, size - at * step));
    return true;
  };
  return keep(tile.m0, tile.m, piece % cut_m_, cut_m_) && keep(tile.n0, tile.n, piece / cut_m_, cut_n_);
}

std::uint64_t MatmulOrder::cores() const {
  if (tiling_.single_m != 0) return parts_of(part_m_, tiling_.single_m) * parts_of(n_, tiling_.single_n);
  return std::min<std::uint64_t>(tiling_.cores, tiles());
}

bool MatmulOrder::tile(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const {
  return tiling_.single_m != 0 ? own(core, index, tile) : dealt(core, index, tile);
}

bool MatmulOrder::dealt(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const {
  std::uint64_t number = core + index * tiling_.cores;
  const std::uint64_t pieces = cut_m_ * cut_n_;
  const std::uint64_t whole = pieces > 1 ? tiles() / tiling_.cores * tiling_.cores : tiles();
  const std::uint64_t piece = number < whole ? 0 : (number - whole) % pieces;
  if (number >= whole) number = whole + (number - whole) / pieces;
  const bool in_tail = number >= whole;
  if (number >= tiles()) return false;
  const std::uint64_t part = number / (rows_ * columns_);
  const TilePlace place = swizzled(number % (rows_ * columns_), rows_, columns_, tiling_.swizzle_offset,
                                   tiling_.swizzle_direction);
  tile.m0 = place.row * tiling_.base_m;
  tile.n0 = place.column * tiling_.base_n;
  tile.m = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiling_.base_m, m_ - tile.m0));
  tile.n = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiling_.base_n, n_ - tile.n0));
  tile.k_begin = part * k_part_;
  tile.k_end = std::min(k_, tile.k_begin + k_part_);
  return !in_tail || cut(tile, piece);
}

// Down the rows first; parts of m that share L2 after one another.
bool MatmulOrder::own(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const {
  const std::uint64_t grid = parts_of(part_m_, tiling_.single_m);
  const std::uint64_t rows = parts_of(tiling_.single_m, tiling_.base_m);
  const std::uint64_t columns = parts_of(tiling_.single_n, tiling_.base_n);
  const std::uint64_t n_begin = core / grid * tiling_.single_n;
  const std::uint64_t n_end = std::min(n_, n_begin + tiling_.single_n);
  // Ragged rectangles have fewer tiles than the full one: those are passed over.
  std::uint64_t seen = 0;
  for (std::uint64_t part = 0; part < tiling_.l2_parts; ++part) {
    const std::uint64_t m_begin = part * part_m_ + core % grid * tiling_.single_m;
    const std::uint64_t m_end = std::min({m_, (part + 1) * part_m_, m_begin + tiling_.single_m});
    if (m_begin >= m_end || n_begin >= n_end) continue;
    const std::uint64_t here_rows = std::min(rows, parts_of(m_end - m_begin, tiling_.base_m));
    const std::uint64_t here = here_rows * std::min(columns, parts_of(n_end - n_begin, tiling_.base_n));
    if (index >= seen + here) {
      seen += here;
      continue;
    }
    tile.m0 = m_begin + (index - seen) % here_rows * tiling_.base_m;
    tile.n0 = n_begin + (index - seen) / here_rows * tiling_.base_n;
    tile.m = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiling_.base_m, m_end - tile.m0));
    tile.n = static_cast<std::uint32_t>(std::min<std::uint64_t>(tiling_.base_n, n_end - tile.n0));
    tile.k_begin = 0;
    tile.k_end = k_;
    return true;
  }
  return false;
}

bool KWalk::next() {
  first_ = !started_;
  if (!started_) {
    started_ = true;
    return next_tile();
  }
  k_ += step_;
  if (k_ < end_) return true;
  if (++visited_ == spans_) return next_tile();
  enter_span();
  return true;
}

bool KWalk::next_tile() {
  if (!order_.tile(core_, index_++, tile_)) return false;
  first_ = true;
  visited_ = 0;
  spans_ = parts_of(tile_.k_end - tile_.k_begin, span_);
  enter_span();
  return true;
}

void KWalk::enter_span() {
  const std::uint64_t shift = stagger_ ? core_ % spans_ : 0;
  begin_ = tile_.k_begin + (visited_ + shift) % spans_ * span_;
  end_ = std::min(tile_.k_end, begin_ + span_);
  k_ = begin_;
}

}  // namespace podsim::kernel::ops
