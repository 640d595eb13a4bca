// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "podsim/memory/memory_config.h"
#include "podsim/memory/memory_stats.h"
#include "podsim/sim/kernel.h"
#include "podsim/sim/memory_port.h"

namespace podsim::memory {

// What other data the L2 holds, full of it: clean lines go without a trace, dirty ones are written out first.
enum class ForeignLines : std::uint8_t { Clean, Dirty };

// L2 and HBM of one die, as its cores see them: each core has a read and a write path with a limit of
// requests in flight; L2 slices, HBM channels and the places that several cores want at once are shared.
// A transfer is worked out when it is asked for, per piece of at most one L2 line, without events; requests
// of different cores share slices and channels by the time these have left (not exactly in order of arrival).
class MemorySystem : public sim::MemoryPort {
 public:
  // The L2 is empty.
  MemorySystem(const MemoryConfig& config, std::uint32_t ports);
  ~MemorySystem() override;

  Picoseconds transfer(std::uint32_t port, Picoseconds start, const sim::MemoryTransfer& transfer) override;
  Picoseconds path_free(std::uint32_t port, bool write) const override;

  // Before the first transfer: fills the L2 with data at the end of device memory.
  void fill_l2(ForeignLines lines);

  // Since construction; a region is the difference of two.
  MemoryStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The module of a die: owns the memory and is what its cores are bound to.
class MemoryModule : public sc_core::sc_module, public sim::MemoryPort {
 public:
  MemoryModule(const sc_core::sc_module_name& name, const MemoryConfig& config, std::uint32_t ports);

  // A core may ask ahead of the kernel's clock, never behind it.
  Picoseconds transfer(std::uint32_t port, Picoseconds start, const sim::MemoryTransfer& transfer) override;
  Picoseconds path_free(std::uint32_t port, bool write) const override {
    return system_.path_free(port, write);
  }
  void fill_l2(ForeignLines lines) { system_.fill_l2(lines); }
  MemoryStats stats() const { return system_.stats(); }

 private:
  MemorySystem system_;
};

}  // namespace podsim::memory
