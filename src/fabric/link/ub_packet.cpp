// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/ub_packet.h"

namespace podsim::fabric {

BlockCut cut_into_blocks(const ProtocolConfig& protocol, std::int64_t content) {
  const std::int64_t flit = protocol.flit.value.count();
  const std::int64_t overhead = protocol.block_overhead.value.count();
  const std::int64_t room = flit * protocol.block_flits.value - overhead;
  const std::int64_t blocks = std::max<std::int64_t>(1, (content + room - 1) / room);
  const std::int64_t last = std::max<std::int64_t>(1, content - (blocks - 1) * room + overhead);
  const std::int64_t last_flits = (last + flit - 1) / flit;
  return {static_cast<std::uint32_t>(blocks), static_cast<std::uint8_t>(last_flits),
          ((blocks - 1) * protocol.block_flits.value + last_flits) * flit};
}

UbPacket& PacketPool::allocate() {
  if (free_.empty()) {
    packets_.emplace_back();
    free_.push_back(&packets_.back());
  }
  UbPacket& packet = *free_.back();
  free_.pop_back();
  packet.references = 1;
  return packet;
}

}  // namespace podsim::fabric
