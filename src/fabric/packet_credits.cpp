// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// PacketEngine with finite buffers (/fabric/buffers): a data packet leaves a link's queue when the far end
// has room for it, and gives the room back as it leaves on the next link. Nothing here runs without
// them.
#include <algorithm>

#include "fabric/credit_layer.h"
#include "fabric/packet_engine.h"
#include "podsim/base/error.h"
#include "podsim/base/prefetch.h"

namespace podsim::fabric {
namespace {

// What an event at a link is besides the head of a packet: credits that come back, of a lane and so many
// bytes, or a wake-up.
constexpr std::uint32_t kReturn = std::uint32_t{1} << 31U;
constexpr unsigned kLaneShift = 26;
constexpr std::uint32_t kMostBytes = (std::uint32_t{1} << kLaneShift) - 1;
constexpr std::uint32_t kWake = ~std::uint32_t{0};

// How many events ahead of its turn what an event touches is fetched, and what that points to.
constexpr std::size_t kFarAhead = 24;
constexpr std::size_t kAhead = 14;
constexpr std::size_t kNearAhead = 6;

std::uint32_t return_of(std::uint8_t lane, std::int64_t bytes) {
  return kReturn | static_cast<std::uint32_t>(lane) << kLaneShift | static_cast<std::uint32_t>(bytes);
}

}  // namespace

void PacketEngine::make_credits(Bytes buffer, const topology::Pod& pod, const FabricConfig& config) {
  credits_ = std::make_unique<CreditLayer>(buffer, pod, protocol_);
  const std::int64_t longest =
      credits_->room_for(static_cast<std::uint32_t>(wire_bytes(protocol_, config.chunk).count()));
  if (pod.routing->lane_count() > 16 || longest >= kMostBytes)
    throw ConfigError("/fabric/buffers: needs a smaller /fabric/chunk and at most 16 virtual lanes");
  // A port that is to be kept busy has, besides its queue, what is on its way while its card hears of it.
  const std::int64_t deaf = send_latency_ + card_queue_.width();
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const LinkId link(i);
    const TypeTiming& timing = timings_[links_[link].type];
    credits_->port(link).card_limit =
        config.port_queue.count() + scale_rounded_up(timing.bytes_per_second, deaf, 1'000'000'000'000);
  }
  card_of_port_.assign(ports_.size(), 0);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (links_[LinkId(i)].port != kNoPort)
      card_of_port_[links_[LinkId(i)].port] = pod.graph.link(LinkId(i)).from.value();
  }
}

void PacketEngine::note_lanes(std::uint32_t index) {
  credits_->note_path(index, path_);
}

std::int64_t PacketEngine::waiting_ps(LinkId link) const {
  const BytesPerSecond rate(timings_[links_[link].type].bytes_per_second);
  return time_rounded_up(Bytes(credits_->port(link).waiting_bytes), rate).count();
}

// Inline for the reason that prefetch() is.
[[gnu::always_inline]] inline void PacketEngine::prefetch_credited(Events events, std::size_t i) const {
  if (i + kFarAhead < events.size()) {
    const CalendarQueue::Event& event = events[i + kFarAhead];
    prefetch(&links_[LinkId(event.where)]);
    credits_->prefetch_link(LinkId(event.where));
    if ((event.what & kReturn) == 0) {
      prefetch(&packets_[event.what]);
      credits_->prefetch_packet(event.what);
    }
  }
  // Those that wait first are likely to go.
  for (std::size_t lane = 0; lane < credits_->lanes() && i + kAhead < events.size(); ++lane) {
    const std::uint32_t packet = credits_->first(LinkId(events[i + kAhead].where), lane);
    if (packet == CreditLayer::kNone) continue;
    prefetch(&packets_[packet]);
    credits_->prefetch_packet(packet);
  }
  for (std::size_t lane = 0; lane < credits_->lanes() && i + kNearAhead < events.size(); ++lane) {
    const std::uint32_t packet = credits_->first(LinkId(events[i + kNearAhead].where), lane);
    if (packet == CreditLayer::kNone || packets_[packet].hop == 0) continue;
    prefetch(&links_[route_of(packet)[packets_[packet].hop - 1U]]);
  }
}

// Link after link: within a bucket none depends on another, because heads and credits take a hop's latency.
void PacketEngine::serve_credited_hops() {
  const std::int64_t bucket = hop_queue_.next_bucket();
  const std::int64_t start = hop_queue_.start_of(bucket);
  const std::int64_t end = start + hop_queue_.width();
  const Events events = hop_queue_.take_by_place(bucket, links_.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    prefetch_credited(events, i);
    const LinkId link(events[i].where);
    const std::int64_t time = start + events[i].offset;
    send_waiting(link, time);
    take_event(events[i].what, link, time);
    if (i + 1 < events.size() && events[i + 1].where == events[i].where) continue;
    send_waiting(link, end);
    settle(link, end);
  }
}

void PacketEngine::take_event(std::uint32_t what, LinkId link, std::int64_t time) {
  CreditLayer::Port& port = credits_->port(link);
  if (what == kWake) {
    port.wake_at = kNever;
  } else if ((what & kReturn) != 0) {
    credits_->give_back(link, static_cast<std::uint8_t>(what >> kLaneShift & 0xFU), what & kMostBytes);
  } else if (packets_[what].lane_class == LaneClass::Control) {
    return serve_hop(what, link, time);  // few and small: their lanes' buffers do not fill
  } else {
    credits_->wait(link, what, packets_[what].hop, packets_[what].wire, time);
  }
  port.changed_at = time;
}

// Sends what can start before `until`.
void PacketEngine::send_waiting(LinkId link, std::int64_t until) {
  const CreditLayer::Port& port = credits_->port(link);
  while (port.waiting_bytes > 0) {
    const std::int64_t start =
        std::max(links_[link].free_at[static_cast<std::size_t>(LaneClass::Data)], port.changed_at);
    if (start >= until) return;
    const std::uint32_t packet = credits_->take(link);
    if (packet == CreditLayer::kNone) return;
    send_credited(packet, link, start);
  }
}

void PacketEngine::send_credited(std::uint32_t index, LinkId link_id, std::int64_t start) {
  Packet& packet = packets_[index];
  LinkState& link = links_[link_id];
  TypeTiming& timing = timings_[link.type];
  const std::uint32_t serialization = timing.serialization(packet.wire);
  const std::int64_t head = credits_->head(index);
  const std::int64_t end = std::max(start + serialization, head + packet.tail_lag_ps);
  link.free_at[static_cast<std::size_t>(LaneClass::Data)] = end;
  count_hop(link, packet.wire, serialization, start - head);

  const LinkId* route = route_of(index);
  const std::int64_t room = credits_->room_for(packet.wire);
  if (packet.hop > 0) {
    const LinkId before = route[packet.hop - 1];
    TypeTiming& inbound = timings_[links_[before].type];
    // Cells come free one by one as it leaves: what takes them at the rate of the inbound link may begin as
    // soon as it will not catch up.
    const std::int64_t freed = std::max(start, end - inbound.serialization(packet.wire));
    hop_queue_.push(freed + inbound.latency_ps, return_of(credits_->lane(index, packet.hop - 1U), room),
                    before.value());
  }
  const std::uint8_t lane = credits_->lane(index, packet.hop);
  ++packet.hop;
  packet.tail_lag_ps = static_cast<std::uint32_t>(end - start);
  if (packet.hop < packet.hops)
    return hop_queue_.push(start + timing.latency_ps, index, route[packet.hop].value());
  // The card takes it as it comes.
  hop_queue_.push(start + 2 * timing.latency_ps, return_of(lane, room), link_id.value());
  card_queue_.push(end + timing.latency_ps + receive_latency_, index, packet.destination);
}

// What a link is to hear later, at the end of its bucket: when it is free for what waits and has room, and
// its card when the queue is short again.
void PacketEngine::settle(LinkId link, std::int64_t end) {
  CreditLayer::Port& port = credits_->port(link);
  if (port.waiting_bytes > 0 && port.wake_at == kNever && credits_->can_go(link)) {
    port.wake_at = links_[link].free_at[static_cast<std::size_t>(LaneClass::Data)];
    hop_queue_.push(port.wake_at, kWake, link.value());
  }
  const std::uint32_t number = links_[link].port;
  if (number == kNoPort || port.holds_card == (port.waiting_bytes > port.card_limit)) return;
  port.holds_card = !port.holds_card;
  ports_[number].full_until = port.holds_card ? kNever : end;
  if (port.holds_card) return;
  // Cards have done their current bucket.
  const std::int64_t next = card_queue_.start_of(card_queue_.current_bucket() + 1);
  schedule_pull(NpuId(card_of_port_[number]), std::max(end, next));
}

}  // namespace podsim::fabric
