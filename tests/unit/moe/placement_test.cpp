// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/placement.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>

#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Action>
void expect_error(const Action& action, const std::string& part) {
  try {
    action();
    FAIL() << "expected an error with: " << part;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

std::vector<ExpertIndex> slots_of(const LayerPlacement& placement, std::size_t rank) {
  const Span<const ExpertIndex> slots = placement.slots(rank);
  return {slots.begin(), slots.end()};
}

TEST(LayerPlacement, ListsReplicasByRankThenSlot) {
  const LayerPlacement placement({{2, 0}, {}, {0, 1, 0}}, 3);
  EXPECT_EQ(placement.ranks(), 3U);
  EXPECT_EQ(placement.experts(), 3U);
  EXPECT_EQ(placement.total_slots(), 5U);
  const Span<const Replica> copies = placement.replicas(0);
  ASSERT_EQ(copies.size(), 3U);
  EXPECT_EQ(copies[0].rank, 0U);
  EXPECT_EQ(copies[0].slot, 1U);
  EXPECT_EQ(copies[1].rank, 2U);
  EXPECT_EQ(copies[1].slot, 0U);
  EXPECT_EQ(copies[2].slot, 2U);
  EXPECT_EQ(placement.replicas(1).size(), 1U);
}

TEST(LayerPlacement, RefusesWhatIsNoPlacement) {
  expect_error([] { LayerPlacement({{0}, {2}}, 3); }, "expert 1 of 3 has no home on any of 2 ranks");
  expect_error([] { LayerPlacement({{0}, {1, 3}}, 3); }, "rank 1, slot 1: expert 3, expected 0 to 2");
  expect_error([] { LayerPlacement({}, 1); }, "expert 0 of 1 has no home");
  expect_error([] { LayerPlacement({{0}}, 0); }, "a placement of 0 experts");
  expect_error([] { LayerPlacement({{0}}, 65537); }, "a placement of 65537 experts, expected 1 to 65536");
}

TEST(ContiguousPlacement, SplitsExpertsInOrder) {
  const LayerPlacement placement = contiguous_placement(8, 4);
  EXPECT_THAT(slots_of(placement, 0), ElementsAre(0, 1));
  EXPECT_THAT(slots_of(placement, 3), ElementsAre(6, 7));
}

TEST(ContiguousPlacement, DiffersByAtMostOneExpertWhenUneven) {
  const LayerPlacement placement = contiguous_placement(10, 4);
  EXPECT_THAT(slots_of(placement, 0), ElementsAre(0, 1));
  EXPECT_THAT(slots_of(placement, 1), ElementsAre(2, 3, 4));
  EXPECT_THAT(slots_of(placement, 2), ElementsAre(5, 6));
  EXPECT_THAT(slots_of(placement, 3), ElementsAre(7, 8, 9));
}

// V4-Pro on a whole pod: 8,192 = 21 x 384 + 128.
TEST(ContiguousPlacement, ReplicatesExpertsOverMoreRanks) {
  for (ReplicaOrder order : {ReplicaOrder::Blocked, ReplicaOrder::Strided}) {
    const LayerPlacement placement = contiguous_placement(384, 8192, order);
    std::size_t with_22 = 0;
    for (ExpertIndex e = 0; e < 384; ++e) {
      const std::size_t copies = placement.replicas(e).size();
      EXPECT_TRUE(copies == 21 || copies == 22) << copies;
      with_22 += copies == 22 ? 1 : 0;
    }
    EXPECT_EQ(with_22, 128U);
    for (std::size_t rank = 0; rank < 8192; ++rank) ASSERT_EQ(placement.slots(rank).size(), 1U);
  }
}

TEST(ContiguousPlacement, OrdersReplicasAsAsked) {
  const LayerPlacement blocked = contiguous_placement(2, 5, ReplicaOrder::Blocked);
  const LayerPlacement strided = contiguous_placement(2, 5, ReplicaOrder::Strided);
  std::vector<ExpertIndex> of_blocked;
  std::vector<ExpertIndex> of_strided;
  for (std::size_t rank = 0; rank < 5; ++rank) {
    of_blocked.push_back(blocked.slots(rank)[0]);
    of_strided.push_back(strided.slots(rank)[0]);
  }
  EXPECT_THAT(of_blocked, ElementsAre(0, 0, 0, 1, 1));
  EXPECT_THAT(of_strided, ElementsAre(0, 1, 0, 1, 0));
}

TEST(ContiguousPlacement, NeedsRanksAndExperts) {
  expect_error([] { contiguous_placement(8, 0); }, "a placement on 0 ranks");
  expect_error([] { contiguous_placement(0, 8); }, "a placement of 0 experts");
}

TEST(LoadImbalance, SharesTheLoadOfAnExpertAmongItsReplicas) {
  const LayerPlacement placement({{0, 1}, {0, 2}}, 3);
  const std::vector<std::int64_t> loads{10, 1, 3};  // ranks: 5 + 1, 5 + 3
  EXPECT_DOUBLE_EQ(load_imbalance(placement, Span<const std::int64_t>(loads)), 8.0 / 7.0);
}

TEST(LoadImbalance, IsOneWithoutAnyLoad) {
  const std::vector<std::int64_t> loads(8, 0);
  EXPECT_DOUBLE_EQ(load_imbalance(contiguous_placement(8, 4), Span<const std::int64_t>(loads)), 1.0);
}

}  // namespace
}  // namespace podsim::moe
