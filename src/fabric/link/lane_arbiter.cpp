// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/lane_arbiter.h"

namespace podsim::fabric {

std::uint32_t LaneArbiter::highest(std::uint32_t eligible) const {
  std::uint8_t best = 0;
  std::uint32_t group = 0;
  for (std::uint32_t rest = eligible; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<std::size_t>(__builtin_ctz(rest));
    if (group != 0 && lanes_[lane].priority < best) continue;
    if (group == 0 || lanes_[lane].priority > best) group = 0;
    best = lanes_[lane].priority;
    group |= 1U << lane;
  }
  return group;
}

std::size_t LaneArbiter::pick(std::uint32_t eligible, const std::array<std::uint8_t, kMostLanes>& flits) {
  const std::uint32_t group = (eligible & (eligible - 1)) == 0 ? eligible : highest(eligible);
  if ((group & (group - 1)) == 0) {  // nobody to share with: no debts either
    const auto only = static_cast<std::size_t>(__builtin_ctz(group));
    deficit_[only] = 0;
    return only;
  }
  while (true) {
    if ((group >> turn_ & 1U) != 0) {
      if (!charged_) deficit_[turn_] += lanes_[turn_].weight * block_flits_;
      charged_ = true;
      if (deficit_[turn_] >= flits[turn_]) {
        deficit_[turn_] -= flits[turn_];
        return turn_;
      }
    } else {
      deficit_[turn_] = 0;
    }
    turn_ = (turn_ + 1) % kMostLanes;
    charged_ = false;
  }
}

}  // namespace podsim::fabric
