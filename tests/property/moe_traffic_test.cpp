// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "podsim/moe/generators.h"
#include "podsim/moe/traffic.h"
#include "property/draw.h"

// Every row of a layer, whatever the routing and the placement.
namespace podsim::property {
namespace {

using moe::ExpertIndex;
using moe::LayerPlacement;
using moe::LayerTraffic;
using moe::RoutingRequest;

struct Group {
  std::size_t ranks = 1;
  std::size_t experts = 1;
  std::int64_t top_k = 1;
  std::vector<std::int64_t> tokens;  // of each rank
};

Group any_group() {
  Group group;
  group.ranks = static_cast<std::size_t>(uniform(1, 24));
  group.experts = static_cast<std::size_t>(uniform(2, 40));
  group.top_k = uniform(1, std::min<std::int64_t>(8, static_cast<std::int64_t>(group.experts)));
  for (std::size_t rank = 0; rank < group.ranks; ++rank) {
    group.tokens.push_back(chance(20) ? 0 : *rc::gen::inRange<std::int64_t>(0, 40));
  }
  return group;
}

// Every expert somewhere, some more than once, also twice on one rank; ranks may be empty.
LayerPlacement any_placement(const Group& group) {
  std::vector<std::vector<ExpertIndex>> slots(group.ranks);
  const auto add = [&](std::size_t expert) {
    const auto rank = uniform(0, static_cast<std::int64_t>(group.ranks) - 1);
    slots[static_cast<std::size_t>(rank)].push_back(static_cast<ExpertIndex>(expert));
  };
  for (std::size_t expert = 0; expert < group.experts; ++expert) add(expert);
  for (std::int64_t copies = uniform(0, 30); copies > 0; --copies) {
    add(static_cast<std::size_t>(uniform(0, static_cast<std::int64_t>(group.experts) - 1)));
  }
  return LayerPlacement(std::move(slots), group.experts);
}

moe::RoutingConfig any_routing() {
  switch (uniform(0, 4)) {
    case 0:
      return moe::UniformRouting{};
    case 1:
      return moe::BalancedRouting{};
    case 2:
      return moe::ZipfRouting{one_of<double>({1.0, 0.0, 2.5})};
    case 3:
      return moe::DirichletRouting{one_of<double>({0.5, 0.0}), one_of<double>({0.0, 0.3})};
    default:
      return moe::HashRouting{one_of<double>({1.0, 0.0})};
  }
}

moe::RoutingSetup setup_of(const Group& group, std::uint64_t seed) {
  moe::RoutingSetup setup;
  setup.experts = static_cast<std::int64_t>(group.experts);
  setup.top_k = group.top_k;
  setup.vocabulary = 500;
  setup.sources = static_cast<std::int64_t>(group.ranks);
  setup.group_ranks = setup.sources;
  setup.tokens_per_source =
      std::max<std::int64_t>(1, *std::max_element(group.tokens.begin(), group.tokens.end()));
  setup.seed = seed;
  return setup;
}

std::uint32_t ring_distance(std::uint32_t a, std::uint32_t b) {
  return a < b ? b - a : a - b;
}

// A layer with all that it was made of.
struct Layer {
  Group group;
  LayerPlacement placement;
  moe::TrafficRequest request;
  std::unique_ptr<moe::RoutingSource> routing;
  LayerTraffic traffic;

  std::vector<ExpertIndex> routed(std::size_t rank) const {
    RoutingRequest ask;
    ask.step = request.step;
    ask.layer = request.layer;
    ask.source = static_cast<std::int64_t>(rank);
    ask.tokens = group.tokens[rank];
    std::vector<ExpertIndex> experts(static_cast<std::size_t>(ask.tokens * group.top_k));
    routing->route(ask, Span<ExpertIndex>(experts));
    return experts;
  }
  ExpertIndex expert_of(std::uint32_t row) const {
    const moe::RowTarget target = traffic.row(row);
    return placement.slots(target.rank)[target.slot];
  }
};

Layer any_layer() {
  Group group = any_group();
  LayerPlacement placement = any_placement(group);
  moe::TrafficRequest request;
  request.step = uniform(0, 3);
  request.layer = uniform(0, 3);
  request.top_k = group.top_k;
  request.tokens_per_rank = group.tokens;
  request.copies = one_of<moe::Copies>({moe::Copies::PerExpert, moe::Copies::PerCard});
  request.replica = one_of<moe::ReplicaChoice>(
      {moe::ReplicaChoice::RoundRobin, moe::ReplicaChoice::Random, moe::ReplicaChoice::Nearest});
  request.seed = any_seed();
  const moe::NearestReplicas nearest(placement, ring_distance);
  request.nearest = &nearest;
  auto routing = moe::make_routing(any_routing(), setup_of(group, any_seed()));
  LayerTraffic traffic = moe::build_traffic(request, *routing, placement);
  request.nearest = nullptr;
  return {std::move(group), std::move(placement), std::move(request), std::move(routing), std::move(traffic)};
}

// In the order of the token's choices; with PerCard those of a card together, cards in the order of their
// first one.
std::vector<ExpertIndex> in_order(const Layer& layer, const std::vector<ExpertIndex>& chosen,
                                  const std::map<ExpertIndex, std::uint32_t>& rank_of) {
  if (layer.request.copies == moe::Copies::PerExpert) return chosen;
  std::vector<ExpertIndex> ordered;
  std::set<std::uint32_t> done;
  for (const ExpertIndex first : chosen) {
    if (!done.insert(rank_of.at(first)).second) continue;
    for (const ExpertIndex expert : chosen) {
      if (rank_of.at(expert) == rank_of.at(first)) ordered.push_back(expert);
    }
  }
  return ordered;
}

RC_GTEST_PROP(LayerTraffic, CarriesEveryPairOfTokenAndExpertOnce, ()) {
  const Layer layer = any_layer();
  std::uint32_t row = 0;
  const auto k = static_cast<std::size_t>(layer.group.top_k);
  for (std::size_t rank = 0; rank < layer.group.ranks; ++rank) {
    RC_ASSERT(layer.traffic.first_row(rank) == row);
    const std::vector<ExpertIndex> routed = layer.routed(rank);
    for (std::size_t token = 0; token * k < routed.size(); ++token) {
      std::vector<ExpertIndex> carried;
      std::map<ExpertIndex, std::uint32_t> rank_of;
      for (std::size_t choice = 0; choice < k; ++choice, ++row) {
        carried.push_back(layer.expert_of(row));
        rank_of[carried.back()] = layer.traffic.row(row).rank;
      }
      const auto first = routed.begin() + static_cast<std::ptrdiff_t>(token * k);
      const std::vector<ExpertIndex> chosen(first, first + layer.group.top_k);
      RC_ASSERT(std::is_permutation(carried.begin(), carried.end(), chosen.begin()));
      RC_ASSERT(carried == in_order(layer, chosen, rank_of));
    }
  }
  RC_ASSERT(layer.traffic.total_rows() == row);
}

// Positions count by source, then token, without a hole; combine finds the source of each.
RC_GTEST_PROP(LayerTraffic, GivesEveryRowAPlaceOfItsOwn, ()) {
  const Layer layer = any_layer();
  std::vector<std::vector<std::vector<std::uint32_t>>> sources(layer.group.ranks);
  for (std::size_t rank = 0; rank < layer.group.ranks; ++rank)
    sources[rank].resize(layer.traffic.slots(rank));
  for (std::uint32_t rank = 0; rank < layer.group.ranks; ++rank) {
    for (std::uint32_t row = layer.traffic.first_row(rank); row < layer.traffic.first_row(rank + 1); ++row) {
      const moe::RowTarget target = layer.traffic.row(row);
      RC_ASSERT(target.position == sources[target.rank][target.slot].size());
      sources[target.rank][target.slot].push_back(rank);
    }
  }
  std::uint64_t rows = 0;
  for (std::size_t rank = 0; rank < layer.group.ranks; ++rank) {
    for (std::size_t slot = 0; slot < sources[rank].size(); ++slot) {
      const Span<const std::uint32_t> known = layer.traffic.sources(rank, slot);
      RC_ASSERT(std::vector<std::uint32_t>(known.begin(), known.end()) == sources[rank][slot]);
      rows += known.size();
    }
  }
  RC_ASSERT(rows == layer.traffic.total_rows());
}

// With PerCard a token goes to a card once, with PerExpert each row goes alone.
RC_GTEST_PROP(LayerTraffic, MessagesPartitionTheRows, ()) {
  const Layer layer = any_layer();
  std::uint64_t messages = 0;
  std::uint64_t local_rows = 0;
  for (std::uint32_t rank = 0; rank < layer.group.ranks; ++rank) {
    std::uint32_t next = layer.traffic.first_row(rank);
    std::set<std::pair<std::uint32_t, std::uint32_t>> visited;  // token, card
    for (const moe::DispatchMessage& message : layer.traffic.messages(rank)) {
      RC_ASSERT(message.first_row == next);
      next += message.rows;
      for (std::uint32_t row = message.first_row; row < next; ++row) {
        RC_ASSERT(layer.traffic.row(row).rank == message.destination);
        RC_ASSERT((row - layer.traffic.first_row(rank)) / layer.group.top_k == message.token);
      }
      const bool first = visited.emplace(message.token, message.destination).second;
      if (layer.request.copies == moe::Copies::PerCard) RC_ASSERT(first);
      if (layer.request.copies == moe::Copies::PerExpert) RC_ASSERT(message.rows == 1U);
      if (message.destination == rank) local_rows += message.rows;
      ++messages;
    }
    RC_ASSERT(next == layer.traffic.first_row(rank + 1));
  }
  RC_ASSERT(messages == layer.traffic.total_messages());
  RC_ASSERT(local_rows == layer.traffic.local_rows());
}

RC_GTEST_PROP(LayerTraffic, RoundRobinAndNearestKeepTheirPromise, ()) {
  const Layer layer = any_layer();
  for (std::size_t e = 0; e < layer.group.experts; ++e) {
    const Span<const moe::Replica> copies = layer.placement.replicas(static_cast<ExpertIndex>(e));
    std::uint32_t least = ~0U;
    std::uint32_t most = 0;
    for (const moe::Replica& copy : copies) {
      const std::uint32_t rows = layer.traffic.rows(copy.rank, copy.slot);
      least = std::min(least, rows);
      most = std::max(most, rows);
      if (layer.request.replica != moe::ReplicaChoice::Nearest) continue;
      for (const std::uint32_t source : layer.traffic.sources(copy.rank, copy.slot)) {
        for (const moe::Replica& other : copies) {
          RC_ASSERT(ring_distance(source, copy.rank) <= ring_distance(source, other.rank));
        }
      }
    }
    if (layer.request.replica == moe::ReplicaChoice::RoundRobin) RC_ASSERT(most - least <= 1U);
  }
}

// --- routing ------------------------------------------------------------------------------------------

// No expert twice for a token, none that is not there, and the same again in whatever order is asked.
RC_GTEST_PROP(Routing, GeneratorsDrawDistinctExpertsAndAnswerAlikeInAnyOrder, ()) {
  const Group group = any_group();
  const moe::RoutingConfig config = any_routing();
  const std::uint64_t seed = any_seed();
  const auto forwards = moe::make_routing(config, setup_of(group, seed));
  const auto backwards = moe::make_routing(config, setup_of(group, seed));
  const auto ask = [&](moe::RoutingSource& routing, std::size_t number) {
    RoutingRequest request;
    request.source = static_cast<std::int64_t>(number % group.ranks);
    request.layer = static_cast<std::int64_t>(number / group.ranks % 2);
    request.step = static_cast<std::int64_t>(number / group.ranks / 2);
    request.tokens = group.tokens[number % group.ranks];
    std::vector<ExpertIndex> experts(static_cast<std::size_t>(request.tokens * group.top_k));
    routing.route(request, Span<ExpertIndex>(experts));
    return experts;
  };
  const std::size_t requests = group.ranks * 4;
  std::vector<std::vector<ExpertIndex>> answers(requests);
  for (std::size_t i = requests; i > 0; --i) answers[i - 1] = ask(*backwards, i - 1);
  for (std::size_t i = 0; i < requests; ++i) {
    RC_ASSERT(ask(*forwards, i) == answers[i]);
    for (std::size_t row = 0; row < answers[i].size(); row += static_cast<std::size_t>(group.top_k)) {
      const auto first = answers[i].begin() + static_cast<std::ptrdiff_t>(row);
      const std::set<ExpertIndex> distinct(first, first + group.top_k);
      RC_ASSERT(distinct.size() == static_cast<std::size_t>(group.top_k));
      RC_ASSERT(*distinct.rbegin() < group.experts);
    }
  }
}

RC_GTEST_PROP(Routing, BalancedGivesEveryExpertTheSameGiveOrTakeOne, ()) {
  Group group = any_group();
  group.tokens.assign(group.ranks, uniform(1, 40));
  const moe::RoutingSetup setup = setup_of(group, any_seed());
  const auto routing = moe::make_routing(moe::BalancedRouting{}, setup);
  const std::vector<std::int64_t> counts =
      moe::count_routes(*routing, setup, 0, 0, 0, setup.sources, group.tokens[0]);
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  RC_ASSERT(*most - *least <= 1);
}

}  // namespace
}  // namespace podsim::property
