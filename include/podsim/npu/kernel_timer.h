// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/moe/model.h"
#include "podsim/units/units.h"

namespace podsim::npu {

// One output tile of a GEMM: [m, k] x [k, n].
struct GemmTile {
  std::int64_t m;
  std::int64_t n;
  std::int64_t k;
  moe::DataType weight;
  moe::DataType activation;
  // Of the kernel that the tile is part of; 0: as the tile.
  std::int64_t block_m = 0;    // rows that its buffers are laid out for
  std::int64_t columns = 0;    // of the whole product
  bool weights_in_l2 = false;  // an M-block of the same expert came before
};

enum class VectorOp : std::uint8_t {
  SwiGlu,       // per output element: silu(gate) * up, then quantised
  Cast,         // per output element: FP32 accumulator to the row's type
  WeightedSum,  // per element of an input row: multiply and add
};

// How long work takes on a core whose operands are at hand; the card adds what memory and other cores cost.
// Everything a card knows about its cores comes from here.
class KernelTimer {
 public:
  virtual ~KernelTimer() = default;
  virtual std::int64_t cores() const = 0;
  // One tile on one core that came from another tile. Never zero.
  virtual Picoseconds gemm_tile(const GemmTile& tile) const = 0;
  // What a tile takes longer on a core that did nothing before it: the pipes fill, and drain at its end.
  virtual Picoseconds gemm_fill(const GemmTile& /*tile*/) const { return Picoseconds(); }
  // How long the card's memory serves nothing but the weights of a tile that come from it, where memory and
  // not the core sets the tile's time; 0: their bytes at the sustained rate.
  virtual Picoseconds gemm_memory(const GemmTile& /*tile*/) const { return Picoseconds(); }
  // `elements` through the vector units that belong to one core.
  virtual Picoseconds vector_pass(VectorOp op, std::int64_t elements) const = 0;
};

}  // namespace podsim::npu
