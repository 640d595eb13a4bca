// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/moe/routing.h"

namespace podsim::moe {

// Where one copy of an expert lives: slot `slot` of rank `rank` of the expert-parallel group.
struct Replica {
  std::uint32_t rank;
  std::uint32_t slot;
};

// Which experts each rank of an expert-parallel group holds, for one layer.
class LayerPlacement {
 public:
  // `slots[rank]` lists the logical experts of that rank, slot by slot. Throws ConfigError when an expert of
  // 0 .. experts-1 has no home or an index is out of range.
  LayerPlacement(std::vector<std::vector<ExpertIndex>> slots, std::size_t experts);

  std::size_t ranks() const { return slots_.size(); }
  std::size_t experts() const { return first_replica_.size() - 1; }
  // Copies of experts over all ranks: experts and their replicas.
  std::size_t total_slots() const { return replicas_.size(); }
  Span<const ExpertIndex> slots(std::size_t rank) const { return Span<const ExpertIndex>(slots_[rank]); }
  // All copies of an expert, in order of rank, then slot.
  Span<const Replica> replicas(ExpertIndex expert) const;

 private:
  std::vector<std::vector<ExpertIndex>> slots_;
  std::vector<std::uint32_t> first_replica_;  // into replicas_, one past the last at the end
  std::vector<Replica> replicas_;
};

// In which order a rank list is dealt out when there are more ranks than experts.
enum class ReplicaOrder : std::uint8_t {
  Blocked,  // the replicas of an expert are neighbours: rank r holds expert floor(r * experts / ranks)
  Strided   // every `experts` ranks in a row hold each expert once: rank r holds expert r mod experts
};

// The experts in order, split evenly over the ranks: rank r holds the experts from floor(r * experts / ranks)
// to floor((r + 1) * experts / ranks) - 1. With more ranks than experts one slot per rank, and each expert
// is replicated floor(ranks / experts) times or once more, in the given order. Throws ConfigError when ranks
// or experts is not positive or there are more than 65,536 experts.
LayerPlacement contiguous_placement(std::size_t experts, std::size_t ranks,
                                    ReplicaOrder order = ReplicaOrder::Blocked);

// Largest load of a rank over the mean of all ranks, 1.0 when perfectly even, when `loads` [experts] (token
// counts) are shared evenly among the replicas of each expert. 1.0 without any load.
double load_imbalance(const LayerPlacement& placement, Span<const std::int64_t> loads);

}  // namespace podsim::moe
