// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/packet_engine.h"

#include <algorithm>

#include "fabric/credit_layer.h"
#include "fabric/fault_layer.h"
#include "podsim/base/error.h"
#include "podsim/base/prefetch.h"

namespace podsim::fabric {
namespace {

// How many events ahead of its turn what an event touches is fetched into the cache.
constexpr std::size_t kCardAhead = 24;
constexpr std::size_t kEndpointAhead = 12;
constexpr std::size_t kStateAhead = 5;
constexpr std::size_t kEndpointLines = 8;  // most of a card's state
constexpr std::size_t kLinkAhead = 24;
constexpr std::size_t kPortAhead = 8;
constexpr std::size_t kCacheLine = 64;

Picoseconds least_hop(const topology::Graph& graph) {
  Picoseconds least = Picoseconds::max();
  for (const topology::Link& link : graph.links()) least = std::min(least, graph.type(link.type).latency);
  return least;
}

}  // namespace

Windows windows_of(const topology::Graph& graph, const ProtocolConfig& protocol) {
  const Picoseconds send = protocol.send_latency.value;
  const Picoseconds hop = graph.link_count() > 0 ? least_hop(graph) : send;
  const Picoseconds hops = std::min({send, hop, CalendarQueue::kMaxWidth});
  if (hops < Picoseconds(1))
    throw ConfigError("a link or card interface has no latency: packet fidelity needs at least 1ps each");
  const Picoseconds cards = std::min({send, hop + protocol.receive_latency.value, CalendarQueue::kMaxWidth});
  return {hops, cards / hops * hops};
}

PacketEngine::PacketEngine(const topology::Pod& pod, const ProtocolConfig& protocol,
                           const FabricConfig& config, std::uint64_t seed, const FaultPlan* faults)
    : protocol_(protocol),
      chooser_(*pod.routing, config.path_spread, seed),
      chunk_(config.chunk.count()),
      max_hops_(pod.routing->max_hops()),
      send_latency_(protocol.send_latency.value.count()),
      receive_latency_(protocol.receive_latency.value.count()),
      hop_queue_(windows_of(pod.graph, protocol).hops),
      card_queue_(windows_of(pod.graph, protocol).cards),
      cards_(pod.graph.npu_count()),
      links_(pod.graph.link_count()),
      path_spread_(config.path_spread),
      seed_(seed) {
  if (faults != nullptr) {
    faults_ = std::make_unique<FaultLayer>(*faults, pod.graph);
    for (const topology::Link& link : pod.graph.links()) reverse_.push_back(link.reverse);
  }
  for (const topology::LinkType& type : pod.graph.link_types()) {
    const Picoseconds longest = time_rounded_up(wire_bytes(protocol, config.chunk), type.bandwidth);
    if (longest.count() > std::numeric_limits<std::uint32_t>::max()) {
      throw ConfigError(
          fmt::format("a chunk of {} takes {} on link '{}' of {}: choose a smaller /fabric/chunk",
                      to_string(config.chunk), to_string(longest), type.name, to_string(type.bandwidth)));
    }
    timings_.push_back({type.latency.count(),
                        type.bandwidth.count(),
                        time_rounded_up(config.port_queue, type.bandwidth).count(),
                        {}});
  }
  for (std::size_t i = 0; i < links_.size(); ++i) links_[LinkId(i)].type = pod.graph.link(LinkId(i)).type;
  for (Card& card : cards_) card.injection_limit = config.injection_bandwidth;
  make_ports(pod.graph, static_cast<std::size_t>(config.send_queue));
  if (config.buffers) {
    if (faulty()) throw ConfigError("/fabric/buffers: finite buffers and /faults do not go together");
    make_credits(*config.buffers, pod, config);
  }
  // About as many as are in flight when all cards send, so that growing does not copy them; memory that no
  // packet touches stays the system's.
  packets_.reserve(cards_.size() * static_cast<std::size_t>(config.send_queue) + 4 * ports_.size());
}

PacketEngine::~PacketEngine() = default;

const FaultTotals* PacketEngine::fault_totals() const {
  return faults_ != nullptr ? &faults_->totals() : nullptr;
}

void PacketEngine::make_ports(const topology::Graph& graph, std::size_t send_queue) {
  std::size_t ports = 0;
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    PODSIM_CHECK(graph.out_degree(NodeId(i)) <= std::numeric_limits<std::uint16_t>::max(),
                 "npu {} has {} ports", i, graph.out_degree(NodeId(i)));
    cards_[NpuId(i)].first_port = static_cast<std::uint32_t>(ports);
    ports += graph.out_degree(NodeId(i));
  }
  ports_.resize(ports);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    Card& card = cards_[NpuId(i)];
    card.queue = SendQueue({ports_.data() + card.first_port, graph.out_degree(NodeId(i))}, send_queue);
  }
  IdVector<NpuId, std::uint16_t> next(cards_.size(), 0);
  port_of_link_ = IdVector<LinkId, std::uint16_t>(graph.link_count(), 0);
  for (std::size_t i = 0; i < graph.link_count(); ++i) {
    const LinkId id(i);
    const topology::Link& link = graph.link(id);
    if (!graph.is_npu(link.from)) continue;
    const NpuId npu(link.from.value());
    port_of_link_[id] = next[npu]++;
    links_[id].port = cards_[npu].first_port + port_of_link_[id];
    ports_[links_[id].port].type = link.type;
  }
}

void PacketEngine::advance(Picoseconds now) {
  drain_kicks();
  while (const std::optional<Picoseconds> next = next_time()) {
    if (*next > now) return;
    if (cards_are_next()) {
      serve_cards();
    } else if (credits_ != nullptr) {
      serve_credited_hops();
    } else if (faulty()) {
      serve_hops<true>();
    } else {
      serve_hops<false>();
    }
  }
}

// Whichever bucket begins first, cards before links.
bool PacketEngine::cards_are_next() const {
  if (card_queue_.empty()) return false;
  return hop_queue_.empty() ||
         card_queue_.start_of(card_queue_.next_bucket()) <= hop_queue_.start_of(hop_queue_.next_bucket());
}

std::optional<Picoseconds> PacketEngine::next_time() const {
  std::int64_t next = kNever;
  if (cards_are_next()) {
    next = card_queue_.start_of(card_queue_.next_bucket());
  } else if (!hop_queue_.empty()) {
    next = hop_queue_.start_of(hop_queue_.next_bucket());
  }
  for (const Kick& kick : kicks_) next = std::min(next, kick.at);
  if (next == kNever) return std::nullopt;
  return Picoseconds(next);
}

// Brings what the events after event i need into the cache, in three steps: the card's record, what it points
// to, and what that points to. Inline for the reason that prefetch() is.
[[gnu::always_inline]] inline void PacketEngine::prefetch_cards(Events events, std::size_t i) const {
  if (i + kCardAhead < events.size()) {
    const CalendarQueue::Event& event = events[i + kCardAhead];
    const char* card = reinterpret_cast<const char*>(&cards_[NpuId(event.where)]);
    prefetch(card);
    prefetch(card + kCacheLine);
    if (event.what < kResend) prefetch(&packets_[event.what]);
  }
  if (i + kEndpointAhead < events.size() &&
      events[i + kEndpointAhead].where != events[i + kEndpointAhead - 1].where) {
    const Card& card = cards_[NpuId(events[i + kEndpointAhead].where)];
    const char* endpoint = reinterpret_cast<const char*>(card.endpoint);
    for (std::size_t line = 0; line < kEndpointLines; ++line) prefetch(endpoint + line * kCacheLine);
    card.queue.prefetch_state();
  }
  if (i + kStateAhead < events.size() && events[i + kStateAhead].where != events[i + kStateAhead - 1].where)
    cards_[NpuId(events[i + kStateAhead].where)].endpoint->prefetch_state();
}

// Card after card, each in order of time.
void PacketEngine::serve_cards() {
  const std::int64_t bucket = card_queue_.next_bucket();
  const std::int64_t start = card_queue_.start_of(bucket);
  const Events events = card_queue_.take_by_place(bucket, cards_.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    prefetch_cards(events, i);
    const auto [offset, what, card] = events[i];
    const std::int64_t time = start + offset;
    if (what != kPull) {
      if (faulty()) {
        serve_tracked(what, time);
      } else {
        deliver(what, time);
      }
    } else if (cards_[NpuId(card)].pull_at == time) {
      pull(NpuId(card), time);
    }
    if (!kicks_.empty()) drain_kicks();
  }
}

template <bool kFaulty>
void PacketEngine::serve_hops() {
  const std::int64_t bucket = hop_queue_.next_bucket();
  const std::int64_t start = hop_queue_.start_of(bucket);
  const Events events = hop_queue_.take(bucket);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kLinkAhead < events.size()) {
      prefetch(&links_[LinkId(events[i + kLinkAhead].where)]);
      prefetch(&packets_[events[i + kLinkAhead].what]);
    }
    // A first hop tells the card how full its port is.
    if (i + kPortAhead < events.size()) {
      const CalendarQueue::Event& event = events[i + kPortAhead];
      if (packets_[event.what].hop == 0) prefetch(&ports_[links_[LinkId(event.where)].port]);
    }
    const auto [offset, what, link] = events[i];
    if (kFaulty && !survives_hop(what, LinkId(link), start + offset)) continue;
    serve_hop(what, LinkId(link), start + offset);
  }
}

void PacketEngine::serve_hop(std::uint32_t index, LinkId link_id, std::int64_t head) {
  Packet& packet = packets_[index];
  LinkState& link = links_[link_id];
  TypeTiming& timing = timings_[link.type];
  const std::uint32_t serialization = timing.serialization(packet.wire);
  std::int64_t& free_at = link.free_at[static_cast<std::size_t>(packet.lane_class)];
  const std::int64_t start = std::max(head, free_at);
  const std::int64_t end = std::max(start + serialization, head + packet.tail_lag_ps);
  free_at = end;
  // A control packet overtakes queued data and pushes it back by its own length.
  if (packet.lane_class == LaneClass::Control) {
    std::int64_t& data_free_at = link.free_at[static_cast<std::size_t>(LaneClass::Data)];
    data_free_at = std::max(data_free_at, head) + serialization;
  }

  const std::int64_t wait = start - head;
  count_hop(link, packet.wire, serialization, wait);
  if (packet.hop == 0 && wait > timing.port_queue_ps) {
    std::int64_t& full_until = ports_[link.port].full_until;
    full_until = std::max(full_until, start - timing.port_queue_ps);
  }

  ++packet.hop;
  packet.tail_lag_ps = static_cast<std::uint32_t>(end - start);
  if (packet.hop == packet.hops) {
    card_queue_.push(end + timing.latency_ps + receive_latency_, index, packet.destination);
  } else {
    hop_queue_.push(start + timing.latency_ps, index, route_of(index)[packet.hop].value());
  }
}

void PacketEngine::deliver(std::uint32_t index, std::int64_t time) {
  const Packet packet = packets_[index];
  free_packets_.push_back(index);
  ++totals_.packets_delivered;
  totals_.bytes_delivered += packet.payload;
  std::int64_t payload = packet.payload;
  if (packet.transfer != kWhole) {
    Transfer& transfer = transfers_[packet.transfer];
    transfer.missing -= packet.payload;
    PODSIM_CHECK(transfer.missing >= 0, "message {} -> {} delivered {} bytes too many", packet.source,
                 packet.destination, -transfer.missing);
    if (transfer.missing > 0) return;
    payload = transfer.message.payload.count();
    free_transfers_.push_back(packet.transfer);
  }
  ++totals_.messages_delivered;
  cards_[NpuId(packet.destination)].endpoint->message_arrived(
      {NpuId(packet.source), packet.tag, Bytes(payload), Picoseconds(time)});
}

}  // namespace podsim::fabric
