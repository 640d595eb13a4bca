// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "core/effects.h"
#include "core/l1_sharing.h"
#include "core/operation.h"
#include "podsim/base/fifo.h"
#include "podsim/core/core_clock.h"
#include "podsim/core/core_result.h"
#include "podsim/core/cross_core.h"
#include "podsim/core/hazard_check.h"
#include "podsim/core/trace.h"

namespace podsim::core {

constexpr Picoseconds kNever = Picoseconds::max();

// What a PipeEngine is part of.
struct EngineSetting {
  std::uint32_t core = 0;
  std::array<std::size_t, kernel::kPipeCount> depth{};  // of the queues
  Picoseconds sync;                                     // SetFlag, WaitFlag or barrier on its pipe
  CoreClock clock;
  sim::MemoryPort* memory = nullptr;
  CrossCore* cross_core = nullptr;
  L1Sharing l1;
};

// The pipes of one core behind the scalar unit: in-order queues joined by flags. It works ahead of simulated
// time in the order of events within the core; an event that other cores see or feel (a copy from or to GM, a
// cross-core flag) is `shared` and is to be stepped only when simulated time has come to it.
class PipeEngine {
 public:
  static constexpr std::size_t kEvents = 32;

  explicit PipeEngine(const EngineSetting& setting);

  // Empties everything for a block that starts at `start`.
  // `program_order`: of effects that touch the same bytes, see Effects.
  void start_block(Picoseconds start, bool program_order, HazardCheck* hazards, TraceSink* trace);

  struct Next {
    Picoseconds time = kNever;
    bool shared = false;
  };
  // The earliest thing that can happen; kNever if everything waits for somebody else.
  Next next() const;
  // Does what next() said. `now` is simulated time, which a shared event must have reached.
  void step(const Next& event, Picoseconds now);

  // Room for the next instruction is certain once the one `depth` before it has started.
  bool has_room(kernel::Pipe pipe) const;
  Picoseconds room_since(kernel::Pipe pipe) const;
  // The entry to fill before push(); its effect is empty.
  Operation& blank(kernel::Pipe pipe);
  void push(kernel::Pipe pipe);

  // Flags of which the scalar unit is one end.
  void set_flag(kernel::Pipe from, kernel::Pipe to, std::uint8_t event, Picoseconds at,
                const HazardCheck::Clock& clock);
  bool flag_set(kernel::Pipe from, kernel::Pipe to, std::uint8_t event) const;
  Picoseconds take_flag(kernel::Pipe from, kernel::Pipe to, std::uint8_t event);

  // A cross-core counter of this core rose.
  void counter_rose() { refresh_waiting(); }

  bool idle() const;                   // nothing queued and no effect to come
  bool idle(kernel::Pipe pipe) const;  // nothing queued there and no effect to come
  Picoseconds done(kernel::Pipe pipe) const { return pipes_[index(pipe)].done; }
  Picoseconds all_done() const;
  // The latest queued or running instruction on `pipe` that touches `footprint` and conflicts with it;
  // 0 if none. Its number counts the pushes to the pipe from 1.
  std::uint64_t conflicting(kernel::Pipe pipe, const kernel::Footprint& footprint, Picoseconds since) const;
  bool started(kernel::Pipe pipe, std::uint64_t push) const { return pipes_[index(pipe)].head >= push; }
  Picoseconds done_at(kernel::Pipe pipe, std::uint64_t push) const;

  std::array<PipeResult, kernel::kPipeCount>& results() { return results_; }
  std::uint32_t new_epoch(const HazardCheck::Clock& clock);
  std::int64_t cycle_of(Picoseconds time) const { return setting_.clock.cycles(time); }
  // "mte2: WaitFlag(vector -> mte2, event 0), 3 more queued; ...": what stands still, for a report.
  std::string waiting() const;

 private:
  struct PipeState {
    std::vector<Operation> ring;  // power of two; keeps started ones for a while
    std::uint64_t head = 0;       // pushes that have started
    std::uint64_t tail = 0;       // pushes
    Picoseconds free;             // the next can start
    Picoseconds done;             // everything started has its result
    Picoseconds busy_until;
    Picoseconds candidate = kNever;
    bool shared = false;
  };
  struct Event {
    Fifo<Picoseconds> set;
    Fifo<HazardCheck::Clock> clocks;
  };
  struct Post {  // a cross-core set that happens when its pipe has come so far
    Picoseconds at;
    std::uint64_t number;
    kernel::CrossCoreWork work;
    bool operator>(const Post& other) const { return at == other.at ? number > other.number : at > other.at; }
  };
  // A tile of L0C between M and FixPipe under UnitFlag.
  struct UnitBuffer {
    kernel::Footprint place;
    bool full = false;
    Picoseconds first;  // first piece handed over by whoever had it last
    Picoseconds last;   // all pieces
  };
  static std::size_t index(kernel::Pipe pipe) { return static_cast<std::size_t>(pipe); }
  Event& event(kernel::Pipe from, kernel::Pipe to, std::uint8_t id);
  const Event& event(kernel::Pipe from, kernel::Pipe to, std::uint8_t id) const;
  static Operation& at(PipeState& pipe, std::uint64_t push) {
    return pipe.ring[push & (pipe.ring.size() - 1)];
  }
  static const Operation& at(const PipeState& pipe, std::uint64_t push) {
    return pipe.ring[push & (pipe.ring.size() - 1)];
  }

  void refresh(std::size_t pipe);
  void refresh_waiting();
  Picoseconds ready(std::size_t pipe, const Operation& op) const;
  Picoseconds earlier_results(std::size_t pipe, const Operation& op, Picoseconds from) const;
  Picoseconds unit_ready(const Operation& op) const;
  UnitBuffer* unit_buffer(const Operation& op);
  const UnitBuffer* unit_buffer(const Operation& op) const;
  void pass_unit(std::size_t pipe, Operation& op);
  void start(std::size_t pipe);
  void start_sync(std::size_t pipe, Operation& op);
  void start_work(std::size_t pipe, Operation& op);
  Picoseconds copy(Operation& op);
  void account(std::size_t pipe, const Operation& op);
  void check(std::size_t pipe, const Operation& op);

  EngineSetting setting_;
  std::array<PipeState, kernel::kPipeCount> pipes_;
  std::vector<Event> events_;
  std::vector<UnitBuffer> unit_buffers_;
  Effects effects_;
  std::priority_queue<Post, std::vector<Post>, std::greater<>> posts_;
  std::vector<HazardCheck::Clock> epochs_;
  HazardCheck* hazards_ = nullptr;
  TraceSink* trace_ = nullptr;
  std::uint64_t sequence_ = 0;
  std::array<PipeResult, kernel::kPipeCount> results_;
};

}  // namespace podsim::core
