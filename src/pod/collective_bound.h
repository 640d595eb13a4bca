// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <optional>

#include "podsim/fabric/bound.h"
#include "podsim/npu/collective_card.h"
#include "podsim/pod/scenario.h"

namespace podsim::pod {

// Floors under a collective, from the call of the operator on all cards until the last of them is done.
struct CollectiveBound {
  Picoseconds transfer;  // all its pieces, on offer at once: link loads, ports, path latency
  Picoseconds steps;     // its longest chain of transfers, each alone on its path
  Picoseconds textbook;  // of any algorithm: the bytes that must pass the ports of a card, one path latency
  fabric::BoundResult busiest;
  Picoseconds time() const { return std::max({transfer, steps, textbook}); }
};

// Nothing when `interrupted` says so.
std::optional<CollectiveBound> collective_bound(const Scenario& scenario, const topology::Pod& pod,
                                                std::uint64_t seed, const npu::CollectivePlan& plan,
                                                const npu::CollectiveCosts& costs,
                                                const std::function<bool()>& interrupted);

}  // namespace podsim::pod
