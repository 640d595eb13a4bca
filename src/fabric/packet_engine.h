// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "fabric/calendar_queue.h"
#include "fabric/path_chooser.h"
#include "fabric/send_queue.h"
#include "fabric/size_memo.h"
#include "podsim/fabric/fabric.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/topology/pod.h"

namespace podsim::fabric {

// The arithmetic of the packet fabric, without SystemC: a driver asks for everything up to a time and hears
// arrivals.
//
// Every directed link is a server. A packet whose head reaches it at `t` starts at max(t, when the link is
// free) and keeps it for its serialization time, or until its own tail has come in when that is later; its
// head reaches the next link one hop latency after the start (cut-through). Order at a link is the order of
// head arrival; of heads that arrive together, the one whose previous step came first goes first, down to the
// lower card where both were offered together. One event per hop, and one for the delivery.
//
// Lookahead: a card's message reaches its first link `send_latency` after it is offered and a hop takes at
// least the smallest link latency, so whatever lies less than the smaller of the two ahead is already known.
class PacketEngine {
 public:
  PacketEngine(const topology::Pod& pod, const ProtocolConfig& protocol, const FabricConfig& config,
               std::uint64_t seed);

  void attach(NpuId npu, Endpoint& endpoint) { cards_[npu].endpoint = &endpoint; }
  void kick(NpuId npu, Picoseconds at);
  // Does everything due before now + lookahead().
  void advance(Picoseconds now);
  // When there is something to do next; empty when nothing is in flight and no card has asked to send.
  std::optional<Picoseconds> next_time() const;
  Picoseconds lookahead() const { return lookahead_; }

  const Totals& totals() const { return totals_; }
  // The statistics of every link, gathered from the hot state.
  IdVector<LinkId, LinkStats> link_stats() const;
  // Most packets that were in flight at once.
  std::size_t packet_slots() const { return packets_.size(); }

 private:
  static constexpr std::uint32_t kPull = 1U << 31U;  // in an event: a card's turn to send, not a packet
  static constexpr std::uint32_t kWhole = SendQueue::kNone;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  static constexpr std::size_t kInlineHops = 7;
  // One cache line.
  struct alignas(64) Packet {
    std::uint32_t source;
    std::uint32_t destination;
    std::uint32_t tag;
    std::uint32_t payload;
    std::uint32_t wire;
    std::uint32_t tail_lag_ps;  // tail behind head where the head is now
    std::uint32_t transfer;     // the message this is a chunk of, or kWhole
    std::uint8_t hop;
    std::uint8_t hops;
    LaneClass lane_class;
    std::array<LinkId, kInlineHops> route;  // unless the pod has longer paths
  };
  // One cache line: what a hop touches of a link.
  struct alignas(64) LinkState {
    std::int64_t free_at[2] = {0, 0};  // by lane class
    LinkStats stats;
    LinkTypeId type;
    NodeId from;
  };
  struct TypeTiming {
    std::int64_t latency_ps;
    std::int64_t bytes_per_second;
    std::int64_t port_queue_ps;  // FabricConfig::port_queue as time on this link
    SizeMemo serialization_ps;   // by wire bytes

    std::uint32_t serialization(std::uint32_t wire) {
      return serialization_ps.get(wire, [this](std::uint32_t bytes) {
        return static_cast<std::uint32_t>(
            time_rounded_up(Bytes(bytes), BytesPerSecond(bytes_per_second)).count());
      });
    }
  };
  struct Card {
    Endpoint* endpoint = nullptr;
    std::int64_t pull_at = kNever;    // when its next turn to send is due
    std::int64_t next_injection = 0;  // its send side is busy until then
    std::optional<BytesPerSecond> injection_limit;
    SendQueue queue;
    std::uint32_t first_port = 0;
    bool begin_next = false;  // the last packet was of a message begun before
  };
  // A message of several packets.
  struct Transfer {
    Message message;
    std::int64_t unsent;   // bytes that no packet is made of yet
    std::int64_t missing;  // bytes not yet delivered
    std::uint32_t packets;
  };
  // The part of a message that a packet carries.
  struct Chunk {
    std::int64_t payload;
    std::uint32_t number;    // in its message
    std::uint32_t transfer;  // or kWhole
  };
  struct Kick {
    NpuId npu;
    std::int64_t at;
  };
  // What is due `offset` ps into the bucket being worked on; `what` as in the queue: a packet, or kPull and a
  // card.
  struct CardEvent {
    std::uint32_t offset;
    std::uint32_t what;
    NpuId card;
  };
  struct HopEvent {
    std::uint32_t offset;
    std::uint32_t what;
    LinkId link;
  };

  void make_ports(const topology::Graph& graph, std::size_t send_queue);
  void prefetch_cards(std::size_t i) const;
  void drain_kicks();
  void pull(NpuId npu, std::int64_t now);
  SendQueue::Ready begin_message(NpuId npu, Card& card, std::int64_t now);
  SendQueue::Ready next_chunk(NpuId npu, std::int64_t now, std::uint32_t transfer);
  SendQueue::Ready make_packet(NpuId npu, std::int64_t now, const Message& message, const Chunk& chunk);
  void schedule_pull(NpuId npu, std::int64_t at);
  SendQueue::Ready next_packet(NpuId npu, Card& card, std::int64_t now);
  void send_on(NpuId npu, Card& card, std::int64_t now, std::uint32_t transfer);
  void launch(Card& card, const SendQueue::Ready& ready);
  std::int64_t backlog_ps(NpuId npu, LinkId link, std::int64_t now) const;
  const LinkId* route_of(std::uint32_t packet) const {
    return max_hops_ <= kInlineHops ? packets_[packet].route.data() : &long_routes_[packet * max_hops_];
  }
  void serve_hop(std::uint32_t packet, LinkId link, std::int64_t head);
  void deliver(std::uint32_t packet, std::int64_t time);
  void split(Span<const CalendarQueue::Event> events);
  void serve_cards(std::int64_t start);
  void group_card_events();
  void serve_hops(std::int64_t start);
  std::uint32_t allocate_packet();
  std::uint32_t allocate_transfer(const Message& message);
  std::uint32_t wire_of(std::int64_t payload);

  ProtocolConfig protocol_;
  PathChooser chooser_;
  std::int64_t chunk_;
  std::size_t max_hops_;
  Picoseconds lookahead_;
  CalendarQueue queue_;

  IdVector<NpuId, Card> cards_;
  IdVector<LinkId, LinkState> links_;
  IdVector<LinkTypeId, TypeTiming> timings_;
  std::vector<SendQueue::Port> ports_;            // of all cards, card by card
  IdVector<LinkId, std::uint32_t> port_of_link_;  // into ports_: the port that a card's link leaves from
  std::vector<Packet> packets_;
  std::vector<std::uint32_t> free_packets_;
  std::vector<LinkId> long_routes_;  // max_hops_ per packet, where Packet::route is too short
  std::vector<Transfer> transfers_;
  std::vector<std::uint32_t> free_transfers_;
  std::vector<Kick> kicks_;
  std::vector<HopEvent> hop_events_;  // of the bucket being worked on
  std::vector<CardEvent> card_events_;
  std::vector<CardEvent> grouped_events_;
  std::vector<std::uint32_t> card_offsets_;
  SizeMemo wire_of_payload_;
  topology::Path path_;  // of the packet being made: clearing a new one costs as much as filling it
  Totals totals_;
};

}  // namespace podsim::fabric
