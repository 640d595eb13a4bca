// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/base/span.h"
#include "podsim/units/units.h"

namespace podsim::fabric {

struct FaultTotals;

// The two kinds of traffic that a link keeps in separate FIFOs: rows of data, and small messages that steer
// them (notifications, barriers), which go first.
enum class LaneClass : std::uint8_t { Data, Control };

// What a card wants carried. `tag` is the receiver's business and comes out unchanged.
struct Message {
  NpuId destination;
  std::uint32_t tag = 0;
  Bytes payload;
  LaneClass lane_class = LaneClass::Data;
  std::uint32_t flow = 0;     // messages of one pair with different flows may take different paths
  std::uint32_t segment = 0;  // payload bytes of one protocol packet; 0, or more than the MTU: the MTU
};

// A whole message has reached its destination's memory interface.
struct Arrival {
  NpuId source;
  std::uint32_t tag;
  Bytes payload;
  Picoseconds time;
};

// A card as the fabric sees it.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  // The next message to send at `now`, in the card's own order. False: nothing to send until Fabric::kick is
  // called again. Pulled only as the card's ports drain, so a card may describe millions of messages and hold
  // none.
  virtual bool next_message(Picoseconds now, Message& message) = 0;
  // A message arrived at arrival.time, which is not before the kernel's clock and within the fabric's
  // lookahead of it. Called in order of time. The card may kick() from here, at arrival.time or later.
  virtual void message_arrived(const Arrival& arrival) = 0;
  // A message of this card was given up: its receiver is dead, or nothing of it got through. `at` as above.
  virtual void message_failed(const Message&, Picoseconds) {}
  // A message to this card was given up, and none of it will be announced. Not in order with arrivals.
  virtual void message_lost(const Arrival&) {}
  // One of the two will be called soon: time to bring what they touch into the cache.
  virtual void prefetch_state() const {}
};

// Totals of a run. Conservation: offered == delivered + failed when it ends, in messages, packets and bytes;
// only faults make messages fail.
struct Totals {
  std::uint64_t messages_offered = 0;
  std::uint64_t messages_delivered = 0;
  std::uint64_t packets_offered = 0;
  std::uint64_t packets_delivered = 0;
  std::uint64_t bytes_offered = 0;
  std::uint64_t bytes_delivered = 0;
  std::uint64_t hop_events = 0;         // packet-at-link services
  std::uint64_t loopback_messages = 0;  // source == destination: no link, no hop
  std::uint64_t messages_failed = 0;    // reported to their sender
  std::uint64_t packets_failed = 0;     // not delivered, of messages that failed
  std::uint64_t bytes_failed = 0;       // payload of those messages
};

// What one directed link did.
struct LinkStats {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;           // on the wire: payload and headers
  std::int64_t busy_ps = 0;          // time spent sending
  std::int64_t queue_wait_ps = 0;    // summed over packets
  std::int64_t peak_backlog_ps = 0;  // longest wait that a packet met, as time; times the rate it is bytes
};

// Carries messages between cards. Implementations differ in fidelity, not in meaning.
class Fabric {
 public:
  virtual ~Fabric() = default;
  virtual void attach(NpuId npu, Endpoint& endpoint) = 0;
  // `npu` has messages to send from time `at` on (not before the kernel's clock). An earlier turn that is
  // still to come replaces this one: a card asked before it is ready says false and kicks again.
  virtual void kick(NpuId npu, Picoseconds at) = 0;
  virtual const Totals& totals() const = 0;
  virtual const LinkStats& link_stats(LinkId link) const = 0;
  // How far ahead of the kernel's clock an arrival may be announced.
  virtual Picoseconds lookahead() const = 0;
  // What faults did; null where there are none.
  virtual const FaultTotals* fault_totals() const { return nullptr; }
  // Throws what ended the simulation early: exceptions do not pass through the kernel as they are.
  virtual void throw_failure() const {}
};

}  // namespace podsim::fabric
