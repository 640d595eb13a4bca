// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "podsim/units/units.h"

namespace podsim::npu {

struct SendCoreLimits {
  std::int64_t cores = 0;  // 0: rows leave as fast as memory and ports take them
  Picoseconds issue{};
  std::optional<BytesPerSecond> copy_rate{};  // of one core
  std::optional<std::int64_t> in_flight{};    // rows of a core that are not acknowledged yet
};

// Vector cores or SMs that send rows, each one row at a time: a core takes `issue` and the copy of the row
// through itself, then hands the row to the ports, and may wait until it is acknowledged. Plain arithmetic;
// the next row goes to the core that is free first.
class SendCores {
 public:
  using Config = SendCoreLimits;

  explicit SendCores(const Config& config = {}) : config_(config) {}

  bool limited() const { return config_.cores > 0; }
  bool waits_for_answers() const { return config_.in_flight.has_value(); }
  // All cores are free from `at` on.
  void open(Picoseconds at);
  // When a message that a core may start on from `from` is ready to leave.
  Picoseconds ready(Picoseconds from, Bytes bytes) const;
  // It left at `now`; `round_trip`: to its destination and back.
  void sent(Picoseconds now, Bytes bytes, Picoseconds round_trip);

  // All cores taking `count` rows from memory and putting them back, a row at a time; none where not limited.
  Picoseconds pass(std::int64_t count, Bytes bytes) const;

 private:
  Picoseconds preparation(Bytes bytes) const;

  Config config_;
  std::vector<Picoseconds> free_;  // [cores], a heap with the earliest first
};

}  // namespace podsim::npu
