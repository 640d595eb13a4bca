// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "memory/l2_sets.h"

namespace podsim::memory {

L2Sets::L2Sets(std::int64_t sets, std::int64_t ways)
    : ways_(static_cast<std::size_t>(ways)),
      stride_((ways_ + kTagsAtOnce - 1) / kTagsAtOnce * kTagsAtOnce),
      tags_(static_cast<std::size_t>(sets) * stride_, kFree),
      lines_(tags_.size()) {
  for (std::size_t slot = 0; slot < tags_.size(); ++slot) {
    if (slot % stride_ >= ways_) tags_[slot] = kPadding;
  }
}

std::size_t L2Sets::free_slot(std::size_t first) const {
  for (std::size_t slot = first; slot < first + ways_; ++slot) {
    if (tags_[slot] == kFree) return slot;
  }
  return kNone;
}

// A line that goes before another: not persistent, older, earlier in the set.
bool L2Sets::before(std::size_t a, std::size_t b) const {
  if (lines_[a].persistent != lines_[b].persistent) return lines_[b].persistent != 0;
  return lines_[a].stamp != lines_[b].stamp ? lines_[a].stamp < lines_[b].stamp : a < b;
}

std::size_t L2Sets::victim_of(std::size_t first) const {
  std::size_t best = first;
  for (std::size_t slot = first + 1; slot < first + ways_; ++slot) {
    if (before(slot, best)) best = slot;
  }
  return best;
}

std::size_t L2Sets::replace(std::size_t set, std::uint32_t line, Victim& victim) {
  std::size_t slot = free_slot(set * stride_);
  victim.there = slot == kNone;
  if (victim.there) {
    slot = victim_of(set * stride_);
    victim.line = tags_[slot];
    victim.dirty = lines_[slot].dirty;
  }
  tags_[slot] = line;
  lines_[slot] = {};
  return slot;
}

}  // namespace podsim::memory
