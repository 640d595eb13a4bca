// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/matmul_plan.h"

namespace podsim::kernel::ops {

// Where a finished tile goes; what happens around it.
struct TileTarget {
  std::byte* data = nullptr;         // null: in the unified buffer
  std::uint64_t pitch = 0;           // elements between rows
  std::uint32_t unified_buffer = 0;  // 3510: byte address in that of each vector core
  std::uint32_t vectors = 0;         // that get equal parts of the rows
};
class TileSink {
 public:
  virtual ~TileSink() = default;
  virtual TileTarget target(const MatmulTile& tile) = 0;  // before its Fixpipe
  virtual void written(const MatmulTile& tile) = 0;       // after it
};

// The cube core's part of a matrix product: all tiles of `core`, as `out`, the sums' own type or what Fixpipe
// makes of them.
void run_products(const MatmulOperands& operands, const MatmulTiling& tiling, const TileOrder& order,
                  std::uint64_t core, DataType out, TileSink& sink);

}  // namespace podsim::kernel::ops
