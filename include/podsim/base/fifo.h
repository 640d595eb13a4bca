// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace podsim {

// A queue that takes no memory until something has been in it: for the many that stay empty, where a
// std::deque takes half a KiB each.
template <class T>
class Fifo {
 public:
  bool empty() const { return head_ == items_.size(); }
  std::size_t size() const { return items_.size() - head_; }
  const T& front() const { return items_[head_]; }
  void push_back(const T& item) { items_.push_back(item); }
  void pop_front() {
    ++head_;
    if (empty()) {
      items_.clear();
      head_ = 0;
    } else if (head_ >= kMostTaken && 2 * head_ >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

 private:
  static constexpr std::size_t kMostTaken = 32;  // items that were taken and still have their place
  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace podsim
