// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/packet_engine.h"

#include <algorithm>

#include "podsim/base/error.h"
#include "podsim/base/prefetch.h"

namespace podsim::fabric {
namespace {

// How many events ahead of its turn what an event touches is fetched into the cache.
constexpr std::size_t kPacketAhead = 64;
constexpr std::size_t kCardAhead = 16;
constexpr std::size_t kEndpointAhead = 8;
constexpr std::size_t kEndpointLines = 8;  // most of a card's state
constexpr std::size_t kLinkAhead = 16;
constexpr std::size_t kCacheLine = 64;

Picoseconds smallest_latency(const topology::Graph& graph, Picoseconds send_latency) {
  Picoseconds least = send_latency;
  for (const topology::Link& link : graph.links()) least = std::min(least, graph.type(link.type).latency);
  if (least < Picoseconds(1))
    throw ConfigError("a link or card interface has no latency: packet fidelity needs at least 1ps each");
  return least;
}

unsigned bucket_width_log2(Picoseconds time) {
  const unsigned log2 =
      63U - static_cast<unsigned>(__builtin_clzll(static_cast<unsigned long long>(time.count())));
  return std::min(log2, CalendarQueue::kMaxWidthLog2);
}

}  // namespace

PacketEngine::PacketEngine(const topology::Pod& pod, const ProtocolConfig& protocol,
                           const FabricConfig& config, std::uint64_t seed)
    : protocol_(protocol),
      chooser_(*pod.routing, config.path_spread, seed),
      chunk_(config.chunk.count()),
      max_hops_(pod.routing->max_hops()),
      lookahead_(smallest_latency(pod.graph, protocol.send_latency.value)),
      queue_(bucket_width_log2(lookahead_)),
      cards_(pod.graph.npu_count()),
      links_(pod.graph.link_count()) {
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
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const topology::Link& link = pod.graph.link(LinkId(i));
    links_[LinkId(i)].type = link.type;
    links_[LinkId(i)].from = link.from;
  }
  for (Card& card : cards_) card.injection_limit = config.injection_bandwidth;
  make_ports(pod.graph, static_cast<std::size_t>(config.send_queue));
  // About as many as are in flight when all cards send, so that growing does not copy them; memory that no
  // packet touches stays the system's.
  packets_.reserve(cards_.size() * static_cast<std::size_t>(config.send_queue) + 4 * ports_.size());
}

void PacketEngine::make_ports(const topology::Graph& graph, std::size_t send_queue) {
  IdVector<NodeId, std::uint32_t> next_port(graph.node_count(), 0);
  std::uint32_t ports = 0;
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    next_port[NodeId(i)] = cards_[NpuId(i)].first_port = ports;
    ports += static_cast<std::uint32_t>(graph.out_degree(NodeId(i)));
  }
  ports_.resize(ports);
  port_of_link_.reserve(graph.link_count());
  for (const topology::Link& link : graph.links()) {
    const std::uint32_t port = next_port[link.from]++;
    port_of_link_.push_back(port);
    if (graph.is_npu(link.from)) ports_[port].type = link.type;
  }
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    Card& card = cards_[NpuId(i)];
    card.queue = SendQueue({ports_.data() + card.first_port, graph.out_degree(NodeId(i))}, send_queue);
  }
}

void PacketEngine::advance(Picoseconds now) {
  drain_kicks();
  const std::int64_t horizon = queue_.bucket_of((now + lookahead_).count());
  while (!queue_.empty()) {
    const std::int64_t bucket = queue_.next_bucket();
    if (bucket >= horizon) return;
    const std::int64_t start = queue_.start_of(bucket);
    split(queue_.take(bucket));
    serve_cards(start);
    serve_hops(start);
  }
}

// Nothing in a bucket depends on anything else in it but what happens at the same card or the same link:
// whatever an event causes lies in a later bucket. So a bucket is done in two parts, which meet the same
// memory again and again.
void PacketEngine::split(Span<const CalendarQueue::Event> events) {
  card_events_.clear();
  hop_events_.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kPacketAhead < events.size()) {
      const std::uint32_t ahead = events[i + kPacketAhead].what;
      if ((ahead & kPull) == 0) prefetch(&packets_[ahead]);
    }
    const auto [offset, what] = events[i];
    if ((what & kPull) != 0) {
      card_events_.push_back({offset, what, NpuId(what & ~kPull)});
    } else if (const Packet& packet = packets_[what]; packet.hop == packet.hops) {
      card_events_.push_back({offset, what, NpuId(packet.destination)});
    } else {
      hop_events_.push_back({offset, what, route_of(what)[packet.hop]});
    }
  }
}

// Brings what the events after event i need into the cache, in two steps: the card's record, then what it
// points to. Inline for the reason that prefetch() is.
[[gnu::always_inline]] inline void PacketEngine::prefetch_cards(std::size_t i) const {
  const auto ahead = [&](std::size_t distance) {
    return i + distance < card_events_.size() ? &card_events_[i + distance] : nullptr;
  };
  if (const CardEvent* event = ahead(kCardAhead)) {
    const char* card = reinterpret_cast<const char*>(&cards_[event->card]);
    prefetch(card);
    prefetch(card + kCacheLine);
    if ((event->what & kPull) == 0) prefetch(&packets_[event->what]);
  }
  if (const CardEvent* event = ahead(kEndpointAhead); event != nullptr && event[-1].card != event->card) {
    const Card& card = cards_[event->card];
    const char* endpoint = reinterpret_cast<const char*>(card.endpoint);
    for (std::size_t line = 0; line < kEndpointLines; ++line) prefetch(endpoint + line * kCacheLine);
    card.queue.prefetch_state();
  }
}

// Card after card, each in order of time.
void PacketEngine::serve_cards(std::int64_t start) {
  group_card_events();
  for (std::size_t i = 0; i < card_events_.size(); ++i) {
    prefetch_cards(i);
    const auto [offset, what, npu] = card_events_[i];
    const std::int64_t time = start + offset;
    if ((what & kPull) == 0) {
      deliver(what, time);
    } else if (cards_[npu].pull_at == time) {
      pull(npu, time);
    }
    if (!kicks_.empty()) drain_kicks();
  }
}

// A stable sort by card.
void PacketEngine::group_card_events() {
  if (card_events_.size() < cards_.size() / 16) {
    std::stable_sort(card_events_.begin(), card_events_.end(),
                     [](const CardEvent& a, const CardEvent& b) { return a.card < b.card; });
    return;
  }
  card_offsets_.assign(cards_.size() + 1, 0);
  for (const CardEvent& event : card_events_) ++card_offsets_[event.card.value() + 1];
  for (std::size_t card = 1; card < card_offsets_.size(); ++card)
    card_offsets_[card] += card_offsets_[card - 1];
  grouped_events_.resize(card_events_.size());
  for (const CardEvent& event : card_events_) grouped_events_[card_offsets_[event.card.value()]++] = event;
  card_events_.swap(grouped_events_);
}

void PacketEngine::serve_hops(std::int64_t start) {
  for (std::size_t i = 0; i < hop_events_.size(); ++i) {
    if (i + kLinkAhead < hop_events_.size()) {
      const HopEvent& ahead = hop_events_[i + kLinkAhead];
      prefetch(&links_[ahead.link]);
      prefetch(&packets_[ahead.what]);
    }
    const auto [offset, what, link] = hop_events_[i];
    serve_hop(what, link, start + offset);
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
  ++totals_.hop_events;
  ++link.stats.packets;
  link.stats.bytes += packet.wire;
  link.stats.busy_ps += serialization;
  link.stats.queue_wait_ps += wait;
  link.stats.peak_backlog_ps = std::max(link.stats.peak_backlog_ps, wait);
  if (packet.hop == 0 && wait > timing.port_queue_ps) {
    std::int64_t& full_until = ports_[port_of_link_[link_id]].full_until;
    full_until = std::max(full_until, start - timing.port_queue_ps);
  }

  ++packet.hop;
  packet.tail_lag_ps = static_cast<std::uint32_t>(end - start);
  const bool last = packet.hop == packet.hops;
  const std::int64_t due = (last ? end + protocol_.receive_latency.value.count() : start) + timing.latency_ps;
  queue_.push(due, index);
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

std::optional<Picoseconds> PacketEngine::next_time() const {
  std::int64_t next = queue_.empty() ? kNever : queue_.start_of(queue_.next_bucket());
  for (const Kick& kick : kicks_) next = std::min(next, kick.at);
  if (next == kNever) return std::nullopt;
  return Picoseconds(next);
}

IdVector<LinkId, LinkStats> PacketEngine::link_stats() const {
  IdVector<LinkId, LinkStats> stats;
  stats.reserve(links_.size());
  for (const LinkState& link : links_) stats.push_back(link.stats);
  return stats;
}

}  // namespace podsim::fabric
