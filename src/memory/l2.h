// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "memory/calendar.h"
#include "memory/hbm.h"
#include "memory/interleave.h"
#include "memory/l2_sets.h"
#include "podsim/memory/memory_stats.h"
#include "podsim/sim/memory_port.h"

namespace podsim::memory {

// The cache of a die in front of its HBM: slices with tags and a rate of requests, requests of several cores
// to one place one after another, misses fetched by sector, write-back. Write-allocate without a fetch where
// whole sectors are written. A place is free when the memory has taken what was there. Leaves out the network
// between cores and slices except as latency.
class L2 {
 public:
  using Hint = sim::MemoryTransfer::Hint;
  struct Request {
    std::int64_t now;  // no later call has an `at` before it
    std::int64_t at;   // when the core sends it
    std::uint64_t address;
    std::int64_t bytes;  // within one line
    std::uint32_t port;
    Hint hint;
  };

  L2(const L2Config& config, Hbm& hbm);

  // Full of lines of other data: the last ones of device memory, older than any that comes.
  void fill(std::uint64_t device_bytes, bool dirty);

  // When the data is there.
  std::int64_t read(const Request& request);
  // When it is written, as far as other cores can see.
  std::int64_t write(const Request& request);
  std::int64_t atomic(const Request& request);

  void prefetch(std::uint64_t address) const {
    const std::uint32_t line = line_of(address);
    sets_.prefetch_set(set_of(line, interleave_.part(line)));
  }
  std::int64_t line_bytes() const { return std::int64_t{1} << line_shift_; }
  MemoryStats& stats() { return stats_; }

 private:
  struct Find {
    std::size_t slice;
    std::size_t set;
    std::size_t slot;
    std::uint8_t wanted;  // sectors
    bool partial;         // begins or ends inside a sector
  };
  struct Turn {
    std::int64_t done;    // when the slice has worked on the request
    std::int64_t answer;  // when data that the slice has can be at the core
  };

  std::uint32_t line_of(std::uint64_t address) const {
    return static_cast<std::uint32_t>(address >> line_shift_);
  }
  std::size_t set_of(std::uint32_t line, std::size_t slice) const;
  std::uint8_t sectors(std::uint64_t address, std::int64_t bytes) const;
  Find find(const Request& request) const;
  // The request's turn at its slice.
  Turn slice(const Request& request, const Find& found, int slots);
  std::uint8_t fetched(std::uint8_t missing) const;
  std::int64_t fetch(const Request& request, std::int64_t from, std::uint8_t wanted);
  struct Room {
    bool drove_out = false;  // another line
    std::int64_t free = 0;   // when what was there has gone
  };
  Room allocate(const Request& request, Find& found);
  struct Written {
    std::uint8_t missing;  // sectors that were not there
    std::int64_t free;
  };
  Written make_room(const Request& request, Find& found);
  void touch(std::size_t slot, const Request& request, std::uint8_t wanted, std::int64_t ready);
  bool in_use(std::size_t slot, const Request& request);
  std::uint32_t stamp_of(std::int64_t at) const {
    return static_cast<std::uint32_t>(at >> L2Sets::kStampShift);
  }

  Hbm& hbm_;
  Interleave interleave_;
  unsigned line_shift_;
  unsigned sector_shift_;
  std::uint8_t fetch_sectors_;  // the first ones that come together, as a pattern
  std::uint8_t all_sectors_;    // of a line
  std::uint32_t sets_per_slice_;
  unsigned set_bits_;  // of a set's number that the hash folds; 0: none
  std::uint32_t set_mask_;
  std::uint64_t modulo_;  // 2^64 / sets_per_slice, for the remainder by multiplication
  std::int64_t slot_ps_;
  std::int64_t byte_ps_;  // of a slice, in 1/1,024
  std::int64_t conflict_ps_;
  std::int64_t hit_ps_;
  std::int64_t miss_ps_;
  bool line_conflicts_;
  L2Sets sets_;
  std::vector<Calendar> slices_;
  MemoryStats stats_;
};

}  // namespace podsim::memory
