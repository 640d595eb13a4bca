// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/activations.h"
#include "kernel/ops/matmul_products.h"

// How tiles go from a cube core to its vector cores: through a ring of places in GM, or on 3510 in their
// unified buffers, where Fixpipe puts each vector core's rows. Each vector core takes an equal part of a
// tile's rows.
namespace podsim::kernel::ops {

// What happens to a tile behind the cube.
struct Epilogue {
  Activation activation = Activation::None;
  std::uint32_t vectors = 2;  // vector cores of a cube core
  std::uint32_t depth = 1;    // places of the ring
  bool direct = false;        // the places are in the unified buffer
  std::uint32_t chunk = 0;    // rows that a vector core works on at a time
  std::byte* ring = nullptr;  // otherwise blocks x depth x base_m x base_n sums
  // Of int32 sums only.
  float* channel_scales = nullptr;  // groups x n
  float* token_scales = nullptr;    // m
  float* out_scales = nullptr;      // groups, of int8 results

  // SwiGLU takes a tile of gates and one of the values they let through.
  std::uint32_t inputs() const { return activation == Activation::Swiglu ? 2 : 1; }
  bool scaled() const { return channel_scales != nullptr; }
};

// Elements between rows of a tile in the unified buffer: whole blocks of every type.
constexpr std::uint32_t tile_pitch(std::uint32_t columns) {
  return static_cast<std::uint32_t>(round_to(columns, 32));
}
// Rows of a tile that one vector core gets.
constexpr std::uint32_t part_rows(std::uint32_t rows, std::uint32_t vectors) {
  return static_cast<std::uint32_t>(parts_of(rows, vectors));
}
// Bytes of a place in the unified buffer.
constexpr std::uint32_t place_bytes(const MatmulTiling& tiling, std::uint32_t vectors) {
  return part_rows(tiling.base_m, vectors) * tile_pitch(tiling.base_n) * 4;
}
inline std::byte* ring_place(const Epilogue& epilogue, const MatmulTiling& tiling, std::uint64_t block,
                             std::uint64_t tile) {
  const std::uint64_t place = block * epilogue.depth + tile % epilogue.depth;
  return epilogue.ring + place * tiling.base_m * tiling.base_n * 4;
}

// Cross-core flags: a tile is in the ring; its place is free again.
constexpr std::uint16_t kTileFlag = 0;
constexpr std::uint16_t kFreeFlag = 1;

// The cube core's side.
class IntoRing : public TileSink {
 public:
  IntoRing(const Epilogue& epilogue, const MatmulTiling& tiling, std::uint64_t block)
      : epilogue_(epilogue), tiling_(tiling), block_(block) {}

  TileTarget target(const MatmulTile& /*tile*/) override {
    wait_for_place();
    if (!epilogue_.direct) return {ring_place(epilogue_, tiling_, block_, written_), tiling_.base_n};
    TileTarget target{nullptr, tile_pitch(tiling_.base_n)};
    target.vectors = epilogue_.vectors;
    target.unified_buffer =
        static_cast<std::uint32_t>(written_ % epilogue_.depth) * place_bytes(tiling_, epilogue_.vectors);
    return target;
  }
  void written(const MatmulTile& /*tile*/) override {
    AscendC::CrossCoreSetFlag<2, PIPE_FIX>(kTileFlag);
    ++written_;
  }
  // Takes the flags that are still on their way.
  void finish() {
    const std::uint64_t left =
        epilogue_.direct ? epilogue_.depth : std::min<std::uint64_t>(written_, epilogue_.depth);
    for (std::uint64_t i = 0; i < left; ++i) AscendC::CrossCoreWaitFlag<2, PIPE_FIX>(kFreeFlag);
  }

 private:
  // Places in GM are free at first. Those in the unified buffer are when the vector cores have begun, which
  // the cube core waits for before it sends Fixpipe there.
  void wait_for_place() const {
    if (epilogue_.direct && written_ == 0)
      AscendC::CrossCoreWaitFlag<2, PIPE_S>(kFreeFlag);
    else if (epilogue_.direct || written_ >= epilogue_.depth)
      AscendC::CrossCoreWaitFlag<2, PIPE_FIX>(kFreeFlag);
  }

  const Epilogue& epilogue_;
  const MatmulTiling& tiling_;
  std::uint64_t block_;
  std::uint64_t written_ = 0;
};

}  // namespace podsim::kernel::ops
