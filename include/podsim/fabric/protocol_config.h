// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "podsim/config/fields.h"
#include "podsim/fabric/link_layer_config.h"

namespace podsim::fabric {

// What a message costs on a link beyond its payload, and the card's ends of a transfer: a file in
// configs/protocols/. UnifiedBus: a packet of up to `mtu` payload bytes carries network, transport and
// transaction headers; the link layer cuts it into blocks of whole flits, each with its own header and CRC
// (UB Base Specification 2.0.1).
struct ProtocolConfig {
  std::string name;
  config::Sourced<Bytes> flit;                   // unit of the link layer; wire bytes are whole flits
  config::Sourced<std::int64_t> block_flits;     // flits of a full block
  config::Sourced<Bytes> block_overhead;         // header and CRC inside each block
  config::Sourced<Bytes> packet_overhead;        // all headers of one packet
  config::Sourced<Bytes> mtu;                    // payload bytes of a full packet
  config::Sourced<Picoseconds> send_latency;     // from the card's decision to send to the head at its port
  config::Sourced<Picoseconds> receive_latency;  // from the tail at the far port to the row in far memory
  std::optional<LinkLayerConfig> link_layer;     // what fidelity `link` needs besides

  static constexpr std::int64_t kMostLinkBlockFlits = 255;
  void describe(config::Fields& f);

 private:
  void check_link_layer(config::Fields& f) const;
};

// Bytes on the wire for `payload` bytes: packets, blocks and flits rounded up as the protocol does.
Bytes wire_bytes(const ProtocolConfig& protocol, Bytes payload);
// The same where packets carry at most `segment` bytes of payload; 0: as many as the MTU allows.
Bytes wire_bytes(const ProtocolConfig& protocol, Bytes payload, Bytes segment);

}  // namespace podsim::fabric
