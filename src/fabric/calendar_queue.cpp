// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/calendar_queue.h"

#include <algorithm>

#include "podsim/base/error.h"
#include "podsim/base/prefetch.h"

namespace podsim::fabric {
namespace {

constexpr std::ptrdiff_t kEventsAhead = 16;

// Stable. The events of one place are few, and nearly in order.
template <class Iterator>
void sort_by_time(Iterator first, Iterator last) {
  constexpr std::ptrdiff_t kFew = 32;
  if (last - first > kFew) {
    std::stable_sort(first, last, [](const auto& a, const auto& b) { return a.offset < b.offset; });
    return;
  }
  for (Iterator next = first; next != last; ++next) {
    const auto event = *next;
    Iterator gap = next;
    for (; gap != first && event.offset < gap[-1].offset; --gap) *gap = gap[-1];
    *gap = event;
  }
}

}  // namespace

CalendarQueue::CalendarQueue(Picoseconds width)
    : width_(width.count()), ring_(kRingBuckets), occupied_(kRingBuckets / 64, 0) {
  PODSIM_CHECK(width > Picoseconds() && width <= kMaxWidth, "buckets of {} ps", width.count());
  const auto divisor = static_cast<std::uint64_t>(width_);
  reciprocal_ = std::numeric_limits<std::uint64_t>::max() / divisor;
  const unsigned bits = 64U - static_cast<unsigned>(__builtin_clzll(divisor));
  digit_bits_ = (bits + 1) / 2;
}

std::uint32_t CalendarQueue::allocate_block() {
  if (free_blocks_.empty()) {
    blocks_.emplace_back();
    return static_cast<std::uint32_t>(blocks_.size() - 1);
  }
  const std::uint32_t index = free_blocks_.back();
  free_blocks_.pop_back();
  return index;
}

void CalendarQueue::append_block(Bucket& bucket) {
  const std::uint32_t block = allocate_block();
  blocks_[block].next = kNoBlock;
  if (bucket.first_block == kNoBlock) {
    bucket.first_block = block;
  } else {
    blocks_[bucket.last_block].next = block;
  }
  bucket.last_block = block;
  bucket.in_last_block = 0;
}

void CalendarQueue::push(std::int64_t time, std::uint32_t what, std::uint32_t where) {
  const std::int64_t bucket = bucket_of(time);
  PODSIM_CHECK(bucket > current_, "event at {} ps, but all before {} ps is done", time,
               start_of(current_ + 1));
  ++size_;
  // Behind an event of the overflow that may be of the same time, it must stay behind it.
  const bool in_ring =
      bucket - current_ <= static_cast<std::int64_t>(kRingBuckets) && bucket < overflow_first_;
  if (in_ring) {
    push_to_ring(bucket, {static_cast<std::uint32_t>(time - start_of(bucket)), what, where});
  } else {
    overflow_first_ = std::min(overflow_first_, bucket);
    overflow_.push_back({time, what, where});
  }
}

void CalendarQueue::push_to_ring(std::int64_t bucket_number, const Event& event) {
  const std::size_t index = static_cast<std::size_t>(bucket_number) % kRingBuckets;
  Bucket& bucket = ring_[index];
  if (bucket.in_last_block == kBlockEvents) {
    if (bucket.count == 0) occupied_[index / 64] |= std::uint64_t{1} << (index % 64);
    append_block(bucket);
  }
  Event* slot = &blocks_[bucket.last_block].events[bucket.in_last_block++];
  prefetch(slot + kEventsAhead);  // blocks come back cold
  *slot = event;
  ++bucket.count;
}

// Moves what now fits the ring out of the overflow.
void CalendarQueue::refill_from_overflow() {
  const std::int64_t end = current_ + static_cast<std::int64_t>(kRingBuckets);
  std::size_t kept = 0;
  std::int64_t first = kNever;
  for (const FarEvent& event : overflow_) {
    const std::int64_t bucket = bucket_of(event.time);
    if (bucket <= end) {
      push_to_ring(bucket,
                   {static_cast<std::uint32_t>(event.time - start_of(bucket)), event.what, event.where});
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

// Empties the bucket into gathered_, in order of pushing.
void CalendarQueue::gather(std::int64_t bucket_number) {
  if (overflow_first_ <= bucket_number) {
    current_ = bucket_number - 1;
    refill_from_overflow();  // brings in a whole ring's span, so that it is rare
  }
  const std::size_t index = static_cast<std::size_t>(bucket_number) % kRingBuckets;
  Bucket& bucket = ring_[index];
  PODSIM_CHECK(bucket_number > current_ && bucket.count > 0, "bucket {} is not the next one", bucket_number);
  occupied_[index / 64] &= ~(std::uint64_t{1} << (index % 64));
  size_ -= bucket.count;
  gathered_.resize(bucket.count);
  Event* out = gathered_.data();
  for (std::uint32_t block = bucket.first_block; block != kNoBlock; block = blocks_[block].next) {
    const std::size_t count = block == bucket.last_block ? bucket.in_last_block : kBlockEvents;
    out = std::copy_n(blocks_[block].events, count, out);
    free_blocks_.push_back(block);
  }
  bucket = Bucket();
  current_ = bucket_number;
}

// A stable counting sort of gathered_ by a key below `keys`.
template <class KeyOf>
void CalendarQueue::scatter(std::size_t keys, const KeyOf& key_of) {
  offsets_.assign(keys + 1, 0);
  for (const Event& event : gathered_) ++offsets_[key_of(event) + 1];
  for (std::size_t key = 1; key < offsets_.size(); ++key) offsets_[key] += offsets_[key - 1];
  scattered_.resize(gathered_.size());
  for (const Event& event : gathered_) scattered_[offsets_[key_of(event)]++] = event;
  gathered_.swap(scattered_);
}

Span<const CalendarQueue::Event> CalendarQueue::take(std::int64_t bucket) {
  gather(bucket);
  constexpr std::size_t kFew = 96;  // below, counting digits costs more than comparing
  if (gathered_.size() < kFew) {
    std::stable_sort(gathered_.begin(), gathered_.end(),
                     [](const Event& a, const Event& b) { return a.offset < b.offset; });
  } else {
    const std::size_t digits = std::size_t{1} << digit_bits_;
    scatter(digits, [&](const Event& event) { return event.offset & (digits - 1); });
    scatter(digits, [&](const Event& event) { return event.offset >> digit_bits_; });
  }
  return Span<const Event>(gathered_.data(), gathered_.size());
}

Span<const CalendarQueue::Event> CalendarQueue::take_by_place(std::int64_t bucket, std::size_t places) {
  gather(bucket);
  if (gathered_.size() < places / 16) {  // counting places costs more than comparing
    std::stable_sort(gathered_.begin(), gathered_.end(), [](const Event& a, const Event& b) {
      return a.where != b.where ? a.where < b.where : a.offset < b.offset;
    });
    return Span<const Event>(gathered_.data(), gathered_.size());
  }
  scatter(places, [](const Event& event) { return event.where; });
  for (auto first = gathered_.begin(); first != gathered_.end();) {
    const auto last =
        std::find_if(first, gathered_.end(), [&](const Event& event) { return event.where != first->where; });
    sort_by_time(first, last);
    first = last;
  }
  return Span<const Event>(gathered_.data(), gathered_.size());
}

}  // namespace podsim::fabric
