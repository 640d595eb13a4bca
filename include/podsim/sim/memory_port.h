// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/units/units.h"

namespace podsim::sim {

// A copy between device memory and one core: `rows` pieces of `row_bytes`, their starts `row_stride` apart.
struct MemoryTransfer {
  bool write = false;
  bool atomic = false;  // read, modified and written where the data lies
  enum class Hint : std::uint8_t { Normal, Bypass, First, Persistent } hint = Hint::Normal;
  std::uint64_t address = 0;  // from the start of device memory
  std::uint32_t rows = 1;
  std::uint64_t row_bytes = 0;
  std::uint64_t row_stride = 0;
  std::int64_t port_bytes_per_second = 0;  // what the core's own data path takes
  Picoseconds per_row;                     // what a new row costs the core's data path besides
};

// The memory of a die as its cores see it. Calls come in the order of `start`; `port` is the number of the
// core.
class MemoryPort {
 public:
  virtual ~MemoryPort() = default;
  // When the last byte has reached its destination.
  virtual Picoseconds transfer(std::uint32_t port, Picoseconds start, const MemoryTransfer& transfer) = 0;
  // From when on the core's path takes the next transfer in this direction: the requests of the last one are
  // out, though its data may still be on the way.
  virtual Picoseconds path_free(std::uint32_t port, bool write) const {
    static_cast<void>(port);
    static_cast<void>(write);
    return Picoseconds(0);
  }
};

}  // namespace podsim::sim
