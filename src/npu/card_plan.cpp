// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/card_plan.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

std::int64_t divided_up(std::int64_t value, std::int64_t by) {
  return (value + by - 1) / by;
}

class Planner {
 public:
  Planner(const LayerWork& work, const CardParts& parts, CardPlan& plan)
      : work_(work), shape_(*work.shape), parts_(parts), hbm_(parts.hbm_rate), plan_(plan) {}

  void run() {
    const Tiling& tiling = work_.tiling;
    const auto slots = static_cast<std::uint32_t>(work_.traffic->slots(work_.rank));
    for (std::size_t batch = 0; batch < tiling.batches; ++batch) {
      batch_ = batch;
      begin_batch();
      for (std::int64_t i = 0; i < shape_.shared_experts && tiling.compute; ++i) add_shared_expert();
      shared_blocks_ = static_cast<std::uint32_t>(plan_.m_blocks.size()) - wave_begin_;
      for (std::uint32_t slot = 0; slot < slots; ++slot) {
        add_slot(slot, rows_of(slot));
        if (tiling.wave_of(slot + 1) != tiling.wave_of(slot)) end_wave();
      }
      end_wave();
      if (tiling.second_pass) add_second_pass();
      end_batch();
    }
    plan_.waves = static_cast<std::uint32_t>(tiling.batches) * waves_per_batch();
  }

 private:
  std::uint32_t waves_per_batch() const {
    const auto slots = static_cast<std::int64_t>(work_.traffic->slots(work_.rank));
    return slots == 0 ? 0 : static_cast<std::uint32_t>(work_.tiling.wave_of(slots - 1) + 1);
  }

  std::uint32_t rows_of(std::uint32_t slot) const {
    const std::uint32_t all = work_.traffic->rows(work_.rank, slot);
    if (work_.tiling.batches == 1) return all;
    const std::uint32_t first = work_.first_batch_rows[slot];
    return batch_ == 0 ? first : all - first;
  }

  // The card's own tokens of the present batch.
  std::int64_t tokens() const {
    if (work_.tiling.batches == 1) return shape_.tokens;
    return batch_ == 0 ? (shape_.tokens + 1) / 2 : shape_.tokens / 2;
  }

  std::int64_t results() const {
    const auto& traffic = *work_.traffic;
    if (work_.tiling.reduced) return static_cast<std::int64_t>(work_.sends.size());
    const std::int64_t all = std::int64_t{traffic.first_row(work_.rank + 1)} - traffic.first_row(work_.rank);
    if (work_.tiling.batches == 1) return all;
    const std::int64_t first = (traffic.tokens(work_.rank) + 1) / 2 * traffic.top_k();
    return batch_ == 0 ? first : all - first;
  }

  void begin_batch() {
    CardPlan::Batch& batch = plan_.batches[batch_];
    batch.first_m_block = static_cast<std::uint32_t>(plan_.m_blocks.size());
    batch.rows = plan_.rows;
  }

  void end_batch() {
    CardPlan::Batch& batch = plan_.batches[batch_];
    batch.m_blocks = static_cast<std::uint32_t>(plan_.m_blocks.size()) - batch.first_m_block;
    batch.rows = plan_.rows - batch.rows;
    batch.results = results();
    plan_.results += batch.results;
    add_vector_kernels(batch);
  }

  // Its rows are the card's own tokens and take no place in the row buffer.
  void add_shared_expert() {
    std::uint32_t row = 0;
    new_expert_ = true;
    add_m_blocks(CardPlan::kSharedSlot, static_cast<std::uint32_t>(tokens()), row);
  }

  void add_slot(std::uint32_t slot, std::uint32_t rows) {
    plan_.slots.push_back({plan_.rows, rows, static_cast<std::uint32_t>(plan_.m_blocks.size())});
    new_expert_ = true;
    add_m_blocks(slot, rows, plan_.rows);
  }

  void add_m_blocks(std::uint32_t slot, std::uint32_t rows, std::uint32_t& row) {
    const auto block_m = static_cast<std::uint32_t>(work_.tiling.block_m);
    for (std::uint32_t done = 0; done < rows; done += block_m) {
      CardPlan::MBlock block;
      block.slot = slot;
      block.first_row = row;
      block.rows = std::min(block_m, rows - done);
      block.batch = static_cast<std::uint8_t>(batch_);
      if (slot != CardPlan::kSharedSlot) {
        block.wave = static_cast<std::uint32_t>(batch_) * waves_per_batch() +
                     static_cast<std::uint32_t>(work_.tiling.wave_of(slot));
      }
      row += block.rows;
      plan_.m_blocks.push_back(block);
      first_of_expert_.push_back(new_expert_);
      new_expert_ = false;
    }
  }

  void end_wave() {
    const auto end = static_cast<std::uint32_t>(plan_.m_blocks.size());
    const bool second = work_.tiling.compute && !work_.tiling.second_pass;
    for (std::uint32_t m = wave_begin_; m < end && work_.tiling.compute; ++m) add_first_gemm(m);
    for (std::uint32_t m = wave_begin_; m < end && second; ++m) add_second_gemm(m);
    wave_begin_ = end;
  }

  void add_second_pass() {
    const std::uint32_t first = plan_.batches[batch_].first_m_block;
    const auto end = static_cast<std::uint32_t>(plan_.m_blocks.size());
    for (std::uint32_t m = first + shared_blocks_; m < end; ++m) add_second_gemm(m);
    for (std::uint32_t m = first; m < first + shared_blocks_; ++m) add_second_gemm(m);
  }

  void add_first_gemm(std::uint32_t m) {
    CardPlan::MBlock& block = plan_.m_blocks[m];
    block.tile_block[0] = static_cast<std::uint32_t>(plan_.tiles.size());
    add_tiles(tile_block(Gemm::L1, block.rows, first_of_expert_[m] != 0, false), {Gemm::L1, m, 0});
  }

  // In groups of rows; where results leave by tile, a group's tiles are a TileBlock each.
  void add_second_gemm(std::uint32_t m) {
    CardPlan::MBlock& block = plan_.m_blocks[m];
    const bool shared = block.slot == CardPlan::kSharedSlot;
    block.tile_block[1] = static_cast<std::uint32_t>(plan_.tiles.size());
    const auto step = static_cast<std::uint32_t>(work_.tiling.l2_block_m > 0 ? work_.tiling.l2_block_m
                                                                             : work_.tiling.block_m);
    for (std::uint32_t done = 0; done < block.rows; done += step) {
      const std::uint32_t rows = std::min(step, block.rows - done);
      TileBlock tiles = tile_block(Gemm::L2, rows, done == 0 && first_of_expert_[m] != 0, shared);
      const bool by_tile = work_.tiling.results_by_tile && !shared;
      const std::uint32_t parts = by_tile ? tiles.tiles : 1;
      if (by_tile) tiles.tiles = 1;
      const auto group = static_cast<std::uint32_t>(plan_.groups.size());
      plan_.groups.push_back({m, block.first_row + done, rows, parts});
      for (std::uint32_t i = 0; i < parts; ++i) add_tiles(tiles, {Gemm::L2, m, group});
    }
    block.tile_blocks = static_cast<std::uint32_t>(plan_.tiles.size()) - block.tile_block[1];
  }

  void add_tiles(const TileBlock& block, const CardPlan::Origin& origin) {
    const auto g = static_cast<std::size_t>(origin.gemm);
    plan_.origins.push_back(origin);
    plan_.tiles.push_back(block);
    plan_.cube_time[g] += block.cube_time * block.tiles;
    plan_.hbm_time[g] += block.hbm_load.time * block.tiles;
    ++plan_.batches[batch_].tile_blocks[g];
  }

  TileBlock tile_block(Gemm gemm, std::uint32_t rows, bool first_of_expert, bool shared) const {
    const bool first = gemm == Gemm::L1;
    const std::int64_t columns = first ? 2 * shape_.expert_width : shape_.hidden;
    const std::int64_t depth = first ? shape_.hidden : shape_.expert_width;
    const std::int64_t block_n = std::min(work_.tiling.block_n, columns);
    TileBlock block;
    block.gemm = gemm;
    block.tiles = static_cast<std::uint32_t>(divided_up(columns, block_n));
    const Bytes weights = first ? shape_.l1_weights() : shape_.l2_weights();
    const std::int64_t block_m =
        first || work_.tiling.l2_block_m == 0 ? work_.tiling.block_m : work_.tiling.l2_block_m;
    const GemmTile tile{rows,
                        block_n,
                        depth,
                        shape_.weight_type,
                        shape_.dispatch_type,
                        block_m,
                        columns,
                        !first_of_expert && weights <= parts_.l2};
    block.cube_time = parts_.timer->gemm_tile(tile);
    block.fill = parts_.timer->gemm_fill(tile);
    block.vector_time = first && parts_.schedule->fused()
                            ? parts_.timer->vector_pass(VectorOp::SwiGlu, rows * block_n / 2)
                            : parts_.timer->vector_pass(VectorOp::Cast, rows * block_n);
    const Bytes bytes = block_bytes(gemm, rows, first_of_expert, shared);
    block.hbm_load = hbm_.load_of(Bytes(divided_up(bytes.count(), block.tiles)));
    block.hbm_load.time = std::max(block.hbm_load.time, parts_.timer->gemm_memory(tile));
    return block;
  }

  // Weights once per M-block, or once per expert when L2 holds them; inputs once per M-block; results unless
  // they leave from the epilogue.
  Bytes block_bytes(Gemm gemm, std::uint32_t rows, bool first_of_expert, bool shared) const {
    const bool first = gemm == Gemm::L1;
    const bool fused = parts_.schedule->fused();
    const Bytes weights = first ? shape_.l1_weights() : shape_.l2_weights();
    const Bytes between = shape_.row_bytes(shape_.dispatch_type, shape_.expert_width);
    Bytes row = first ? shape_.dispatch_row : between;
    if (first) row += fused ? between : shape_.row_bytes(shape_.combine_type, 2 * shape_.expert_width);
    if (!first && (!fused || shared)) row += shape_.combine_row;
    return row * rows + (first_of_expert || weights > parts_.l2 ? weights : Bytes());
  }

  void add_vector_kernels(CardPlan::Batch& batch) {
    const std::int64_t computed = batch.rows + shape_.shared_experts * tokens();
    const Bytes activation_row = shape_.row_bytes(shape_.combine_type, 2 * shape_.expert_width) +
                                 shape_.row_bytes(shape_.dispatch_type, shape_.expert_width);
    if (work_.tiling.compute) batch.activation = {computed * shape_.expert_width, activation_row * computed};
    const std::int64_t shared = work_.tiling.compute ? shape_.shared_experts : 0;
    const std::int64_t inputs = batch.results + shared * tokens();
    batch.weighted_sum = {inputs * shape_.hidden, shape_.combine_row * (inputs + tokens())};
  }

  const LayerWork& work_;
  const LayerShape& shape_;
  const CardParts& parts_;
  HbmServer hbm_;
  CardPlan& plan_;
  std::vector<char> first_of_expert_;  // [m_blocks]
  std::size_t batch_ = 0;
  std::uint32_t wave_begin_ = 0;
  std::uint32_t shared_blocks_ = 0;  // of the present batch
  bool new_expert_ = false;
};

}  // namespace

void plan_card(const LayerWork& work, const CardParts& parts, CardPlan& plan) {
  plan.m_blocks.clear();
  plan.tiles.clear();
  plan.origins.clear();
  plan.slots.clear();
  plan.groups.clear();
  plan.batches = {};
  plan.rows = 0;
  plan.results = 0;
  plan.cube_time = plan.hbm_time = {};
  Planner(work, parts, plan).run();
}

Picoseconds vector_kernel_time(const KernelTimer& timer, VectorOp op, std::int64_t elements) {
  return timer.vector_pass(op, divided_up(elements, timer.cores()));
}

std::string CardPlan::block_name(std::uint32_t m_block, Span<const moe::ExpertIndex> experts) const {
  return rows_name(m_block, m_blocks[m_block].first_row, m_blocks[m_block].rows, experts);
}

std::string CardPlan::rows_name(std::uint32_t m_block, std::uint32_t first_row, std::uint32_t rows_named,
                                Span<const moe::ExpertIndex> experts) const {
  const MBlock& block = m_blocks[m_block];
  const std::string batch = batches[1].m_blocks > 0 ? fmt::format("batch {}, ", block.batch) : "";
  if (block.slot == kSharedSlot)
    return fmt::format("{}shared expert, rows {}-{}", batch, first_row, first_row + rows_named - 1);
  const std::uint32_t first = first_row - slots[block.slot + block.batch * experts.size()].first_row;
  return fmt::format("{}expert {}, rows {}-{}", batch, experts[block.slot], first, first + rows_named - 1);
}

std::string CardPlan::tiles_name(std::uint32_t tile_block, Span<const moe::ExpertIndex> experts) const {
  const Origin& origin = origins[tile_block];
  if (origin.gemm == Gemm::L1) return block_name(origin.m_block, experts);
  const ResultGroup& group = groups[origin.group];
  const std::string name = rows_name(origin.m_block, group.first_row, group.rows, experts);
  if (group.tile_blocks == 1) return name;
  std::uint32_t first = tile_block;
  while (first > 0 && origins[first - 1].gemm == Gemm::L2 && origins[first - 1].group == origin.group)
    --first;
  return fmt::format("{}, tile {}", name, tile_block - first);
}

}  // namespace podsim::npu
