// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "core/pipe_engine.h"

#include <algorithm>

#include "podsim/base/error.h"
#include "podsim/core/names.h"

namespace podsim::core {

using kernel::Footprint;
using kernel::Pipe;
using Kind = Operation::Kind;

PipeEngine::PipeEngine(const EngineSetting& setting)
    : setting_(setting), events_(kernel::kPipeCount * kernel::kPipeCount * kEvents) {
  for (std::size_t p = 0; p < kernel::kPipeCount; ++p) {
    std::size_t size = 1;
    // Twice: so long an instruction that has started can still be asked about.
    while (size < 2 * setting.depth[p] + 2) size *= 2;
    pipes_[p].ring.resize(setting.depth[p] == 0 ? 0 : size);
  }
}

void PipeEngine::start_block(Picoseconds start, bool program_order, HazardCheck* hazards, TraceSink* trace) {
  for (PipeState& pipe : pipes_) {
    pipe.head = pipe.tail = 0;
    pipe.free = pipe.done = pipe.busy_until = start;
    pipe.candidate = kNever;
    pipe.shared = false;
  }
  for (Event& event : events_) event = Event{};
  unit_buffers_.clear();
  effects_.clear(program_order);
  setting_.l1.start_block(start);
  posts_ = {};
  epochs_.clear();
  hazards_ = hazards;
  trace_ = trace;
}

std::uint32_t PipeEngine::new_epoch(const HazardCheck::Clock& clock) {
  epochs_.push_back(clock);
  return static_cast<std::uint32_t>(epochs_.size() - 1);
}

PipeEngine::Event& PipeEngine::event(Pipe from, Pipe to, std::uint8_t id) {
  return events_[(index(from) * kernel::kPipeCount + index(to)) * kEvents + id];
}
const PipeEngine::Event& PipeEngine::event(Pipe from, Pipe to, std::uint8_t id) const {
  return events_[(index(from) * kernel::kPipeCount + index(to)) * kEvents + id];
}

PipeEngine::Next PipeEngine::next() const {
  Next best;
  if (!effects_.empty()) best.time = effects_.next();
  if (!posts_.empty() && posts_.top().at < best.time) best = {posts_.top().at, true};
  for (std::size_t p = 1; p < kernel::kPipeCount; ++p) {
    if (pipes_[p].candidate < best.time) best = {pipes_[p].candidate, pipes_[p].shared};
  }
  return best;
}

// At one time: effects of what is done, then cross-core sets, then pipes in the order of their names.
void PipeEngine::step(const Next& event, Picoseconds now) {
  PODSIM_CHECK(event.time != kNever && (!event.shared || event.time == now),
               "core {} steps an event of {} at {}", setting_.core, to_string(event.time), to_string(now));
  if (!effects_.empty() && effects_.next() == event.time) return effects_.run_next();
  if (!posts_.empty() && posts_.top().at == event.time) {
    const kernel::CrossCoreWork work = posts_.top().work;
    posts_.pop();
    return setting_.cross_core->set(setting_.core, work.mode, work.flag, event.time);
  }
  for (std::size_t p = 1; p < kernel::kPipeCount; ++p) {
    if (pipes_[p].candidate == event.time) return start(p);
  }
}

bool PipeEngine::has_room(Pipe pipe) const {
  const PipeState& state = pipes_[index(pipe)];
  return state.tail - state.head < setting_.depth[index(pipe)];
}

Picoseconds PipeEngine::room_since(Pipe pipe) const {
  const PipeState& state = pipes_[index(pipe)];
  const std::size_t depth = setting_.depth[index(pipe)];
  return state.tail < depth ? Picoseconds(0) : at(state, state.tail - depth).started;
}

Operation& PipeEngine::blank(Pipe pipe) {
  PipeState& state = pipes_[index(pipe)];
  Operation& op = at(state, state.tail);
  op.effect = nullptr;
  op.has_effect = false;
  return op;
}

void PipeEngine::push(Pipe pipe) {
  PipeState& state = pipes_[index(pipe)];
  effects_.issue(at(state, state.tail));
  if (state.tail++ == state.head) refresh(index(pipe));
}

bool PipeEngine::idle() const {
  if (!effects_.empty() || !posts_.empty()) return false;
  for (const PipeState& pipe : pipes_) {
    if (pipe.head != pipe.tail) return false;
  }
  return true;
}

// Effects of other pipes come at most a little early: they are not waited for longer than asked.
bool PipeEngine::idle(Pipe pipe) const {
  const PipeState& state = pipes_[index(pipe)];
  return state.head == state.tail && (effects_.empty() || effects_.next() > state.done);
}

Picoseconds PipeEngine::all_done() const {
  Picoseconds last;
  for (const PipeState& pipe : pipes_) last = std::max({last, pipe.done, pipe.free});
  return last;
}

std::uint64_t PipeEngine::conflicting(Pipe pipe, const Footprint& footprint, Picoseconds since) const {
  const PipeState& state = pipes_[index(pipe)];
  const std::uint64_t oldest = state.tail - std::min<std::uint64_t>(state.tail, state.ring.size());
  for (std::uint64_t push = state.tail; push > oldest; --push) {
    const Operation& op = at(state, push - 1);
    if (push <= state.head && op.done <= since) break;  // results come in order
    for (std::size_t i = 0; i < op.touch_count; ++i) {
      if ((op.touches[i].write || footprint.write) && overlap(op.touches[i], footprint)) return push;
    }
  }
  return 0;
}

Picoseconds PipeEngine::done_at(Pipe pipe, std::uint64_t push) const {
  return at(pipes_[index(pipe)], push - 1).done;
}

std::string PipeEngine::waiting() const {
  std::string text;
  for (std::size_t p = 1; p < kernel::kPipeCount; ++p) {
    const PipeState& state = pipes_[p];
    if (state.head == state.tail) continue;
    const Operation& op = at(state, state.head);
    std::string what = op.call;
    if (op.kind == Kind::WaitFlag) {
      what += fmt::format(" of event {} from {}", op.event, config::enum_name(op.peer));
    } else if (op.kind == Kind::CrossWait) {
      what += fmt::format(" of cross-core flag {} (mode {})", op.cross.flag, op.cross.mode);
    } else if (op.unit_flag != 0) {
      what += " for the unit flag of L0C";
    }
    text += fmt::format("{}{}: {}, {} more queued", text.empty() ? "" : "; ",
                        config::enum_name(static_cast<Pipe>(p)), what, state.tail - state.head - 1);
  }
  return text;
}

}  // namespace podsim::core
