// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/send_queue.h"

#include <algorithm>

namespace podsim::fabric {

void SendQueue::wait(std::size_t port_index, const Outgoing& outgoing) {
  std::uint32_t index = free_slot_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_slot_ = slots_[index].next;
  }
  slots_[index] = {outgoing, kNone};
  Port& port = ports_[port_index];
  if (port.first == kNone) {
    port.first = index;
  } else {
    slots_[port.last].next = index;
  }
  port.last = index;
  ++waiting_;
}

bool SendQueue::take_ready(std::int64_t now, Outgoing& outgoing) {
  if (waiting_ == 0) return false;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    turn_ = turn_ + 1 < ports_.size() ? turn_ + 1 : 0;
    Port& port = ports_[turn_];
    if (port.first == kNone || port.full_until > now) continue;
    const std::uint32_t index = port.first;
    outgoing = slots_[index].outgoing;
    port.first = slots_[index].next;
    slots_[index].next = free_slot_;
    free_slot_ = index;
    --waiting_;
    return true;
  }
  return false;
}

std::int64_t SendQueue::next_ready() const {
  std::int64_t next = kNever;
  if (waiting_ == 0) return next;
  for (const Port& port : ports_) {
    if (port.first != kNone) next = std::min(next, port.full_until);
  }
  return next;
}

}  // namespace podsim::fabric
