// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/npu/card.h"

namespace podsim::npu {

// A barrier over the cards of one expert-parallel group, used again and again: all go on one latency after
// the last one arrived.
class GroupBarrier {
 public:
  explicit GroupBarrier(Picoseconds latency) : latency_(latency) {}
  void add(Card& card) { cards_.push_back(&card); }

  void arrive(Picoseconds at) {
    last_ = std::max(last_, at);
    ++arrived_;
    PODSIM_CHECK(arrived_ <= cards_.size(), "{} arrivals at a barrier of {} cards", arrived_, cards_.size());
    if (arrived_ < cards_.size()) return;
    const Picoseconds release = last_ + latency_;
    arrived_ = 0;
    last_ = Picoseconds();
    for (Card* card : cards_) card->barrier_released(release, latency_);
  }
  std::size_t arrived() const { return arrived_; }
  std::size_t size() const { return cards_.size(); }

 private:
  Picoseconds latency_;
  std::vector<Card*> cards_;
  std::size_t arrived_ = 0;
  Picoseconds last_;
};

}  // namespace podsim::npu
