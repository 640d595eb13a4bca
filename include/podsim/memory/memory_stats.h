// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "podsim/memory/hbm_channel.h"

namespace podsim::memory {

// What a die's memory did. L2 counts are in sectors, as the vendor's profiler counts them: a read sector is a
// hit, a miss that takes a free place, or a victim: a miss that drives another line out. (A profiler's
// r<i>_read_cache_miss_allocate is miss + victim of that half of the slices.)
struct MemoryStats {
  std::int64_t transfers = 0;
  std::int64_t requests = 0;  // of cores to slices
  std::int64_t read_bytes = 0;
  std::int64_t write_bytes = 0;
  std::int64_t atomic_bytes = 0;
  std::array<std::int64_t, 2> read_hits{};  // by half of the slices: r0, r1
  std::array<std::int64_t, 2> read_misses{};
  std::array<std::int64_t, 2> read_victims{};
  std::int64_t uncached_sectors = 0;  // read past the cache: bypass, parts of sectors
  std::int64_t write_hits = 0;
  std::int64_t write_misses = 0;
  std::int64_t conflicts = 0;  // requests that found their grain in use by another core
  std::int64_t hbm_read_bytes = 0;
  std::int64_t hbm_write_bytes = 0;
  std::int64_t slice_busy_ps = 0;  // of all slices
  std::int64_t hbm_busy_ps = 0;    // of all channels
  ChannelStats hbm;

  std::int64_t hits() const { return read_hits[0] + read_hits[1]; }
  std::int64_t misses() const { return read_misses[0] + read_misses[1]; }
  std::int64_t victims() const { return read_victims[0] + read_victims[1]; }
};

// What happened after `earlier`, which is of the same memory.
MemoryStats operator-(const MemoryStats& later, const MemoryStats& earlier);

}  // namespace podsim::memory
