// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "podsim/kernel/instruction.h"

namespace podsim::kernel {

// What a kernel may ask about the chip it runs on; sizes in bytes.
struct ChipTraits {
  std::uint32_t architecture = 2201;                   // as __NPU_ARCH__: 2201 or 3510
  std::array<std::uint64_t, kMemoryCount> capacity{};  // usable by kernels; GM: device memory
  std::int64_t system_counter_hz = 50'000'000;
  std::int64_t core_hz = 1'850'000'000;  // of cycles()
};

// Where the running core stands in its launch.
struct Placement {
  CoreKind kind = CoreKind::Aiv;
  std::int64_t block = 0;  // of the logical core
  std::int64_t blocks = 1;
  std::int64_t sub_block = 0;  // of this core among those of its kind in the block
  std::int64_t sub_blocks = 1;
  std::int64_t task_ratio = 1;         // as GetTaskRatio
  bool mixed = false;                  // cube and vector cores run the same function
  std::uint64_t tiling_key = 0;        // what TILING_KEY_IS compares with
  std::uint64_t system_workspace = 0;  // GM address, what GetSysWorkSpacePtr returns
};

// Masks, modes and pipe object that the kernel interface keeps per core: core_registers.h.
struct CoreRegisters;

// The scalar unit of one core, as the kernel that runs on it sees it. Every call of the kernel interface ends
// here. Simulated time passes inside these calls only; each may let other cores run first.
class ScalarUnit {
 public:
  virtual ~ScalarUnit() = default;

  virtual const ChipTraits& chip() const = 0;
  virtual const Placement& placement() const = 0;
  // False: only time counts, data is neither read nor written.
  virtual bool functional() const = 0;
  // Storage of one of the core's own buffers; null in timing-only runs.
  virtual std::byte* local(Memory memory) = 0;
  // First byte of device memory, at address 0 of GM footprints. Always mapped, whatever the mode.
  virtual std::byte* device_memory() = 0;

  // Storage of a buffer of another core of the same block: the unified buffer of vector core `sub_block` as
  // the cube core's Fixpipe reaches it, the cube core's L1 as the vector cores do (3510). Null: not
  // reachable, or a timing-only run.
  virtual std::byte* peer(Memory /*memory*/, std::int64_t /*sub_block*/) { return nullptr; }

  // Queues an instruction on its pipe; blocks while the queue is full. `effect` moves the data and is called
  // when the instruction executes. In timing-only runs it is empty, except where the data steers the kernel
  // (the flag words of IBSet, IBWait and the software SyncAll): then it is called all the same.
  virtual void issue(const Instruction& instruction, std::function<void()> effect) = 0;
  // The scalar unit itself reads or writes `footprint` (GetValue, SetValue): waits as the chip's compiler
  // makes it wait, charges the access, and reports a hazard in strict mode.
  virtual void access(const char* call, const Footprint& footprint) = 0;
  // Scalar work of this many instructions between calls.
  virtual void compute(std::uint32_t instructions) = 0;
  // Blocks the scalar unit until everything issued before is done.
  virtual void drain(const char* call) = 0;
  // The same for one pipe: a scalar result that its last instruction leaves (GatherMask's count).
  virtual void drain_pipe(const char* call, Pipe /*pipe*/) { drain(call); }
  // Simulated core cycles since the launch.
  virtual std::int64_t cycles() const = 0;
  // Debug output of the kernel.
  virtual void print(const std::string& text) = 0;

  // State of the kernel interface on this core; made on first use, reset at the start of every launch.
  CoreRegisters& registers();
  void reset_registers() { registers_.reset(); }

 private:
  std::shared_ptr<CoreRegisters> registers_;
};

// The unit whose kernel is running now. Throws ConfigError outside a launch.
ScalarUnit& scalar_unit();
// Told by the core model whenever it lets another core's kernel run.
void set_scalar_unit(ScalarUnit* unit);

}  // namespace podsim::kernel
