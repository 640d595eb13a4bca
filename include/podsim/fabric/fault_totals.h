// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/fabric/retry_config.h"
#include "podsim/topology/fault_routing.h"

namespace podsim::fabric {

// The faults of a run, as a fabric wants them. `routing` is the pod's, and outlives the fabric.
struct FaultPlan {
  const topology::FaultRouting* routing = nullptr;
  RetryConfig retry;
};

// What one fault did.
struct FaultEffect {
  std::uint64_t packets_lost = 0;  // in flight on what went down, queued there, or sent before it was known
  std::uint64_t packets_rerouted = 0;  // whose path without faults meets this one first
  std::uint64_t bytes_rerouted = 0;    // their payload
};

// What the faults of a run did. A packet is counted as rerouted each time that it is sent round a fault.
struct FaultTotals {
  std::uint64_t packets_lost = 0;
  std::uint64_t packets_resent = 0;
  std::uint64_t acknowledgements_lost = 0;  // each costs a packet that has arrived before
  std::uint64_t duplicates = 0;             // arrived again; known by their number and dropped
  std::uint64_t packets_rerouted = 0;
  std::uint64_t messages_rerouted = 0;   // messages with at least one such packet
  std::uint64_t bytes_rerouted = 0;      // payload of those packets
  std::uint64_t failed_source = 0;       // messages failed because their sender died
  std::uint64_t failed_destination = 0;  // because their receiver died
  std::uint64_t failed_retries = 0;      // because the limit of retries was reached
  std::vector<FaultEffect> effects;      // in order of FaultRouting::faults()
};

}  // namespace podsim::fabric
