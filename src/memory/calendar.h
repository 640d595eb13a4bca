// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace podsim::memory {

// When a server (an L2 slice, a memory channel) has time. Transfers of different cores overlap in time but
// are worked out one after another, so a request may come before the times of requests that were already
// accepted: it is put into the time that they leave free. Time is kept in windows; within a window requests
// queue up from its start. All times in picoseconds.
class Calendar {
 public:
  static constexpr int kShift = 15;
  static constexpr std::int64_t kWindow = std::int64_t{1} << kShift;

  // Takes `cost` from the time that is free from `from` on, and returns when the work is done. `now`: no
  // later call has a `from` before it.
  std::int64_t reserve(std::int64_t now, std::int64_t from, std::int64_t cost) {
    std::int64_t window = from >> kShift;
    const std::int64_t first = window;
    for (;;) {
      Entry& entry = at(window, now);
      const std::int64_t free = kWindow - entry.used;
      if (cost <= free) {
        const std::int64_t begin = std::max(from, (window << kShift) + entry.used);
        entry.used += static_cast<std::int32_t>(cost);
        if (window > first + 1) shorten(first, window);
        return begin + cost;
      }
      cost -= free;
      entry.used = static_cast<std::int32_t>(kWindow);
      window += entry.skip;
    }
  }

 private:
  struct Entry {
    std::int64_t window = -1;
    std::int32_t used = 0;
    std::int32_t skip = 1;  // to the next window with time, as far as known, when this one is full
  };

  Entry& at(std::int64_t window, std::int64_t now) {
    if (window - (now >> kShift) >= static_cast<std::int64_t>(entries_.size())) grow(window, now);
    Entry& entry = entries_[static_cast<std::size_t>(window) & (entries_.size() - 1)];
    if (entry.window != window) entry = {window, 0, 1};
    return entry;
  }
  // `first` is full or led through full windows to `window`.
  void shorten(std::int64_t first, std::int64_t window) {
    Entry& entry = entries_[static_cast<std::size_t>(first) & (entries_.size() - 1)];
    if (entry.window == first && entry.used == kWindow)
      entry.skip = static_cast<std::int32_t>(window - first);
  }
  void grow(std::int64_t window, std::int64_t now) {
    std::size_t size = entries_.size();
    while (window - (now >> kShift) >= static_cast<std::int64_t>(size)) size *= 2;
    std::vector<Entry> larger(size);
    for (const Entry& entry : entries_) {
      if (entry.window >= (now >> kShift))
        larger[static_cast<std::size_t>(entry.window) & (size - 1)] = entry;
    }
    entries_ = std::move(larger);
  }

  std::vector<Entry> entries_ = std::vector<Entry>(512);
};

}  // namespace podsim::memory
