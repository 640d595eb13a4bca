// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "podsim/moe/placement.h"
#include "podsim/moe/traffic.h"
#include "podsim/npu/card_plan.h"
#include "podsim/npu/roofline_timer.h"

// A chip and a stack whose times come out in whole nanoseconds, and routing by hand, for tests of the card.
namespace podsim::test {

using namespace literals;

// Two cores; a 16 x 16 x k tile takes k * 31.25 ns; memory moves a byte per nanosecond.
inline npu::ChipConfig toy_chip() {
  npu::ChipConfig chip;
  chip.name = "toy";
  chip.dies.value = 1;
  chip.cores.value = 2;
  chip.vector_cores.value = 2;
  chip.clock.value = 1_GHz;
  chip.cube_peak["fp8"].value = FlopsPerSecond(32'768'000'000);
  chip.cube_efficiency.value = 1.0;
  chip.vector_rate.value = FlopsPerSecond(3'200'000'000);
  chip.hbm.capacity.value = 1_GiB;
  chip.hbm.bandwidth.value = 1_GBps;
  chip.hbm.efficiency.value = 1.0;
  chip.l2.value = 1_MiB;
  return chip;
}

inline npu::StackConfig toy_stack() {
  npu::StackConfig stack;
  stack.name = "toy";
  stack.kernel_launch.value = 500_ns;
  stack.metadata_exchange.value = 300_ns;
  stack.barrier.value = 200_ns;
  stack.flag_poll.value = 10_ns;
  stack.tile_prologue.value = 0_ns;
  stack.swiglu_ops.value = 10;
  stack.cast_ops.value = 5;
  stack.sum_ops.value = 10;
  return stack;
}

// h 32, d 16, FP8 rows of 32 B, BF16 results of 64 B, expert weights of 1,536 B.
inline npu::LayerShape toy_shape(std::int64_t tokens, std::int64_t top_k,
                                 const moe::LayerPlacement& placement) {
  npu::LayerShape shape;
  shape.hidden = 32;
  shape.expert_width = 16;
  shape.dispatch_row = 32_B;
  shape.combine_row = 64_B;
  shape.expert_weights = 1536_B;
  shape.tokens = tokens;
  shape.top_k = top_k;
  shape.ranks = static_cast<std::int64_t>(placement.ranks());
  shape.total_slots = static_cast<std::int64_t>(placement.total_slots());
  for (std::size_t rank = 0; rank < placement.ranks(); ++rank)
    shape.slots = std::max(shape.slots, static_cast<std::int64_t>(placement.slots(rank).size()));
  return shape;
}

// Routes written down: experts [ranks][tokens * top_k].
class WrittenRouting : public moe::RoutingSource {
 public:
  explicit WrittenRouting(std::vector<std::vector<moe::ExpertIndex>> routes) : routes_(std::move(routes)) {}
  void route(const moe::RoutingRequest& request, Span<moe::ExpertIndex> experts) override {
    const auto& row = routes_[static_cast<std::size_t>(request.source)];
    for (std::size_t i = 0; i < experts.size(); ++i) experts[i] = row[i];
  }

 private:
  std::vector<std::vector<moe::ExpertIndex>> routes_;
};

// A layer of one group with everything that its cards' works point into.
struct ToyLayer {
  moe::LayerPlacement placement;
  npu::LayerShape shape;
  moe::LayerTraffic traffic;
  npu::Tiling tiling;
  std::vector<npu::SendRow> sends;
  std::vector<std::uint32_t> first_batch_rows;

  npu::LayerWork work(std::size_t rank) {
    npu::LayerWork made;
    made.shape = &shape;
    made.traffic = &traffic;
    made.rank = rank;
    made.experts = placement.slots(rank);
    made.tiling = tiling;
    const auto slots = static_cast<std::size_t>(shape.slots);
    if (first_batch_rows.empty()) first_batch_rows = npu::count_first_batch_rows(traffic, slots);
    made.first_batch_rows = {first_batch_rows.data() + rank * slots, slots};
    sends.clear();
    npu::append_sends(traffic, rank, NpuId(0), tiling, sends);
    made.sends = sends;
    return made;
  }
};

inline ToyLayer toy_layer(std::vector<std::vector<moe::ExpertIndex>> slots, std::size_t experts,
                          const std::vector<std::vector<moe::ExpertIndex>>& routes, std::int64_t top_k,
                          const npu::Tiling& tiling, moe::Copies copies = moe::Copies::PerExpert) {
  moe::LayerPlacement placement(std::move(slots), experts);
  WrittenRouting routing(routes);
  moe::TrafficRequest request;
  request.top_k = top_k;
  request.copies = copies;
  for (const auto& row : routes)
    request.tokens_per_rank.push_back(static_cast<std::int64_t>(row.size()) / top_k);
  moe::LayerTraffic traffic = moe::build_traffic(request, routing, placement);
  const std::int64_t tokens = request.tokens_per_rank.front();
  npu::LayerShape shape = toy_shape(tokens, top_k, placement);
  return {std::move(placement), shape, std::move(traffic), tiling, {}, {}};
}

}  // namespace podsim::test
