// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/memory/hbm_channel.h"
#include "unit/memory/copy_stream.h"

// Channels for tests: the HBM2 reference, with changes.
namespace podsim::test {

inline memory::HbmTiming reference_timing() {
  return memory::HbmTiming(memory_preset("hbm2_channel").hbm);
}
// No refresh in sight, each write at once: for tests of one rule.
inline memory::HbmTiming plain_timing() {
  memory::HbmTiming timing = reference_timing();
  timing.refi = 1'000'000'000;
  timing.write_batch = 1;
  return timing;
}
// The first byte of a row of a bank, without the hash.
inline std::int64_t row_of(const memory::HbmTiming& timing, std::int64_t bank, std::int64_t row) {
  return (row * timing.banks + bank) * timing.row_bytes;
}
// Share of the time in which the data bus carried data.
inline double bus_share(const memory::HbmChannel& channel) {
  return static_cast<double>(channel.stats().data_clocks) / static_cast<double>(channel.clock());
}

}  // namespace podsim::test
