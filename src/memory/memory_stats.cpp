// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/memory/memory_stats.h"

namespace podsim::memory {
namespace {

ChannelStats operator-(ChannelStats later, const ChannelStats& earlier) {
  later.reads -= earlier.reads;
  later.writes -= earlier.writes;
  later.row_hits -= earlier.row_hits;
  later.row_misses -= earlier.row_misses;
  later.row_conflicts -= earlier.row_conflicts;
  later.data_clocks -= earlier.data_clocks;
  later.turns -= earlier.turns;
  return later;
}

}  // namespace

MemoryStats operator-(const MemoryStats& later, const MemoryStats& earlier) {
  MemoryStats region = later;
  region.transfers -= earlier.transfers;
  region.requests -= earlier.requests;
  region.read_bytes -= earlier.read_bytes;
  region.write_bytes -= earlier.write_bytes;
  region.atomic_bytes -= earlier.atomic_bytes;
  for (std::size_t half = 0; half < 2; ++half) {
    region.read_hits[half] -= earlier.read_hits[half];
    region.read_misses[half] -= earlier.read_misses[half];
    region.read_victims[half] -= earlier.read_victims[half];
  }
  region.uncached_sectors -= earlier.uncached_sectors;
  region.write_hits -= earlier.write_hits;
  region.write_misses -= earlier.write_misses;
  region.conflicts -= earlier.conflicts;
  region.hbm_read_bytes -= earlier.hbm_read_bytes;
  region.hbm_write_bytes -= earlier.hbm_write_bytes;
  region.slice_busy_ps -= earlier.slice_busy_ps;
  region.hbm_busy_ps -= earlier.hbm_busy_ps;
  region.hbm = later.hbm - earlier.hbm;
  return region;
}

}  // namespace podsim::memory
