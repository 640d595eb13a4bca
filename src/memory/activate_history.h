// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "podsim/memory/hbm_timing.h"

namespace podsim::memory {

// The latest activates of a channel in the order of time: keeps tRRD_S, tRRD_L and tFAW also for one that
// goes in between two others.
class ActivateHistory {
 public:
  explicit ActivateHistory(const HbmTiming& timing)
      : rrd_s_(timing.rrd_s),
        rrd_l_(timing.rrd_l),
        reach_(std::max(timing.rrd_s, timing.rrd_l)),
        faw_(timing.faw),
        count_(static_cast<int>(timing.faw_count)) {}

  // The first time at or after `from` at which bank group `group` may be activated.
  std::int64_t find(std::int64_t from, std::int64_t group) {
    if (from >= full_from_ && from < full_to_) from = full_to_;
    const std::int64_t any = search(std::max(from, floor_), kNoGroup);
    if (from != full_to_) full_from_ = from;
    full_to_ = any;
    return search(any, group);
  }
  void add(std::int64_t at, std::int64_t group) {
    if (size_ == kSize) forget();
    int i = size_++;
    for (; i > 0 && item(i - 1).at > at; --i) item(i) = item(i - 1);
    item(i) = {at, group};
  }

 private:
  static constexpr int kSize = 96;
  static constexpr int kKept = 64;
  static constexpr std::int64_t kNoGroup = -1;
  struct Item {
    std::int64_t at;
    std::int64_t group;
  };
  Item& item(int i) { return items_[static_cast<std::size_t>(i)]; }
  const Item& item(int i) const { return items_[static_cast<std::size_t>(i)]; }
  std::int64_t gap(int i, std::int64_t group) const { return item(i).group == group ? rrd_l_ : rrd_s_; }

  std::int64_t search(std::int64_t at, std::int64_t group) const {
    int next = size_;  // the first one later than `at`
    while (next > 0 && item(next - 1).at > at) --next;
    for (;;) {
      const std::int64_t ready = after_earlier(at, next, group);
      if (ready > at) {
        at = ready;
        while (next < size_ && item(next).at <= at) ++next;
      } else if (next == size_ || before_later(at, next, group)) {
        return at;
      } else {
        at = item(next).at + 1;
        ++next;
      }
    }
  }
  std::int64_t after_earlier(std::int64_t at, int next, std::int64_t group) const {
    std::int64_t ready = at;
    for (int i = next - 1; i >= 0 && at - item(i).at < reach_; --i)
      ready = std::max(ready, item(i).at + gap(i, group));
    if (next >= count_) ready = std::max(ready, item(next - count_).at + faw_);
    return ready;
  }
  bool before_later(std::int64_t at, int next, std::int64_t group) const {
    for (int i = next; i < size_ && item(i).at - at < reach_; ++i) {
      if (item(i).at - at < gap(i, group)) return false;
    }
    // With the new one in its place, item i has as its count-th predecessor item i + 1 - count, or the new
    // one.
    for (int i = std::max(next, count_ - 1); i < size_ && i < next + count_; ++i) {
      const int nth = i + 1 - count_;
      if (item(i).at - (nth == next ? at : item(nth).at) < faw_) return false;
    }
    return true;
  }
  void forget() {
    floor_ = item(size_ - kKept).at;
    std::copy(items_.begin() + (size_ - kKept), items_.begin() + size_, items_.begin());
    size_ = kKept;
  }

  std::int64_t rrd_s_;
  std::int64_t rrd_l_;
  std::int64_t reach_;
  std::int64_t faw_;
  int count_;
  int size_ = 0;
  std::int64_t floor_ = 0;  // nothing goes before the oldest one known
  // No activate fits in between, whatever its group: what a search has found, for the next one.
  std::int64_t full_from_ = 0;
  std::int64_t full_to_ = 0;
  std::array<Item, kSize> items_;
};

}  // namespace podsim::memory
