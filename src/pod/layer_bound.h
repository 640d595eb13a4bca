// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pod/layer_builder.h"
#include "podsim/fabric/bound.h"
#include "podsim/npu/card_plan.h"

namespace podsim::pod {

// No simulation of a layer is faster than these. Every term leaves out what another one counts.
struct LayerBound {
  Picoseconds dispatch;  // as dispatch.latency_us counts
  Picoseconds combine;   // as combine.latency_us counts
  Picoseconds compute;   // cube time of the busiest card, no core ever idle
  Picoseconds hbm;       // memory time of the busiest card
  Picoseconds fixed;     // launches, metadata exchange, barriers, polls that nothing overlaps
  Picoseconds transfer;  // dispatch rows and results alone
  Picoseconds layer;
  Picoseconds perfect;  // launch, metadata exchange, the largest of compute, hbm and transfer, a barrier
  fabric::BoundResult transfer_by;  // what binds them
};

// What the transfers wait for: "link dimension x", "ports of a card", "path latency".
std::string transfer_limit_name(const LayerBound& bound, const topology::Pod& pod);
// The largest term: "compute", "HBM", that of the transfers, or "latency".
std::string limit_name(const LayerBound& bound, const topology::Pod& pod);

// What a card has to do in the layer, as planned.
using PlanOf = std::function<const npu::CardPlan&(std::size_t card)>;

// The floor under a layer, without events: per-link loads and path latencies of its messages, and per card
// cube time and memory bytes.
//  - overlapping schedules: fixed costs + the largest of: all transfers; the busiest card's cubes; dispatch
//  and
//    then a tile of each GEMM; or, when that is longer, all that the busiest card's memory moves;
//  - pairs of stages: fixed costs + dispatch or the first GEMM + the second one or the combine, the longer of
//    each;
//  - others: fixed costs + dispatch + GEMMs and activation + combine. With several groups, which do not wait
//    for one another, the slowest of one stage (or pair) and the fastest of the others, whichever sum is
//    largest.
// All end with the weighted sum, of the last micro-batch.
class LayerBounder {
 public:
  LayerBounder(const topology::Pod& pod, const Scenario& scenario, const npu::Schedule& schedule,
               std::uint64_t seed);
  // `parts` [cards]. Nothing when `interrupted`, which may be empty and is asked once per card, says so.
  std::optional<LayerBound> bound(const LayerData& data, Span<const npu::CardParts> parts,
                                  std::size_t group_size, const PlanOf& plan_of,
                                  const std::function<bool()>& interrupted) const;

 private:
  struct Transfers {
    fabric::BoundResult dispatch;
    fabric::BoundResult combine;
    fabric::BoundResult all;
  };
  std::optional<Transfers> transfers(const LayerData& data, const std::function<bool()>& interrupted) const;

  const topology::Pod& pod_;
  const Scenario& scenario_;
  const npu::Schedule& schedule_;
  std::uint64_t seed_;
};

}  // namespace podsim::pod
