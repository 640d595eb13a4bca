// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/placement.h"

#include <algorithm>
#include <limits>

#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

constexpr std::size_t kMaxExperts = std::size_t{std::numeric_limits<ExpertIndex>::max()} + 1;

void check_expert_count(std::size_t experts) {
  if (experts >= 1 && experts <= kMaxExperts) return;
  throw ConfigError(fmt::format("a placement of {} experts, expected 1 to {}", experts, kMaxExperts));
}

}  // namespace

LayerPlacement::LayerPlacement(std::vector<std::vector<ExpertIndex>> slots, std::size_t experts)
    : slots_(std::move(slots)) {
  check_expert_count(experts);
  first_replica_.assign(experts + 1, 0);
  for (std::size_t rank = 0; rank < slots_.size(); ++rank) {
    for (std::size_t slot = 0; slot < slots_[rank].size(); ++slot) {
      const ExpertIndex expert = slots_[rank][slot];
      if (expert >= experts) {
        throw ConfigError(
            fmt::format("rank {}, slot {}: expert {}, expected 0 to {}", rank, slot, expert, experts - 1));
      }
      ++first_replica_[expert + 1U];
    }
  }
  for (std::size_t expert = 0; expert < experts; ++expert) {
    if (first_replica_[expert + 1] == 0) {
      throw ConfigError(
          fmt::format("expert {} of {} has no home on any of {} ranks", expert, experts, slots_.size()));
    }
    first_replica_[expert + 1] += first_replica_[expert];
  }
  replicas_.resize(first_replica_.back());
  std::vector<std::uint32_t> next(first_replica_.begin(), first_replica_.end() - 1);
  for (std::uint32_t rank = 0; rank < slots_.size(); ++rank) {
    for (std::uint32_t slot = 0; slot < slots_[rank].size(); ++slot) {
      replicas_[next[slots_[rank][slot]]++] = Replica{rank, slot};
    }
  }
}

Span<const Replica> LayerPlacement::replicas(ExpertIndex expert) const {
  PODSIM_CHECK(expert < experts(), "expert {} of {}", expert, experts());
  const std::uint32_t first = first_replica_[expert];
  return {replicas_.data() + first, first_replica_[expert + 1U] - first};
}

LayerPlacement contiguous_placement(std::size_t experts, std::size_t ranks, ReplicaOrder order) {
  check_expert_count(experts);
  if (ranks == 0) throw ConfigError("a placement on 0 ranks, expected at least 1");
  std::vector<std::vector<ExpertIndex>> slots(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    if (ranks > experts) {
      const std::size_t expert = order == ReplicaOrder::Strided ? rank % experts : rank * experts / ranks;
      slots[rank].push_back(static_cast<ExpertIndex>(expert));
      continue;
    }
    for (std::size_t expert = rank * experts / ranks; expert < (rank + 1) * experts / ranks; ++expert) {
      slots[rank].push_back(static_cast<ExpertIndex>(expert));
    }
  }
  return LayerPlacement(std::move(slots), experts);
}

double load_imbalance(const LayerPlacement& placement, Span<const std::int64_t> loads) {
  PODSIM_CHECK(loads.size() == placement.experts(), "{} loads for {} experts", loads.size(),
               placement.experts());
  double total = 0;
  double largest = 0;
  for (std::size_t rank = 0; rank < placement.ranks(); ++rank) {
    double load = 0;
    for (ExpertIndex expert : placement.slots(rank)) {
      load += static_cast<double>(loads[expert]) / static_cast<double>(placement.replicas(expert).size());
    }
    total += load;
    largest = std::max(largest, load);
  }
  return total > 0 ? largest * static_cast<double>(placement.ranks()) / total : 1.0;
}

}  // namespace podsim::moe
