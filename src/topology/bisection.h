// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/topology/pod.h"

namespace podsim::topology {

// The narrowest of the cuts that PodReport::bisection speaks of.
struct Bisection {
  BytesPerSecond bandwidth{0};
  std::string cut;  // "through the middle of 'x' (4 | 4)"
};
Bisection find_bisection(const Pod& pod);

}  // namespace podsim::topology
