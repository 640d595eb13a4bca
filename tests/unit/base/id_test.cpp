// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/id.h"

#include <gtest/gtest.h>

#include <array>
#include <type_traits>
#include <vector>

#include "podsim/base/span.h"

namespace podsim {
namespace {

TEST(Id, KindsDoNotMix) {
  static_assert(!std::is_convertible_v<NpuId, LinkId>);
  static_assert(!std::is_convertible_v<std::size_t, NpuId>);
  static_assert(!std::is_constructible_v<NpuId, NodeId>);
  static_assert(sizeof(NpuId) == 4);
  EXPECT_EQ(NpuId(7).value(), 7U);
}

TEST(Id, OrdersByItsNumberAndNoneComesLast) {
  EXPECT_LT(NpuId(3), NpuId(4));
  EXPECT_FALSE(NpuId(4) < NpuId(4));
  EXPECT_EQ(NpuId(4), NpuId(4));
  EXPECT_NE(NpuId(0), NpuId::none());
  EXPECT_LT(NpuId(0xFFFFFFFEU), NpuId::none());
  EXPECT_EQ(NpuId(), NpuId(0));
}

TEST(IdVector, PushBackGivesTheIdOfTheItem) {
  IdVector<LinkId, int> items;
  EXPECT_TRUE(items.empty());
  EXPECT_EQ(items.push_back(10), LinkId(0));
  EXPECT_EQ(items.push_back(20), LinkId(1));
  items[LinkId(0)] += 1;
  EXPECT_EQ(items[LinkId(0)], 11);
  EXPECT_EQ(items[LinkId(1)], 20);
  EXPECT_EQ(items.size(), 2U);
}

TEST(IdVector, StartsWithCopiesOfOneValueAndIteratesInOrder) {
  IdVector<NpuId, int> items(3, 5);
  items[NpuId(1)] = 6;
  EXPECT_EQ(std::vector<int>(items.begin(), items.end()), (std::vector<int>{5, 6, 5}));
}

TEST(Span, SeesTheItemsOfItsContainer) {
  std::vector<int> items = {1, 2, 3};
  const Span<int> view(items);
  view[1] = 7;
  EXPECT_EQ(items[1], 7);
  EXPECT_EQ(view.size(), 3U);
  EXPECT_EQ(std::vector<int>(view.begin(), view.end()), items);
  EXPECT_TRUE(Span<int>().empty());
  const std::array<int, 2> constant = {4, 5};
  EXPECT_EQ(Span<const int>(constant)[1], 5);
}

}  // namespace
}  // namespace podsim
