// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/kernel/hard_event.h"
#include "podsim/kernel/positions.h"

namespace podsim::kernel {

// One buffer of a queue, and the flags under way for it. Owned by the pipe object.
struct QueueBuffer {
  std::uint32_t address = 0;
  std::uint32_t bytes = 0;
  AscendC::TPosition position = AscendC::TPosition::VECCALC;
  enum class State : std::uint8_t { Free, Taken, Queued } state = State::Free;
  // Ids of flags set and not yet waited for; -1: none.
  AscendC::HardEvent filled_event = AscendC::HardEvent::MAX;
  AscendC::HardEvent free_event = AscendC::HardEvent::MAX;
  std::int8_t filled_id = -1;
  std::int8_t free_id = -1;
  // Queues of depth 0 keep their ids for good.
  bool fixed_ids = false;
  std::int8_t fixed_filled_id = -1;
  std::int8_t fixed_free_id = -1;
};

// The events of a queue between two memories: filled -> used, and used -> free again.
struct QueueEvents {
  AscendC::HardEvent filled;
  AscendC::HardEvent freed;
};
constexpr QueueEvents queue_events(Memory source, Memory destination) {
  using AscendC::HardEvent;
  if (source == Memory::L0c) return {HardEvent::M_FIX, HardEvent::FIX_M};
  if (source == Memory::Gm) {
    return destination == Memory::L1 ? QueueEvents{HardEvent::MTE2_MTE1, HardEvent::MTE1_MTE2}
                                     : QueueEvents{HardEvent::MTE2_V, HardEvent::V_MTE2};
  }
  if (source == Memory::L1) {
    switch (destination) {
      case Memory::FixpipeBuffer:
        return {HardEvent::MTE1_FIX, HardEvent::FIX_MTE1};
      case Memory::UnifiedBuffer:
        return {HardEvent::MTE1_V, HardEvent::V_MTE1};
      case Memory::Gm:
        return {HardEvent::MTE2_MTE3, HardEvent::MTE3_MTE2};
      default:
        return {HardEvent::MTE1_M, HardEvent::M_MTE1};
    }
  }
  if (destination == Memory::L1) return {HardEvent::MTE3_MTE1, HardEvent::MTE1_MTE3};
  if (destination == Memory::UnifiedBuffer) return {HardEvent::MTE2_MTE3, HardEvent::MTE3_MTE2};
  return {HardEvent::V_MTE3, HardEvent::MTE3_V};
}

// The 8 flags of every event, which queues and hand-written code share.
class EventIds {
 public:
  // Lowest free id, taken. Throws ConfigError when all are.
  std::int8_t take(AscendC::HardEvent event);
  void give_back(AscendC::HardEvent event, std::int8_t id);
  // Lowest free id, left free.
  std::int8_t look(AscendC::HardEvent event) const;
  void reset() { taken_.fill(0); }

 private:
  std::array<std::uint8_t, kEventCount> taken_{};
};

// Waits for what still has to read the buffer before it may be written again.
void wait_free_flag(QueueBuffer& buffer, EventIds& ids);

// The state of a TQue: which buffers are free, and which are filled, in order.
class BufferQueue {
 public:
  void init(const char* name, std::uint32_t depth, EventIds& ids, std::vector<QueueBuffer*> buffers,
            const QueueEvents& events);
  bool ready() const { return ids_ != nullptr; }

  QueueBuffer& allocate();
  void enqueue(QueueBuffer* buffer, AscendC::HardEvent filled);
  QueueBuffer& dequeue();
  void release(QueueBuffer* buffer, AscendC::HardEvent freed);
  // Waits for every pending free-flag.
  void wait_all();

  std::uint32_t queued() const { return static_cast<std::uint32_t>(waiting_.size()); }
  bool has_idle_buffer() const;
  std::uint32_t depth() const { return depth_; }

 private:
  void require_ready(const char* call) const;
  QueueBuffer& own(const char* call, QueueBuffer* buffer) const;

  EventIds* ids_ = nullptr;
  std::uint32_t depth_ = 1;
  std::vector<QueueBuffer*> buffers_;
  std::vector<QueueBuffer*> waiting_;  // at most depth entries, oldest first
  std::size_t next_ = 0;
};

}  // namespace podsim::kernel
