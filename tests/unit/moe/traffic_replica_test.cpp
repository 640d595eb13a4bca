// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "podsim/base/error.h"
#include "unit/moe/traffic_support.h"

namespace podsim::moe {
namespace {

using ::testing::ElementsAre;

// The rows that each copy of each expert received.
std::vector<std::vector<std::uint32_t>> rows_per_copy(const LayerTraffic& traffic,
                                                      const LayerPlacement& placement) {
  std::vector<std::vector<std::uint32_t>> rows(placement.experts());
  for (std::size_t e = 0; e < placement.experts(); ++e) {
    for (const Replica& copy : placement.replicas(static_cast<ExpertIndex>(e))) {
      rows[e].push_back(traffic.rows(copy.rank, copy.slot));
    }
  }
  return rows;
}

TEST(ReplicaChoice, RoundRobinKeepsTheCopiesOfAnExpertWithinOneRow) {
  const LayerPlacement placement = contiguous_placement(12, 50);
  SeededRouting routing(12, 4);
  const LayerTraffic traffic = build_traffic(request_of(4, 37), routing, placement);
  for (const auto& rows : rows_per_copy(traffic, placement)) {
    const auto [low, high] = std::minmax_element(rows.begin(), rows.end());
    EXPECT_LE(*high - *low, 1U);
  }
}

TEST(ReplicaChoice, RandomSpreadsOverAllCopiesEvenly) {
  const LayerPlacement placement = contiguous_placement(4, 32);
  SeededRouting routing(4, 2);
  TrafficRequest request = request_of(2, 1000);
  request.replica = ReplicaChoice::Random;
  const LayerTraffic traffic = build_traffic(request, routing, placement);
  for (const auto& rows : rows_per_copy(traffic, placement)) {
    for (std::uint32_t n : rows) EXPECT_NEAR(n, 2000.0, 5 * std::sqrt(2000.0));  // 64,000 rows to 32 copies
  }
}

TEST(ReplicaChoice, RandomFollowsItsSeedStepAndLayer) {
  const LayerPlacement placement = contiguous_placement(4, 32);
  const auto chosen = [&](std::uint64_t seed, std::int64_t step, std::uint32_t first_card) {
    ListedRouting routing({{first_card, {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}}});
    TrafficRequest request = request_of(4, 0);
    request.tokens_per_rank.assign(32, 0);
    request.tokens_per_rank[0] = 3;
    request.cards.assign(32, first_card);
    request.replica = ReplicaChoice::Random;
    request.seed = seed;
    request.step = step;
    const LayerTraffic traffic = build_traffic(request, routing, placement);
    std::vector<std::uint32_t> ranks;
    for (std::uint32_t i = 0; i < 12; ++i) ranks.push_back(traffic.row(i).rank);
    return ranks;
  };
  EXPECT_EQ(chosen(1, 0, 5), chosen(1, 0, 5));
  EXPECT_NE(chosen(1, 0, 5), chosen(2, 0, 5));
  EXPECT_NE(chosen(1, 0, 5), chosen(1, 1, 5));
  EXPECT_NE(chosen(1, 0, 5), chosen(1, 0, 6));
}

TEST(ReplicaChoice, NearestIsTheOwnCardEvenIfAnotherIsAtNoDistance) {
  const LayerPlacement placement({{0}, {0}, {1}, {0, 1}}, 2);
  const NearestReplicas nearest(placement, [](std::uint32_t, std::uint32_t) { return 0U; });
  EXPECT_EQ(nearest.of(0, 0), 0U);
  EXPECT_EQ(nearest.of(1, 0), 1U);
  EXPECT_EQ(nearest.of(3, 0), 2U);
  EXPECT_EQ(nearest.of(3, 1), 1U);
}

TEST(ReplicaChoice, NearestIsAtTheLowestDistance) {
  const LayerPlacement placement = contiguous_placement(12, 50, ReplicaOrder::Strided);
  const NearestReplicas nearest(placement, line_distance);
  for (std::uint32_t source = 0; source < 50; ++source) {
    for (ExpertIndex expert = 0; expert < 12; ++expert) {
      const Span<const Replica> copies = placement.replicas(expert);
      const std::uint32_t chosen = line_distance(source, copies[nearest.of(source, expert)].rank);
      for (const Replica& copy : copies) EXPECT_LE(chosen, line_distance(source, copy.rank));
    }
  }
}

// On a switch everything is equally near; the first copy must not get it all.
TEST(ReplicaChoice, NearestSharesEquallyNearCopiesOutOverTheSources) {
  const LayerPlacement placement({{0}, {0}, {0}, {1}, {1}, {1}, {2}, {2}, {2}}, 3);
  const NearestReplicas nearest(placement, [](std::uint32_t, std::uint32_t) { return 2U; });
  for (ExpertIndex expert = 0; expert < 3; ++expert) {
    std::vector<int> chosen(3, 0);
    for (std::size_t source = 0; source < 9; ++source) ++chosen[nearest.of(source, expert)];
    EXPECT_THAT(chosen, ElementsAre(3, 3, 3));
  }
}

TEST(ReplicaChoice, NearestNeedsNoDistancesWithoutReplicas) {
  TrafficRequest request = request_of(2, 1);
  request.replica = ReplicaChoice::Nearest;
  SeededRouting routing(4, 2);
  EXPECT_EQ(build_traffic(request, routing, contiguous_placement(4, 2)).total_rows(), 4U);
}

TEST(ReplicaChoice, NearestOfAnotherPlacementIsRefused) {
  const NearestReplicas nearest(contiguous_placement(4, 8), line_distance);
  TrafficRequest request = request_of(2, 1);
  request.replica = ReplicaChoice::Nearest;
  SeededRouting routing(4, 2);
  EXPECT_THROW(build_traffic(request, routing, contiguous_placement(4, 8)), InternalError);
  request.nearest = &nearest;
  EXPECT_EQ(build_traffic(request, routing, contiguous_placement(4, 8)).total_rows(), 16U);
  EXPECT_THROW(build_traffic(request, routing, contiguous_placement(4, 9)), InternalError);
}

}  // namespace
}  // namespace podsim::moe
