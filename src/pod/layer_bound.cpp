// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/layer_bound.h"

#include <algorithm>

#include "pod/layer_messages.h"

namespace podsim::pod {
namespace {

using npu::CardPlan;
using npu::Gemm;
using npu::HbmServer;
using npu::VectorOp;

constexpr std::size_t kL1 = static_cast<std::size_t>(Gemm::L1);
constexpr std::size_t kL2 = static_cast<std::size_t>(Gemm::L2);

// What the cards of a layer, or of a group of them, cannot be faster than.
struct CardFloors {
  Picoseconds cubes;       // both GEMMs, no core ever idle
  Picoseconds memory;      // all it moves, the weighted sum included
  Picoseconds stages;      // GEMMs and activation, one after the other
  Picoseconds first;       // the first GEMM alone
  Picoseconds second;      // the second one
  Picoseconds rows_in;     // writing them
  Picoseconds least_out;   // dispatch rows through the card's ports
  Picoseconds least_back;  // results
  Picoseconds sum;         // weighted sum

  void take_larger(const CardFloors& other) {
    cubes = std::max(cubes, other.cubes);
    memory = std::max(memory, other.memory);
    stages = std::max(stages, other.stages);
    first = std::max(first, other.first);
    second = std::max(second, other.second);
    rows_in = std::max(rows_in, other.rows_in);
    least_out = std::max(least_out, other.least_out);
    least_back = std::max(least_back, other.least_back);
    sum = std::max(sum, other.sum);
  }
};

class Floors {
 public:
  Floors(const LayerData& data, const topology::Pod& pod)
      : data_(data), incoming_(data.works.size()), ports_(data.works.size()) {
    for (const npu::SendRow& send : data.sends) ++incoming_[send.destination];
    for (const topology::Link& link : pod.graph.links()) {
      if (link.from.value() < ports_.size()) ports_[link.from.value()] += pod.graph.type(link.type).bandwidth;
    }
  }

  CardFloors of(std::size_t card, const CardPlan& plan, const npu::CardParts& parts) const {
    const HbmServer hbm(parts.hbm_rate);
    const auto time_of = [&hbm](Bytes bytes) { return hbm.load_of(bytes).time; };
    const auto kernel = [&](VectorOp op, const CardPlan::VectorKernel& work) {
      return std::max(npu::vector_kernel_time(*parts.timer, op, work.elements), time_of(work.bytes));
    };
    const std::int64_t cores = parts.timer->cores();
    const auto gemm = [&](std::size_t g) { return std::max(plan.cube_time[g] / cores, plan.hbm_time[g]); };
    const Picoseconds row = time_of(data_.shape.dispatch_row);
    const auto sends = static_cast<std::int64_t>(data_.works[card].sends.size());

    CardFloors floors;
    floors.cubes = (plan.cube_time[kL1] + plan.cube_time[kL2]) / cores;
    floors.rows_in = row * incoming_[card];
    floors.memory = plan.hbm_time[kL1] + plan.hbm_time[kL2] + floors.rows_in + row * sends +
                    time_of(data_.shape.combine_row) * (results_out(card, plan) + plan.results) +
                    time_of(plan.batches[0].weighted_sum.bytes) + time_of(plan.batches[1].weighted_sum.bytes);
    floors.first = gemm(kL1);
    floors.second = gemm(kL2);
    floors.stages = gemm(kL1) + kernel(VectorOp::SwiGlu, plan.batches[0].activation) + gemm(kL2);
    floors.sum = kernel(VectorOp::WeightedSum, plan.batches[data_.tiling.batches - 1].weighted_sum);
    if (ports_[card] > BytesPerSecond(0)) {
      const std::int64_t remote = remote_sends(card);
      floors.least_out = time_rounded_up(data_.shape.dispatch_row * remote, ports_[card]);
      floors.least_back = time_rounded_up(data_.shape.combine_row * remote, ports_[card]);
    }
    return floors;
  }

 private:
  // Read on their way out.
  std::int64_t results_out(std::size_t card, const CardPlan& plan) const {
    return data_.tiling.reduced ? incoming_[card] : std::int64_t{plan.rows};
  }

  std::int64_t remote_sends(std::size_t card) const {
    std::int64_t remote = 0;
    for (const npu::SendRow& send : data_.works[card].sends) remote += send.destination != card ? 1 : 0;
    return remote;
  }

  const LayerData& data_;
  std::vector<std::int64_t> incoming_;  // dispatch messages, by card
  std::vector<BytesPerSecond> ports_;   // of a card, one direction
};

// Any row goes through one tile of each GEMM, on the fastest card at best.
Picoseconds one_tile_each(const LayerData& data, const npu::KernelTimer& timer) {
  const npu::LayerShape& shape = data.shape;
  const std::int64_t n = data.tiling.block_n;
  const std::int64_t l1_m = data.tiling.block_m;
  const std::int64_t l2_m = data.tiling.l2_block_m > 0 ? data.tiling.l2_block_m : l1_m;
  const auto tile = [&](std::int64_t columns, std::int64_t depth, std::int64_t block_m) {
    return timer.gemm_tile(
        {1, std::min(n, columns), depth, shape.weight_type, shape.dispatch_type, block_m, columns, true});
  };
  return tile(2 * shape.expert_width, shape.hidden, l1_m) + tile(shape.hidden, shape.expert_width, l2_m);
}

Picoseconds shortest_tiles(const LayerData& data, Span<const npu::CardParts> parts) {
  Picoseconds shortest = Picoseconds::max();
  const npu::KernelTimer* last = nullptr;
  for (const npu::CardParts& card : parts) {
    if (card.timer != last) shortest = std::min(shortest, one_tile_each(data, *card.timer));
    last = card.timer;
  }
  return shortest;
}

}  // namespace

std::string transfer_limit_name(const LayerBound& bound, const topology::Pod& pod) {
  switch (bound.transfer_by.kind) {
    case fabric::BoundKind::Link:
      return "link dimension " + pod.graph.type_of(bound.transfer_by.link).name;
    case fabric::BoundKind::Latency:
      return "path latency";
    default:
      return "ports of a card";
  }
}

std::string limit_name(const LayerBound& bound, const topology::Pod& pod) {
  const Picoseconds most = std::max({bound.compute, bound.hbm, bound.transfer, bound.fixed});
  if (most == bound.compute) return "compute";
  if (most == bound.hbm) return "HBM";
  return most == bound.transfer ? transfer_limit_name(bound, pod) : "latency";
}

LayerBounder::LayerBounder(const topology::Pod& pod, const Scenario& scenario, const npu::Schedule& schedule,
                           std::uint64_t seed)
    : pod_(pod), scenario_(scenario), schedule_(schedule), seed_(seed) {}

std::optional<LayerBounder::Transfers> LayerBounder::transfers(
    const LayerData& data, const std::function<bool()>& interrupted) const {
  const fabric::ProtocolConfig& protocol = *scenario_.machine.protocol;
  fabric::TrafficBound rows(pod_, protocol, scenario_.fabric, seed_);
  fabric::TrafficBound results(pod_, protocol, scenario_.fabric, seed_);
  const auto add_to = [](fabric::TrafficBound& bound) {
    return [&bound](NpuId src, NpuId dst, Bytes payload, std::uint32_t flow) {
      bound.add(src, dst, payload, flow);
    };
  };
  for (std::size_t card = 0; card < data.works.size(); ++card) {
    if (interrupted && interrupted()) return std::nullopt;
    for_each_row(data, card, add_to(rows));
    for_each_result(data, card, add_to(results));
  }
  Transfers both{rows.result(), results.result(), {}};
  rows.merge(results);
  both.all = rows.result();
  return both;
}

std::optional<LayerBound> LayerBounder::bound(const LayerData& data, Span<const npu::CardParts> parts,
                                              std::size_t group_size, const PlanOf& plan_of,
                                              const std::function<bool()>& interrupted) const {
  const std::optional<Transfers> crossed = transfers(data, interrupted);
  if (!crossed) return std::nullopt;
  const Transfers& transfer = *crossed;
  const Floors floors(data, pod_);
  CardFloors most;
  CardFloors least;  // over groups, of the most in a group
  for (std::size_t first = 0; first < data.works.size(); first += group_size) {
    CardFloors group;
    for (std::size_t card = first; card < first + group_size; ++card)
      group.take_larger(floors.of(card, plan_of(card), parts[card]));
    most.take_larger(group);
    if (first == 0) least = group;
    least.stages = std::min(least.stages, group.stages);
    least.first = std::min(least.first, group.first);
    least.second = std::min(least.second, group.second);
    least.least_out = std::min(least.least_out, group.least_out);
    least.least_back = std::min(least.least_back, group.least_back);
    least.sum = std::min(least.sum, group.sum);
  }
  const npu::Schedule::FixedCosts fixed = schedule_.fixed_costs();
  const Picoseconds dispatch = std::max(transfer.dispatch.time, most.rows_in);
  const Picoseconds combine = transfer.combine.time;

  const bool rows = data.rows() > 0;  // nothing is sent without
  LayerBound bound;
  bound.compute = most.cubes;
  bound.hbm = most.memory;
  bound.fixed = fixed.total();
  bound.transfer = transfer.all.time;
  bound.transfer_by = transfer.all;
  if (rows) bound.dispatch = fixed.before_dispatch + dispatch;
  if (rows) bound.combine = combine;
  const Picoseconds cores =  // may begin
      data.shape.shared_experts > 0 ? fixed.before_shared : fixed.before_dispatch;
  bound.perfect =
      std::max(cores + std::max(bound.compute, bound.hbm), fixed.before_dispatch + bound.transfer) +
      schedule_.barrier();
  const bool one_group = group_size == data.works.size();
  if (schedule_.overlap() == npu::Overlap::All) {
    Picoseconds tail;  // of the last row
    if (rows) tail = shortest_tiles(data, parts) + fixed.before_l1 + fixed.between_gemms;
    const Picoseconds chain =
        std::max(fixed.before_dispatch + std::max(bound.transfer, dispatch + tail), cores + most.cubes);
    bound.layer = std::max(chain + fixed.after_combine + least.sum, cores + most.memory);
    return bound;
  }
  if (schedule_.overlap() == npu::Overlap::Pairs) {
    const Picoseconds first = std::max(dispatch, most.first);
    const Picoseconds second = std::max(combine, most.second);
    bound.layer = fixed.before_dispatch + fixed.between_gemms + fixed.after_combine + least.sum;
    bound.layer += one_group ? first + second
                             : std::max(first + std::max(least.least_back, least.second),
                                        std::max(least.least_out, least.first) + second);
    return bound;
  }
  if (schedule_.overlap() == npu::Overlap::Cards) {
    bound.layer = fixed.total() + least.sum + std::max({dispatch, least.stages, combine});
    if (rows) bound.combine += fixed.before_combine + fixed.after_combine + least.sum;
    return bound;
  }
  if (rows) bound.dispatch += schedule_.barrier();
  if (rows) bound.combine += fixed.before_combine - schedule_.barrier() + fixed.after_combine + least.sum;
  bound.layer = fixed.total() + least.sum;
  if (one_group) {
    bound.layer += dispatch + most.stages + combine;
  } else {
    bound.layer += std::max({dispatch + least.stages + least.least_back,
                             least.least_out + most.stages + least.least_back,
                             least.least_out + least.stages + combine});
  }
  return bound;
}

}  // namespace podsim::pod
