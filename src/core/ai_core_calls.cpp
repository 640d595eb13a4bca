// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The calls of the kernel: what they cost the scalar unit, and how they become operations of the pipes.
#include <algorithm>
#include <exception>

#include "core/pipe_engine.h"
#include "core/work_until.h"
#include "podsim/base/error.h"
#include "podsim/core/ai_core.h"

namespace podsim::core {

using kernel::Footprint;
using kernel::Instruction;
using kernel::Memory;
using kernel::Pipe;
using Kind = Operation::Kind;

namespace {

constexpr std::uint64_t kLine = 64;  // of the scalar data cache

// A kernel that leaves by an exception still runs its destructors, some of which make calls: they must not
// wait any more.
bool leaving() {
  return std::uncaught_exceptions() > 0;
}

bool belongs(Pipe pipe, kernel::CoreKind kind) {
  switch (pipe) {
    case Pipe::S:
    case Pipe::Mte2:
    case Pipe::Mte3:
      return true;
    case Pipe::V:
      return kind == kernel::CoreKind::Aiv;
    case Pipe::M:
    case Pipe::Mte1:
    case Pipe::Fix:
      return kind == kernel::CoreKind::Aic;
  }
  return false;
}

sim::MemoryTransfer::Hint hint_of(kernel::CacheHint hint) {
  using To = sim::MemoryTransfer::Hint;
  switch (hint) {
    case kernel::CacheHint::Disable:
      return To::Bypass;
    case kernel::CacheHint::Last:
      return To::First;
    case kernel::CacheHint::Persistent:
      return To::Persistent;
    case kernel::CacheHint::Normal:
      break;
  }
  return To::Normal;
}

}  // namespace

void AiCore::check_capacity(const char* call, const Footprint& footprint) const {
  const std::uint64_t capacity = traits_.capacity[static_cast<std::size_t>(footprint.memory)];
  const std::uint64_t reach =
      footprint.blocks == 0 ? 0 : (footprint.blocks - 1) * footprint.stride + footprint.bytes;
  if (footprint.address <= capacity && reach <= capacity - footprint.address) return;
  throw ConfigError(fmt::format("{}: bytes {} to {} of {}, expected at most {} B on {}", call,
                                footprint.address, footprint.address + reach,
                                config::enum_name(footprint.memory), capacity, config_.name));
}

void AiCore::check_instruction(const Instruction& instruction) const {
  if (!belongs(instruction.pipe, kind_)) {
    throw ConfigError(fmt::format("{}: pipe {} is not on a {} core", instruction.call,
                                  config::enum_name(instruction.pipe), config::enum_name(kind_)));
  }
  for (std::size_t i = 0; i < instruction.touch_count; ++i)
    check_capacity(instruction.call, instruction.touches[i]);
  const auto* flag = std::get_if<kernel::FlagWork>(&instruction.work);
  if (flag == nullptr) return;
  if (flag->event >= PipeEngine::kEvents) {
    throw ConfigError(fmt::format("{}: event {}, expected one below {}", instruction.call, flag->event,
                                  PipeEngine::kEvents));
  }
  for (const Pipe end : {flag->source, flag->destination}) {
    if (belongs(end, kind_)) continue;
    throw ConfigError(fmt::format("{}: pipe {} is not on a {} core", instruction.call, config::enum_name(end),
                                  config::enum_name(kind_)));
  }
}

IssueKind AiCore::issue_kind(const Instruction& instruction) const {
  struct Visitor {
    IssueKind operator()(const kernel::CubeWork&) const { return IssueKind::Cube; }
    IssueKind operator()(const kernel::LocalMove&) const { return IssueKind::LocalMove; }
    IssueKind operator()(const kernel::GlobalMove&) const { return IssueKind::GlobalMove; }
    IssueKind operator()(const kernel::FixpipeMove&) const { return IssueKind::Fixpipe; }
    IssueKind operator()(const kernel::VectorWork&) const { return IssueKind::Vector; }
    IssueKind operator()(const kernel::FlagWork&) const { return IssueKind::Flag; }
    IssueKind operator()(const kernel::CrossCoreWork&) const { return IssueKind::Flag; }
    IssueKind operator()(const kernel::BarrierWork&) const { return IssueKind::Flag; }
  };
  return std::visit(Visitor{}, instruction.work);
}

void AiCore::issue(const Instruction& instruction, std::function<void()> effect) {
  if (leaving()) return;
  check_instruction(instruction);
  ++calls_;
  ++scalar_.instructions;
  spend(timing_.issue(issue_kind(instruction)), instruction.call);
  if (const auto* flag = std::get_if<kernel::FlagWork>(&instruction.work)) {
    count_flag(*flag, instruction.call);
    if (flag->set ? flag->source == Pipe::S : flag->destination == Pipe::S)
      return scalar_flag(*flag, instruction.call);
  }
  if (const auto* barrier = std::get_if<kernel::BarrierWork>(&instruction.work)) {
    if (barrier->all_pipes) return drain(instruction.call);
    if (instruction.pipe == Pipe::S) return;
  }
  if (const auto* cross = std::get_if<kernel::CrossCoreWork>(&instruction.work)) {
    if (!cross->set && (!config_.sync.cross_core_wait_on_pipe || instruction.pipe == Pipe::S))
      return scalar_cross_wait(*cross, instruction.call);
    if (cross->set && instruction.pipe == Pipe::S) {
      come_to(local_, instruction.call);
      return around_.cross_core->set(number_, cross->mode, cross->flag, local_);
    }
  }
  queue(instruction, std::move(effect));
}

Operation& AiCore::next_operation(Pipe pipe, const char* call) {
  if (!engine_->has_room(pipe)) work_until(Wait::Queue, call, [&] { return engine_->has_room(pipe); });
  wait_at_least_until(engine_->room_since(pipe), Wait::Queue);
  return engine_->blank(pipe);
}

void AiCore::queue(const Instruction& instruction, std::function<void()> effect) {
  Operation& op = next_operation(instruction.pipe, instruction.call);
  op.call = instruction.call;
  op.number = calls_;
  op.epoch = epoch_;
  op.issued = local_;
  op.peer = instruction.pipe;
  op.touch_count = instruction.touch_count;
  std::copy_n(instruction.touches.begin(), instruction.touch_count, op.touches.begin());
  op.wait_for_earlier = !task_.strict && instruction.pipe == Pipe::V;
  op.effect = std::move(effect);
  fill(op, instruction);
  engine_->push(instruction.pipe);
}

void AiCore::set_duration(Operation& op, const Duration& duration) const {
  op.occupancy = clock_.time(duration.occupancy);
  op.latency = clock_.time(duration.latency);
  op.bank = clock_.time(duration.bank);
}

void AiCore::set_copy(Operation& op, const kernel::GlobalMove& move) const {
  const GlobalCost cost = timing_.global(move);
  op.kind = Kind::Copy;
  op.one_at_a_time = cost.one_at_a_time;
  op.occupancy = std::max(op.occupancy, clock_.time(cost.port_cycles));
  op.transfer.write = move.write;
  op.transfer.atomic = move.atomic;
  op.transfer.hint = hint_of(move.hint);
  op.transfer.address = move.address;
  op.transfer.rows = move.rows;
  op.transfer.row_bytes = move.row_bytes;
  op.transfer.row_stride = move.row_stride;
  op.transfer.port_bytes_per_second = clock_.bytes_per_second(cost.bytes_per_cycle);
  op.transfer.per_row = clock_.time(cost.row_cycles);
  op.matrices = move.matrices;
  op.matrix_stride = move.matrix_stride;
  if (!move.write && move.local == Memory::L1)
    op.l1_bytes = static_cast<std::int64_t>(move.row_bytes * move.rows * move.matrices);
}

void AiCore::fill(Operation& op, const Instruction& instruction) {
  op.kind = Kind::Work;
  op.unit_flag = 0;
  op.one_at_a_time = false;
  op.l1_bytes = 0;
  op.pieces = 1;
  op.occupancy = op.latency = op.bank = Picoseconds(0);
  if (const auto* cube = std::get_if<kernel::CubeWork>(&instruction.work)) {
    set_duration(op, timing_.cube(*cube));
    op.unit_flag = cube->unit_flag;
    op.pieces = static_cast<std::uint32_t>(CubeTiming::fractals(cube->m, cube->n));
  } else if (const auto* local = std::get_if<kernel::LocalMove>(&instruction.work)) {
    set_duration(op, timing_.local(*local));
    if (instruction.pipe == Pipe::Mte1) op.l1_bytes = static_cast<std::int64_t>(local->bytes);
  } else if (const auto* vector = std::get_if<kernel::VectorWork>(&instruction.work)) {
    const bool fused = vector->function != 0 && config_.vector.registers;
    set_duration(op, fused ? function_(*vector) : timing_.vector(*vector));
  } else if (const auto* global = std::get_if<kernel::GlobalMove>(&instruction.work)) {
    set_copy(op, *global);
  } else if (const auto* fixpipe = std::get_if<kernel::FixpipeMove>(&instruction.work)) {
    set_duration(op, timing_.fixpipe(*fixpipe));
    op.unit_flag = fixpipe->unit_flag;
    op.pieces = static_cast<std::uint32_t>(CubeTiming::fractals(fixpipe->rows, fixpipe->columns));
    if (fixpipe->destination == Memory::Gm) set_copy(op, fixpipe->global);
  } else if (const auto* flag = std::get_if<kernel::FlagWork>(&instruction.work)) {
    op.kind = flag->set ? Kind::SetFlag : Kind::WaitFlag;
    op.peer = flag->set ? flag->destination : flag->source;
    op.event = flag->event;
  } else if (const auto* cross = std::get_if<kernel::CrossCoreWork>(&instruction.work)) {
    op.kind = cross->set ? Kind::CrossSet : Kind::CrossWait;
    op.cross = *cross;
  } else {
    op.kind = Kind::Barrier;
  }
}

// Sets and waits of an event in the order of the program: queues use an id again as soon as its wait is
// issued, which the pipes may come to much later.
void AiCore::count_flag(const kernel::FlagWork& work, const char* call) {
  const std::size_t pair =
      static_cast<std::size_t>(work.source) * kernel::kPipeCount + static_cast<std::size_t>(work.destination);
  std::int32_t& standing = standing_[pair * PipeEngine::kEvents + work.event];
  if (!work.set) {
    --standing;
    return;
  }
  if (++standing > config_.sync.event_limit.value) {
    throw ConfigError(
        fmt::format("{}: event {} from {} to {} is set {} times without a wait, expected at most {}", call,
                    work.event, config::enum_name(work.source), config::enum_name(work.destination), standing,
                    config_.sync.event_limit.value));
  }
  if (standing > 1 && check_)
    check_->event_set_twice(work.source, work.destination, work.event, clock_.cycles(local_));
}

// Flags with the scalar unit at one end act when the call is made, in its own time.
void AiCore::scalar_flag(const kernel::FlagWork& work, const char* call) {
  if (work.set) {
    const HazardCheck::Clock clock = check_ ? check_->snapshot(Pipe::S) : HazardCheck::Clock{};
    return engine_->set_flag(Pipe::S, work.destination, work.event, local_, clock);
  }
  work_until(Wait::Flag, call, [&] { return engine_->flag_set(work.source, Pipe::S, work.event); });
  wait_at_least_until(engine_->take_flag(work.source, Pipe::S, work.event), Wait::Flag);
  scalar_learnt();
}

void AiCore::scalar_cross_wait(const kernel::CrossCoreWork& work, const char* call) {
  come_to(local_, call);
  work_until(Wait::CrossCore, call,
             [&] { return around_.cross_core->peek(number_, work.mode, work.flag).has_value(); });
  wait_at_least_until(*around_.cross_core->peek(number_, work.mode, work.flag), Wait::Flag);
  around_.cross_core->take(number_, work.mode, work.flag);
}

void AiCore::scalar_learnt() {
  if (check_) epoch_ = engine_->new_epoch(check_->scalar_clock());
}

void AiCore::drain(const char* call) {
  if (leaving()) return;
  work_until(Wait::Drain, call, [&] { return engine_->idle(); });
  wait_at_least_until(engine_->all_done(), Wait::Flag);
  if (check_) check_->drain();
  scalar_learnt();
}

void AiCore::drain_pipe(const char* call, Pipe pipe) {
  if (leaving()) return;
  if (pipe == Pipe::S) return;
  work_until(Wait::Drain, call, [&] { return engine_->idle(pipe); });
  wait_at_least_until(engine_->done(pipe), Wait::Flag);
  if (!check_) return;
  check_->join(Pipe::S, check_->snapshot(pipe));
  scalar_learnt();
}

void AiCore::compute(std::uint32_t instructions) {
  if (!leaving()) spend(Cycles(instructions), "scalar");
}

void AiCore::access(const char* call, const Footprint& footprint) {
  if (leaving()) return;
  check_capacity(call, footprint);
  ++calls_;
  ++scalar_.instructions;
  if (footprint.memory == Memory::Gm) return access_gm(call, footprint);
  if (!task_.strict) wait_for_conflicts(call, footprint);
  come_to(local_, call);
  if (check_) check_access(call, footprint);
  spend(Cycles(config_.scalar.access_cycles.value), call);
}

// Through the scalar data cache: a line that is not there comes from memory, and what other cores have
// written by now is seen.
void AiCore::access_gm(const char* call, const Footprint& footprint) {
  come_to(local_, call);
  const std::uint64_t line = footprint.address / kLine;
  std::uint64_t& tag = cache_tags_[line % cache_tags_.size()];
  if (tag != line) {
    tag = line;
    sim::MemoryTransfer transfer;
    transfer.address = line * kLine;
    transfer.row_bytes = kLine;
    transfer.port_bytes_per_second = clock_.bytes_per_second(static_cast<double>(kLine));
    wait_at_least_until(around_.memory->transfer(number_, local_, transfer), Wait::Data);
  }
  spend(Cycles(config_.scalar.access_cycles.value), call);
}

// As the chip's compiler does: a scalar access waits for the instructions before it that touch its bytes.
void AiCore::wait_for_conflicts(const char* call, const Footprint& footprint) {
  for (const Pipe pipe : {Pipe::V, Pipe::Mte2, Pipe::Mte3}) {
    const std::uint64_t push = engine_->conflicting(pipe, footprint, local_);
    if (push == 0) continue;
    work_until(Wait::Data, call, [&] { return engine_->started(pipe, push); });
    wait_at_least_until(engine_->done_at(pipe, push), Wait::Data);
    if (!check_) continue;
    check_->join(Pipe::S, check_->snapshot(pipe));
    scalar_learnt();
  }
}

void AiCore::check_access(const char* call, const Footprint& footprint) {
  HazardCheck::Access access;
  access.pipe = Pipe::S;
  access.number = calls_;
  access.call = call;
  access.cycle = engine_->cycle_of(local_);
  access.touches = &footprint;
  access.touch_count = 1;
  check_->run(access, check_->scalar_clock());
  if (task_.strict) return;
  // The compiler orders what follows after the scalar unit's own accesses too.
  check_->barrier(Pipe::S);
  scalar_learnt();
}

}  // namespace podsim::core
