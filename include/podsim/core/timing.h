// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "podsim/core/core_config.h"
#include "podsim/units/units.h"

// The arithmetic of the pipes: how long each kind of instruction takes, from the rows of a CoreConfig.
// Plain classes that know neither SystemC nor the clock. What a core has no row for is a ConfigError.
namespace podsim::core {

// How long an instruction keeps its pipe, and how much later its result is there.
struct Duration {
  Cycles occupancy;
  Cycles latency;  // after the occupancy
  Cycles bank;     // part of the occupancy that bank conflicts add

  Cycles total() const { return occupancy + latency; }
};

// MMAD: fractal steps at the published rate. Back-to-back MMADs follow each other after `issue_cycles`;
// the result needs `result_cycles`, which shows only when somebody waits for it.
class CubeTiming {
 public:
  explicit CubeTiming(const CoreConfig& config);
  Cycles steps(const kernel::CubeWork& work) const;
  Duration operator()(const kernel::CubeWork& work) const;
  // 16 x 16 pieces of the result; with UnitFlag, M and FixPipe meet piece by piece.
  static std::int64_t fractals(std::int64_t m, std::int64_t n);

 private:
  const CoreConfig& config_;
};

// Moves between buffers of a core: bytes / rate + latency.
class LocalPathTiming {
 public:
  explicit LocalPathTiming(const CoreConfig& config);
  Duration operator()(const kernel::LocalMove& move) const;

 private:
  const CoreConfig& config_;
  std::vector<const PathRow*> rows_;  // by LocalPath; null: the core has not that path
};

// The way out of L0C. The path into GM besides is GlobalPathTiming's.
class FixpipeTiming {
 public:
  explicit FixpipeTiming(const CoreConfig& config);
  Duration operator()(const kernel::FixpipeMove& move) const;

 private:
  const CoreConfig& config_;
};

// Vector instructions: the slower of the rate of the operation and the banks of the unified buffer.
class VectorTiming {
 public:
  explicit VectorTiming(const CoreConfig& config);
  Duration operator()(const kernel::VectorWork& work) const;
  // Cycles at the rate of the operation alone.
  Cycles rated_cycles(const kernel::VectorWork& work) const;
  // Cycles that the banks need for all repeats, start-up not counted.
  Cycles bank_cycles(const kernel::VectorWork& work) const;

 private:
  struct Loads;
  const VectorRow* row(kernel::VectorOp op, std::int64_t bits) const;
  void count_repeat(const kernel::VectorWork& work, std::uint64_t repeat, Loads& loads) const;

  const CoreConfig& config_;
  std::array<const VectorRow*, 32 * 8> rows_{};  // by operation and log2 of the width
};

// Copies between GM and a buffer, as far as the core's own data path goes.
struct GlobalCost {
  double port_cycles = 0.0;  // the data path is busy with this copy
  double row_cycles = 0.0;   // of which per row
  double bytes_per_cycle = 0.0;
  bool one_at_a_time = false;  // no other copy of the pipe until the data is there
};
class GlobalPathTiming {
 public:
  explicit GlobalPathTiming(const CoreConfig& config);
  GlobalCost operator()(const kernel::GlobalMove& move) const;

 private:
  const CoreConfig& config_;
};

// Scalar cycles of one call.
class IssueTiming {
 public:
  explicit IssueTiming(const CoreConfig& config);
  Cycles operator()(IssueKind kind) const { return cycles_[static_cast<std::size_t>(kind)]; }

 private:
  std::array<Cycles, 6> cycles_{};
};

// All of one generation.
struct CoreTiming {
  explicit CoreTiming(const CoreConfig& config)
      : cube(config), local(config), fixpipe(config), vector(config), global(config), issue(config) {}
  CubeTiming cube;
  LocalPathTiming local;
  FixpipeTiming fixpipe;
  VectorTiming vector;
  GlobalPathTiming global;
  IssueTiming issue;
};

}  // namespace podsim::core
