// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "memory/calendar.h"

#include <gtest/gtest.h>

#include "memory/cycle_map.h"
#include "memory/interleave.h"

namespace podsim::memory {
namespace {

constexpr std::int64_t kWindow = Calendar::kWindow;

TEST(Calendar, AnIdleServerBeginsAtOnce) {
  Calendar calendar;
  EXPECT_EQ(calendar.reserve(0, 1000, 20), 1020);
  EXPECT_EQ(calendar.reserve(0, 5 * kWindow + 7, 20), 5 * kWindow + 27);
}

TEST(Calendar, RequestsOfOneTimeQueueUp) {
  Calendar calendar;
  for (std::int64_t i = 1; i <= 10; ++i) EXPECT_EQ(calendar.reserve(0, 0, 100), 100 * i);
}

TEST(Calendar, WorkIsNeverDoneTwiceAtOneTime) {
  Calendar calendar;
  std::int64_t last = 0;
  constexpr std::int64_t kRequests = 5000;
  for (std::int64_t i = 0; i < kRequests; ++i) last = std::max(last, calendar.reserve(0, 0, 777));
  EXPECT_EQ(last, kRequests * 777);
}

TEST(Calendar, ALaterCallFindsTheTimeThatIsLeft) {
  Calendar calendar;
  calendar.reserve(0, 0, kWindow / 2);
  calendar.reserve(0, 10 * kWindow, kWindow);
  EXPECT_EQ(calendar.reserve(0, kWindow, kWindow), 2 * kWindow);
  EXPECT_EQ(calendar.reserve(0, 0, kWindow / 2), kWindow);
  EXPECT_EQ(calendar.reserve(0, 0, 1), 2 * kWindow + 1);  // windows 0 and 1 are full
}

TEST(Calendar, WorkThatDoesNotFitGoesOnInTheNextWindow) {
  Calendar calendar;
  calendar.reserve(0, 0, kWindow - 10);
  EXPECT_EQ(calendar.reserve(0, 0, 30), kWindow + 20);
  EXPECT_EQ(calendar.reserve(0, kWindow, 5), kWindow + 25);
}

TEST(Calendar, ReachesFarAheadAndForgetsThePast) {
  Calendar calendar;
  const std::int64_t far = 100'000 * kWindow;
  calendar.reserve(0, 0, kWindow);
  EXPECT_EQ(calendar.reserve(0, far, 100), far + 100);
  EXPECT_EQ(calendar.reserve(0, 0, 100), kWindow + 100);
  EXPECT_EQ(calendar.reserve(far, far, 100), far + 200);
}

TEST(CycleMap, FindsGapsAndKeepsToThem) {
  CycleMap map;
  map.take(100, 0b11);
  EXPECT_EQ(map.find(99, 0b1), 99);
  EXPECT_EQ(map.find(99, 0b11), 102);
  EXPECT_EQ(map.find(100, 0b1), 102);
  map.take(104, 0b11);
  EXPECT_EQ(map.find(100, 0b11), 102);
  EXPECT_EQ(map.find(100, 0b111), 106);
  EXPECT_EQ(map.find(100, 0b110011), 102);  // around what is taken
  map.take(62, ~std::uint64_t{0});          // across words
  EXPECT_EQ(map.find(62, 0b1), 126);
}

TEST(Interleave, DealsBlocksOutEvenlyAndOnce) {
  for (const std::int64_t parts : {1, 3, 8, 32}) {
    for (const bool hash : {false, true}) {
      const Interleave interleave(parts, hash);
      std::vector<int> blocks(static_cast<std::size_t>(parts * 128), 0);
      for (std::uint64_t block = 0; block < blocks.size(); ++block)
        ++blocks[interleave.part(block) * 128 + interleave.index(block)];
      EXPECT_EQ(blocks, std::vector<int>(blocks.size(), 1)) << parts;
    }
  }
}

TEST(Interleave, AHashSpreadsStridesOfPowersOfTwo) {
  const Interleave interleave(32, true);
  for (std::uint64_t stride = 1; stride <= 1U << 20U; stride *= 2) {
    std::vector<bool> used(32, false);
    for (std::uint64_t i = 0; i < 32; ++i) used[interleave.part(i * stride)] = true;
    EXPECT_GE(std::count(used.begin(), used.end(), true), 16) << stride;
  }
}

}  // namespace
}  // namespace podsim::memory
