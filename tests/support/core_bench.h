// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "podsim/config/verbs.h"
#include "podsim/core/ai_core.h"
#include "support/instructions.h"

namespace podsim::test {

using namespace literals;

// Memory with a rate per core and direction and one latency; remembers when it was asked.
class FixedMemory : public sim::MemoryPort {
 public:
  explicit FixedMemory(Picoseconds latency = 100_ns) : latency_(latency) {}
  Picoseconds transfer(std::uint32_t port, Picoseconds start, const sim::MemoryTransfer& transfer) override {
    starts.push_back(start);
    Picoseconds& free = free_[{port, transfer.write}];
    const auto bytes = static_cast<std::int64_t>(transfer.row_bytes * transfer.rows);
    free = std::max(free, start) + transfer.per_row * transfer.rows +
           time_rounded_up(Bytes(bytes), BytesPerSecond(transfer.port_bytes_per_second));
    return free + latency_;
  }
  std::vector<Picoseconds> starts;

 private:
  Picoseconds latency_;
  std::map<std::pair<std::uint32_t, bool>, Picoseconds> free_;
};

// What the cores did, in order of start.
class Recorder : public core::TraceSink {
 public:
  void slice(const core::TraceSlice& slice) override { slices.push_back(slice); }
  void flow(const core::TraceFlow& flow) override { flows.push_back(flow); }
  std::vector<core::TraceSlice> of(const std::string& call) const {
    std::vector<core::TraceSlice> found;
    for (const core::TraceSlice& slice : slices) {
      if (call == slice.call && slice.pipe != Pipe::S) found.push_back(slice);
    }
    return found;
  }
  std::vector<core::TraceSlice> slices;
  std::vector<core::TraceFlow> flows;
};

// A core with a clock of 1 GHz, so that a cycle is a nanosecond, and scalar calls that cost nothing, so that
// a test states only what it is about.
inline core::CoreConfig plain_core(const std::string& name = "dav_2201") {
  auto config =
      config::load<core::CoreConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/cores/" + name + ".json");
  for (core::IssueRow& row : config.scalar.issue) row.cycles = 0;
  config.sync.cycles.value = 0;
  return config;
}

// Cores of one logical core each kind apart: cubes are cores 0 .., vector cores follow, `per_cube` to a
// block.
class CoreBench : private core::CoreListener {
 public:
  explicit CoreBench(core::CoreConfig config = plain_core(), std::size_t cubes = 0, std::size_t vectors = 1)
      : config_(std::move(config)),
        gate_("gate", cubes + vectors),
        cross_(cubes + vectors, Picoseconds(config_.sync.cross_core_cycles.value * 1000),
               config_.sync.cross_core_limit.value,
               [this](std::size_t core, Picoseconds at) { cores_[core]->counter_rose(at); }),
        cubes_(cubes) {
    core::CoreSurroundings around;
    around.memory = &memory;
    around.gate = &gate_;
    around.cross_core = &cross_;
    around.listener = this;
    for (std::size_t i = 0; i < cubes + vectors; ++i) {
      cores_.push_back(std::make_unique<core::AiCore>(
          ("core" + std::to_string(i)).c_str(), static_cast<std::uint32_t>(i),
          i < cubes ? kernel::CoreKind::Aic : kernel::CoreKind::Aiv, config_, 1_GHz, around));
    }
  }

  // Runs kernel i on core i; throws what a kernel threw. True: all came to their end.
  bool run(std::vector<std::function<void()>> kernels) {
    kernels_ = std::move(kernels);
    const std::size_t vectors = kernels_.size() - cubes_;
    cross_.reset(cubes_, vectors);
    for (std::size_t i = 0; i < kernels_.size(); ++i) {
      core::CoreTask task;
      task.function = &kernels_[i];
      task.start = sim::now();
      task.functional = functional;
      task.strict = strict;
      task.check_hazards = functional || strict;
      task.trace = record ? &trace : nullptr;
      task.device_bytes = 1ULL << 30U;
      task.placement.kind = cores_[i]->core_kind();
      task.placement.block = cubes_ == 0 || i < cubes_
                                 ? static_cast<std::int64_t>(i)
                                 : static_cast<std::int64_t>((i - cubes_) * cubes_ / vectors);
      task.placement.sub_block =
          cubes_ == 0 || i < cubes_ ? 0 : static_cast<std::int64_t>((i - cubes_) % (vectors / cubes_));
      cross_.enter(i, task.placement.kind, task.placement.block, task.placement.sub_block);
      cores_[i]->start(task);
    }
    finished_ = 0;
    sim::run_kernel();
    if (error_) std::rethrow_exception(error_);
    return finished_ == kernels_.size();
  }
  bool run(const std::function<void()>& kernel) { return run(std::vector<std::function<void()>>{kernel}); }

  core::AiCore& core(std::size_t i = 0) { return *cores_[i]; }
  std::int64_t end_cycle() const { return end_.count() / 1000; }

  FixedMemory memory;
  Recorder trace;
  bool record = true;
  bool functional = false;
  bool strict = false;

 private:
  void core_finished(core::AiCore&, Picoseconds at) override {
    ++finished_;
    end_ = std::max(end_, at);
  }
  void core_failed(core::AiCore&, std::exception_ptr error) override {
    error_ = std::move(error);
    sc_core::sc_pause();
  }

  core::CoreConfig config_;
  core::TimeGate gate_;
  core::CrossCore cross_;
  std::size_t cubes_;
  std::vector<std::unique_ptr<core::AiCore>> cores_;
  std::vector<std::function<void()>> kernels_;
  std::size_t finished_ = 0;
  Picoseconds end_;
  std::exception_ptr error_;
};

inline std::int64_t cycle_of(Picoseconds time) {
  return time.count() / 1000;
}

}  // namespace podsim::test
