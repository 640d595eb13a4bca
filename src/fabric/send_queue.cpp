// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/send_queue.h"

#include <algorithm>

namespace podsim::fabric {

void SendQueue::wait(const Ready& ready) {
  std::uint32_t index = free_slot_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_slot_ = slots_[index].next;
  }
  slots_[index] = {ready, kNone};
  Port& port = ports_[ready.port];
  if (port.first == kNone) {
    port.first = index;
    wanted_.push_back(ready.port);
  } else {
    slots_[port.last].next = index;
  }
  port.last = index;
  port.waiting_bytes += ready.wire;
  ++waiting_;
}

SendQueue::Ready SendQueue::take_ready(std::int64_t now) {
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (++turn_ >= wanted_.size()) turn_ = 0;
    Port& port = ports_[wanted_[turn_]];
    if (port.full_until > now) continue;
    const std::uint32_t index = port.first;
    port.first = slots_[index].next;
    slots_[index].next = free_slot_;
    free_slot_ = index;
    if (port.first == kNone) wanted_.erase(wanted_.begin() + static_cast<std::ptrdiff_t>(turn_));
    port.waiting_bytes -= slots_[index].ready.wire;
    --waiting_;
    return slots_[index].ready;
  }
  return Ready();
}

std::int64_t SendQueue::next_ready() const {
  std::int64_t next = kNever;
  for (const std::uint32_t port : wanted_) next = std::min(next, ports_[port].full_until);
  return next;
}

}  // namespace podsim::fabric
