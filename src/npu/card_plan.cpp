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
    for (std::int64_t i = 0; i < shape_.shared_experts; ++i) add_shared_expert();
    const std::size_t slots = work_.traffic->slots(work_.rank);
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
      add_slot(slot, work_.traffic->rows(work_.rank, slot));
      if (work_.tiling.wave_of(slot + 1) != work_.tiling.wave_of(slot)) end_wave();
    }
    end_wave();
    const auto& traffic = *work_.traffic;
    plan_.results = std::int64_t{traffic.first_row(work_.rank + 1)} - traffic.first_row(work_.rank);
    add_vector_kernels();
  }

 private:
  // Its rows are the card's own tokens and take no place in the row buffer.
  void add_shared_expert() {
    std::uint32_t row = 0;
    new_expert_ = true;
    add_m_blocks(CardPlan::kSharedSlot, static_cast<std::uint32_t>(shape_.tokens), row);
  }

  void add_slot(std::uint32_t slot, std::uint32_t rows) {
    plan_.slots.push_back({plan_.rows, rows, static_cast<std::uint32_t>(plan_.m_blocks.size())});
    new_expert_ = true;
    add_m_blocks(slot, rows, plan_.rows);
  }

  void add_m_blocks(std::uint32_t slot, std::uint32_t rows, std::uint32_t& row) {
    const auto block_m = static_cast<std::uint32_t>(work_.tiling.block_m);
    for (std::uint32_t done = 0; done < rows; done += block_m) {
      const std::uint32_t size = std::min(block_m, rows - done);
      plan_.m_blocks.push_back({slot, row, size, {}});
      first_of_expert_.push_back(new_expert_);
      new_expert_ = false;
      row += size;
    }
  }

  void end_wave() {
    for (const Gemm gemm : {Gemm::L1, Gemm::L2}) {
      for (std::uint32_t m = wave_begin_; m < plan_.m_blocks.size(); ++m) add_tiles(gemm, m);
    }
    wave_begin_ = static_cast<std::uint32_t>(plan_.m_blocks.size());
  }

  void add_tiles(Gemm gemm, std::uint32_t m) {
    const auto g = static_cast<std::size_t>(gemm);
    plan_.m_blocks[m].tile_block[g] = static_cast<std::uint32_t>(plan_.tiles.size());
    plan_.origins.push_back({gemm, m});
    plan_.tiles.push_back(tile_block(gemm, plan_.m_blocks[m], first_of_expert_[m] != 0));
    const TileBlock& block = plan_.tiles.back();
    plan_.cube_time[g] += block.cube_time * block.tiles;
    plan_.hbm_time[g] += block.hbm_load.time * block.tiles;
  }

  TileBlock tile_block(Gemm gemm, const CardPlan::MBlock& m, bool first_of_expert) const {
    const bool first = gemm == Gemm::L1;
    const std::int64_t columns = first ? 2 * shape_.expert_width : shape_.hidden;
    const std::int64_t depth = first ? shape_.hidden : shape_.expert_width;
    const std::int64_t block_n = std::min(work_.tiling.block_n, columns);
    TileBlock block;
    block.gemm = gemm;
    block.tiles = static_cast<std::uint32_t>(divided_up(columns, block_n));
    block.cube_time =
        parts_.timer->gemm_tile({m.rows, block_n, depth, shape_.weight_type, shape_.dispatch_type});
    block.vector_time = first && parts_.schedule->fused()
                            ? parts_.timer->vector_pass(VectorOp::SwiGlu, m.rows * block_n / 2)
                            : parts_.timer->vector_pass(VectorOp::Cast, m.rows * block_n);
    const Bytes bytes = block_bytes(gemm, m, first_of_expert);
    block.hbm_load = hbm_.load_of(Bytes(divided_up(bytes.count(), block.tiles)));
    return block;
  }

  // Weights once per M-block, or once per expert when L2 holds them; inputs once per M-block; results unless
  // they leave from the epilogue.
  Bytes block_bytes(Gemm gemm, const CardPlan::MBlock& m, bool first_of_expert) const {
    const bool first = gemm == Gemm::L1;
    const bool fused = parts_.schedule->fused();
    const Bytes weights = first ? shape_.l1_weights() : shape_.l2_weights();
    const Bytes between = shape_.row_bytes(shape_.dispatch_type, shape_.expert_width);
    Bytes row = first ? shape_.dispatch_row : between;
    if (first) row += fused ? between : shape_.row_bytes(shape_.combine_type, 2 * shape_.expert_width);
    if (!first && (!fused || m.slot == CardPlan::kSharedSlot)) row += shape_.combine_row;
    return row * m.rows + (first_of_expert || weights > parts_.l2 ? weights : Bytes());
  }

  void add_vector_kernels() {
    const std::int64_t computed = plan_.rows + shape_.shared_experts * shape_.tokens;
    const Bytes activation_row = shape_.row_bytes(shape_.combine_type, 2 * shape_.expert_width) +
                                 shape_.row_bytes(shape_.dispatch_type, shape_.expert_width);
    plan_.activation = {computed * shape_.expert_width, activation_row * computed};
    const std::int64_t inputs = plan_.results + shape_.shared_experts * shape_.tokens;
    plan_.weighted_sum = {inputs * shape_.hidden, shape_.combine_row * (inputs + shape_.tokens)};
  }

  const LayerWork& work_;
  const LayerShape& shape_;
  const CardParts& parts_;
  HbmServer hbm_;
  CardPlan& plan_;
  std::vector<char> first_of_expert_;  // [m_blocks]
  std::uint32_t wave_begin_ = 0;
  bool new_expert_ = false;
};

}  // namespace

void plan_card(const LayerWork& work, const CardParts& parts, CardPlan& plan) {
  plan.m_blocks.clear();
  plan.tiles.clear();
  plan.origins.clear();
  plan.slots.clear();
  plan.rows = 0;
  plan.cube_time = plan.hbm_time = {};
  Planner(work, parts, plan).run();
}

Picoseconds vector_kernel_time(const KernelTimer& timer, VectorOp op, std::int64_t elements) {
  return timer.vector_pass(op, divided_up(elements, timer.cores()));
}

std::string CardPlan::block_name(std::uint32_t m_block, Span<const moe::ExpertIndex> experts) const {
  const MBlock& block = m_blocks[m_block];
  if (block.slot == kSharedSlot)
    return fmt::format("shared expert, rows {}-{}", block.first_row, block.first_row + block.rows - 1);
  const std::uint32_t first = block.first_row - slots[block.slot].first_row;
  return fmt::format("expert {}, rows {}-{}", experts[block.slot], first, first + block.rows - 1);
}

}  // namespace podsim::npu
