// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/cross_core.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::core {

using kernel::CoreKind;

CrossCore::CrossCore(std::size_t cores, Picoseconds delay, std::int64_t limit, Wake wake)
    : members_(cores), delay_(delay), limit_(static_cast<std::size_t>(limit)), wake_(std::move(wake)) {}

void CrossCore::reset(std::size_t cube_cores, std::size_t vector_cores) {
  for (Member& member : members_) member = Member{};
  expected_ = {cube_cores, vector_cores};
}

void CrossCore::enter(std::size_t core, CoreKind kind, std::int64_t block, std::int64_t sub_block) {
  Member& member = members_[core];
  member = Member{};
  member.present = true;
  member.kind = kind;
  member.block = block;
  member.sub_block = sub_block;
}

void CrossCore::raise(std::size_t core, std::size_t slot, Picoseconds at) {
  Fifo<Picoseconds>& counter = members_[core].counters[slot];
  if (counter.size() >= limit_) {
    throw ConfigError(fmt::format(
        "CrossCoreSetFlag: counter of flag {} on core {} would pass {}: it is set more often than waited for",
        slot % kFlags, core, limit_));
  }
  counter.push_back(at);
  wake_(core, at);
}

// A set of modes 0 to 2 counts when every core of its group has made one.
void CrossCore::gather(std::size_t core, std::uint8_t mode, std::uint8_t flag, Picoseconds at) {
  const Member& self = members_[core];
  const std::size_t arrival = mode * kFlags + flag;
  std::vector<std::size_t> group;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& other = members_[i];
    if (other.present && other.kind == self.kind && (mode == 0 || other.block == self.block))
      group.push_back(i);
  }
  ++members_[core].arrived[arrival];
  // Blocks that have no core yet cannot have set anything: hardware waits for them, for ever.
  if (mode == 0 && group.size() < expected_[static_cast<std::size_t>(self.kind)]) return;
  const bool complete = std::all_of(group.begin(), group.end(),
                                    [&](std::size_t i) { return members_[i].arrived[arrival] > 0; });
  if (!complete) return;
  for (const std::size_t i : group) --members_[i].arrived[arrival];
  if (mode < 2) {
    for (const std::size_t i : group) raise(i, slot(mode, flag), at);
    return;
  }
  // Mode 2: the group of one side is complete, the other side of the block is told.
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& other = members_[i];
    if (other.present && other.kind != self.kind && other.block == self.block) raise(i, slot(mode, flag), at);
  }
}

void CrossCore::set(std::size_t core, std::uint8_t mode, std::uint8_t flag, Picoseconds now) {
  if (flag >= kFlags || (mode > 2 && mode != 4)) {
    throw ConfigError(
        fmt::format("CrossCoreSetFlag: mode {} and flag {}, expected mode 0, 1, 2 or 4 and a flag below {}",
                    mode, flag, kFlags));
  }
  const Picoseconds at = now + delay_;
  if (mode != 4) return gather(core, mode, flag, at);
  const Member& self = members_[core];
  constexpr std::uint8_t kOwn = 16;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& other = members_[i];
    if (!other.present || other.block != self.block || other.kind == self.kind) continue;
    if (self.kind == CoreKind::Aic && other.sub_block == flag / kOwn)
      return raise(i, slot(4, flag % kOwn), at);
    if (self.kind == CoreKind::Aiv && flag < kOwn) {
      return raise(i, slot(4, static_cast<std::uint8_t>(flag + kOwn * self.sub_block)), at);
    }
  }
  throw ConfigError(
      fmt::format("CrossCoreSetFlag: mode 4, flag {} reaches no core of block {}", flag, self.block));
}

std::optional<Picoseconds> CrossCore::peek(std::size_t core, std::uint8_t mode, std::uint8_t flag) const {
  if (flag >= kFlags) {
    throw ConfigError(fmt::format("CrossCoreWaitFlag: flag {}, expected one below {}", flag, kFlags));
  }
  const Fifo<Picoseconds>& counter = members_[core].counters[slot(mode, flag)];
  return counter.empty() ? std::nullopt : std::optional(counter.front());
}

void CrossCore::take(std::size_t core, std::uint8_t mode, std::uint8_t flag) {
  members_[core].counters[slot(mode, flag)].pop_front();
}

}  // namespace podsim::core
