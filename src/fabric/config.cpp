// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"

#include <algorithm>

namespace podsim::fabric {

using namespace literals;

void ProtocolConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the protocol");
  f.required("flit", flit, "unit of the link layer").at_least(1_B);
  f.required("block_flits", block_flits, "flits of a full link-layer block").between(1, 4096);
  f.required("block_overhead", block_overhead, "header and CRC bytes inside each block").at_least(0_B);
  f.required("packet_overhead", packet_overhead, "header bytes of one packet, all layers").at_least(0_B);
  f.required("mtu", mtu, "payload bytes of a full packet").at_least(1_B);
  f.required("send_latency", send_latency, "from the decision to send to the head of the packet at the port")
      .at_least(1_ps);
  f.required("receive_latency", receive_latency, "from the tail at the far port to the data in far memory")
      .at_least(0_ps);
  f.optional("link_layer", link_layer, "flow control, retry and error correction, which fidelity link needs");
  check_link_layer(f);
  f.check(block_overhead.value < flit.value * block_flits.value, "block_overhead leaves no room in a block");
}

// One header must not be counted differently by two fidelities, and no block may wait for ever for what
// returns only in larger units.
void ProtocolConfig::check_link_layer(config::Fields& f) const {
  if (!link_layer) return;
  const LinkLayerConfig& link = *link_layer;
  const Bytes packet =
      link.lph.value + link.nth.value + link.rtph.value + link.btah.value + link.maetah.value;
  f.check(packet == packet_overhead.value, "packet_overhead is {}, the headers of link_layer sum to {}",
          to_string(packet_overhead.value), to_string(packet));
  const Bytes block = link.lbh.value + link.bcrc.value;
  f.check(block == block_overhead.value, "block_overhead is {}, lbh and bcrc of link_layer sum to {}",
          to_string(block_overhead.value), to_string(block));
  f.check(block_flits.value <= kMostLinkBlockFlits, "block_flits is {}, fidelity link takes up to {}",
          block_flits.value, kMostLinkBlockFlits);
  const std::int64_t cell = std::max<std::int64_t>(link.cell_flits.value, 1);
  const std::int64_t block_cells = (block_flits.value + cell - 1) / cell;
  const std::int64_t shared = link.buffer_cells.value - link.exclusive_cells.value * link.virtual_lanes.value;
  const std::int64_t least = std::max(
      link.exclusive_cells.value, shared - (link.credit_return_cells.value - 1) * link.virtual_lanes.value);
  f.check(least >= block_cells + link.credit_return_cells.value - 1,
          "a virtual lane has {} cells, fewer than a block of {} and the credits not yet returned", least,
          block_cells);
  f.check(link.retry_buffer_flits.value >= block_flits.value + link.ack_return_flits.value - 1,
          "retry_buffer_flits is {}, fewer than a block and the flits not yet acknowledged",
          link.retry_buffer_flits.value);
}

Bytes wire_bytes(const ProtocolConfig& protocol, Bytes payload) {
  return wire_bytes(protocol, payload, protocol.mtu.value);
}

Bytes wire_bytes(const ProtocolConfig& protocol, Bytes payload, Bytes segment) {
  const Bytes most = segment > Bytes() ? std::min(segment, protocol.mtu.value) : protocol.mtu.value;
  const auto packet = [&](Bytes data) {
    const Bytes block = protocol.flit.value * protocol.block_flits.value;
    const Bytes room = block - protocol.block_overhead.value;
    const Bytes content = data + protocol.packet_overhead.value;
    const std::int64_t blocks = (content.count() + room.count() - 1) / room.count();
    const std::int64_t flit = protocol.flit.value.count();
    const std::int64_t bytes = content.count() + blocks * protocol.block_overhead.value.count();
    return Bytes((bytes + flit - 1) / flit * flit);
  };
  const std::int64_t full = payload / most;
  const Bytes rest = payload - most * full;
  const bool partial = rest > Bytes(0) || full == 0;
  return packet(most) * full + (partial ? packet(rest) : Bytes(0));
}

void FabricConfig::describe(config::Fields& f) {
  f.value_or("fidelity", fidelity, Fidelity::Packet, "how closely links are simulated");
  f.value_or("path_spread", path_spread, PathSpread::Hash, "how packets spread over equal-cost paths");
  // 8 MiB keeps bytes x 10^12 inside 64 bits where serialization time is computed.
  f.value_or("chunk", chunk, 16_KiB, "longer messages travel as packets of this size").between(64_B, 8_MiB);
  f.value_or("port_queue", port_queue, 16_KiB,
             "a card adds nothing to a port of its own with more than this waiting")
      .at_least(64_B);
  f.value_or("send_queue", send_queue, 32,
             "messages that a card works on at once: one for a full port lets others pass")
      .between(1, 65536);
  f.optional(
       "buffers", buffers,
       "receive buffer of a port: a link waits for room there; default: without limit at fidelity packet, "
       "the protocol's at fidelity link")
      .between(1_KiB, 1_GiB);
  f.optional("injection_bandwidth", injection_bandwidth,
             "most that one card sends, in wire bytes; default: only its ports limit it")
      .at_least(1_MBps);
}

}  // namespace podsim::fabric
