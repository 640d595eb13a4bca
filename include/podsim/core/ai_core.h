// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "podsim/core/core_clock.h"
#include "podsim/core/core_config.h"
#include "podsim/core/core_result.h"
#include "podsim/core/cross_core.h"
#include "podsim/core/hazard_check.h"
#include "podsim/core/time_gate.h"
#include "podsim/core/timing.h"
#include "podsim/core/trace.h"
#include "podsim/core/vector_function.h"
#include "podsim/kernel/scalar_unit.h"
#include "podsim/sim/kernel.h"
#include "podsim/sim/memory_port.h"

namespace podsim::core {

class AiCore;
class PipeEngine;
struct Operation;

// One block of a kernel on one core.
struct CoreTask {
  const std::function<void()>* function = nullptr;
  kernel::Placement placement;
  Picoseconds start;
  bool functional = true;  // data moves
  bool strict = false;     // no automatic synchronisation
  bool check_hazards = true;
  std::byte* device_memory = nullptr;
  std::uint64_t device_bytes = 0;
  TraceSink* trace = nullptr;
  std::function<void(const AiCore&, const std::string&)> print;
};

// Told by cores what became of their task.
class CoreListener {
 public:
  virtual ~CoreListener() = default;
  virtual void core_finished(AiCore& core, Picoseconds at) = 0;
  virtual void core_failed(AiCore& core, std::exception_ptr error) = 0;
};

// What a core shares with the others of its die.
struct CoreSurroundings {
  sim::MemoryPort* memory = nullptr;
  TimeGate* gate = nullptr;
  CrossCore* cross_core = nullptr;
  CoreListener* listener = nullptr;
  // The core of the same block and the other kind, by number among its kind; null if there is none.
  std::function<AiCore*(const AiCore&, std::int64_t sub_block)> peer;
};

// A Da Vinci core: the cube side (AIC: scalar unit, cube, MTE1, MTE2, MTE3, FixPipe) or the vector side (AIV:
// scalar unit, vector unit, MTE2, MTE3). A kernel runs as the scalar unit on a thread of its own, ahead of
// simulated time; its calls queue instructions on pipes that execute in order and meet only by flags.
// Modelled: queue depths, rates and latencies of every path, bank conflicts, flags, barriers, UnitFlag,
// cross-core flags, automatic synchronisation. Left out: instruction cache misses, bank conflicts between
// copies and vector instructions, and the power limit. Numbers: configs/cores/.
class AiCore : public sc_core::sc_module, public kernel::ScalarUnit {
 public:
  SC_HAS_PROCESS(AiCore);
  AiCore(sc_core::sc_module_name name, std::uint32_t number, kernel::CoreKind kind, const CoreConfig& config,
         Hertz clock, const CoreSurroundings& surroundings);
  ~AiCore() override;

  // Starts a block; the core must be free.
  void start(const CoreTask& task);
  bool busy() const { return busy_; }
  std::uint32_t number() const { return number_; }
  kernel::CoreKind core_kind() const { return kind_; }
  // A cross-core counter of this core rises at `at`: called by CrossCore.
  void counter_rose(Picoseconds at);
  // Since reset_result().
  CoreResult result() const;
  void reset_result();
  // All hazards found since reset_result(), in the order in which blocks ran.
  const std::vector<Hazard>& hazards() const { return hazards_; }
  // What stands still, for the report of a deadlock.
  std::string waiting() const;

  const kernel::ChipTraits& chip() const override { return traits_; }
  const kernel::Placement& placement() const override { return task_.placement; }
  bool functional() const override { return task_.functional; }
  std::byte* local(kernel::Memory memory) override;
  std::byte* peer(kernel::Memory memory, std::int64_t sub_block) override;
  std::byte* device_memory() override { return task_.device_memory; }
  void issue(const kernel::Instruction& instruction, std::function<void()> effect) override;
  void access(const char* call, const kernel::Footprint& footprint) override;
  void compute(std::uint32_t instructions) override;
  void drain(const char* call) override;
  void drain_pipe(const char* call, kernel::Pipe pipe) override;
  std::int64_t cycles() const override { return clock_.cycles(local_ - task_.start); }
  void print(const std::string& text) override;

 private:
  enum class Wait : std::uint8_t { None, Queue, Flag, CrossCore, Drain, Data, Time };

  void scalar_thread();
  void run_block();
  void finish_block();
  template <class Done>
  void work_until(Wait reason, const char* call, const Done& done, Picoseconds limit = Picoseconds::max());
  void come_to(Picoseconds at, const char* call);
  void spend(Cycles cycles, const char* call);
  void wait_at_least_until(Picoseconds at, Wait reason);

  void check_instruction(const kernel::Instruction& instruction) const;
  void check_capacity(const char* call, const kernel::Footprint& footprint) const;
  IssueKind issue_kind(const kernel::Instruction& instruction) const;
  Operation& next_operation(kernel::Pipe pipe, const char* call);
  void queue(const kernel::Instruction& instruction, std::function<void()> effect);
  void fill(Operation& op, const kernel::Instruction& instruction);
  void set_duration(Operation& op, const Duration& duration) const;
  void set_copy(Operation& op, const kernel::GlobalMove& move) const;
  void count_flag(const kernel::FlagWork& work, const char* call);
  void scalar_flag(const kernel::FlagWork& work, const char* call);
  void scalar_cross_wait(const kernel::CrossCoreWork& work, const char* call);
  void access_gm(const char* call, const kernel::Footprint& footprint);
  void wait_for_conflicts(const char* call, const kernel::Footprint& footprint);
  void check_access(const char* call, const kernel::Footprint& footprint);
  void scalar_learnt();

  const std::uint32_t number_;
  const kernel::CoreKind kind_;
  const CoreConfig& config_;
  const CoreClock clock_;
  const CoreTiming timing_;
  VectorFunctionTiming function_;
  const CoreSurroundings around_;
  kernel::ChipTraits traits_;
  std::unique_ptr<PipeEngine> engine_;
  std::unique_ptr<HazardCheck> check_;
  std::uint32_t epoch_ = 0;  // of what the scalar unit knows, with check_

  CoreTask task_;
  bool busy_ = false;
  sc_core::sc_event task_event_;
  Picoseconds local_;  // the scalar unit's own time, never behind the kernel's
  std::uint64_t calls_ = 0;
  std::vector<std::int32_t> standing_;  // sets less waits issued, by pair of pipes and event
  Wait wait_ = Wait::None;
  const char* wait_call_ = "";
  std::vector<std::uint64_t> cache_tags_;  // lines of the scalar data cache
  std::array<std::vector<std::byte>, kernel::kMemoryCount> storage_;
  std::vector<Hazard> hazards_;
  std::int64_t blocks_ = 0;
  Picoseconds active_;
  PipeResult scalar_;
};

}  // namespace podsim::core
