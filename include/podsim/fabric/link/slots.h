// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace podsim::fabric {

// Things that wait for an event, found again by a number.
template <class T>
class Slots {
 public:
  std::uint32_t put(T item) {
    if (free_.empty()) {
      items_.push_back(std::move(item));
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    items_[index] = std::move(item);
    return index;
  }
  T& operator[](std::uint32_t index) { return items_[index]; }
  T take(std::uint32_t index) {
    free_.push_back(index);
    return std::move(items_[index]);
  }

 private:
  std::vector<T> items_;
  std::vector<std::uint32_t> free_;
};

}  // namespace podsim::fabric
