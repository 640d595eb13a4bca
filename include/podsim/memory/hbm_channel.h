// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "podsim/memory/hbm_timing.h"

namespace podsim::memory {

// How a channel was used. Times are clocks of the channel.
struct ChannelStats {
  std::int64_t reads = 0;   // column commands
  std::int64_t writes = 0;  // column commands
  std::int64_t row_hits = 0;
  std::int64_t row_misses = 0;     // the bank had no open row
  std::int64_t row_conflicts = 0;  // another row was open
  std::int64_t data_clocks = 0;    // the data bus carried data
  std::int64_t turns = 0;          // of the bus, from reading to writing
};

// One channel of stacked DRAM with its scheduler: banks with open rows, activates under tRRD and tFAW, column
// commands under tCCD, refresh of all banks, writes kept back and done in batches. No events: each request
// gets its times from the state that the earlier ones left, and may go ahead of earlier ones that wait for
// their banks (the scheduler sees `queue` requests). Leaves out command bus conflicts, per-bank refresh and
// power-down. Addresses are the channel's own; times are clocks of its command clock.
class HbmChannel {
 public:
  HbmChannel(const HbmTiming& timing, bool hash);
  ~HbmChannel();
  HbmChannel(HbmChannel&&) noexcept;
  HbmChannel& operator=(HbmChannel&&) noexcept;

  // A request for consecutive bytes; returns the clock after its last data. Requests come in the order of the
  // calls and in about the order of `arrival`. A write is done when the channel has taken it, which is at
  // once unless it fills the batch.
  std::int64_t access(std::int64_t arrival, std::int64_t address, std::int64_t bytes, bool write);
  // Writes out what was kept back; returns the clock after the last data.
  std::int64_t flush();

  // What the next request to this address would find, and how long it takes on an idle channel.
  enum class Row : std::uint8_t { Open, Closed, Other };
  Row row_state(std::int64_t address) const;
  std::int64_t idle_latency(std::int64_t address, std::int64_t bytes) const;

  // The first clock at which all data of all requests so far has moved.
  std::int64_t clock() const { return clock_; }
  const HbmTiming& timing() const { return timing_; }
  const ChannelStats& stats() const { return stats_; }

 private:
  struct State;
  struct Bank;
  struct Place {
    std::int64_t bank;
    std::int64_t row;
  };
  Place place(std::int64_t address) const;
  struct Opening {
    std::int64_t act;     // the activate, or -1 when the row is open
    std::int64_t column;  // when a column command may go as far as the bank is concerned
  };
  std::int64_t segment(std::int64_t arrival, const Place& place, std::int64_t bursts, bool write);
  std::int64_t column(std::int64_t arrival, std::int64_t turned, const Place& place, std::int64_t bursts,
                      bool write);
  Opening open(const Place& place, std::int64_t from, bool write);
  std::int64_t read_turn(const Place& place) const;
  std::int64_t bus_time(std::int64_t at, std::int64_t group, std::int64_t bursts) const;
  void note_opening(Bank& bank, const Place& place, const Opening& opening);
  std::int64_t note_commands(std::int64_t at, std::int64_t group, std::int64_t bursts, bool write);
  std::int64_t out_of_refresh(std::int64_t at);
  std::int64_t in_queue(std::int64_t arrival);
  std::int64_t bytes_in_row(std::int64_t address, std::int64_t bytes) const;

  HbmTiming timing_;
  bool hash_;
  int row_shift_;
  int bank_shift_;
  int burst_shift_;
  std::int64_t stride_;  // clocks between the column commands of one segment
  std::int64_t chunk_;   // column commands that are placed at once
  std::int64_t clock_ = 0;
  std::int64_t epoch_ = 0;  // refresh interval of the last request
  std::unique_ptr<State> state_;
  ChannelStats stats_;
};

}  // namespace podsim::memory
