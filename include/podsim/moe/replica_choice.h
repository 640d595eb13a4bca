// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/moe/placement.h"

namespace podsim::moe {

// Which copy of a replicated expert a row goes to.
enum class ReplicaChoice : std::uint8_t {
  RoundRobin,  // the rows of an expert are dealt to its copies in turn, in order of source rank, then token
  Nearest,     // the copy on the own card, otherwise at the lowest distance; equally near ones are shared out
               // over the sources
  Random       // a seeded random copy per row
};

// Distance between two ranks of the expert-parallel group, in hops or any other measure that grows with cost.
using DistanceFunction = std::function<std::uint32_t(std::uint32_t from, std::uint32_t to)>;

// The nearest copy of each expert as each rank sees it. Costs ranks^2 calls of the distance function, so keep
// one for all layers of the same placement.
class NearestReplicas {
 public:
  NearestReplicas(const LayerPlacement& placement, const DistanceFunction& distance);
  // Whether `placement` has the numbers of ranks, experts and copies that this was made for.
  bool fits(const LayerPlacement& placement) const;
  // Index into placement.replicas(expert).
  std::uint32_t of(std::size_t source, ExpertIndex expert) const {
    return nearest_[source * experts_ + expert];
  }

 private:
  std::size_t ranks_;
  std::size_t experts_;
  std::size_t copies_;
  std::vector<std::uint32_t> nearest_;  // [ranks, experts]
};

}  // namespace podsim::moe

template <>
struct podsim::config::EnumNames<podsim::moe::ReplicaChoice> {
  static constexpr const char* kWhat = "replica choice";
  static constexpr std::array kNames{std::pair{moe::ReplicaChoice::RoundRobin, "round_robin"},
                                     std::pair{moe::ReplicaChoice::Nearest, "nearest"},
                                     std::pair{moe::ReplicaChoice::Random, "random"}};
};
