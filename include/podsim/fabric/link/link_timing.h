// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/fabric/protocol_config.h"
#include "podsim/topology/graph.h"

namespace podsim::fabric {

// What the physical layer leaves of the raw symbol rate: RS(128,120) unless bypassed, times the symbols that
// are no alignment markers. 0.932 for UnifiedBus.
double encoding_efficiency(const LinkLayerConfig& config);
// Rate that is left for flits on `lanes` lanes of `bits_per_second` each.
BytesPerSecond flit_rate(const LinkLayerConfig& config, std::int64_t lanes, std::int64_t bits_per_second);
// Chance that a block of `bytes` arrives with errors that the code could not correct, bit errors being
// independent.
double block_error_rate(const LinkLayerConfig& config, std::int64_t bytes);

// Arithmetic of one directed link, without SystemC.
struct LinkTiming {
  std::vector<std::int64_t> serialization_ps;  // by flits of a block
  std::vector<double> error_rate;              // the same; empty when there are none
  std::int64_t propagation_ps = 0;             // by medium and length
  std::int64_t fec_ps = 0;
  // What the topology's latency of a hop has besides: CRC check, routing and crossbar of the element at the
  // far end.
  std::int64_t receive_ps = 0;

  std::int64_t flight_ps() const { return propagation_ps + fec_ps; }
};

// Of a link of the topology, whose bandwidth is the flit rate. Propagation and error correction are parts of
// its latency, never more than it.
LinkTiming link_timing(const ProtocolConfig& protocol, const topology::LinkType& type);

}  // namespace podsim::fabric
