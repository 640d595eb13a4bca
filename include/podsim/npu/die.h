// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "podsim/core/ai_core.h"
#include "podsim/memory/memory_system.h"
#include "podsim/npu/die_config.h"

namespace podsim::npu {

// Which cores a kernel runs on: one kind only, or cube cores with one or two vector cores each.
enum class CoreMix : std::uint8_t { Cube, Vector, CubeAndOneVector, CubeAndTwoVectors };

struct KernelLaunch {
  std::function<void()> function;  // runs once on every core, as its scalar unit
  CoreMix mix = CoreMix::Vector;
  std::int64_t blocks = 1;             // logical cores
  bool functional = true;              // data moves; otherwise only time counts
  bool strict = false;                 // no automatic synchronisation
  std::optional<bool> check_hazards;   // absent: in functional and strict launches
  std::byte* device_memory = nullptr;  // address 0 of GM
  std::uint64_t device_bytes = 0;
  std::uint64_t tiling_key = 0;
  std::uint64_t system_workspace = 0;
  core::TraceSink* trace = nullptr;
  std::function<void(const core::AiCore&, const std::string&)> print;  // debug output of the kernel
};

struct LaunchResult {
  Picoseconds start;                    // simulated time of the launch
  Picoseconds task_duration;            // from the launch to the end of the last core
  std::vector<core::CoreResult> cores;  // that ran a block, by number
  std::vector<core::Hazard> hazards;    // by core

  // Over the cores of a kind; zero if none ran.
  Picoseconds mean_core_time(kernel::CoreKind kind) const;
  Picoseconds max_core_time(kernel::CoreKind kind) const;
  Picoseconds mean_busy(kernel::CoreKind kind, kernel::Pipe pipe) const;
  Picoseconds max_busy(kernel::CoreKind kind, kernel::Pipe pipe) const;
  core::PipeResult total(kernel::CoreKind kind, kernel::Pipe pipe) const;
};

// The cores of one die on its memory. Cube cores are cores 0 .. cube_cores - 1 of the memory, the vector
// cores of cube core c follow at cube_cores + c * vector_cores. All modules are built before the simulation
// starts; launches then follow one another in simulated time.
class Die : public sc_core::sc_module, private core::CoreListener {
 public:
  // With the memory that the configuration describes, or with another.
  Die(sc_core::sc_module_name name, const DieConfig& config);
  Die(sc_core::sc_module_name name, const DieConfig& config, sim::MemoryPort& memory);

  // Runs a kernel to its end: advances the simulation. Throws what the kernel throws, with its core, and
  // ConfigError for a deadlock, with everything that waits; after that the die cannot launch again.
  LaunchResult launch(const KernelLaunch& launch);

  const DieConfig& config() const { return config_; }
  std::size_t cube_cores() const { return cubes_; }
  std::size_t vector_cores() const { return cubes_ * per_cube_; }
  // Before the first launch, on the die's own memory.
  void fill_l2(memory::ForeignLines lines);
  // Of the die's own memory; null with another.
  const memory::MemoryModule* memory() const { return own_memory_.get(); }

 private:
  // Cores that run one block together.
  struct Group {
    std::vector<core::AiCore*> cores;
    std::size_t running = 0;
    std::int64_t block = 0;
  };

  void build(sim::MemoryPort& memory);
  core::AiCore* peer(const core::AiCore& core, std::int64_t sub_block) const;
  void check(const KernelLaunch& launch) const;
  void make_groups(const KernelLaunch& launch);
  void start_block(Group& group, std::int64_t block, Picoseconds at);
  void core_finished(core::AiCore& core, Picoseconds at) override;
  void core_failed(core::AiCore& core, std::exception_ptr error) override;
  [[noreturn]] void fail_deadlocked();
  [[noreturn]] void rethrow_with_core();
  LaunchResult collect(Picoseconds start) const;

  const DieConfig config_;
  const std::size_t cubes_;
  const std::size_t per_cube_;
  std::unique_ptr<memory::MemoryModule> own_memory_;
  std::unique_ptr<core::TimeGate> gate_;
  std::unique_ptr<core::CrossCore> cross_core_;
  std::vector<std::unique_ptr<core::AiCore>> cores_;

  KernelLaunch launch_;
  std::vector<Group> groups_;
  std::vector<std::size_t> group_of_;  // by core
  std::int64_t next_block_ = 0;
  std::size_t running_ = 0;
  Picoseconds last_end_;
  std::exception_ptr error_;
  const core::AiCore* failed_ = nullptr;
  bool broken_ = false;
};

}  // namespace podsim::npu
