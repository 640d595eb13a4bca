// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/base/prefetch.h"
#include "podsim/base/span.h"
#include "podsim/units/units.h"

namespace podsim::fabric {

// The messages that one card works on at once, each waiting, as its next packet, for the port that packet
// takes. A message for a full port does not hold back one for another port until `capacity` of them wait: as
// many send queues, each first in, first out.
class SendQueue {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // A packet ready to leave, with what sending it needs, so that the packet itself need not be looked at.
  struct Ready {
    std::uint32_t packet = kNone;
    std::uint32_t wire = 0;
    std::uint32_t port = kNone;      // kNone: to the card itself
    LinkId link;                     // that the port leads to
    std::uint32_t transfer = kNone;  // the message it is a chunk of, or kNone
  };

  // One port of a card. The ports of all cards lie in one array, so that a link finds its port without its
  // card.
  struct Port {
    std::int64_t committed_end = 0;  // when the card's own packets would be through, were there no others
    std::int64_t full_until = 0;     // the queue behind it is too long until then
    std::uint32_t first = kNone;     // of what waits for it
    std::uint32_t last = kNone;
    std::uint32_t waiting_bytes = 0;
    LinkTypeId type;
  };

  SendQueue() = default;
  SendQueue(Span<Port> ports, std::size_t capacity) : ports_(ports), capacity_(capacity) {}

  std::size_t port_count() const { return ports_.size(); }
  LinkTypeId type(std::size_t port) const { return ports_[port].type; }
  bool full() const { return waiting_ == capacity_; }
  // Nothing waits for this port and it takes packets at `now`.
  bool accepts(std::size_t port, std::int64_t now) const {
    return ports_[port].first == kNone && ports_[port].full_until <= now;
  }
  void wait(const Ready& ready);
  // Takes a packet whose port takes packets at `now`, ports in turn; Ready::packet is kNone when there is
  // none.
  Ready take_ready(std::int64_t now);
  // When the first port that is waited for takes packets again; kNever when nothing waits.
  std::int64_t next_ready() const;
  // A packet for `port` leaves at `at` and occupies it for `serialization`; with more than `queue` of own
  // work ahead of it the port takes no further one. All in ps.
  void commit(std::size_t port, std::int64_t at, std::int64_t serialization, std::int64_t queue) {
    std::int64_t& end = ports_[port].committed_end;
    end = std::max(end, at) + serialization;
    ports_[port].full_until = std::max(ports_[port].full_until, end - queue);
  }
  std::int64_t committed_end(std::size_t port) const { return ports_[port].committed_end; }
  Bytes waiting_bytes(std::size_t port) const { return Bytes(ports_[port].waiting_bytes); }
  // Brings what the next calls need into the cache.
  [[gnu::always_inline]] void prefetch_state() const {
    constexpr std::size_t kLine = 64;
    const char* ports = reinterpret_cast<const char*>(ports_.data());
    for (std::size_t i = 0; i < ports_.size() * sizeof(Port); i += kLine) prefetch(ports + i);
    const char* slots = reinterpret_cast<const char*>(slots_.data());
    for (std::size_t i = 0; i < std::min<std::size_t>(slots_.size(), 64) * sizeof(Slot); i += kLine)
      prefetch(slots + i);
    prefetch(wanted_.data());
  }

 private:
  struct Slot {
    Ready ready;
    std::uint32_t next;
  };

  Span<Port> ports_;
  std::vector<std::uint32_t> wanted_;  // ports that something waits for, in turn
  std::vector<Slot> slots_;
  std::uint32_t free_slot_ = kNone;
  std::size_t capacity_ = 0;
  std::size_t waiting_ = 0;
  std::size_t turn_ = 0;
};

}  // namespace podsim::fabric
