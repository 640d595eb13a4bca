// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/buffer_queue.h"

#include <fmt/format.h>

#include <algorithm>

namespace podsim::kernel {
namespace {
constexpr int kIdsPerEvent = 8;
}

std::int8_t EventIds::look(AscendC::HardEvent event) const {
  const std::uint8_t taken = taken_[static_cast<std::size_t>(event)];
  for (int id = 0; id < kIdsPerEvent; ++id) {
    if ((taken & (1U << static_cast<unsigned>(id))) == 0) return static_cast<std::int8_t>(id);
  }
  refuse("AllocEventID", fmt::format("all {} ids of event {} are taken", kIdsPerEvent, event_name(event)));
}

std::int8_t EventIds::take(AscendC::HardEvent event) {
  const std::int8_t id = look(event);
  auto& taken = taken_[static_cast<std::size_t>(event)];
  taken = static_cast<std::uint8_t>(taken | 1U << static_cast<unsigned>(id));
  return id;
}

void EventIds::give_back(AscendC::HardEvent event, std::int8_t id) {
  if (id < 0 || id >= kIdsPerEvent) {
    refuse("ReleaseEventID", fmt::format("event id is {}, expected 0 to {}", id, kIdsPerEvent - 1));
  }
  auto& taken = taken_[static_cast<std::size_t>(event)];
  taken = static_cast<std::uint8_t>(taken & ~(1U << static_cast<unsigned>(id)));
}

void wait_free_flag(QueueBuffer& buffer, EventIds& ids) {
  if (buffer.free_id < 0) return;
  issue_flag("AllocTensor", pipes_of(buffer.free_event), buffer.free_id, false);
  if (!buffer.fixed_ids) ids.give_back(buffer.free_event, buffer.free_id);
  buffer.free_id = -1;
}

void BufferQueue::init(const char* name, std::uint32_t depth, EventIds& ids,
                       std::vector<QueueBuffer*> buffers, const QueueEvents& events) {
  ids_ = &ids;
  depth_ = depth;
  buffers_ = std::move(buffers);
  waiting_.clear();
  next_ = 0;
  if (depth_ != 0) return;
  for (QueueBuffer* buffer : buffers_) {  // in-place queues: the free-flags are set from the start
    buffer->fixed_ids = true;
    buffer->fixed_filled_id = ids.take(events.filled);
    buffer->fixed_free_id = ids.take(events.freed);
    buffer->free_event = events.freed;
    buffer->free_id = buffer->fixed_free_id;
    issue_flag(name, pipes_of(events.freed), buffer->free_id, true);
  }
}

void BufferQueue::require_ready(const char* call) const {
  if (!ready()) refuse(call, "the queue has no buffers, InitBuffer comes first");
}

QueueBuffer& BufferQueue::own(const char* call, QueueBuffer* buffer) const {
  require_ready(call);
  if (buffer == nullptr || std::find(buffers_.begin(), buffers_.end(), buffer) == buffers_.end()) {
    refuse(call, "the tensor is not from this queue");
  }
  return *buffer;
}

bool BufferQueue::has_idle_buffer() const {
  return std::any_of(buffers_.begin(), buffers_.end(),
                     [](const QueueBuffer* buffer) { return buffer->state == QueueBuffer::State::Free; });
}

QueueBuffer& BufferQueue::allocate() {
  require_ready("AllocTensor");
  for (std::size_t tried = 0; tried < buffers_.size(); ++tried) {
    QueueBuffer& buffer = *buffers_[next_];
    next_ = next_ + 1 == buffers_.size() ? 0 : next_ + 1;
    if (buffer.state != QueueBuffer::State::Free) continue;
    wait_free_flag(buffer, *ids_);
    buffer.state = QueueBuffer::State::Taken;
    return buffer;
  }
  refuse("AllocTensor",
         fmt::format("none of the queue's {} buffers is free, FreeTensor comes first", buffers_.size()));
}

void BufferQueue::enqueue(QueueBuffer* tensor, AscendC::HardEvent filled) {
  QueueBuffer& buffer = own("EnQue", tensor);
  const std::size_t room = std::max<std::size_t>(depth_, depth_ == 0 ? buffers_.size() : 1);
  if (waiting_.size() >= room) {
    refuse("EnQue",
           fmt::format("{} tensors are in the queue already, its depth is {}", waiting_.size(), depth_));
  }
  buffer.filled_event = filled;
  buffer.filled_id = buffer.fixed_ids ? buffer.fixed_filled_id : ids_->take(filled);
  buffer.state = QueueBuffer::State::Queued;
  waiting_.push_back(&buffer);
  issue_flag("EnQue", pipes_of(filled), buffer.filled_id, true);
}

QueueBuffer& BufferQueue::dequeue() {
  require_ready("DeQue");
  if (waiting_.empty()) refuse("DeQue", "the queue is empty, EnQue comes first");
  QueueBuffer& buffer = *waiting_.front();
  waiting_.erase(waiting_.begin());
  issue_flag("DeQue", pipes_of(buffer.filled_event), buffer.filled_id, false);
  if (!buffer.fixed_ids) ids_->give_back(buffer.filled_event, buffer.filled_id);
  buffer.filled_id = -1;
  buffer.state = QueueBuffer::State::Taken;
  return buffer;
}

void BufferQueue::release(QueueBuffer* tensor, AscendC::HardEvent freed) {
  QueueBuffer& buffer = own("FreeTensor", tensor);
  if (buffer.state != QueueBuffer::State::Taken) {
    refuse("FreeTensor", buffer.state == QueueBuffer::State::Free
                             ? "the tensor is free already"
                             : "the tensor is still in the queue, DeQue comes first");
  }
  buffer.free_event = freed;
  buffer.free_id = buffer.fixed_ids ? buffer.fixed_free_id : ids_->take(freed);
  buffer.state = QueueBuffer::State::Free;
  issue_flag("FreeTensor", pipes_of(freed), buffer.free_id, true);
}

void BufferQueue::wait_all() {
  require_ready("FreeAllEvent");
  for (QueueBuffer* buffer : buffers_) wait_free_flag(*buffer, *ids_);
}

}  // namespace podsim::kernel
