// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "podsim/base/span.h"

namespace podsim::fabric {

// Something due at `time`; events of one time are taken in order of `order`, a declared key, never by arrival
// in the queue.
struct Event {
  std::int64_t time;    // ps
  std::uint32_t order;  // breaks ties
  std::uint32_t what;   // the owner's business
};

// A priority queue for events that always lie at least one bucket ahead of the one being worked on: a ring of
// time buckets, each a chain of fixed blocks, sorted only when its turn comes. Appending is a store, taking
// is one scatter pass and small sorts: 5 to 10 ns per event together, where a binary heap of a million events
// costs ten times that.
class CalendarQueue {
 public:
  // Buckets are 2^width_log2 ps wide.
  explicit CalendarQueue(unsigned width_log2);

  std::int64_t bucket_of(std::int64_t time) const { return time >> width_log2_; }
  std::int64_t start_of(std::int64_t bucket) const { return bucket << width_log2_; }
  // The last bucket taken; events are accepted only for later ones.
  std::int64_t current_bucket() const { return current_; }
  bool empty() const { return size_ == 0; }

  void push(const Event& event);
  // The first bucket that holds an event; the queue must not be empty.
  std::int64_t next_bucket() const;
  // The events of `bucket`, sorted by (time, order); valid until the next take. Buckets are taken in
  // increasing order.
  Span<const Event> take(std::int64_t bucket);

 private:
  static constexpr std::size_t kBlockEvents = 128;
  static constexpr std::size_t kRingBuckets = 4096;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint32_t kNoBlock = ~std::uint32_t{0};

  struct Block {
    Event events[kBlockEvents];
    std::uint32_t previous;
  };
  struct Bucket {
    std::uint32_t last_block = kNoBlock;
    std::uint32_t count = 0;
  };

  std::uint32_t allocate_block(std::uint32_t previous);
  void push_to_ring(const Event& event, std::int64_t bucket);
  void refill_from_overflow();
  std::int64_t next_in_ring() const;
  template <class Visitor>
  void for_each(const Bucket& bucket, Visitor&& visit) const;
  void sort_into_scratch(const Bucket& bucket, std::int64_t start);

  unsigned width_log2_;
  std::int64_t current_ = -1;
  std::size_t size_ = 0;
  std::vector<Bucket> ring_;
  std::vector<std::uint64_t> occupied_;  // one bit per ring bucket
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> free_blocks_;
  std::vector<Event> overflow_;           // beyond the ring
  std::int64_t overflow_first_ = kNever;  // earliest bucket in overflow_
  std::vector<Event> scratch_;
  std::vector<std::uint32_t> offsets_;
};

}  // namespace podsim::fabric
