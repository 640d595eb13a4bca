// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "podsim/base/random.h"
#include "podsim/moe/generators.h"

// One function per kind of routing; generators.cpp holds the table.
namespace podsim::moe {

std::unique_ptr<RoutingSource> make_uniform_routing(const UniformRouting& config, const RoutingSetup& setup);
std::unique_ptr<RoutingSource> make_balanced_routing(const BalancedRouting& config,
                                                     const RoutingSetup& setup);
std::unique_ptr<RoutingSource> make_zipf_routing(const ZipfRouting& config, const RoutingSetup& setup);
std::unique_ptr<RoutingSource> make_dirichlet_routing(const DirichletRouting& config,
                                                      const RoutingSetup& setup);
std::unique_ptr<RoutingSource> make_hash_routing(const HashRouting& config, const RoutingSetup& setup);
std::unique_ptr<RoutingSource> make_trace_routing(const TraceRouting& config, const RoutingSetup& setup);

// The index of a random stream for what belongs to a step and layer.
constexpr std::uint64_t batch_index(std::int64_t step, std::int64_t layer) {
  return mix64(static_cast<std::uint64_t>(step)) + static_cast<std::uint64_t>(layer);
}

// Holds a request to the contract of RoutingSource::route; returns top_k.
std::size_t check_request(const RoutingRequest& request, const RoutingSetup& setup,
                          Span<ExpertIndex> experts);

}  // namespace podsim::moe
