// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "podsim/config/fields.h"

namespace podsim::fabric {

enum class Fidelity : std::uint8_t { Bound, Packet, Link };

// How packets spread over equal-cost paths.
enum class PathSpread : std::uint8_t {
  First,        // always the first: deterministic dimension order, X before Y
  Hash,         // by a hash of source, destination and packet number
  Destination,  // number of the destination modulo number of paths: static forwarding tables, "d-mod-k"
                // (Zahavi et al., Optimized InfiniBand fat-tree routing, 2010)
  Backlog,  // the path whose links have the least queued work when the packet is sent (global knowledge, as
            // UGAL-G)
};

// How traffic is carried: choices of a run, not constants of a machine.
struct FabricConfig {
  Fidelity fidelity = Fidelity::Packet;
  PathSpread path_spread = PathSpread::Hash;
  Bytes chunk;                   // longer messages are cut into packets of this size
  Bytes port_queue;              // a card adds nothing to a port of its own with more than this waiting
  std::int64_t send_queue = 0;   // messages that a card works on at once
  std::optional<Bytes> buffers;  // of a receiving port, for data; default: without limit
  std::optional<BytesPerSecond> injection_bandwidth;  // of a card, wire bytes; default: its ports

  void describe(config::Fields& f);
};

}  // namespace podsim::fabric

template <>
struct podsim::config::EnumNames<podsim::fabric::Fidelity> {
  static constexpr const char* kWhat = "fidelity";
  static constexpr std::array kNames{std::pair{fabric::Fidelity::Bound, "bound"},
                                     std::pair{fabric::Fidelity::Packet, "packet"},
                                     std::pair{fabric::Fidelity::Link, "link"}};
};

template <>
struct podsim::config::EnumNames<podsim::fabric::PathSpread> {
  static constexpr const char* kWhat = "path spread";
  static constexpr std::array kNames{std::pair{fabric::PathSpread::First, "first"},
                                     std::pair{fabric::PathSpread::Hash, "hash"},
                                     std::pair{fabric::PathSpread::Destination, "destination"},
                                     std::pair{fabric::PathSpread::Backlog, "backlog"}};
};
