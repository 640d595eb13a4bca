// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/sample.h"

#include <algorithm>

#include "podsim/base/random.h"

namespace podsim::topology {

PairSample::PairSample(std::size_t npus, Size size, std::uint64_t seed)
    : npus_(npus),
      destinations_(npus <= size.all_up_to ? npus : size.destinations),
      seed_(seed),
      all_(npus <= size.all_up_to),
      sources_(draw(all_ ? npus : size.sources, 0)) {}

std::vector<NpuId> PairSample::destinations(NpuId src) const {
  std::vector<NpuId> drawn = draw(destinations_, src.value() + std::uint64_t{1});
  drawn.erase(std::remove(drawn.begin(), drawn.end(), src), drawn.end());
  return drawn;
}

std::vector<NpuId> PairSample::draw(std::size_t count, std::uint64_t stream) const {
  std::vector<NpuId> drawn;
  if (count >= npus_) {
    for (std::size_t npu = 0; npu < npus_; ++npu) drawn.emplace_back(npu);
    return drawn;
  }
  // Selection sampling (Knuth, TAOCP 2, algorithm S): every set of `count` NPUs is equally likely.
  Random random(seed_, "topology pairs", stream);
  for (std::size_t npu = 0; drawn.size() < count; ++npu) {
    if (random.below(npus_ - npu) < count - drawn.size()) drawn.emplace_back(npu);
  }
  return drawn;
}

}  // namespace podsim::topology
