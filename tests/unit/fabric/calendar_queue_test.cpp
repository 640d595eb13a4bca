// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/calendar_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <queue>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/base/random.h"

namespace podsim::fabric {
namespace {

constexpr Picoseconds kWidth{1000};

TEST(CalendarQueue, TakesTheEventsOfABucketByTimeThenOrderOfPushing) {
  CalendarQueue queue(kWidth);
  queue.push(500, 0, 0);
  queue.push(500, 1, 0);
  queue.push(100, 2, 0);
  const Span<const CalendarQueue::Event> events = queue.take(queue.next_bucket());
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].what, 2U);
  EXPECT_EQ(events[0].offset, 100U);
  EXPECT_EQ(events[1].what, 0U);
  EXPECT_EQ(events[2].what, 1U);
  EXPECT_TRUE(queue.empty());
}

TEST(CalendarQueue, RefusesAnEventInABucketAlreadyTaken) {
  CalendarQueue queue(kWidth);
  queue.push(5000, 0, 0);
  queue.take(queue.next_bucket());
  EXPECT_THROW(queue.push(5001, 0, 0), InternalError);
  EXPECT_NO_THROW(queue.push(queue.start_of(queue.current_bucket() + 1), 0, 0));
}

TEST(CalendarQueue, KeepsEventsBeyondTheRingForLater) {
  CalendarQueue queue(kWidth);
  const std::int64_t far = std::int64_t{1} << 40;
  queue.push(far, 7, 0);
  EXPECT_EQ(queue.next_bucket(), far / kWidth.count());
  queue.push(3000, 1, 0);  // a nearer one still goes first
  EXPECT_EQ(queue.take(queue.next_bucket())[0].what, 1U);
  EXPECT_EQ(queue.take(queue.next_bucket())[0].what, 7U);
}

// Every width has its own reciprocal; buckets begin exactly at its multiples.
TEST(CalendarQueue, FindsTheBucketAtBothEdgesForAnyWidth) {
  for (const std::int64_t width : {1, 2, 3, 1000, 65'536, 87'500, 212'000, 4'194'304}) {
    const CalendarQueue queue{Picoseconds(width)};
    for (const std::int64_t bucket : {std::int64_t{1}, std::int64_t{4097}, std::int64_t{1} << 30U}) {
      EXPECT_EQ(queue.bucket_of(bucket * width - 1), bucket - 1) << width;
      EXPECT_EQ(queue.bucket_of(bucket * width), bucket) << width;
    }
    const std::int64_t last = std::int64_t{1} << 62U;
    EXPECT_EQ(queue.bucket_of(last), last / width) << width;
  }
}

// With few events and with many, which are sorted in different ways.
TEST(CalendarQueue, TakesTheEventsOfABucketByPlaceThenTimeThenOrderOfPushing) {
  for (const std::size_t places : {std::size_t{4}, std::size_t{100'000}}) {
    CalendarQueue queue(kWidth);
    Random random(places, "calendar queue places");
    std::vector<CalendarQueue::Event> expected;
    for (std::uint32_t number = 0; number < 500; ++number) {
      const auto offset = static_cast<std::uint32_t>(random.below(50));
      const auto where = static_cast<std::uint32_t>(random.below(4));
      queue.push(3000 + offset, number, where);
      expected.push_back({offset, number, where});
    }
    std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
      return a.where != b.where ? a.where < b.where : a.offset < b.offset;
    });
    const Span<const CalendarQueue::Event> events = queue.take_by_place(3, places);
    ASSERT_EQ(events.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(events[i].what, expected[i].what) << i;
  }
}

// Against a binary heap: random pushes ahead of the current bucket, near and far, many at one time.
TEST(CalendarQueue, AgreesWithABinaryHeapOnRandomTraffic) {
  struct Expected {
    std::int64_t time;
    std::uint32_t number;
  };
  const auto later = [](const Expected& a, const Expected& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed, "calendar queue test");
    CalendarQueue queue(kWidth);
    std::priority_queue<Expected, std::vector<Expected>, decltype(later)> heap(later);
    std::uint32_t pushed = 0;
    const auto push = [&](std::int64_t after) {
      const std::int64_t reach = random.below(10) == 0 ? 50'000'000 : 20'000;
      std::int64_t time = after + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(reach)));
      if (random.below(3) == 0) time = (time + 4095) / 4096 * 4096;  // ties
      queue.push(time, pushed, 0);
      heap.push({time, pushed});
      ++pushed;
    };
    for (int i = 0; i < 3000; ++i) push(0);
    while (!queue.empty()) {
      const std::int64_t bucket = queue.next_bucket();
      const Span<const CalendarQueue::Event> taken = queue.take(bucket);
      const std::size_t count = taken.size();
      for (const CalendarQueue::Event& event : taken) {
        ASSERT_EQ(queue.start_of(bucket) + event.offset, heap.top().time) << "seed " << seed;
        ASSERT_EQ(event.what, heap.top().number) << "seed " << seed;
        heap.pop();
      }
      for (std::size_t i = 0; i < count && pushed < 30'000; ++i)
        push(queue.start_of(queue.current_bucket() + 1));
    }
    EXPECT_TRUE(heap.empty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace podsim::fabric
