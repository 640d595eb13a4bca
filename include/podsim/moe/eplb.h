// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/moe/placement.h"

namespace podsim::moe {

// The expert-parallel load balancer that DeepSeek published (deepseek-ai/EPLB, README): copies of the busiest
// experts, packed so that every GPU carries the same number of copies and nearly the same load.
//
// Hierarchical, when the expert groups divide evenly over the nodes (prefill: group-limited routing keeps the
// experts of a group in one node): groups are packed onto nodes, experts replicated within their node, copies
// packed onto the GPUs of the node. Global, otherwise (decode): one node, one group.
// Replication gives each further copy to the expert with the highest load per copy so far; packing takes the
// items by falling load and gives each to the least loaded bin that has room. Ties go to the lower index.
// Greedy, so not optimal: a placement that is better by luck exists for some loads.
struct EplbShape {
  std::int64_t replicas = 0;  // physical experts: copies over all GPUs
  std::int64_t groups = 1;    // of experts
  std::int64_t nodes = 1;
  std::int64_t gpus = 1;
  // Beyond the published algorithm, which may put two copies of an expert on one GPU: never do so. An expert
  // gets no more copies than its node has GPUs, and balance gives way. Ignored where it is impossible: more
  // slots on a GPU than experts in its node.
  bool spread_replicas = false;
};

// The result for one layer.
struct EplbLayer {
  std::vector<ExpertIndex> phy2log;                 // [replicas] physical -> logical, GPU by GPU
  std::vector<std::vector<std::uint32_t>> log2phy;  // [experts, copies] logical -> physical, in the order in
                                                    // which the copies were made
  std::size_t logcnt(ExpertIndex expert) const { return log2phy[expert].size(); }
};

// Throws ConfigError when the numbers do not divide (gpus into replicas, and if hierarchical nodes into gpus
// and groups into experts) or there are fewer replicas than experts.
void check_eplb_shape(std::size_t experts, const EplbShape& shape);

// Balances one layer. `weight` [experts]: load of each logical expert, in tokens. Throws ConfigError as
// check_eplb_shape and when a load is negative.
EplbLayer rebalance_layer(Span<const std::int64_t> weight, const EplbShape& shape);

// The published interface: `weight` [layers, experts] -> one EplbLayer per layer.
std::vector<EplbLayer> rebalance_experts(const std::vector<std::vector<std::int64_t>>& weight,
                                         std::int64_t num_replicas, std::int64_t num_groups,
                                         std::int64_t num_nodes, std::int64_t num_gpus);

// Rank r holds the physical experts r * replicas / gpus and following.
LayerPlacement to_placement(const EplbLayer& layer, std::size_t experts, std::size_t gpus);

// Skewed loads [experts] to balance for, about 10^9 in sum, other experts being the busy ones in each layer.
// The busiest expert gets the share 1 / rank^alpha of the most busy, in a seeded order.
std::vector<std::int64_t> zipf_loads(std::size_t experts, double alpha, std::uint64_t seed,
                                     std::int64_t layer);
// Dirichlet with the given coefficient of variation (standard deviation over mean) of an expert's load; 0 is
// even. Throws ConfigError when `cv` is negative or not below sqrt(experts - 1), which one expert with all
// the load would have.
std::vector<std::int64_t> dirichlet_loads(std::size_t experts, double cv, std::uint64_t seed,
                                          std::int64_t layer);

}  // namespace podsim::moe
