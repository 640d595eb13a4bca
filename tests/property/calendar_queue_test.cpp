// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/calendar_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "podsim/base/random.h"
#include "property/draw.h"

namespace podsim::property {
namespace {

using fabric::CalendarQueue;

// The queue beside a multimap, which keeps equal keys in the order in which they came.
class Twins {
 public:
  explicit Twins(std::int64_t width) : queue_(Picoseconds(width)) {}

  void push(std::int64_t time) {
    queue_.push(time, pushed_, 0);
    reference_.emplace(time, pushed_);
    ++pushed_;
  }
  bool empty() const {
    RC_ASSERT(queue_.empty() == reference_.empty());
    return queue_.empty();
  }
  // Events lie in later buckets than the one worked on.
  std::int64_t first_allowed() const { return queue_.start_of(queue_.current_bucket() + 1); }
  std::size_t take() {
    const std::int64_t bucket = queue_.next_bucket();
    RC_ASSERT(bucket == queue_.bucket_of(reference_.begin()->first));
    const Span<const CalendarQueue::Event> events = queue_.take(bucket);
    for (const CalendarQueue::Event& event : events) {
      RC_ASSERT(queue_.start_of(bucket) + event.offset == reference_.begin()->first);
      RC_ASSERT(event.what == reference_.begin()->second);
      reference_.erase(reference_.begin());
    }
    if (!reference_.empty()) RC_ASSERT(queue_.bucket_of(reference_.begin()->first) > bucket);
    return events.size();
  }

 private:
  CalendarQueue queue_;
  std::multimap<std::int64_t, std::uint32_t> reference_;
  std::uint32_t pushed_ = 0;
};

// Near, far beyond the ring of 4,096 buckets, and on its very edge; many at one time.
std::int64_t random_time(Random& random, std::int64_t width, std::int64_t first) {
  const std::int64_t ring = 4096 * width;
  const auto below = [&](std::int64_t bound) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
  };
  switch (random.below(8)) {
    case 0:
      return first;
    case 1:
      return first + ring + below(5) - 2;
    case 2:
      return first + below(20 * ring);
    case 3:
      return first + below(4) * (ring / 2);
    default:
      return first + below(16 * width);
  }
}

RC_GTEST_PROP(CalendarQueue, TakesByTimeThenOrderOfPushingAsAMapDoes, ()) {
  const auto log2 = static_cast<unsigned>(uniform(0, 21));  // narrow ones as often as wide ones
  const std::int64_t width = uniform(std::int64_t{1} << log2, std::int64_t{2} << log2);
  const auto at_first = *rc::gen::inRange<std::int64_t>(1, 500);
  const std::int64_t most = uniform(0, 3000);  // events that later ones cause
  Random random(any_seed(), "property.calendar");
  Twins twins(width);
  for (std::int64_t i = 0; i < at_first; ++i) twins.push(random_time(random, width, twins.first_allowed()));
  std::int64_t caused = 0;
  while (!twins.empty()) {
    const std::size_t taken = twins.take();
    for (std::size_t i = 0; i < taken && caused < most; ++i, ++caused) {
      twins.push(random_time(random, width, twins.first_allowed()));
    }
  }
}

}  // namespace
}  // namespace podsim::property
