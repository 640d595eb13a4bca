// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/kernel/core_registers.h"
#include "podsim/kernel/device_memory.h"
#include "podsim/kernel/hard_event.h"
#include "podsim/kernel/scalar_unit.h"

// Scalar units without time: effects happen at once, instructions are recorded, flags are held to their
// rules.
namespace podsim::test {

struct Recorded {
  kernel::Instruction instruction;
  bool has_effect = false;
};

class FakeCore : public kernel::ScalarUnit {
 public:
  // Called before every call, to let other cores run.
  std::function<void()> step = [] {};
  std::function<void(const kernel::CrossCoreWork&)> cross_core = [](const kernel::CrossCoreWork&) {};
  std::vector<Recorded> instructions;
  std::vector<std::pair<std::string, kernel::Footprint>> accesses;
  std::string printed;
  std::uint32_t drains = 0;
  kernel::ChipTraits traits;
  kernel::Placement place;
  std::map<kernel::Memory, FakeCore*> peers;

  FakeCore(kernel::DeviceMemory& memory, std::uint32_t architecture, kernel::CoreKind kind,
           bool functional = true)
      : memory_(memory), functional_(functional) {
    using kernel::Memory;
    const bool a5 = architecture == 3510;
    traits.architecture = architecture;
    traits.system_counter_hz = a5 ? 1'000'000'000 : 50'000'000;
    const auto size = [this](Memory which) -> std::uint64_t& {
      return traits.capacity[static_cast<std::size_t>(which)];
    };
    size(Memory::Gm) = memory.size();
    size(Memory::L1) = 512U << 10U;
    size(Memory::L0a) = size(Memory::L0b) = 64U << 10U;
    size(Memory::L0c) = (a5 ? 256U : 128U) << 10U;
    size(Memory::UnifiedBuffer) = (a5 ? 248U : 192U) << 10U;
    size(Memory::BiasTable) = (a5 ? 4U : 1U) << 10U;
    size(Memory::FixpipeBuffer) = 7U << 10U;
    place.kind = kind;
    for (std::size_t i = 1; i < kernel::kMemoryCount && functional; ++i) {
      buffers_[i].assign(traits.capacity[i], std::byte{0xee});  // nothing is zero unless written
    }
  }

  const kernel::ChipTraits& chip() const override { return traits; }
  const kernel::Placement& placement() const override { return place; }
  bool functional() const override { return functional_; }
  // Out of line: g++ 12 otherwise sees an empty array.
  [[gnu::noinline]] std::byte* local(kernel::Memory memory) override {
    return functional_ ? buffers_[static_cast<std::size_t>(memory)].data() : nullptr;
  }
  std::byte* device_memory() override { return memory_.base(); }
  std::byte* peer(kernel::Memory memory, std::int64_t sub_block) override {
    const auto found = peers.find(memory);
    return found == peers.end() || sub_block > 1 ? nullptr : (found->second + sub_block)->local(memory);
  }

  void issue(const kernel::Instruction& instruction, std::function<void()> effect) override {
    step();
    instructions.push_back({instruction, static_cast<bool>(effect)});
    if (const auto* flag = std::get_if<kernel::FlagWork>(&instruction.work))
      take_flag(instruction.call, *flag);
    if (effect) effect();
    if (const auto* cross = std::get_if<kernel::CrossCoreWork>(&instruction.work)) cross_core(*cross);
  }
  void access(const char* call, const kernel::Footprint& footprint) override {
    step();
    accesses.emplace_back(call, footprint);
  }
  void compute(std::uint32_t /*count*/) override {}
  void drain(const char* /*call*/) override { ++drains; }
  std::int64_t cycles() const override { return static_cast<std::int64_t>(instructions.size()); }
  void print(const std::string& text) override { printed += text; }

  // Flags set and not waited for.
  std::size_t pending_flags() const { return flags_.size(); }
  // Instructions with this call name.
  std::vector<kernel::Instruction> of(const std::string& call) const {
    std::vector<kernel::Instruction> found;
    for (const Recorded& r : instructions) {
      if (call == r.instruction.call) found.push_back(r.instruction);
    }
    return found;
  }

 private:
  void take_flag(const char* call, const kernel::FlagWork& work) {
    const int key = (static_cast<int>(work.source) * 8 + static_cast<int>(work.destination)) * 8 + work.event;
    if (work.set != (flags_.count(key) == 0)) {
      throw ConfigError(std::string(call) + (work.set ? ": flag set twice" : ": wait without set"));
    }
    if (work.set)
      flags_[key] = true;
    else
      flags_.erase(key);
  }

  kernel::DeviceMemory& memory_;
  bool functional_;
  std::array<std::vector<std::byte>, kernel::kMemoryCount> buffers_;
  std::map<int, bool> flags_;
};

// Runs `kernel` on one core, as the launcher would.
template <class F>
void run_on(FakeCore& core, F&& kernel) {
  kernel::set_scalar_unit(&core);
  core.reset_registers();
  try {
    kernel();
  } catch (...) {
    kernel::set_scalar_unit(nullptr);
    throw;
  }
  kernel::set_scalar_unit(nullptr);
}

// Several cores that take turns at every call: one thread each, of which one runs.
class FakeMachine {
 public:
  explicit FakeMachine(std::vector<std::unique_ptr<FakeCore>> cores) : cores_(std::move(cores)) {
    for (std::size_t i = 0; i < cores_.size(); ++i) {
      cores_[i]->step = [this, i] { pass_on(i); };
      cores_[i]->cross_core = [this, i](const kernel::CrossCoreWork& work) { cross(i, work); };
    }
  }
  // `blocks` vector cores.
  static FakeMachine vector_cores(kernel::DeviceMemory& memory, std::int64_t blocks, bool functional = true,
                                  std::uint32_t architecture = 2201) {
    std::vector<std::unique_ptr<FakeCore>> cores;
    for (std::int64_t block = 0; block < blocks; ++block) {
      cores.push_back(std::make_unique<FakeCore>(memory, architecture, kernel::CoreKind::Aiv, functional));
      cores.back()->place.block = block;
      cores.back()->place.blocks = blocks;
    }
    return FakeMachine(std::move(cores));
  }
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;
  FakeMachine(FakeMachine&& other) : FakeMachine(std::move(other.cores_)) {}

  FakeCore& core(std::size_t i) { return *cores_[i]; }

  template <class F>
  void run(F&& kernel) {
    alive_.assign(cores_.size(), true);
    turn_ = 0;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < cores_.size(); ++i) {
      threads.emplace_back([&, i] {
        wait_turn(i);
        try {
          cores_[i]->reset_registers();
          kernel();
        } catch (...) {
          if (!failure_) failure_ = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        alive_[i] = false;
        next_turn(i);
      });
    }
    for (std::thread& thread : threads) thread.join();
    kernel::set_scalar_unit(nullptr);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void next_turn(std::size_t from) {
    for (std::size_t k = 1; k <= cores_.size(); ++k) {
      const std::size_t candidate = (from + k) % cores_.size();
      if (!alive_[candidate]) continue;
      turn_ = candidate;
      break;
    }
    turned_.notify_all();
  }
  void wait_turn(std::size_t i) {
    std::unique_lock lock(mutex_);
    turned_.wait(lock, [&] { return turn_ == i; });
    kernel::set_scalar_unit(cores_[i].get());
  }
  void pass_on(std::size_t i) {
    {
      const std::lock_guard lock(mutex_);
      if (failure_) throw ConfigError("another core failed");
      next_turn(i);
    }
    wait_turn(i);
  }
  // Counters as published: mode 0 all of a kind, 1 the vector cores of a block, 2 cube core and its vector
  // cores.
  void cross(std::size_t i, const kernel::CrossCoreWork& work) {
    auto& counters = counters_;
    if (!work.set) {
      for (int tries = 0; counters[{i, work.flag}] == 0; ++tries) {
        if (tries > 100000) throw ConfigError("a core waits for ever");
        pass_on(i);
      }
      --counters[{i, work.flag}];
      return;
    }
    const kernel::Placement& here = cores_[i]->place;
    arrived_[{work.mode, work.flag, here.kind == kernel::CoreKind::Aic, work.mode == 0 ? -1 : here.block}]
        .push_back(i);
    auto& waiting = arrived_[{work.mode, work.flag, here.kind == kernel::CoreKind::Aic,
                              work.mode == 0 ? -1 : here.block}];
    std::size_t group = 0;
    for (const auto& core : cores_) {
      group += core->place.kind == here.kind && (work.mode == 0 || core->place.block == here.block) ? 1U : 0U;
    }
    if (waiting.size() < group) return;
    waiting.clear();
    for (std::size_t k = 0; k < cores_.size(); ++k) {
      const kernel::Placement& other = cores_[k]->place;
      const bool same_kind = other.kind == here.kind;
      const bool in_block = work.mode == 0 || other.block == here.block;
      if (in_block && (work.mode == 2 ? !same_kind : same_kind)) ++counters[{k, work.flag}];
    }
  }

  std::vector<std::unique_ptr<FakeCore>> cores_;
  std::mutex mutex_;
  std::condition_variable turned_;
  std::size_t turn_ = 0;
  std::vector<bool> alive_;
  std::exception_ptr failure_;
  std::map<std::pair<std::size_t, std::uint8_t>, int> counters_;
  std::map<std::tuple<int, int, bool, std::int64_t>, std::vector<std::size_t>> arrived_;
};

}  // namespace podsim::test
