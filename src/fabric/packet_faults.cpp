// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// PacketEngine when parts fail: packets that are lost, sent again, told apart from their doubles and, in the
// end, delivered once or reported. Nothing here runs without faults.
#include <algorithm>

#include "fabric/fault_layer.h"
#include "fabric/packet_engine.h"
#include "podsim/base/error.h"

namespace podsim::fabric {

bool PacketEngine::is_down(NpuId npu, std::int64_t now) const {
  return faults_->card_down(npu, now);
}

void PacketEngine::note_launch(std::uint32_t index, std::int64_t at) {
  faults_->trip(index).launched = at;
}

// Asks a dead card's endpoint for all that it would have sent; so that every message is accounted for.
void PacketEngine::drain_dead(NpuId npu, std::int64_t now) {
  Card& card = cards_[npu];
  while (true) {
    const SendQueue::Ready ready = card.queue.take_ready(kNever);
    if (ready.packet == SendQueue::kNone) break;
    fail_message(packets_[ready.packet].transfer, now, faults_->totals().failed_source);
    release(ready.packet);
  }
  const SendQueue::Ready none = begin_tracked(npu, card, now);
  PODSIM_CHECK(none.packet == SendQueue::kNone, "npu {} sends, though it is down", npu.value());
}

SendQueue::Ready PacketEngine::begin_tracked(NpuId npu, Card& card, std::int64_t now) {
  Message message;
  while (card.endpoint->next_message(Picoseconds(now), message)) {
    ++totals_.messages_offered;
    totals_.bytes_offered += static_cast<std::uint64_t>(message.payload.count());
    if (message.destination == npu) ++totals_.loopback_messages;
    const std::uint32_t index = allocate_transfer(message);
    faults_->sending(index) = {npu.value(), 0, false, false, false};
    const bool dead = faults_->card_down(npu, now);
    if (dead || !faults_->known(now).state().node_up[NodeId(message.destination.value())]) {
      FaultTotals& totals = faults_->totals();
      fail_message(index, now, dead ? totals.failed_source : totals.failed_destination);
      free_transfers_.push_back(index);
      continue;
    }
    const SendQueue::Ready ready = next_chunk(npu, now, index);
    if (ready.packet != SendQueue::kNone) return ready;
    send_on(npu, card, now, index);  // the first packet waits for a way
  }
  return {};
}

// The packet's book and its path; Ready::packet is kNone when there is no way for the time being.
SendQueue::Ready PacketEngine::make_tracked(std::uint32_t index, std::int64_t now, std::uint32_t number) {
  Packet& packet = packets_[index];
  faults_->trip(index) = {now, number, 0, false};
  ++faults_->sending(packet.transfer).open_packets;
  SendQueue::Ready ready{index, packet.wire, SendQueue::kNone, LinkId::none(), packet.transfer};
  if (packet.destination == packet.source) return ready;
  if (!find_way(index, now)) {
    wait_for_way(index, now);
    return {};
  }
  ready.link = *route_of(index);
  ready.port = port_of_link_[ready.link];
  return ready;
}

// Chooses a path among those that the card knows to work. False: it knows of none.
bool PacketEngine::find_way(std::uint32_t index, std::int64_t now) {
  Packet& packet = packets_[index];
  const FaultLayer::Trip& trip = faults_->trip(index);
  const NpuId src(packet.source);
  const NpuId dst(packet.destination);
  const topology::SurvivingRouting& known = faults_->known(now);
  const auto backlog = [&](LinkId link) { return backlog_ps(src, link, now); };
  const std::uint32_t flow = transfers_[packet.transfer].message.flow;
  const std::uint32_t number = trip.number + (std::uint32_t{trip.attempt} << 24U);
  topology::Path& path = path_;
  path.hops = 0;
  LinkId missed = LinkId::none();
  if (path_spread_ != PathSpread::Backlog || known.whole()) {
    const PathChooser healthy(faults_->plan().routing->healthy(), path_spread_, seed_);
    healthy.choose(src, dst, flow, number, backlog, path);
    missed = first_down(known.state());
  } else if (known.is_detoured(src, dst)) {
    faults_->plan().routing->healthy().path(src, dst, 0, path);
    missed = first_down(known.state());
  }
  if (missed != LinkId::none() || path.hops == 0) {
    if (known.path_count(src, dst) == 0) return false;
    path.hops = 0;
    const PathChooser chooser(known, path_spread_, seed_);
    chooser.choose(src, dst, flow, number, backlog, path);
  }
  if (missed != LinkId::none()) count_rerouted(index, missed, now);
  packet.hop = 0;
  packet.hops = path.hops;
  packet.tail_lag_ps = 0;
  LinkId* route = max_hops_ <= kInlineHops ? packet.route.data() : &long_routes_[index * max_hops_];
  std::copy_n(path.links.begin(), path.hops, route);
  return true;
}

LinkId PacketEngine::first_down(const topology::PodState& state) const {
  for (std::size_t hop = 0; hop < path_.hops; ++hop) {
    if (!state.link_up[path_.links[hop]]) return path_.links[hop];
  }
  return LinkId::none();
}

void PacketEngine::count_rerouted(std::uint32_t index, LinkId missed, std::int64_t now) {
  const Packet& packet = packets_[index];
  FaultTotals& totals = faults_->totals();
  FaultLayer::Sending& sending = faults_->sending(packet.transfer);
  ++totals.packets_rerouted;
  totals.bytes_rerouted += packet.payload;
  if (!sending.rerouted) ++totals.messages_rerouted;
  sending.rerouted = true;
  const std::uint32_t fault = faults_->blamed(missed, now);
  if (fault == FaultLayer::kNoFault) return;
  ++totals.effects[fault].packets_rerouted;
  totals.effects[fault].bytes_rerouted += packet.payload;
}

// There is no way. A repair may bring one back, or word of a card's death make an end of the message;
// otherwise the pod is cut apart.
void PacketEngine::wait_for_way(std::uint32_t index, std::int64_t now) {
  const Packet& packet = packets_[index];
  const NpuId src(packet.source);
  const NpuId dst(packet.destination);
  const topology::FaultRouting& routing = *faults_->plan().routing;
  const bool changes = Picoseconds(now) < routing.moments().back();
  const bool dying = faults_->card_down(src, now) || faults_->card_down(dst, now);
  if (!dying && (!changes || !routing.will_know_way(src, dst, Picoseconds(now)))) {
    const std::string cut = topology::describe_cut(routing.graph(), routing.npu_forwards(), routing.faults(),
                                                   Picoseconds(now), routing.graph().npu_count());
    if (!changes || !cut.empty()) {
      throw ConfigError(fmt::format(
          "at {} npu {} has no way to npu {}: {}", to_string(Picoseconds(now)), packet.source,
          packet.destination, cut.empty() ? "every detour needs more virtual lanes than there are" : cut));
    }
  }
  const std::int64_t wait = faults_->plan().retry.timeout.value.count();
  card_queue_.push(now + std::max(wait, card_queue_.width()), kResend | index, packet.source);
}

// Whether a packet comes through a link whose outages it may meet. It is lost when the link goes down before
// its tail has left the wire: while it waits, while it is sent, and while it is on its way.
bool PacketEngine::survives_hop(std::uint32_t index, LinkId link_id, std::int64_t head) {
  Packet& packet = packets_[index];
  LinkState& link = links_[link_id];
  if (faults_->came_back(link_id, head)) {
    for (std::int64_t& free_at : link.free_at) free_at = std::min(free_at, head);
  }
  TypeTiming& timing = timings_[link.type];
  std::int64_t& free_at = link.free_at[static_cast<std::size_t>(packet.lane_class)];
  const std::int64_t start = std::max(head, free_at);
  const std::int64_t end =
      std::max<std::int64_t>(start + timing.serialization(packet.wire), head + packet.tail_lag_ps);
  const FaultLayer::Outage* outage = faults_->outage(link_id, head, end + timing.latency_ps);
  if (outage == nullptr) return true;
  if (outage->from > head) {
    free_at = end;  // it stands in the way of those behind it, which will be lost as well
    link.stats.busy_ps += std::max<std::int64_t>(0, std::min(end, outage->from) - start);
  }
  lost(index, outage->fault, std::max(head, outage->from), head + card_queue_.width());
  return false;
}

// `at`: when it was lost; `not_before`: the earliest that the queue of cards takes something for.
void PacketEngine::lost(std::uint32_t index, std::uint32_t fault, std::int64_t at, std::int64_t not_before) {
  FaultTotals& totals = faults_->totals();
  ++totals.packets_lost;
  ++totals.effects[fault].packets_lost;
  resend_later(index, std::max(at, not_before));
}

void PacketEngine::resend_later(std::uint32_t index, std::int64_t not_before) {
  const std::int64_t at = faults_->resend_time(faults_->trip(index), not_before);
  card_queue_.push(at, kResend | index, packets_[index].source);
}

void PacketEngine::serve_tracked(std::uint32_t what, std::int64_t time) {
  if ((what & kResend) != 0) {
    resend(what & ~kResend, time);
  } else {
    deliver_tracked(what, time);
  }
}

// The timer of a packet has run out.
void PacketEngine::resend(std::uint32_t index, std::int64_t time) {
  const Packet& packet = packets_[index];
  FaultLayer::Trip& trip = faults_->trip(index);
  FaultTotals& totals = faults_->totals();
  std::uint64_t* cause = nullptr;
  if (faults_->card_down(NpuId(packet.source), time)) {
    cause = &totals.failed_source;
  } else if (!faults_->known(time).state().node_up[NodeId(packet.destination)]) {
    cause = &totals.failed_destination;
  } else if (trip.attempt >= faults_->plan().retry.limit.value) {
    cause = &totals.failed_retries;
  }
  if (cause != nullptr || faults_->sending(packet.transfer).failed) {
    // Of a packet that has arrived only the sender does not know it.
    if (cause != nullptr && !trip.received) fail_message(packet.transfer, time, *cause);
    return release(index);
  }
  if (!find_way(index, time)) return wait_for_way(index, time);
  ++trip.attempt;
  ++totals.packets_resent;
  SendQueue::Ready ready{index, packet.wire, 0, *route_of(index), kWhole};
  ready.port = port_of_link_[ready.link];
  cards_[NpuId(packet.source)].queue.wait(ready);
  schedule_pull(NpuId(packet.source), time);
}

void PacketEngine::deliver_tracked(std::uint32_t index, std::int64_t time) {
  const Packet packet = packets_[index];
  const std::uint32_t fault = faults_->card_fault(NpuId(packet.destination), time);
  if (fault != FaultLayer::kNoFault) return lost(index, fault, time, time + card_queue_.width());
  FaultLayer::Trip& trip = faults_->trip(index);
  if (trip.received) ++faults_->totals().duplicates;
  const bool first = !trip.received;
  trip.received = true;
  // The acknowledgement goes back the same way; the packet's book is closed when it arrives.
  if (acknowledgement_arrives(index, time)) {
    if (first) receive(packet, time);
    return release(index);
  }
  ++faults_->totals().acknowledgements_lost;
  if (first) receive(packet, time);
  resend_later(index, time + card_queue_.width());
}

bool PacketEngine::acknowledgement_arrives(std::uint32_t index, std::int64_t time) const {
  const LinkId* route = route_of(index);
  for (std::size_t hop = packets_[index].hops; hop > 0; --hop) {
    const LinkId back = reverse_[route[hop - 1]];
    const std::int64_t latency = timings_[links_[back].type].latency_ps;
    if (faults_->outage(back, time, time + latency) != nullptr) return false;
    time += latency;
  }
  return true;
}

void PacketEngine::receive(const Packet& packet, std::int64_t time) {
  ++totals_.packets_delivered;
  Transfer& transfer = transfers_[packet.transfer];
  transfer.missing -= packet.payload;
  PODSIM_CHECK(transfer.missing >= 0, "message {} -> {} delivered {} bytes too many", packet.source,
               packet.destination, -transfer.missing);
  FaultLayer::Sending& sending = faults_->sending(packet.transfer);
  if (transfer.missing > 0 || sending.failed) return;
  PODSIM_CHECK(!sending.delivered, "message {} -> {} delivered twice", packet.source, packet.destination);
  sending.delivered = true;
  ++totals_.messages_delivered;
  const Bytes payload = transfer.message.payload;
  totals_.bytes_delivered += static_cast<std::uint64_t>(payload.count());
  cards_[NpuId(packet.destination)].endpoint->message_arrived(
      {NpuId(packet.source), packet.tag, payload, Picoseconds(time)});
}

void PacketEngine::fail_message(std::uint32_t index, std::int64_t time, std::uint64_t& cause) {
  FaultLayer::Sending& sending = faults_->sending(index);
  Transfer& transfer = transfers_[index];
  if (sending.failed || sending.delivered) return;
  sending.failed = true;
  transfer.unsent = 0;
  ++cause;
  ++totals_.messages_failed;
  totals_.bytes_failed += static_cast<std::uint64_t>(transfer.message.payload.count());
  const Message message = transfer.message;
  const NpuId source(sending.source);
  cards_[source].endpoint->message_failed(message, Picoseconds(time));
  if (cards_[message.destination].endpoint == nullptr) return;
  cards_[message.destination].endpoint->message_lost(
      {source, message.tag, message.payload, Picoseconds(time)});
}

// Closes a packet's book, and its message's with the last one.
void PacketEngine::release(std::uint32_t index) {
  const std::uint32_t transfer = packets_[index].transfer;
  FaultLayer::Sending& sending = faults_->sending(transfer);
  if (!faults_->trip(index).received) ++totals_.packets_failed;
  free_packets_.push_back(index);
  if (--sending.open_packets > 0 || transfers_[transfer].unsent > 0) return;
  PODSIM_CHECK(sending.delivered != sending.failed, "a message of npu {} is neither delivered nor failed",
               sending.source);
  free_transfers_.push_back(transfer);
}

}  // namespace podsim::fabric
