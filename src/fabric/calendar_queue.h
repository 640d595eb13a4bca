// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/units/units.h"

namespace podsim::fabric {

// A priority queue for events that always lie at least one bucket ahead of the one being worked on: a ring of
// time buckets, each a chain of fixed blocks, put in order by radix only when its turn comes. Events of one
// time keep the order in which they were pushed. Appending is a store and taking a few streaming passes: some
// nanoseconds per event, where a binary heap of a million events costs a hundred.
class CalendarQueue {
 public:
  // Something due `offset` ps after the start of its bucket; `what` happens, and `where`, is the owner's
  // business.
  struct Event {
    std::uint32_t offset;
    std::uint32_t what;
    std::uint32_t where;
  };

  // Buckets as wide as this, at most kMaxWidth.
  explicit CalendarQueue(Picoseconds width);
  static constexpr Picoseconds kMaxWidth{std::int64_t{1} << 31};

  std::int64_t width() const { return width_; }
  std::int64_t bucket_of(std::int64_t time) const {
    // With 2^64 / width rounded down the quotient is right or one too small.
    const auto quotient = static_cast<std::int64_t>(
        static_cast<Uint128>(reciprocal_) * static_cast<std::uint64_t>(time) >> 64U);
    return quotient + (time - quotient * width_ >= width_ ? 1 : 0);
  }
  std::int64_t start_of(std::int64_t bucket) const { return bucket * width_; }
  // The last bucket taken; events are accepted only for later ones.
  std::int64_t current_bucket() const { return current_; }
  bool empty() const { return size_ == 0; }

  void push(std::int64_t time, std::uint32_t what, std::uint32_t where);
  // The first bucket that holds an event; the queue must not be empty.
  std::int64_t next_bucket() const;
  // The events of `bucket` by time, then order of pushing; valid until the next take. Buckets are taken in
  // increasing order.
  Span<const Event> take(std::int64_t bucket);
  // The same in order of `where`, a number below `places`, then time, then order of pushing.
  Span<const Event> take_by_place(std::int64_t bucket, std::size_t places);

 private:
  __extension__ using Uint128 = unsigned __int128;
  static constexpr std::size_t kBlockEvents = 254;
  static constexpr std::size_t kRingBuckets = 4096;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint32_t kNoBlock = ~std::uint32_t{0};

  struct Block {
    Event events[kBlockEvents];
    std::uint32_t next;
  };
  struct Bucket {
    std::uint32_t first_block = kNoBlock;
    std::uint32_t last_block = kNoBlock;
    std::uint32_t count = 0;
    std::uint32_t in_last_block = kBlockEvents;
  };
  struct FarEvent {
    std::int64_t time;
    std::uint32_t what;
    std::uint32_t where;
  };

  std::uint32_t allocate_block();
  void append_block(Bucket& bucket);
  void push_to_ring(std::int64_t bucket, const Event& event);
  void refill_from_overflow();
  std::int64_t next_in_ring() const;
  void gather(std::int64_t bucket);
  template <class KeyOf>
  void scatter(std::size_t keys, const KeyOf& key_of);

  std::int64_t width_;
  std::uint64_t reciprocal_;
  unsigned digit_bits_;
  std::int64_t current_ = -1;
  std::size_t size_ = 0;
  std::vector<Bucket> ring_;
  std::vector<std::uint64_t> occupied_;  // one bit per ring bucket
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> free_blocks_;
  std::vector<FarEvent> overflow_;        // beyond the ring, in order of pushing
  std::int64_t overflow_first_ = kNever;  // earliest bucket in overflow_
  std::vector<Event> gathered_;
  std::vector<Event> scattered_;
  std::vector<std::uint32_t> offsets_;
};

}  // namespace podsim::fabric
