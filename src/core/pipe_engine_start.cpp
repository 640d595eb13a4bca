// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// When the instruction at the head of a pipe can start, and what happens then.
#include <algorithm>

#include "core/pipe_engine.h"
#include "podsim/base/error.h"
#include "podsim/core/names.h"

namespace podsim::core {

using kernel::Footprint;
using kernel::Pipe;
using Kind = Operation::Kind;

void PipeEngine::set_flag(Pipe from, Pipe to, std::uint8_t id, Picoseconds at,
                          const HazardCheck::Clock& clock) {
  Event& flag = event(from, to, id);
  if (hazards_ != nullptr) flag.clocks.push_back(clock);
  flag.set.push_back(at);
  if (to != Pipe::S) refresh(index(to));
}

bool PipeEngine::flag_set(Pipe from, Pipe to, std::uint8_t id) const {
  return !event(from, to, id).set.empty();
}

Picoseconds PipeEngine::take_flag(Pipe from, Pipe to, std::uint8_t id) {
  Event& flag = event(from, to, id);
  const Picoseconds at = flag.set.front();
  flag.set.pop_front();
  if (hazards_ != nullptr) {
    hazards_->join(to, flag.clocks.front());
    flag.clocks.pop_front();
  }
  return at;
}

void PipeEngine::refresh(std::size_t p) {
  PipeState& pipe = pipes_[p];
  pipe.candidate = kNever;
  if (pipe.head == pipe.tail) return;
  const Operation& op = at(pipe, pipe.head);
  pipe.candidate = ready(p, op);
  pipe.shared = op.kind == Kind::Copy || op.kind == Kind::CrossWait;
}

void PipeEngine::refresh_waiting() {
  for (std::size_t p = 1; p < kernel::kPipeCount; ++p) {
    const PipeState& pipe = pipes_[p];
    if (pipe.head == pipe.tail) continue;
    const Operation& head = at(pipe, pipe.head);
    if (head.kind == Kind::CrossWait || head.unit_flag != 0) refresh(p);
  }
}

Picoseconds PipeEngine::ready(std::size_t p, const Operation& op) const {
  const PipeState& pipe = pipes_[p];
  Picoseconds from = std::max(op.issued, pipe.free);
  if (op.kind == Kind::WaitFlag) {
    const Event& flag = event(op.peer, static_cast<Pipe>(p), op.event);
    return flag.set.empty() ? kNever : std::max(from, flag.set.front());
  }
  if (op.kind == Kind::CrossWait) {
    const auto until = setting_.cross_core->peek(setting_.core, op.cross.mode, op.cross.flag);
    return until ? std::max(from, *until) : kNever;
  }
  if (op.wait_for_earlier && pipe.done > from) from = earlier_results(p, op, from);
  if (op.unit_flag != 0) {
    const Picoseconds unit = unit_ready(op);
    return unit == kNever ? kNever : std::max(from, unit);
  }
  return from;
}

// The latest result still to come on this pipe that the operation reads or overwrites.
Picoseconds PipeEngine::earlier_results(std::size_t p, const Operation& op, Picoseconds from) const {
  const PipeState& pipe = pipes_[p];
  const std::uint64_t oldest = pipe.head - std::min<std::uint64_t>(pipe.head, pipe.ring.size() / 2);
  for (std::uint64_t push = pipe.head; push > oldest; --push) {
    const Operation& earlier = at(pipe, push - 1);
    if (earlier.done <= from) break;
    for (std::size_t i = 0; i < earlier.touch_count; ++i) {
      if (!earlier.touches[i].write) continue;
      for (std::size_t j = 0; j < op.touch_count; ++j) {
        if (overlap(earlier.touches[i], op.touches[j])) return earlier.done;
      }
    }
  }
  return from;
}

const PipeEngine::UnitBuffer* PipeEngine::unit_buffer(const Operation& op) const {
  for (std::size_t i = 0; i < op.touch_count; ++i) {
    if (op.touches[i].memory != kernel::Memory::L0c) continue;
    for (const UnitBuffer& buffer : unit_buffers_) {
      if (overlap(buffer.place, op.touches[i])) return &buffer;
    }
  }
  return nullptr;
}

PipeEngine::UnitBuffer* PipeEngine::unit_buffer(const Operation& op) {
  return const_cast<UnitBuffer*>(static_cast<const PipeEngine*>(this)->unit_buffer(op));
}

// M waits for a tile that FixPipe has begun to empty, FixPipe for one whose last product M has begun.
Picoseconds PipeEngine::unit_ready(const Operation& op) const {
  const bool fixpipe = op.kind == Kind::Copy || op.peer == Pipe::Fix;
  const UnitBuffer* buffer = unit_buffer(op);
  if (buffer == nullptr) return fixpipe ? kNever : Picoseconds(0);
  return buffer->full == fixpipe ? buffer->first : kNever;
}

// Both sides work piece by piece of 16 x 16 results, so neither can end before the other's last piece.
void PipeEngine::pass_unit(std::size_t p, Operation& op) {
  UnitBuffer* buffer = unit_buffer(op);
  const bool fixpipe = p == index(Pipe::Fix);
  const Picoseconds piece = op.occupancy / std::max<std::int64_t>(op.pieces, 1);
  if (buffer == nullptr) {
    for (std::size_t i = 0; i < op.touch_count; ++i) {
      if (op.touches[i].memory == kernel::Memory::L0c && op.touches[i].write) {
        unit_buffers_.push_back({op.touches[i], false, Picoseconds(0), Picoseconds(0)});
        buffer = &unit_buffers_.back();
        break;
      }
    }
    if (buffer == nullptr) return;
  }
  op.done = std::max(op.done, buffer->last + piece);
  if (op.unit_flag != 3) return;
  buffer->full = !fixpipe;
  buffer->first = op.started + piece + (fixpipe ? Picoseconds(0) : op.latency);
  buffer->last = fixpipe ? std::max(op.started + op.occupancy, buffer->last + piece) : op.done;
}

Picoseconds PipeEngine::copy(Operation& op) {
  Picoseconds last = op.started;
  for (std::uint32_t m = 0; m < op.matrices; ++m) {
    last = std::max(last, setting_.memory->transfer(setting_.core, op.started, op.transfer));
    op.transfer.address += op.matrix_stride;
  }
  return last;
}

void PipeEngine::start(std::size_t p) {
  PipeState& pipe = pipes_[p];
  Operation& op = at(pipe, pipe.head);
  op.started = pipe.candidate;
  op.done = op.started;
  account(p, op);
  ++pipe.head;
  if (op.kind == Kind::Work || op.kind == Kind::Copy) {
    start_work(p, op);
  } else {
    start_sync(p, op);
  }
  refresh(p);
}

// Flags take the pipe for a moment; a set waits for what is before it without holding back what comes after.
void PipeEngine::start_sync(std::size_t p, Operation& op) {
  PipeState& pipe = pipes_[p];
  const auto self = static_cast<Pipe>(p);
  pipe.free = op.started + setting_.sync;
  switch (op.kind) {
    case Kind::SetFlag: {
      const Picoseconds at = std::max(op.started, pipe.done) + setting_.sync;
      set_flag(self, op.peer, op.event, at,
               hazards_ == nullptr ? HazardCheck::Clock{} : hazards_->snapshot(self));
      break;
    }
    case Kind::WaitFlag: {
      const Picoseconds set = take_flag(op.peer, self, op.event);
      if (trace_ != nullptr) trace_->flow({setting_.core, op.peer, self, op.event, set, op.started});
      break;
    }
    case Kind::Barrier:
      pipe.free = std::max(op.started, pipe.done) + setting_.sync;
      if (hazards_ != nullptr) hazards_->barrier(self);
      break;
    case Kind::CrossSet:
      posts_.push({std::max(op.started, pipe.done), ++sequence_, op.cross});
      break;
    case Kind::CrossWait:
      setting_.cross_core->take(setting_.core, op.cross.mode, op.cross.flag);
      break;
    case Kind::Work:
    case Kind::Copy:
      break;
  }
  op.done = pipe.free;
  if (trace_ != nullptr) trace_->slice({setting_.core, self, op.call, op.started, pipe.free, 0});
}

void PipeEngine::start_work(std::size_t p, Operation& op) {
  PipeState& pipe = pipes_[p];
  PipeResult& result = results_[p];
  if (hazards_ != nullptr) check(p, op);
  pipe.free = op.started + op.occupancy;
  const bool into_l1 = op.l1_bytes > 0 && op.kind == Kind::Copy;
  if (op.l1_bytes > 0 && !into_l1) pipe.free += setting_.l1.load(op.started, op.occupancy, op.l1_bytes);
  op.done = pipe.free + op.latency;
  if (op.kind == Kind::Copy) {
    std::int64_t& rate = op.transfer.port_bytes_per_second;
    if (into_l1) rate = setting_.l1.copy_rate(op.started, rate);
    const Picoseconds there = copy(op);
    if (into_l1) setting_.l1.copied(op.started, there, op.l1_bytes);
    result.bytes += static_cast<std::int64_t>(op.transfer.row_bytes * op.transfer.rows * op.matrices);
    if (there > op.done) result.wait_memory += there - op.done;
    op.done = std::max(op.done, there);
    pipe.free = op.one_at_a_time
                    ? op.done
                    : std::max(pipe.free, setting_.memory->path_free(setting_.core, op.transfer.write));
  }
  if (op.unit_flag != 0) {
    const Picoseconds alone = op.done;
    pass_unit(p, op);
    pipe.free += op.done - alone;
  }
  op.done = std::max(op.done, pipe.done);  // results come in order
  pipe.done = op.done;
  ++result.instructions;
  result.wait_bank += op.bank;
  if (op.done > pipe.busy_until) {
    result.busy += op.done - std::max(op.started, pipe.busy_until);
    pipe.busy_until = op.done;
  }
  effects_.schedule(op);
  if (trace_ != nullptr) {
    const std::uint64_t bytes =
        op.kind == Kind::Copy ? op.transfer.row_bytes * op.transfer.rows * op.matrices : 0;
    trace_->slice({setting_.core, static_cast<Pipe>(p), op.call, op.started, op.done, bytes});
  }
  if (op.unit_flag != 0) refresh_waiting();
}

// Between the moment its pipe was free and its start, an instruction was first not there, then not ready.
void PipeEngine::account(std::size_t p, const Operation& op) {
  const PipeState& pipe = pipes_[p];
  PipeResult& result = results_[p];
  if (op.started <= pipe.free) return;
  const Picoseconds there = std::min(std::max(op.issued, pipe.free), op.started);
  result.wait_issue += there - pipe.free;
  result.wait_flag += op.started - there;
}

void PipeEngine::check(std::size_t p, const Operation& op) {
  HazardCheck::Access access;
  access.pipe = static_cast<Pipe>(p);
  access.number = op.number;
  access.call = op.call;
  access.cycle = cycle_of(op.started);
  access.unit_flag = op.unit_flag != 0;
  access.touches = op.touches.data();
  access.touch_count = op.touch_count;
  hazards_->run(access, epochs_[op.epoch]);
}

}  // namespace podsim::core
