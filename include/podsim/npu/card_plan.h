// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "podsim/npu/kernel_timer.h"
#include "podsim/npu/layer_work.h"
#include "podsim/npu/schedule.h"
#include "podsim/npu/send_cores.h"
#include "podsim/npu/tile_engine.h"

namespace podsim::npu {

// What a layer means for one card before anything happens: its M-blocks, their tiles, the order of both, and
// what the vector kernels move. Plain data; the card runs it, the analytic bound sums it up.
struct CardPlan {
  static constexpr std::uint32_t kSharedSlot = ~std::uint32_t{0};
  struct MBlock {
    std::uint32_t slot = 0;  // or kSharedSlot
    std::uint32_t first_row = 0;
    std::uint32_t rows = 0;
    std::array<std::uint32_t, 2> tile_block{};  // by Gemm, into tiles: the first one
    std::uint32_t tile_blocks = 1;              // of the second GEMM; the first one has one
    std::uint32_t wave = kNoWave;               // of a shared expert: none
    std::uint8_t batch = 0;
  };
  static constexpr std::uint32_t kNoWave = ~std::uint32_t{0};
  struct Origin {  // of a TileBlock
    Gemm gemm;
    std::uint32_t m_block;
    std::uint32_t group = 0;  // of the second GEMM
  };
  // Rows of an M-block whose results become ready as the tile blocks of the second GEMM for them end.
  struct ResultGroup {
    std::uint32_t m_block;
    std::uint32_t first_row;  // in the row buffer, as MBlock
    std::uint32_t rows;
    std::uint32_t tile_blocks;
  };
  struct Slot {
    std::uint32_t first_row = 0;
    std::uint32_t rows = 0;
    std::uint32_t first_m_block = 0;
  };
  struct VectorKernel {
    std::int64_t elements = 0;
    Bytes bytes;
  };

  // Of a micro-batch; all is in the first where there is one.
  struct Batch {
    std::uint32_t first_m_block = 0;
    std::uint32_t m_blocks = 0;
    std::uint32_t rows = 0;                      // dispatched to this card
    std::int64_t results = 0;                    // that come back to it
    std::array<std::uint32_t, 2> tile_blocks{};  // by Gemm
    VectorKernel activation;    // where it is a kernel of its own: [rows, 2d] in, [rows, d] out
    VectorKernel weighted_sum;  // reads the results of every token, writes one row
  };

  std::vector<MBlock> m_blocks;  // by micro-batch: shared experts first, then slot by slot
  std::vector<TileBlock> tiles;  // wave by wave; in a wave all blocks of L1, then all of L2
  std::vector<Origin> origins;   // [tiles]
  std::vector<ResultGroup> groups;
  std::vector<Slot> slots;  // [batches][slots of the card]
  std::array<Batch, kMostBatches> batches;
  std::uint32_t waves = 0;
  std::uint32_t rows = 0;  // of all batches, as Batch
  std::int64_t results = 0;
  // By Gemm, over all tiles.
  std::array<Picoseconds, 2> cube_time{};
  std::array<Picoseconds, 2> hbm_time{};

  // "expert 17, rows 0-127"
  std::string block_name(std::uint32_t m_block, Span<const moe::ExpertIndex> experts) const;
  // The same for some of its rows.
  std::string rows_name(std::uint32_t m_block, std::uint32_t first_row, std::uint32_t rows,
                        Span<const moe::ExpertIndex> experts) const;
  // That of a TileBlock, which may be one tile: "expert 17, rows 0-127, tile 3".
  std::string tiles_name(std::uint32_t tile_block, Span<const moe::ExpertIndex> experts) const;
};

// What of a card the plan depends on.
struct CardParts {
  NpuId id;
  const KernelTimer* timer = nullptr;
  const StackConfig* stack = nullptr;
  const Schedule* schedule = nullptr;
  BytesPerSecond hbm_rate;
  Bytes l2;
  SendCores::Config send{};  // what sends rows; default: they leave as fast as memory and ports take them
  // From one card to another and back, on idle links; needed where cores wait for answers.
  const std::function<Picoseconds(NpuId, NpuId)>* round_trip = nullptr;
};

// Fills `plan`, whose memory is used again.
void plan_card(const LayerWork& work, const CardParts& parts, CardPlan& plan);

// A vector kernel on all cores of a card, memory aside.
Picoseconds vector_kernel_time(const KernelTimer& timer, VectorOp op, std::int64_t elements);

}  // namespace podsim::npu
