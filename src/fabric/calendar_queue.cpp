// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/calendar_queue.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::fabric {
namespace {

bool before(const Event& a, const Event& b) {
  return a.time != b.time ? a.time < b.time : a.order < b.order;
}

void insertion_sort(Event* first, Event* last) {
  for (Event* next = first + 1; next < last; ++next) {
    const Event event = *next;
    Event* hole = next;
    for (; hole > first && before(event, hole[-1]); --hole) *hole = hole[-1];
    *hole = event;
  }
}

unsigned log2_rounded_down(std::size_t value) {
  unsigned log2 = 0;
  while (value >>= 1U) ++log2;
  return log2;
}

}  // namespace

CalendarQueue::CalendarQueue(unsigned width_log2)
    : width_log2_(width_log2), ring_(kRingBuckets), occupied_(kRingBuckets / 64, 0) {}

std::uint32_t CalendarQueue::allocate_block(std::uint32_t previous) {
  std::uint32_t index;
  if (free_blocks_.empty()) {
    index = static_cast<std::uint32_t>(blocks_.size());
    blocks_.emplace_back();
  } else {
    index = free_blocks_.back();
    free_blocks_.pop_back();
  }
  blocks_[index].previous = previous;
  return index;
}

void CalendarQueue::push(const Event& event) {
  const std::int64_t bucket = bucket_of(event.time);
  PODSIM_CHECK(bucket > current_, "event at {} ps, but all before {} ps is done", event.time,
               start_of(current_ + 1));
  ++size_;
  if (bucket - current_ <= static_cast<std::int64_t>(kRingBuckets)) {
    push_to_ring(event, bucket);
  } else {
    overflow_first_ = std::min(overflow_first_, bucket);
    overflow_.push_back(event);
  }
}

void CalendarQueue::push_to_ring(const Event& event, std::int64_t bucket) {
  const std::size_t index = static_cast<std::size_t>(bucket) % kRingBuckets;
  Bucket& slot = ring_[index];
  const std::size_t position = slot.count % kBlockEvents;
  if (position == 0) {
    if (slot.count == 0) occupied_[index / 64] |= std::uint64_t{1} << (index % 64);
    slot.last_block = allocate_block(slot.last_block);
  }
  blocks_[slot.last_block].events[position] = event;
  ++slot.count;
}

// Moves what now fits the ring out of the overflow.
void CalendarQueue::refill_from_overflow() {
  const std::int64_t end = current_ + static_cast<std::int64_t>(kRingBuckets);
  std::size_t kept = 0;
  std::int64_t first = kNever;
  for (const Event& event : overflow_) {
    const std::int64_t bucket = bucket_of(event.time);
    if (bucket <= end) {
      push_to_ring(event, bucket);
    } else {
      first = std::min(first, bucket);
      overflow_[kept++] = event;
    }
  }
  overflow_.resize(kept);
  overflow_first_ = first;
}

std::int64_t CalendarQueue::next_in_ring() const {
  const std::size_t start = static_cast<std::size_t>(current_ + 1) % kRingBuckets;
  std::uint64_t word = occupied_[start / 64] >> (start % 64);
  if (word != 0) return current_ + 1 + __builtin_ctzll(word);
  std::int64_t distance = static_cast<std::int64_t>(64 - start % 64);
  for (std::size_t i = 1; i <= occupied_.size(); ++i, distance += 64) {
    word = occupied_[(start / 64 + i) % occupied_.size()];
    if (word != 0) return current_ + 1 + distance + __builtin_ctzll(word);
  }
  return kNever;
}

std::int64_t CalendarQueue::next_bucket() const {
  PODSIM_CHECK(size_ > 0, "the event queue is empty");
  return std::min(next_in_ring(), overflow_first_);
}

template <class Visitor>
void CalendarQueue::for_each(const Bucket& bucket, Visitor&& visit) const {
  std::size_t in_block = (bucket.count - 1) % kBlockEvents + 1;  // only the last block is partly filled
  for (std::uint32_t index = bucket.last_block; index != kNoBlock; index = blocks_[index].previous) {
    const Block& block = blocks_[index];
    for (std::size_t i = 0; i < in_block; ++i) visit(block.events[i]);
    in_block = kBlockEvents;
  }
}

// One counting scatter by the leading bits of the time inside the bucket, about four events to a part, then
// small sorts.
void CalendarQueue::sort_into_scratch(const Bucket& bucket, std::int64_t start) {
  scratch_.resize(bucket.count);
  const unsigned digits = std::min(log2_rounded_down(bucket.count / 4 + 1), width_log2_);
  const unsigned shift = width_log2_ - digits;
  const auto part_of = [&](const Event& event) {
    return static_cast<std::size_t>(event.time - start) >> shift;
  };
  offsets_.assign((std::size_t{1} << digits) + 1, 0);
  for_each(bucket, [&](const Event& event) { ++offsets_[part_of(event) + 1]; });
  for (std::size_t part = 1; part < offsets_.size(); ++part) offsets_[part] += offsets_[part - 1];
  for_each(bucket, [&](const Event& event) { scratch_[offsets_[part_of(event)]++] = event; });
  std::uint32_t first = 0;
  for (std::size_t part = 0; part + 1 < offsets_.size();
       ++part) {  // offsets_[part] is now the end of the part
    const std::uint32_t last = offsets_[part];
    if (last - first > 24) {
      std::sort(scratch_.data() + first, scratch_.data() + last, before);
    } else {
      insertion_sort(scratch_.data() + first, scratch_.data() + last);
    }
    first = last;
  }
}

Span<const Event> CalendarQueue::take(std::int64_t bucket_number) {
  if (overflow_first_ <= bucket_number) {
    current_ = bucket_number - 1;
    refill_from_overflow();  // brings in a whole ring's span, so that it is rare
  }
  const std::size_t index = static_cast<std::size_t>(bucket_number) % kRingBuckets;
  Bucket& bucket = ring_[index];
  PODSIM_CHECK(bucket_number > current_ && bucket.count > 0, "bucket {} is not the next one", bucket_number);
  sort_into_scratch(bucket, start_of(bucket_number));
  for (std::uint32_t block = bucket.last_block; block != kNoBlock; block = blocks_[block].previous) {
    free_blocks_.push_back(block);
  }
  occupied_[index / 64] &= ~(std::uint64_t{1} << (index % 64));
  size_ -= bucket.count;
  bucket = Bucket();
  current_ = bucket_number;
  return Span<const Event>(scratch_.data(), scratch_.size());
}

}  // namespace podsim::fabric
