// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/memory/memory_config.h"

namespace podsim::memory {

// The rules of an HbmConfig as one channel needs them: counts of the command clock, each rounded up.
struct HbmTiming {
  explicit HbmTiming(const HbmConfig& config);

  std::int64_t rcd_read = 0;   // activate to read, one bank
  std::int64_t rcd_write = 0;  // activate to write, one bank
  std::int64_t rp = 0;         // precharge to activate, one bank
  std::int64_t ras = 0;        // activate to precharge, one bank
  std::int64_t rtp = 0;        // read to precharge, one bank
  std::int64_t wr = 0;         // write to precharge, one bank (with write latency and burst)
  std::int64_t rrd_s = 0;      // activate to activate
  std::int64_t rrd_l = 0;      // the same within a bank group
  std::int64_t faw = 0;        // from an activate to the `faw_count`-th after it
  std::int64_t faw_count = 4;
  std::int64_t ccd_s = 0;  // column to column command
  std::int64_t ccd_l = 0;  // the same within a bank group
  std::int64_t rtw = 0;    // read to write
  std::int64_t wtr_s = 0;  // write to read (with write latency and burst)
  std::int64_t wtr_l = 0;  // the same within a bank group
  std::int64_t cl = 0;     // read to its first data
  std::int64_t cwl = 0;    // write to its first data
  std::int64_t refi = 0;   // between refreshes of all banks
  std::int64_t rfc = 0;    // how long one takes

  std::int64_t burst = 0;  // clocks of the data bus per column command
  std::int64_t burst_bytes = 0;
  std::int64_t groups = 0;
  std::int64_t banks = 0;  // of all groups; bank b is in group b % groups
  std::int64_t row_bytes = 0;
  std::int64_t queue = 0;
  std::int64_t write_batch = 0;
  std::int64_t period_ps = 0;
};

}  // namespace podsim::memory
