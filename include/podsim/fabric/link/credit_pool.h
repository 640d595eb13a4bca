// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace podsim::fabric {

// The sender's view of the far port's receive buffer, in cells: some kept for each virtual lane, the others
// shared. A lane takes its own first and gives shared ones back first.
class CreditPool {
 public:
  static constexpr std::size_t kMostLanes = 16;

  CreditPool(std::int64_t cells, std::int64_t exclusive, std::int64_t lanes)
      : exclusive_(exclusive), shared_free_(cells - exclusive * lanes) {}

  bool can_take(std::size_t lane, std::int64_t cells) const {
    return exclusive_ - used_[lane].own + shared_free_ >= cells;
  }
  void take(std::size_t lane, std::int64_t cells) {
    const std::int64_t own = std::min(cells, exclusive_ - used_[lane].own);
    used_[lane].own += static_cast<std::int32_t>(own);
    used_[lane].shared += static_cast<std::int32_t>(cells - own);
    shared_free_ -= cells - own;
  }
  void give(std::size_t lane, std::int64_t cells) {
    const std::int64_t shared = std::min<std::int64_t>(cells, used_[lane].shared);
    used_[lane].shared -= static_cast<std::int32_t>(shared);
    shared_free_ += shared;
    used_[lane].own -= static_cast<std::int32_t>(cells - shared);
  }
  std::int64_t in_use(std::size_t lane) const { return std::int64_t{used_[lane].own} + used_[lane].shared; }
  std::int64_t shared_free() const { return shared_free_; }
  bool uses_shared(std::size_t lane) const { return used_[lane].shared > 0; }

 private:
  std::int64_t exclusive_;
  std::int64_t shared_free_;
  struct Used {
    std::int32_t own = 0;
    std::int32_t shared = 0;
  };
  std::array<Used, kMostLanes> used_{};
};

}  // namespace podsim::fabric
