// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/config/fields.h"

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

  void describe(config::Fields& f);
};

// Bytes on the wire for `payload` bytes: packets, blocks and flits rounded up as the protocol does.
Bytes wire_bytes(const ProtocolConfig& protocol, Bytes payload);

}  // namespace podsim::fabric
