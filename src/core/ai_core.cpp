// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/ai_core.h"

#include <algorithm>

#include "core/pipe_engine.h"
#include "core/work_until.h"
#include "podsim/base/error.h"

namespace podsim::core {

using kernel::Memory;
using kernel::Pipe;

namespace {

constexpr std::size_t kStackBytes = 256 << 10;
constexpr std::byte kPoison{0xFF};  // not a number in every floating-point type

constexpr std::uint64_t kNoLine = ~std::uint64_t{0};

kernel::ChipTraits traits_of(const CoreConfig& config, Hertz clock) {
  kernel::ChipTraits traits;
  traits.architecture = static_cast<std::uint32_t>(config.architecture.value);
  traits.system_counter_hz = config.scalar.system_counter.value.count();
  traits.core_hz = clock.count();
  for (std::size_t m = 0; m < kernel::kMemoryCount; ++m)
    traits.capacity[m] = static_cast<std::uint64_t>(config.buffer(static_cast<Memory>(m)));
  return traits;
}

// Cycles over which L1Sharing looks at loads: a few packets of a matrix product.
constexpr Cycles kL1Window(4096);

EngineSetting engine_setting(std::uint32_t number, const CoreConfig& config, const CoreClock& clock,
                             const CoreSurroundings& around) {
  EngineSetting setting;
  setting.core = number;
  for (std::size_t p = 1; p < kernel::kPipeCount; ++p)
    setting.depth[p] = static_cast<std::size_t>(config.queue_depth(static_cast<Pipe>(p)));
  setting.sync = clock.time(Cycles(config.sync.cycles.value));
  setting.clock = clock;
  setting.memory = around.memory;
  setting.cross_core = around.cross_core;
  if (config.l1_bytes_per_cycle)
    setting.l1 = L1Sharing(clock.bytes_per_second(static_cast<double>(config.l1_bytes_per_cycle->value)),
                           clock.time(kL1Window));
  return setting;
}

}  // namespace

AiCore::AiCore(sc_core::sc_module_name name, std::uint32_t number, kernel::CoreKind kind,
               const CoreConfig& config, Hertz clock, const CoreSurroundings& surroundings)
    : sc_module(name),
      number_(number),
      kind_(kind),
      config_(config),
      clock_(clock),
      timing_(config),
      function_(config, timing_.vector),
      around_(surroundings),
      traits_(traits_of(config, clock)),
      engine_(std::make_unique<PipeEngine>(engine_setting(number, config, clock_, surroundings))),
      cache_tags_(static_cast<std::size_t>(config.scalar.data_cache_lines.value), kNoLine) {
  SC_THREAD(scalar_thread);
  set_stack_size(kStackBytes);
}

AiCore::~AiCore() = default;

void AiCore::start(const CoreTask& task) {
  PODSIM_CHECK(!busy_, "core {} is given a block while it runs one", number_);
  task_ = task;
  busy_ = true;
  traits_.capacity[static_cast<std::size_t>(Memory::Gm)] = task.device_bytes;
  task_event_.notify(sc_core::SC_ZERO_TIME);
}

void AiCore::scalar_thread() {
  for (;;) {
    while (!busy_) wait(task_event_);
    std::exception_ptr error;
    try {
      run_block();
    } catch (const sc_core::sc_unwind_exception&) {
      throw;
    } catch (...) {
      error = std::current_exception();
    }
    // Outside the handler: what follows may switch threads, which a handler must not.
    if (error) {
      around_.listener->core_failed(*this, std::move(error));  // this stack is never unwound
      wait();                                                  // for ever: the die is not used again
    }
    busy_ = false;
    around_.listener->core_finished(*this, local_);
  }
}

void AiCore::run_block() {
  local_ = task_.start;
  wait_ = Wait::Time;
  if (local_ > sim::now()) around_.gate->sleep(number_, local_);
  kernel::set_scalar_unit(this);
  reset_registers();
  function_.reset();
  calls_ = 0;
  standing_.assign(kernel::kPipeCount * kernel::kPipeCount * PipeEngine::kEvents, 0);
  std::fill(cache_tags_.begin(), cache_tags_.end(), kNoLine);
  for (std::size_t m = 0; m < kernel::kMemoryCount; ++m) {
    if (task_.functional && static_cast<Memory>(m) != Memory::Gm)
      storage_[m].assign(traits_.capacity[m], kPoison);
  }
  check_.reset();
  if (task_.check_hazards)
    check_ = std::make_unique<HazardCheck>(number_, task_.placement.block, task_.strict);
  engine_->start_block(local_, !task_.strict, check_.get(), task_.trace);
  if (check_) epoch_ = engine_->new_epoch(check_->scalar_clock());
  wait_ = Wait::None;
  (*task_.function)();
  finish_block();
}

void AiCore::finish_block() {
  drain("end of kernel");
  come_to(local_, "end of kernel");
  if (check_) hazards_.insert(hazards_.end(), check_->hazards().begin(), check_->hazards().end());
  ++blocks_;
  active_ += local_ - task_.start;
}

// Everything up to `at` has happened, here and on the other cores.
void AiCore::come_to(Picoseconds at, const char* call) {
  work_until(
      Wait::Time, call, [&] { return sim::now() >= at && engine_->next().time > at; }, at);
}

void AiCore::spend(Cycles cycles, const char* call) {
  const Picoseconds time = clock_.time(cycles);
  if (task_.trace != nullptr && time > Picoseconds(0)) {
    task_.trace->slice({number_, Pipe::S, call, local_, local_ + time, 0});
  }
  local_ += time;
  scalar_.busy += time;
}

void AiCore::wait_at_least_until(Picoseconds at, Wait reason) {
  if (at <= local_) return;
  const Picoseconds lost = at - local_;
  switch (reason) {
    case Wait::Queue:
      scalar_.wait_queue += lost;
      break;
    case Wait::Data:
      scalar_.wait_memory += lost;
      break;
    default:
      scalar_.wait_flag += lost;
      break;
  }
  local_ = at;
}

std::byte* AiCore::local(Memory memory) {
  return task_.functional ? storage_[static_cast<std::size_t>(memory)].data() : nullptr;
}

std::byte* AiCore::peer(Memory memory, std::int64_t sub_block) {
  AiCore* other = around_.peer ? around_.peer(*this, sub_block) : nullptr;
  return other == nullptr || !task_.functional ? nullptr : other->local(memory);
}

void AiCore::print(const std::string& text) {
  if (task_.print) task_.print(*this, text);
}

void AiCore::counter_rose(Picoseconds at) {
  engine_->counter_rose();
  around_.gate->wake(number_, at);
}

CoreResult AiCore::result() const {
  CoreResult result;
  result.core = number_;
  result.kind = kind_;
  result.blocks = blocks_;
  result.active = active_;
  result.pipes = engine_->results();
  result.pipes[static_cast<std::size_t>(Pipe::S)] = scalar_;
  return result;
}

void AiCore::reset_result() {
  engine_->results() = {};
  hazards_.clear();
  blocks_ = 0;
  active_ = Picoseconds(0);
  scalar_ = {};
}

std::string AiCore::waiting() const {
  constexpr std::array kReasons{"runs",
                                "waits for room in a queue",
                                "waits for a flag",
                                "waits for a cross-core flag",
                                "waits for the pipes",
                                "waits for data",
                                "waits for a time"};
  const std::string pipes = engine_->waiting();
  return fmt::format("core {} ({}, block {}): scalar {} in {} at cycle {}{}{}", number_,
                     config::enum_name(kind_), task_.placement.block,
                     kReasons.at(static_cast<std::size_t>(wait_)), wait_call_, cycles(),
                     pipes.empty() ? "" : "; ", pipes);
}

}  // namespace podsim::core
