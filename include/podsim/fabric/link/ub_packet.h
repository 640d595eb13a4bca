// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/fabric/fabric.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/sim/tlm.h"
#include "podsim/topology/routing.h"

namespace podsim::fabric {

// Transaction opcodes of the UB Base Specification 2.0.1, where it publishes them; fetch-add's number is
// ours.
enum class Opcode : std::uint8_t {
  Send = 0x00,
  Write = 0x03,
  WriteNotify = 0x05,
  Read = 0x06,
  CompareSwap = 0x07,
  FetchAdd = 0x08,
};

// What the transaction header of a packet says (BTAH, MAETAH).
struct TransactionHeader {
  Opcode opcode = Opcode::Write;
  bool response = false;
  bool load_store = false;  // synchronous access without transport header
  bool posted = false;      // no response wanted
  LaneClass lane_class = LaneClass::Data;
  std::uint32_t id = 0;  // of the initiator's transaction
  std::uint32_t tag = 0;
  std::uint32_t flow = 0;
  std::int64_t length = 0;  // bytes of the whole transaction
  std::uint64_t address = 0;
  std::uint64_t operand = 0;
  std::uint64_t compare = 0;
};

// A network packet: up to one MTU of payload with its headers, on the path that its source chose (UB-Mesh's
// source-routing header). Lives from the controller that sends it until it is delivered and no retry buffer
// keeps a block of it.
struct UbPacket {
  NpuId source;
  NpuId destination;
  TransactionHeader header;
  std::int64_t payload = 0;
  std::int64_t message_bytes = 0;  // of all packets of the request or response
  std::int64_t wire = 0;           // bytes, whole flits
  std::uint32_t blocks = 0;        // all of full size but the last
  std::uint8_t full_flits = 0;
  std::uint8_t last_flits = 0;
  std::uint32_t references = 0;
  topology::Path path;  // `lanes`: virtual lane on each link
  std::uint8_t flits(std::uint32_t block) const { return block + 1 == blocks ? last_flits : full_flits; }
};

// How `content` bytes (headers of the packet and payload) are cut into blocks.
struct BlockCut {
  std::uint32_t blocks;
  std::uint8_t last_flits;
  std::int64_t wire;
};
BlockCut cut_into_blocks(const ProtocolConfig& protocol, std::int64_t content);

class PacketPool {
 public:
  UbPacket& allocate();
  void hold(UbPacket& packet) { ++packet.references; }
  void release(UbPacket& packet) {
    if (--packet.references == 0) free_.push_back(&packet);
  }
  // Packets that somebody holds.
  std::size_t in_use() const { return packets_.size() - free_.size(); }

 private:
  std::deque<UbPacket> packets_;
  std::vector<UbPacket*> free_;
};

// What travels in one piece between two ports: a data block (DLLDB) of up to 32 flits, or a control block.
enum class BlockKind : std::uint8_t { Data, CreditAck, Null, Retry };

// What a block is; all that its receiver keeps while it is on its way.
struct BlockHeader {
  UbPacket* packet = nullptr;
  std::uint64_t sequence = 0;  // flits of data blocks sent before
  std::uint32_t number = 0;    // of the block in its packet; of the request in Retry and Null blocks
  BlockKind kind = BlockKind::Data;
  std::uint8_t lane = 0;
  std::uint8_t flits = 0;
  std::uint8_t hop : 7;  // in the packet's path
  bool corrupted : 1;
  BlockHeader() : hop(0), corrupted(false) {}
};

// A block as an extension of the generic payload. Sequence numbers and returned cells are running totals: a
// total that is lost is made good by the next.
struct UbBlock : tlm::tlm_extension<UbBlock>, BlockHeader {
  static constexpr std::size_t kMostLanes = 16;

  std::uint64_t acknowledged = 0;                    // flits received in order
  std::uint16_t returned_lanes = 0;                  // bit per lane with a total below
  std::array<std::uint64_t, kMostLanes> returned{};  // cells freed since the beginning

  tlm::tlm_extension_base* clone() const override { return new UbBlock(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const UbBlock&>(other);
  }
};

// A packet as a generic payload, between controller and switch.
struct UbPacketPayload : tlm::tlm_extension<UbPacketPayload> {
  UbPacket* packet = nullptr;
  tlm::tlm_extension_base* clone() const override { return new UbPacketPayload(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const UbPacketPayload&>(other);
  }
};

// Generic payloads with an extension of their own, used again and again.
template <class Extension>
class PayloadPool : public tlm::tlm_mm_interface {
 public:
  // Held once, to be released by the caller.
  tlm::tlm_generic_payload& allocate() {
    if (free_.empty()) {
      payloads_.emplace_back(this);
      payloads_.back().set_extension(new Extension);
      free_.push_back(&payloads_.back());
    }
    tlm::tlm_generic_payload& payload = *free_.back();
    free_.pop_back();
    payload.acquire();
    return payload;
  }
  static Extension& of(tlm::tlm_generic_payload& payload) { return *payload.get_extension<Extension>(); }
  void free(tlm::tlm_generic_payload* payload) override { free_.push_back(payload); }
  std::size_t in_use() const { return payloads_.size() - free_.size(); }

 private:
  std::deque<tlm::tlm_generic_payload> payloads_;
  std::vector<tlm::tlm_generic_payload*> free_;
};
using BlockPool = PayloadPool<UbBlock>;
using PacketPayloadPool = PayloadPool<UbPacketPayload>;

}  // namespace podsim::fabric
