// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "podsim/fabric/link/ub_link.h"
#include "podsim/fabric/link/ub_port.h"
#include "support/pods.h"

namespace podsim::test {

// The published protocol with its link layer; tests change what they are about.
inline fabric::ProtocolConfig ub_protocol() {
  return config::load<fabric::ProtocolConfig>(PODSIM_SOURCE_DIR "/configs/protocols/unified_bus.json");
}

// Two ports and the links between them, each port with an owner that sends what a test says and remembers
// what came. Links of 10 GB/s (a flit 2 ns, a full block 64 ns) and 200 ns.
class PortPair {
 public:
  struct Got {
    std::uint32_t packet;
    std::uint32_t block;
    std::uint8_t lane;
    std::int64_t at;
  };
  class Owner : public fabric::PortOwner {
   public:
    explicit Owner(PortPair& pair) : pair_(pair) {}
    Offer offer(std::size_t, std::size_t lane) override {
      return lanes[lane].empty() ? Offer() : lanes[lane].front();
    }
    void taken(std::size_t, std::size_t lane) override {
      const Offer offer = lanes[lane].front();
      lanes[lane].pop_front();
      const std::uint8_t flits = offer.packet->flits(offer.block);
      sent_cells[lane] += static_cast<std::uint64_t>(pair_.context.cells(flits));
      sent.push_back(
          {offer.packet->header.id, offer.block, static_cast<std::uint8_t>(lane), pair_.hub.now()});
      pair_.check_conservation();
    }
    void block_arrived(std::size_t, const fabric::BlockHeader& block) override {
      got.push_back({block.packet->header.id, block.number, block.lane, pair_.hub.now()});
      arrived_cells[block.lane] += static_cast<std::uint64_t>(pair_.context.cells(block.flits));
      held.push_back({block.lane, block.flits});
      pair_.check_conservation();
      if (held.size() > hold) release_one();
    }
    void port_down(std::size_t, const std::string& why) override { down = why; }
    void release_one() {
      const auto [lane, flits] = held.front();
      held.pop_front();
      port->release(lane, flits);
    }

    fabric::UbPort* port = nullptr;
    std::array<std::deque<Offer>, 16> lanes;
    std::vector<Got> got;
    std::vector<Got> sent;
    std::array<std::uint64_t, 16> sent_cells{};
    std::array<std::uint64_t, 16> arrived_cells{};
    std::deque<std::pair<std::size_t, std::int64_t>> held;
    std::size_t hold = 0;  // blocks that stay in the receive buffer
    std::string down;

   private:
    PortPair& pair_;
  };

  explicit PortPair(fabric::ProtocolConfig config = ub_protocol(), std::uint64_t seed = 1,
                    const topology::LinkType& type = link_type())
      : protocol(std::move(config)),
        timing(fabric::link_timing(protocol, type)),
        a_port("a", context, {a, 0}, timing),
        b_port("b", context, {b, 0}, timing),
        ab("ab", timing, seed, LinkId(0)),
        ba("ba", timing, seed, LinkId(1)) {
    a.port = &a_port;
    b.port = &b_port;
    a_port.link_out.bind(ab.port_in);
    ab.port_out.bind(b_port.link_in);
    b_port.link_out.bind(ba.port_in);
    ba.port_out.bind(a_port.link_in);
  }

  static topology::LinkType link_type() {
    topology::LinkType type;
    type.name = "test";
    type.bandwidth = BytesPerSecond(10'000'000'000);
    type.latency = Picoseconds(200'000);
    return type;
  }

  // A packet of `flits` from one side, offered at once on `lane`.
  void send(Owner& from, std::size_t lane, std::int64_t flits) {
    fabric::UbPacket& packet = packets.allocate();
    packet.header.id = next_id_++;
    packet.full_flits = 32;
    packet.blocks = static_cast<std::uint32_t>((flits + 31) / 32);
    packet.last_flits = static_cast<std::uint8_t>(flits - (packet.blocks - 1) * 32);
    for (std::uint32_t block = 0; block < packet.blocks; ++block)
      from.lanes[lane].push_back({&packet, block, 0, 0});
    offered += packet.blocks;
  }
  // Lets both sides send until nothing moves.
  void run() {
    for (std::size_t lane = 0; lane < 16; ++lane) {
      if (!a.lanes[lane].empty()) a_port.ready(lane);
      if (!b.lanes[lane].empty()) b_port.ready(lane);
    }
    sim::run_kernel();
    hub.throw_failure();
  }

  // Every cell is at its sender, on its way, in the receive buffer or on its way back, on both sides.
  void check_conservation() const {
    for (std::size_t lane = 0; lane < 16; ++lane) {
      check_side(a, a_port, b, b_port, lane);
      check_side(b, b_port, a, a_port, lane);
    }
  }

  fabric::ProtocolConfig protocol;
  fabric::EventHub hub{"hub"};
  fabric::PacketPool packets;
  fabric::BlockPool blocks;
  fabric::PacketPayloadPool packet_payloads;
  fabric::Totals totals;
  fabric::LinkContext context{hub, protocol, packets, blocks, packet_payloads, totals};
  fabric::LinkTiming timing;
  Owner a{*this};
  Owner b{*this};
  fabric::UbPort a_port;
  fabric::UbPort b_port;
  fabric::UbLink ab;
  fabric::UbLink ba;
  std::size_t offered = 0;  // blocks

 private:
  static void check_side(const Owner& owner, const fabric::UbPort& sender, const Owner& far,
                         const fabric::UbPort& receiver, std::size_t lane) {
    const auto used = static_cast<std::uint64_t>(sender.credits().in_use(lane));
    const auto buffered = static_cast<std::uint64_t>(receiver.buffered_cells(lane));
    ASSERT_LE(sender.known_freed_cells(lane), receiver.freed_cells(lane));
    ASSERT_EQ(buffered + receiver.freed_cells(lane), far.arrived_cells[lane]);
    ASSERT_LE(far.arrived_cells[lane], owner.sent_cells[lane]);
    ASSERT_EQ(used + sender.known_freed_cells(lane), owner.sent_cells[lane]);
  }

  std::uint32_t next_id_ = 0;
};

}  // namespace podsim::test
