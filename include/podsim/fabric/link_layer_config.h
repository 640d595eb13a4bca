// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/config/fields.h"
#include "podsim/topology/graph.h"

namespace podsim::fabric {

// Forward error correction of a link: none, or RS(128,120) over 8-bit symbols that corrects up to T of them.
enum class FecMode : std::uint8_t { Bypass, CorrectTwo, CorrectFour };

// How virtual lanes of different classes share a link: control before data whenever it can go, or by weight.
// Lanes of one class always share by weight.
enum class LaneArbitration : std::uint8_t { Strict, WeightedRoundRobin };

// How a signal travels over one medium.
struct MediumConfig {
  config::Sourced<std::int64_t> length_mm;
  config::Sourced<Picoseconds> per_metre;

  Picoseconds propagation() const;
  void describe(config::Fields& f);
};

// What fidelity `link` knows of a protocol beyond its wire bytes: part of a file in configs/protocols/.
// Numbers of UnifiedBus: UB Base Specification 2.0.1, link layer.
struct LinkLayerConfig {
  // Headers, whose sums are the protocol's packet_overhead and block_overhead.
  config::Sourced<Bytes> lph;     // link packet header, first block of a packet
  config::Sourced<Bytes> nth;     // network header
  config::Sourced<Bytes> rtph;    // reliable transport header; loads and stores bypass the transport
  config::Sourced<Bytes> btah;    // base transaction header
  config::Sourced<Bytes> maetah;  // memory access extension
  config::Sourced<Bytes> lbh;     // link block header
  config::Sourced<Bytes> bcrc;    // block CRC

  config::Sourced<std::int64_t> virtual_lanes;
  LaneArbitration arbitration = LaneArbitration::Strict;
  config::Sourced<std::int64_t> control_weight;  // in blocks per round
  config::Sourced<std::int64_t> data_weight;

  config::Sourced<std::int64_t> cell_flits;
  config::Sourced<std::int64_t> buffer_cells;     // of one port's receive buffer
  config::Sourced<std::int64_t> exclusive_cells;  // of these, kept for each virtual lane; the rest is shared
  config::Sourced<std::int64_t> credit_return_cells;
  config::Sourced<std::int64_t> ack_return_flits;

  config::Sourced<std::int64_t> retry_buffer_flits;
  config::Sourced<std::int64_t> retry_limit;  // requests without progress before the link goes down
  config::Sourced<Picoseconds> retry_timeout;

  FecMode fec = FecMode::CorrectFour;
  config::Sourced<Picoseconds> fec_latency;
  config::Sourced<std::int64_t> amctl_symbols;  // of every amctl_period symbols of a lane
  config::Sourced<std::int64_t> amctl_period;
  config::Sourced<double> bit_error_rate;  // of a lane, before error correction

  MediumConfig board;
  MediumConfig copper;
  MediumConfig fibre;

  config::Sourced<std::int64_t> load_store_outstanding;
  config::Sourced<std::int64_t> bulk_outstanding;
  config::Sourced<Bytes> load_store_largest;

  const MediumConfig& medium(topology::Medium medium) const;
  void describe(config::Fields& f);
};

}  // namespace podsim::fabric

template <>
struct podsim::config::EnumNames<podsim::fabric::FecMode> {
  static constexpr const char* kWhat = "error correction";
  static constexpr std::array kNames{std::pair{fabric::FecMode::Bypass, "bypass"},
                                     std::pair{fabric::FecMode::CorrectTwo, "rs128_120_t2"},
                                     std::pair{fabric::FecMode::CorrectFour, "rs128_120_t4"}};
};

template <>
struct podsim::config::EnumNames<podsim::fabric::LaneArbitration> {
  static constexpr const char* kWhat = "arbitration";
  static constexpr std::array kNames{
      std::pair{fabric::LaneArbitration::Strict, "strict"},
      std::pair{fabric::LaneArbitration::WeightedRoundRobin, "weighted_round_robin"}};
};
