// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/id.h"

namespace podsim::topology {

// Pairs of different NPUs to look at: all of them in a small pod, otherwise a seeded sample of sources, each
// with a seeded sample of destinations. Ascending, so that what is found first is found first every time.
class PairSample {
 public:
  struct Size {
    std::size_t all_up_to;     // NPUs
    std::size_t sources;       // above that
    std::size_t destinations;  // of each of them
  };
  PairSample(std::size_t npus, Size size, std::uint64_t seed);

  bool all() const { return all_; }
  const std::vector<NpuId>& sources() const { return sources_; }
  std::vector<NpuId> destinations(NpuId src) const;

 private:
  std::vector<NpuId> draw(std::size_t count, std::uint64_t stream) const;

  std::size_t npus_;
  std::size_t destinations_;
  std::uint64_t seed_;
  bool all_;
  std::vector<NpuId> sources_;
};

}  // namespace podsim::topology
