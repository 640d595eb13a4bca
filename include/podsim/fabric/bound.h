// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "podsim/base/id.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/topology/pod.h"

namespace podsim::fabric {

// What binds a bound.
enum class BoundKind : std::uint8_t { Latency, Link, Injection, Ejection };

struct BoundResult {
  Picoseconds time;  // no simulation of this traffic, all of it offered at time 0, ends earlier
  BoundKind kind = BoundKind::Latency;
  LinkId link;  // the busiest link, when kind is Link
  NpuId npu;    // the busiest card, when kind is Injection or Ejection
};

// A closed-form floor under any simulation of a set of messages that are all on offer at time 0:
//   per link:  least time to reach it + serialization of everything that crosses it + least time from it to
//   the end; per card:  everything it sends (receives) at its injection (port) rate; per message: its
//   zero-load latency.
// Link loads are counted on the very paths that PathSpread::First and ::Hash take. Under ::Backlog the path
// is not known beforehand, so only the card and latency terms count; so, too, with faults that come or go
// during the run. Messages of cards that fail are left out, those round faults at the start are on their ways
// round.
class TrafficBound {
 public:
  TrafficBound(const topology::Pod& pod, const ProtocolConfig& protocol, const FabricConfig& config,
               std::uint64_t seed);
  ~TrafficBound();

  // One message. `flow` as Message::flow: it decides the path.
  void add(NpuId src, NpuId dst, Bytes payload, std::uint32_t flow);
  // Adds all messages of `other`, which must be of the same pod, protocol, config and seed.
  void merge(const TrafficBound& other);
  BoundResult result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace podsim::fabric
