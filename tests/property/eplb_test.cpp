// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/eplb.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "property/draw.h"

namespace podsim::property {
namespace {

using moe::EplbLayer;
using moe::EplbShape;
using moe::ExpertIndex;

struct Problem {
  EplbShape shape;
  std::vector<std::int64_t> loads;

  std::size_t nodes() const {  // that experts stay within
    return static_cast<std::size_t>(shape.groups % shape.nodes == 0 ? shape.nodes : 1);
  }
  std::size_t slots() const { return static_cast<std::size_t>(shape.replicas / shape.gpus); }
  std::size_t gpus_of_node() const { return static_cast<std::size_t>(shape.gpus) / nodes(); }
};

std::int64_t any_load() {
  return chance(15) ? 0 : one_of<std::int64_t>({1, 1, 50, 1000}) * uniform(1, 1000);
}

// Hierarchical: groups in nodes. Global: any number of experts.
Problem any_problem() {
  Problem problem;
  const bool hierarchical = chance(60);
  problem.shape.nodes = uniform(1, 4);
  problem.shape.gpus = problem.shape.nodes * uniform(1, 6);
  problem.shape.groups = hierarchical ? problem.shape.nodes * uniform(1, 3) : problem.shape.nodes * 2 + 1;
  if (!hierarchical) problem.shape.nodes = 2;  // does not divide the groups: nodes do not count
  const std::int64_t experts = hierarchical ? problem.shape.groups * uniform(1, 8) : uniform(1, 60);
  const std::int64_t least = (experts + problem.shape.gpus - 1) / problem.shape.gpus;
  problem.shape.replicas = problem.shape.gpus * (least + uniform(0, 4));
  problem.shape.spread_replicas = chance(50);
  for (std::int64_t e = 0; e < experts; ++e) problem.loads.push_back(any_load());
  RC_LOG() << problem.shape.replicas << " replicas, " << problem.shape.groups << " groups, "
           << problem.shape.nodes << " nodes, " << problem.shape.gpus << " gpus, " << experts << " experts\n";
  return problem;
}

EplbLayer balance(const Problem& problem) {
  return moe::rebalance_layer(Span<const std::int64_t>(problem.loads), problem.shape);
}

RC_GTEST_PROP(Eplb, PlacesEveryExpertAndFillsEverySlot, ()) {
  const Problem problem = any_problem();
  const EplbLayer layer = balance(problem);
  RC_ASSERT(layer.phy2log.size() == static_cast<std::size_t>(problem.shape.replicas));
  std::size_t copies = 0;
  for (std::size_t e = 0; e < problem.loads.size(); ++e) {
    RC_ASSERT(layer.logcnt(static_cast<ExpertIndex>(e)) >= 1U);
    for (const std::uint32_t physical : layer.log2phy[e]) RC_ASSERT(layer.phy2log[physical] == e);
    copies += layer.log2phy[e].size();
  }
  RC_ASSERT(copies == layer.phy2log.size());
  const moe::LayerPlacement placement =
      moe::to_placement(layer, problem.loads.size(), static_cast<std::size_t>(problem.shape.gpus));
  for (std::size_t rank = 0; rank < placement.ranks(); ++rank) {
    RC_ASSERT(placement.slots(rank).size() == problem.slots());
  }
}

RC_GTEST_PROP(Eplb, KeepsTheCopiesOfAnExpertGroupInOneNode, ()) {
  const Problem problem = any_problem();
  if (problem.nodes() == 1) return;
  const EplbLayer layer = balance(problem);
  const std::size_t of_node = problem.slots() * problem.gpus_of_node();
  const std::size_t of_group = problem.loads.size() / static_cast<std::size_t>(problem.shape.groups);
  std::vector<std::set<std::size_t>> nodes(static_cast<std::size_t>(problem.shape.groups));
  for (std::size_t p = 0; p < layer.phy2log.size(); ++p)
    nodes[layer.phy2log[p] / of_group].insert(p / of_node);
  for (const std::set<std::size_t>& group : nodes) RC_ASSERT(group.size() == 1U);
}

// Where a GPU has room for them, copies of an expert lie on different GPUs.
RC_GTEST_PROP(Eplb, SpreadReplicasShareNoGpu, ()) {
  Problem problem = any_problem();
  problem.shape.spread_replicas = true;
  const EplbLayer layer = balance(problem);
  if (problem.slots() * problem.nodes() > problem.loads.size()) return;  // more slots than experts in a node
  for (std::size_t first = 0; first < layer.phy2log.size(); first += problem.slots()) {
    const auto begin = layer.phy2log.begin() + static_cast<std::ptrdiff_t>(first);
    const std::set<ExpertIndex> distinct(begin, begin + static_cast<std::ptrdiff_t>(problem.slots()));
    RC_ASSERT(distinct.size() == problem.slots());
  }
}

// A further copy went to the expert with the highest load per copy: no expert that got one would, with one
// copy less, be lighter per copy than the heaviest of its node now.
RC_GTEST_PROP(Eplb, ReplicatesTheBusiest, ()) {
  Problem problem = any_problem();
  problem.shape.spread_replicas = false;
  const EplbLayer layer = balance(problem);
  const std::size_t of_node = problem.slots() * problem.gpus_of_node();
  const auto per_copy = [&](std::size_t e, std::size_t copies) {
    return static_cast<double>(problem.loads[e]) / static_cast<double>(copies);
  };
  std::vector<double> heaviest(problem.nodes(), 0.0);
  for (std::size_t e = 0; e < problem.loads.size(); ++e) {
    double& most = heaviest[layer.log2phy[e][0] / of_node];
    most = std::max(most, per_copy(e, layer.log2phy[e].size()));
  }
  for (std::size_t e = 0; e < problem.loads.size(); ++e) {
    const std::size_t copies = layer.log2phy[e].size();
    if (copies > 1) RC_ASSERT(per_copy(e, copies - 1) >= heaviest[layer.log2phy[e][0] / of_node]);
  }
}

}  // namespace
}  // namespace podsim::property
