// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The sending side of PacketEngine: from a card's messages to packets on their way to a first link.
#include <algorithm>

#include "fabric/credit_layer.h"
#include "fabric/fault_layer.h"
#include "fabric/packet_engine.h"
#include "podsim/base/error.h"

namespace podsim::fabric {

void PacketEngine::kick(NpuId npu, Picoseconds at) {
  Card& card = cards_[npu];
  if (card.pull_at <= at.count()) return;
  card.pull_at = at.count();
  kicks_.push_back({npu, at.count()});
}

void PacketEngine::schedule_pull(NpuId npu, std::int64_t at) {
  if (cards_[npu].pull_at <= at) return;  // the card kicked when it was asked
  cards_[npu].pull_at = at;
  if (card_queue_.bucket_of(at) <= card_queue_.current_bucket()) {
    kicks_.push_back({npu, at});
  } else {
    card_queue_.push(at, kPull, npu.value());
  }
}

// Turns inside the bucket being worked on are taken at once: what they send is due in a later one.
void PacketEngine::drain_kicks() {
  // Cards' processes run in the order of their construction, which must not show.
  if (kicks_.size() > 1) {
    std::sort(kicks_.begin(), kicks_.end(),
              [](const Kick& a, const Kick& b) { return a.at != b.at ? a.at < b.at : a.npu < b.npu; });
  }
  for (std::size_t i = 0; i < kicks_.size(); ++i) {
    const Kick kick = kicks_[i];
    if (cards_[kick.npu].pull_at != kick.at) continue;  // an earlier turn replaced it
    if (card_queue_.bucket_of(kick.at) <= card_queue_.current_bucket()) {
      pull(kick.npu, kick.at);
    } else {
      card_queue_.push(kick.at, kPull, kick.npu.value());
    }
  }
  kicks_.clear();
}

// Takes the card's next message and makes its first packet; none when the card has nothing to send.
SendQueue::Ready PacketEngine::begin_message(NpuId npu, Card& card, std::int64_t now) {
  if (faulty()) return begin_tracked(npu, card, now);
  Message message;
  if (!card.endpoint->next_message(Picoseconds(now), message)) return {};
  const std::int64_t payload = message.payload.count();
  ++totals_.messages_offered;
  if (message.destination == npu) ++totals_.loopback_messages;
  totals_.bytes_offered += static_cast<std::uint64_t>(payload);
  if (payload > chunk_) return next_chunk(npu, now, allocate_transfer(message));
  return make_packet(npu, now, message, {payload, 0, kWhole});
}

SendQueue::Ready PacketEngine::next_chunk(NpuId npu, std::int64_t now, std::uint32_t index) {
  Transfer& transfer = transfers_[index];
  const std::int64_t payload = std::min(transfer.unsent, chunk_);
  transfer.unsent -= payload;
  return make_packet(npu, now, transfer.message, {payload, transfer.packets++, index});
}

SendQueue::Ready PacketEngine::make_packet(NpuId npu, std::int64_t now, const Message& message,
                                           const Chunk& chunk) {
  const std::uint32_t index = allocate_packet();
  Packet& packet = packets_[index];
  packet.source = npu.value();
  packet.destination = message.destination.value();
  packet.tag = message.tag;
  packet.payload = static_cast<std::uint32_t>(chunk.payload);
  packet.wire = wire_of(chunk.payload, message.segment);
  packet.tail_lag_ps = 0;
  packet.transfer = chunk.transfer;
  packet.hop = packet.hops = 0;
  packet.lane_class = message.lane_class;
  ++totals_.packets_offered;
  if (faulty()) return make_tracked(index, now, chunk.number);
  SendQueue::Ready ready{index, packet.wire, SendQueue::kNone, LinkId::none(), chunk.transfer};
  if (message.destination == npu) return ready;
  topology::Path& path = path_;
  const auto backlog = [&](LinkId link) { return backlog_ps(npu, link, now); };
  chooser_.choose(npu, message.destination, message.flow, chunk.number, backlog, path);
  packet.hops = path.hops;
  if (credits_ != nullptr) note_lanes(index);
  LinkId* route = max_hops_ <= kInlineHops ? packet.route.data() : &long_routes_[index * max_hops_];
  std::copy_n(path.links.begin(), path.hops, route);
  ready.link = path.links[0];
  ready.port = port_of_link_[ready.link];
  return ready;
}

// Work queued at a link as card `npu` counts it: at its own ports also what is on its way there or waits to
// be sent.
std::int64_t PacketEngine::backlog_ps(NpuId npu, LinkId link_id, std::int64_t now) const {
  const LinkState& link = links_[link_id];
  std::int64_t queued =
      std::max<std::int64_t>(0, link.free_at[static_cast<std::size_t>(LaneClass::Data)] - now);
  if (credits_ != nullptr) queued += waiting_ps(link_id);
  const SendQueue& queue = cards_[npu].queue;
  const std::size_t port = link.port - cards_[npu].first_port;  // no port of this card: out of range
  if (port >= queue.port_count()) return queued;
  const Picoseconds waiting =
      time_rounded_up(queue.waiting_bytes(port), BytesPerSecond(timings_[link.type].bytes_per_second));
  return std::max(queued, queue.committed_end(port) - now) + waiting.count();
}

// The next packet to send, of a message begun before and of a new one by turns, so that neither starves the
// other; none when no port takes any. A port that is about to take packets counts as ready, so that a card
// has one turn per hop latency and not one per port.
SendQueue::Ready PacketEngine::next_packet(NpuId npu, Card& card, std::int64_t now) {
  const std::int64_t soon = now + hop_queue_.width();
  card.begin_next = !card.begin_next;
  if (!card.begin_next) {
    const SendQueue::Ready waiting = card.queue.take_ready(soon);
    if (waiting.packet != SendQueue::kNone) return waiting;
  }
  while (!card.queue.full()) {
    const SendQueue::Ready ready = begin_message(npu, card, now);
    if (ready.packet == SendQueue::kNone) break;
    if (ready.port == SendQueue::kNone || card.queue.accepts(ready.port, soon)) return ready;
    card.queue.wait(ready);
  }
  return card.queue.take_ready(soon);
}

// A card's turn: it sends what its ports take, within one hop latency if its injection is limited.
void PacketEngine::pull(NpuId npu, std::int64_t now) {
  Card& card = cards_[npu];
  card.pull_at = kNever;
  card.next_injection = std::max(card.next_injection, now);
  if (faulty() && is_down(npu, now)) return drain_dead(npu, now);
  const std::int64_t end = now + hop_queue_.width();
  while (card.next_injection < end) {
    const SendQueue::Ready ready = next_packet(npu, card, now);
    if (ready.packet == SendQueue::kNone) {
      const std::int64_t port_ready = card.queue.next_ready();
      if (port_ready != kNever) schedule_pull(npu, std::max(port_ready, card.next_injection));
      return;
    }
    launch(card, ready);
    if (ready.transfer != kWhole) send_on(npu, card, now, ready.transfer);
  }
  schedule_pull(npu, card.next_injection);
}

// The rest of a message of several packets: the next one waits for its port. To the card itself all leave at
// once.
void PacketEngine::send_on(NpuId npu, Card& card, std::int64_t now, std::uint32_t transfer) {
  while (transfers_[transfer].unsent > 0) {
    const SendQueue::Ready ready = next_chunk(npu, now, transfer);
    if (ready.packet == SendQueue::kNone) continue;  // faults leave it no way for now
    if (ready.port != SendQueue::kNone) return card.queue.wait(ready);
    launch(card, ready);
  }
}

// Sends the packet towards its first link, or, to the card itself, straight to its memory.
void PacketEngine::launch(Card& card, const SendQueue::Ready& ready) {
  const std::int64_t due = card.next_injection + send_latency_;
  if (faulty()) note_launch(ready.packet, card.next_injection);
  if (ready.port == SendQueue::kNone) {
    card_queue_.push(due + receive_latency_, ready.packet, packets_[ready.packet].destination);
    return;
  }
  TypeTiming& timing = timings_[card.queue.type(ready.port)];
  card.queue.commit(ready.port, card.next_injection, timing.serialization(ready.wire), timing.port_queue_ps);
  if (card.injection_limit)
    card.next_injection += time_rounded_up(Bytes(ready.wire), *card.injection_limit).count();
  hop_queue_.push(due, ready.packet, ready.link.value());
}

std::uint32_t PacketEngine::allocate_packet() {
  if (free_packets_.empty()) {
    const std::size_t index = packets_.size();
    PODSIM_CHECK(index < kResend, "{} packets in flight", index);
    packets_.emplace_back();
    if (max_hops_ > kInlineHops) long_routes_.resize((index + 1) * max_hops_);
    return static_cast<std::uint32_t>(index);
  }
  const std::uint32_t index = free_packets_.back();
  free_packets_.pop_back();
  return index;
}

std::uint32_t PacketEngine::allocate_transfer(const Message& message) {
  const Transfer transfer{message, message.payload.count(), message.payload.count(), 0};
  if (free_transfers_.empty()) {
    transfers_.push_back(transfer);
    return static_cast<std::uint32_t>(transfers_.size() - 1);
  }
  const std::uint32_t index = free_transfers_.back();
  free_transfers_.pop_back();
  transfers_[index] = transfer;
  return index;
}

std::uint32_t PacketEngine::wire_of(std::int64_t payload, std::uint32_t segment) {
  if (segment != 0)
    return static_cast<std::uint32_t>(wire_bytes(protocol_, Bytes(payload), Bytes(segment)).count());
  return wire_of_payload_.get(static_cast<std::uint32_t>(payload), [this](std::uint32_t bytes) {
    return static_cast<std::uint32_t>(wire_bytes(protocol_, Bytes(bytes)).count());
  });
}

}  // namespace podsim::fabric
