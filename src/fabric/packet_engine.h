// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "fabric/calendar_queue.h"
#include "fabric/path_chooser.h"
#include "fabric/send_queue.h"
#include "fabric/size_memo.h"
#include "podsim/fabric/fabric.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/fault_totals.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/topology/pod.h"

namespace podsim::fabric {

// Buckets of time, of links and of cards, in which no event depends on one elsewhere. A card's is a whole
// number of links', so that no card knows of a link what lies ahead of it.
struct Windows {
  Picoseconds hops;
  Picoseconds cards;
};
// Throws ConfigError when a latency that must separate them is zero.
Windows windows_of(const topology::Graph& graph, const ProtocolConfig& protocol);

class FaultLayer;
class CreditLayer;

// The arithmetic of the packet fabric, without SystemC: a driver asks for everything up to a time and hears
// arrivals.
//
// Every directed link is a server. A packet whose head reaches it at `t` starts at max(t, when the link is
// free) and keeps it for its serialization time, or until its own tail has come in when that is later; its
// head reaches the next link one hop latency after the start (cut-through). Order at a link is the order of
// head arrival; of heads that arrive together, the one whose previous step came first goes first, down to the
// lower card where both were offered together. One event per hop, and one for the delivery.
//
// Events are worked on in buckets of time, cards' and links' apart. Nothing in a bucket of links depends on
// anything else in it but what happens at the same link, because a hop takes at least the smallest link
// latency; and nothing in a bucket of cards but what happens at the same card, because what a card sends
// reaches a link `send_latency` later, and what leaves a link reaches a card a hop and `receive_latency`
// later. So a bucket of cards is done card by card, and each card's state is fetched once per bucket.
class PacketEngine {
 public:
  // `faults`: null without any; then nothing of them is asked for.
  PacketEngine(const topology::Pod& pod, const ProtocolConfig& protocol, const FabricConfig& config,
               std::uint64_t seed, const FaultPlan* faults = nullptr);
  ~PacketEngine();

  void attach(NpuId npu, Endpoint& endpoint) { cards_[npu].endpoint = &endpoint; }
  void kick(NpuId npu, Picoseconds at);
  // Works on all buckets that have begun.
  void advance(Picoseconds now);
  // When advance() has something to do next; empty when nothing is in flight and no card has asked to send.
  std::optional<Picoseconds> next_time() const;
  // How far ahead of now cards hear of arrivals.
  Picoseconds lookahead() const { return Picoseconds(card_queue_.width()); }

  const Totals& totals() const { return totals_; }
  const LinkStats& link_stats(LinkId link) const { return links_[link].stats; }
  // Null without faults.
  const FaultTotals* fault_totals() const;
  // Most packets that were in flight at once.
  std::size_t packet_slots() const { return packets_.size(); }

 private:
  static constexpr std::uint32_t kPull = ~std::uint32_t{0};  // in a card's event: its turn to send, no packet
  static constexpr std::uint32_t kResend = std::uint32_t{1} << 31U;  // added to a packet: its timer ran out
  static constexpr std::uint32_t kWhole = SendQueue::kNone;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  static constexpr std::uint32_t kNoPort = ~std::uint32_t{0};  // the link leaves from a switch

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
    std::uint32_t port = kNoPort;  // into ports_: the port of a card that the link leaves from
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
  void make_ports(const topology::Graph& graph, std::size_t send_queue);
  using Events = Span<const CalendarQueue::Event>;
  void prefetch_cards(Events events, std::size_t i) const;
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
  void count_hop(LinkState& link, std::uint32_t wire, std::uint32_t serialization, std::int64_t wait) {
    ++totals_.hop_events;
    ++link.stats.packets;
    link.stats.bytes += wire;
    link.stats.busy_ps += serialization;
    link.stats.queue_wait_ps += wait;
    link.stats.peak_backlog_ps = std::max(link.stats.peak_backlog_ps, wait);
  }
  void deliver(std::uint32_t packet, std::int64_t time);
  bool cards_are_next() const;
  void serve_cards();
  template <bool kFaulty>
  void serve_hops();
  // Where parts fail, packet_faults.cpp.
  // Laid out for the runs without.
  bool faulty() const { return __builtin_expect(static_cast<long>(faults_ != nullptr), 0) != 0; }
  bool is_down(NpuId npu, std::int64_t now) const;
  void note_launch(std::uint32_t packet, std::int64_t at);
  void drain_dead(NpuId npu, std::int64_t now);
  SendQueue::Ready begin_tracked(NpuId npu, Card& card, std::int64_t now);
  SendQueue::Ready make_tracked(std::uint32_t packet, std::int64_t now, std::uint32_t number);
  bool find_way(std::uint32_t packet, std::int64_t now);
  LinkId first_down(const topology::PodState& state) const;
  void count_rerouted(std::uint32_t packet, LinkId missed, std::int64_t now);
  void wait_for_way(std::uint32_t packet, std::int64_t now);
  bool survives_hop(std::uint32_t packet, LinkId link, std::int64_t head);
  void lost(std::uint32_t packet, std::uint32_t fault, std::int64_t at, std::int64_t not_before);
  void resend_later(std::uint32_t packet, std::int64_t not_before);
  void serve_tracked(std::uint32_t what, std::int64_t time);
  void resend(std::uint32_t packet, std::int64_t time);
  void deliver_tracked(std::uint32_t packet, std::int64_t time);
  bool acknowledgement_arrives(std::uint32_t packet, std::int64_t time) const;
  void receive(const Packet& packet, std::int64_t time);
  void fail_message(std::uint32_t transfer, std::int64_t time, std::uint64_t& cause);
  void release(std::uint32_t packet);
  // Where buffers are finite, packet_credits.cpp.
  void make_credits(Bytes buffer, const topology::Pod& pod, const FabricConfig& config);
  void note_lanes(std::uint32_t packet);
  std::int64_t waiting_ps(LinkId link) const;
  void prefetch_credited(Events events, std::size_t i) const;
  void serve_credited_hops();
  void take_event(std::uint32_t what, LinkId link, std::int64_t time);
  void send_waiting(LinkId link, std::int64_t until);
  void send_credited(std::uint32_t packet, LinkId link, std::int64_t start);
  void settle(LinkId link, std::int64_t end);
  std::uint32_t allocate_packet();
  std::uint32_t allocate_transfer(const Message& message);
  std::uint32_t wire_of(std::int64_t payload, std::uint32_t segment);

  ProtocolConfig protocol_;
  PathChooser chooser_;
  std::int64_t chunk_;
  std::size_t max_hops_;
  std::int64_t send_latency_;
  std::int64_t receive_latency_;
  std::unique_ptr<FaultLayer> faults_;    // null without faults; asked with every hop
  std::unique_ptr<CreditLayer> credits_;  // null without /fabric/buffers
  CalendarQueue hop_queue_;               // heads of packets at links
  CalendarQueue card_queue_;              // arrivals and turns to send

  IdVector<NpuId, Card> cards_;
  IdVector<LinkId, LinkState> links_;
  IdVector<LinkTypeId, TypeTiming> timings_;
  std::vector<SendQueue::Port> ports_;            // of all cards, card by card
  IdVector<LinkId, std::uint16_t> port_of_link_;  // number of the port among those of the link's card
  std::vector<Packet> packets_;
  std::vector<std::uint32_t> free_packets_;
  std::vector<LinkId> long_routes_;  // max_hops_ per packet, where Packet::route is too short
  std::vector<Transfer> transfers_;
  std::vector<std::uint32_t> free_transfers_;
  std::vector<Kick> kicks_;
  SizeMemo wire_of_payload_;
  PathSpread path_spread_;
  std::uint64_t seed_;
  IdVector<LinkId, LinkId> reverse_;         // with faults only
  std::vector<std::uint32_t> card_of_port_;  // with finite buffers only
  topology::Path path_;  // of the packet being made: clearing a new one costs as much as filling it
  Totals totals_;
};

}  // namespace podsim::fabric
