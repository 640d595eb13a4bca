// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "memory/hbm.h"

#include <algorithm>

namespace podsim::memory {

Hbm::Hbm(const HbmConfig& config)
    : interleave_(config.channel_count(), config.hash.value),
      granule_shift_(
          static_cast<unsigned>(__builtin_ctzll(static_cast<std::uint64_t>(config.granule.value.count())))),
      period_(config.clock_period.value.count()) {
  const HbmTiming timing(config);
  channels_.reserve(static_cast<std::size_t>(config.channel_count()));
  for (std::int64_t i = 0; i < config.channel_count(); ++i)
    channels_.push_back({HbmChannel(timing, config.hash.value), Calendar()});
}

std::int64_t Hbm::local(std::uint64_t address) const {
  const std::uint64_t inside = address & ((std::uint64_t{1} << granule_shift_) - 1);
  return static_cast<std::int64_t>(interleave_.index(address >> granule_shift_) << granule_shift_ | inside);
}

std::int64_t Hbm::serve(Channel& channel, std::int64_t now, std::int64_t from, std::int64_t address,
                        std::int64_t bytes, bool write) {
  const std::int64_t before = channel.dram.clock();
  channel.dram.access(0, address, bytes, write);
  const std::int64_t cost = (channel.dram.clock() - before) * period_;
  busy_ += cost;
  return channel.time.reserve(now, from, cost);
}

std::int64_t Hbm::read(std::int64_t now, std::int64_t from, std::uint64_t address, std::int64_t bytes) {
  Channel& channel = channels_[interleave_.part(address >> granule_shift_)];
  const std::int64_t here = local(address);
  const std::int64_t latency = channel.dram.idle_latency(here, bytes) * period_;
  const std::int64_t done = serve(channel, now, from, here, bytes, false);
  return std::max(done, from + latency);
}

std::int64_t Hbm::write(std::int64_t now, std::int64_t from, std::uint64_t address, std::int64_t bytes) {
  Channel& channel = channels_[interleave_.part(address >> granule_shift_)];
  return serve(channel, now, from, local(address), bytes, true);
}

ChannelStats Hbm::stats() const {
  ChannelStats sum;
  for (const Channel& channel : channels_) {
    const ChannelStats& one = channel.dram.stats();
    sum.reads += one.reads;
    sum.writes += one.writes;
    sum.row_hits += one.row_hits;
    sum.row_misses += one.row_misses;
    sum.row_conflicts += one.row_conflicts;
    sum.data_clocks += one.data_clocks;
    sum.turns += one.turns;
  }
  return sum;
}

}  // namespace podsim::memory
