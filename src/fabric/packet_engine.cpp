// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/packet_engine.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::fabric {
namespace {

// How many events ahead of its turn a packet, then the link it is at, is fetched into the cache.
constexpr std::size_t kPacketAhead = 32;
constexpr std::size_t kLinkAhead = 16;
constexpr std::size_t kMaxCards = std::size_t{1} << 16U;

Picoseconds smallest_latency(const topology::Graph& graph, Picoseconds send_latency) {
  Picoseconds least = send_latency;
  for (const topology::LinkType& type : graph.link_types()) least = std::min(least, type.latency);
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
  if (pod.graph.npu_count() > kMaxCards) {
    throw ConfigError(
        fmt::format("packet fidelity simulates up to {} cards, the pod has {}; use --fidelity bound",
                    kMaxCards, pod.graph.npu_count()));
  }
  for (const topology::LinkType& type : pod.graph.link_types()) {
    const Picoseconds longest = time_rounded_up(wire_bytes(protocol, config.chunk), type.bandwidth);
    if (longest.count() > std::numeric_limits<std::uint32_t>::max()) {
      throw ConfigError(
          fmt::format("a chunk of {} takes {} on link '{}' of {}: choose a smaller /fabric/chunk",
                      to_string(config.chunk), to_string(longest), type.name, to_string(type.bandwidth)));
    }
    timings_.push_back({type.latency.count(), type.bandwidth.count(),
                        time_rounded_up(config.port_queue, type.bandwidth).count()});
  }
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const topology::Link& link = pod.graph.link(LinkId(i));
    links_[LinkId(i)].type = link.type;
    links_[LinkId(i)].from = link.from;
  }
  number_ports(pod.graph);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    Card& card = cards_[NpuId(i)];
    card.injection_limit = config.injection_bandwidth;
    card.queue = SendQueue(pod.graph.out_degree(NodeId(i)), static_cast<std::size_t>(config.send_queue));
  }
}

void PacketEngine::number_ports(const topology::Graph& graph) {
  IdVector<NodeId, std::uint32_t> ports(graph.node_count(), 0);
  port_of_link_.reserve(graph.link_count());
  for (const topology::Link& link : graph.links()) port_of_link_.push_back(ports[link.from]++);
}

void PacketEngine::kick(NpuId npu, Picoseconds at) {
  Card& card = cards_[npu];
  if (card.pull_at <= at.count()) return;
  card.pull_at = at.count();
  kicks_.push_back({npu, at.count()});
}

void PacketEngine::schedule_pull(NpuId npu, std::int64_t at) {
  cards_[npu].pull_at = at;
  if (queue_.bucket_of(at) <= queue_.current_bucket()) {
    kicks_.push_back({npu, at});
  } else {
    queue_.push(at, kPull | npu.value());
  }
}

// Turns inside the bucket being worked on are taken at once: what they send is due at least one lookahead
// later.
void PacketEngine::drain_kicks() {
  // Cards' processes run in the order of their construction, which must not show.
  if (kicks_.size() > 1) {
    std::sort(kicks_.begin(), kicks_.end(),
              [](const Kick& a, const Kick& b) { return a.at != b.at ? a.at < b.at : a.npu < b.npu; });
  }
  for (std::size_t i = 0; i < kicks_.size(); ++i) {
    const Kick kick = kicks_[i];
    if (cards_[kick.npu].pull_at != kick.at) continue;  // an earlier turn replaced it
    if (queue_.bucket_of(kick.at) <= queue_.current_bucket()) {
      pull(kick.npu, kick.at);
    } else {
      queue_.push(kick.at, kPull | kick.npu.value());
    }
  }
  kicks_.clear();
}

// Takes the card's next message and makes its first packet.
bool PacketEngine::begin_message(NpuId npu, Card& card, std::int64_t now, Outgoing& outgoing) {
  if (!card.endpoint->next_message(Picoseconds(now), outgoing.message)) return false;
  const std::int64_t payload = outgoing.message.payload.count();
  outgoing.unsent = payload;
  outgoing.packets = 0;
  outgoing.transfer = payload > chunk_ ? allocate_transfer(payload) : kWhole;
  ++totals_.messages_offered;
  if (outgoing.message.destination == npu) ++totals_.loopback_messages;
  totals_.bytes_offered += static_cast<std::uint64_t>(payload);
  make_packet(npu, now, outgoing);
  return true;
}

void PacketEngine::make_packet(NpuId npu, std::int64_t now, Outgoing& outgoing) {
  const std::int64_t payload = std::min(outgoing.unsent, chunk_);
  const NpuId destination = outgoing.message.destination;
  outgoing.unsent -= payload;
  outgoing.packet = allocate_packet();
  Packet& packet = packets_[outgoing.packet];
  packet = {npu.value(),
            destination.value(),
            outgoing.message.tag,
            static_cast<std::uint32_t>(payload),
            wire_of(payload),
            0,
            outgoing.transfer,
            0,
            0,
            outgoing.message.lane_class,
            {}};
  ++totals_.packets_offered;
  if (destination != npu) {
    topology::Path path;
    const auto backlog = [&](LinkId link) { return backlog_ps(npu, link, now); };
    chooser_.choose(npu, destination, outgoing.message.flow, outgoing.packets, backlog, path);
    packet.hops = path.hops;
    std::copy_n(path.links.begin(), path.hops, const_cast<LinkId*>(route_of(outgoing.packet)));
  }
  ++outgoing.packets;
}

// Work queued at a link as card `npu` counts it: at its own ports also what is on its way there.
std::int64_t PacketEngine::backlog_ps(NpuId npu, LinkId link, std::int64_t now) const {
  std::int64_t end = links_[link].free_at[static_cast<std::size_t>(LaneClass::Data)];
  if (links_[link].from == NodeId(npu.value()))
    end = std::max(end, cards_[npu].queue.committed_end(port_of_link_[link]));
  return std::max<std::int64_t>(0, end - now);
}

// The next packet to send: of a message begun before and of a new one by turns, so that neither starves the
// other.
bool PacketEngine::next_packet(NpuId npu, Card& card, std::int64_t now, Outgoing& outgoing) {
  card.begin_next = !card.begin_next;
  if (!card.begin_next && card.queue.take_ready(now, outgoing)) return true;
  while (!card.queue.full() && begin_message(npu, card, now, outgoing)) {
    if (!crosses_link(outgoing) || card.queue.accepts(port_of(outgoing.packet), now)) return true;
    card.queue.wait(port_of(outgoing.packet), outgoing);
  }
  return card.queue.take_ready(now, outgoing);
}

// A card's turn: it sends what its ports take, within one lookahead if its injection is limited.
void PacketEngine::pull(NpuId npu, std::int64_t now) {
  Card& card = cards_[npu];
  card.pull_at = kNever;
  card.next_injection = std::max(card.next_injection, now);
  const std::int64_t end = now + lookahead_.count();
  Outgoing outgoing;
  while (card.next_injection < end) {
    if (!next_packet(npu, card, now, outgoing)) {
      const std::int64_t ready = card.queue.next_ready();
      if (ready != kNever) schedule_pull(npu, std::max(ready, card.next_injection));
      return;
    }
    launch(card, outgoing);
    while (outgoing.unsent > 0) {
      make_packet(npu, now, outgoing);
      if (crosses_link(outgoing)) {
        card.queue.wait(port_of(outgoing.packet), outgoing);
        break;
      }
      launch(card, outgoing);
    }
  }
  schedule_pull(npu, card.next_injection);
}

// Sends the packet towards its first link, or, to the card itself, straight to its memory.
void PacketEngine::launch(Card& card, const Outgoing& outgoing) {
  const Packet& packet = packets_[outgoing.packet];
  std::int64_t due = card.next_injection + protocol_.send_latency.value.count();
  if (packet.hops == 0) {
    due += protocol_.receive_latency.value.count();
  } else {
    const LinkId first = route_of(outgoing.packet)[0];
    TypeTiming& timing = timings_[links_[first].type];
    card.queue.commit(port_of_link_[first], card.next_injection, serialization_ps(timing, packet.wire),
                      timing.port_queue_ps);
    if (card.injection_limit)
      card.next_injection += time_rounded_up(Bytes(packet.wire), *card.injection_limit).count();
  }
  queue_.push(due, outgoing.packet);
}

void PacketEngine::advance(Picoseconds now) {
  drain_kicks();
  const std::int64_t horizon = queue_.bucket_of((now + lookahead_).count());
  while (!queue_.empty()) {
    const std::int64_t bucket = queue_.next_bucket();
    if (bucket >= horizon) return;
    const std::int64_t start = queue_.start_of(bucket);
    const Span<const CalendarQueue::Event> events = queue_.take(bucket);
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i + kPacketAhead < events.size()) prefetch_packet(events[i + kPacketAhead].what);
      if (i + kLinkAhead < events.size()) prefetch_link(events[i + kLinkAhead].what);
      const DueEvent event{start + events[i].offset, events[i].what};
      if ((event.what & kPull) != 0) {
        const NpuId npu(event.what & ~kPull);
        if (cards_[npu].pull_at == event.time) pull(npu, event.time);
      } else if (Packet& packet = packets_[event.what]; packet.hop < packet.hops) {
        serve_hop(event, packet);
      } else {
        deliver(event);
      }
      if (!kicks_.empty()) drain_kicks();
    }
  }
}

void PacketEngine::prefetch_packet(std::uint32_t what) const {
  if ((what & kPull) == 0) __builtin_prefetch(&packets_[what], 1);
}

// Reads the packet, so it comes when prefetch_packet has had its effect.
void PacketEngine::prefetch_link(std::uint32_t what) const {
  if ((what & kPull) != 0) return;
  const Packet& packet = packets_[what];
  if (packet.hop < packet.hops) __builtin_prefetch(&links_[route_of(what)[packet.hop]], 1);
}

void PacketEngine::serve_hop(const DueEvent& event, Packet& packet) {
  LinkState& link = links_[route_of(event.what)[packet.hop]];
  TypeTiming& timing = timings_[link.type];
  const std::uint32_t serialization = serialization_ps(timing, packet.wire);
  std::int64_t& free_at = link.free_at[static_cast<std::size_t>(packet.lane_class)];
  const std::int64_t start = std::max(event.time, free_at);
  const std::int64_t end = std::max(start + serialization, event.time + packet.tail_lag_ps);
  free_at = end;
  // A control packet overtakes queued data and pushes it back by its own length.
  if (packet.lane_class == LaneClass::Control) {
    std::int64_t& data_free_at = link.free_at[static_cast<std::size_t>(LaneClass::Data)];
    data_free_at = std::max(data_free_at, event.time) + serialization;
  }

  const std::int64_t wait = start - event.time;
  ++totals_.hop_events;
  ++link.stats.packets;
  link.stats.bytes += packet.wire;
  link.stats.busy_ps += serialization;
  link.stats.queue_wait_ps += wait;
  link.stats.peak_backlog_ps = std::max(link.stats.peak_backlog_ps, wait);
  if (packet.hop == 0 && wait > timing.port_queue_ps) {
    cards_[NpuId(packet.source)].queue.hold(port_of(event.what), start - timing.port_queue_ps);
  }

  ++packet.hop;
  packet.tail_lag_ps = static_cast<std::uint32_t>(end - start);
  const bool last = packet.hop == packet.hops;
  const std::int64_t due = (last ? end + protocol_.receive_latency.value.count() : start) + timing.latency_ps;
  queue_.push(due, event.what);
}

void PacketEngine::deliver(const DueEvent& event) {
  const Packet packet = packets_[event.what];
  free_packets_.push_back(event.what);
  ++totals_.packets_delivered;
  totals_.bytes_delivered += packet.payload;
  std::int64_t payload = packet.payload;
  if (packet.transfer != kWhole) {
    Transfer& transfer = transfers_[packet.transfer];
    transfer.missing -= packet.payload;
    PODSIM_CHECK(transfer.missing >= 0, "message {} -> {} delivered {} bytes too many", packet.source,
                 packet.destination, -transfer.missing);
    if (transfer.missing > 0) return;
    payload = transfer.payload;
    free_transfers_.push_back(packet.transfer);
  }
  ++totals_.messages_delivered;
  cards_[NpuId(packet.destination)].endpoint->message_arrived(
      {NpuId(packet.source), packet.tag, Bytes(payload), Picoseconds(event.time)});
}

std::uint32_t PacketEngine::allocate_packet() {
  if (free_packets_.empty()) {
    const std::size_t index = packets_.size();
    PODSIM_CHECK(index < kPull, "{} packets in flight", index);
    packets_.emplace_back();
    if (max_hops_ > kInlineHops) long_routes_.resize((index + 1) * max_hops_);
    return static_cast<std::uint32_t>(index);
  }
  const std::uint32_t index = free_packets_.back();
  free_packets_.pop_back();
  return index;
}

std::uint32_t PacketEngine::allocate_transfer(std::int64_t payload) {
  if (free_transfers_.empty()) {
    transfers_.push_back({payload, payload});
    return static_cast<std::uint32_t>(transfers_.size() - 1);
  }
  const std::uint32_t index = free_transfers_.back();
  free_transfers_.pop_back();
  transfers_[index] = {payload, payload};
  return index;
}

std::uint32_t PacketEngine::serialization_ps(TypeTiming& timing, std::uint32_t wire) const {
  if (wire != timing.last_wire) {
    timing.last_wire = wire;
    timing.last_serialization_ps = static_cast<std::uint32_t>(
        time_rounded_up(Bytes(wire), BytesPerSecond(timing.bytes_per_second)).count());
  }
  return timing.last_serialization_ps;
}

std::uint32_t PacketEngine::wire_of(std::int64_t payload) {
  if (payload != last_payload_) {
    last_payload_ = payload;
    last_wire_ = static_cast<std::uint32_t>(wire_bytes(protocol_, Bytes(payload)).count());
  }
  return last_wire_;
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
