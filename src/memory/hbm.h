// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "memory/calendar.h"
#include "memory/interleave.h"
#include "podsim/memory/hbm_channel.h"

namespace podsim::memory {

// All channels of a die. What a request costs its channel comes from the channel's own model, worked in the
// order of the calls as if requests were always waiting (so the scheduler has something to choose from);
// when that time is available comes from the channel's calendar. An idle channel answers after the latency of
// the row's state.
class Hbm {
 public:
  explicit Hbm(const HbmConfig& config);

  // Both within one granule. Returns when the last data is there (read) or taken (write).
  std::int64_t read(std::int64_t now, std::int64_t from, std::uint64_t address, std::int64_t bytes);
  std::int64_t write(std::int64_t now, std::int64_t from, std::uint64_t address, std::int64_t bytes);

  std::int64_t busy_ps() const { return busy_; }
  ChannelStats stats() const;  // of all channels
  std::size_t channels() const { return channels_.size(); }

 private:
  struct Channel {
    HbmChannel dram;
    Calendar time;
  };
  std::int64_t local(std::uint64_t address) const;
  std::int64_t serve(Channel& channel, std::int64_t now, std::int64_t from, std::int64_t address,
                     std::int64_t bytes, bool write);

  Interleave interleave_;
  unsigned granule_shift_;
  std::int64_t period_;
  std::vector<Channel> channels_;
  std::int64_t busy_ = 0;
};

}  // namespace podsim::memory
