// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/replica_choice.h"

#include <algorithm>

namespace podsim::moe {
namespace {

// The copy at the lowest `distance` [ranks]; of several equally near ones, number `turn` modulo their count.
std::uint32_t nearest_copy(Span<const Replica> copies, const std::vector<std::uint64_t>& distance,
                           std::size_t turn) {
  std::uint64_t lowest = distance[copies[0].rank];
  std::size_t ties = 0;
  for (const Replica& copy : copies) {
    const std::uint64_t d = distance[copy.rank];
    ties = d < lowest ? 1 : ties + (d == lowest ? 1 : 0);
    lowest = std::min(lowest, d);
  }
  std::size_t skip = turn % ties;
  std::uint32_t index = 0;
  while (distance[copies[index].rank] != lowest || skip-- != 0) ++index;
  return index;
}

}  // namespace

NearestReplicas::NearestReplicas(const LayerPlacement& placement, const DistanceFunction& distance)
    : ranks_(placement.ranks()),
      experts_(placement.experts()),
      copies_(placement.total_slots()),
      nearest_(ranks_ * experts_) {
  std::vector<std::uint64_t> from_source(ranks_);
  for (std::uint32_t source = 0; source < ranks_; ++source) {
    for (std::uint32_t rank = 0; rank < ranks_; ++rank) {
      // The own card comes before every other, whatever the function says.
      from_source[rank] = rank == source ? 0 : std::uint64_t{distance(source, rank)} + 1;
    }
    for (std::size_t expert = 0; expert < experts_; ++expert) {
      nearest_[source * experts_ + expert] =
          nearest_copy(placement.replicas(static_cast<ExpertIndex>(expert)), from_source, source + expert);
    }
  }
}

bool NearestReplicas::fits(const LayerPlacement& placement) const {
  return placement.ranks() == ranks_ && placement.experts() == experts_ && placement.total_slots() == copies_;
}

}  // namespace podsim::moe
