// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "memory/l2_sets.h"

#include "podsim/base/random.h"

namespace podsim::memory {

namespace {

__extension__ using Uint128 = unsigned __int128;

// A random word as a number below `bound`.
std::size_t scaled(std::uint64_t word, std::size_t bound) {
  return static_cast<std::size_t>((static_cast<Uint128>(word) * bound) >> 64U);
}

}  // namespace

L2Sets::L2Sets(std::int64_t sets, std::int64_t ways, std::int64_t victim_samples)
    : ways_(static_cast<std::size_t>(ways)),
      stride_((ways_ + kTagsAtOnce - 1) / kTagsAtOnce * kTagsAtOnce),
      samples_(static_cast<std::size_t>(victim_samples)),
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

std::size_t L2Sets::victim_of(std::size_t first) {
  std::size_t best = first;
  if (samples_ < ways_) {
    const std::uint64_t draw = mix64(draws_++);
    best = first + scaled(draw, ways_);
    for (std::size_t i = 1; i < samples_; ++i) {
      const std::size_t other = first + scaled(mix64(draw + i), ways_);
      if (before(other, best)) best = other;
    }
    return best;
  }
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
