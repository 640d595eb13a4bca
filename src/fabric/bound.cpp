// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/bound.h"

#include <algorithm>
#include <array>
#include <limits>

#include "fabric/injection.h"
#include "fabric/path_chooser.h"
#include "fabric/size_memo.h"
#include "podsim/base/prefetch.h"
#include "podsim/topology/fault_routing.h"

namespace podsim::fabric {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

struct LinkLoad {
  std::int64_t busy_ps = 0;
  std::int64_t least_before_ps = kNone;  // from time 0 to a head at this link
  std::int64_t least_after_ps = kNone;   // from the end of a packet on this link to its delivery
  LinkTypeId type;
};

struct CardLoad {
  std::int64_t sent_bytes = 0;
  std::int64_t largest_sent_bytes = 0;
  std::int64_t received_bytes = 0;
  std::int64_t least_sent_latency_ps = kNone;
  std::int64_t least_received_latency_ps = kNone;
};

void take_longer(BoundResult& best, std::int64_t time_ps, BoundKind kind, LinkId link, NpuId npu) {
  if (Picoseconds(time_ps) > best.time) best = {Picoseconds(time_ps), kind, link, npu};
}

std::int64_t least_latency_ps(const topology::Graph& graph) {
  std::int64_t least = kNone;
  for (const topology::Link& link : graph.links())
    least = std::min(least, graph.type(link.type).latency.count());
  return least;
}

// Faults that come or go during a run: which ways packets take is not known beforehand, only that none is
// shorter than without faults.
bool changes(const topology::FaultRouting* faults) {
  return faults != nullptr && faults->moments().size() > 1;
}

struct TypeFigures {
  std::int64_t latency_ps = 0;
  std::int64_t busy_ps = 0;  // serialization of a packet of the size at hand
};

// A packet whose path is known and whose loads are still to be counted; none when the path has no hops.
struct Pending {
  std::uint32_t wire = 0;
  NpuId src;
  NpuId dst;
  topology::Path path;
};
constexpr std::size_t kPending = 32;

}  // namespace

struct TrafficBound::State {
  const topology::Pod& pod;
  const topology::FaultRouting* faults;  // null without
  ProtocolConfig protocol;
  FabricConfig config;
  PathChooser chooser;
  IdVector<LinkId, LinkLoad> links;
  IdVector<NpuId, CardLoad> cards;
  IdVector<NpuId, CardRates> rates;
  std::int64_t least_hop_ps;  // of any link
  bool paths_known;
  IdVector<LinkTypeId, TypeFigures> types;
  SizeMemo wire_of_payload;
  std::array<Pending, kPending> pending{};  // the latest packets, their links on the way into the cache
  std::size_t next_pending = 0;
  std::int64_t longest_message_ps = 0;
  std::uint32_t wire_at_hand = 0;  // that of TypeFigures::busy_ps

  State(const topology::Pod& of_pod, const ProtocolConfig& of_protocol, const FabricConfig& of_config,
        std::uint64_t seed);
  void take_in_hand(std::uint32_t wire);
  void add_packet(NpuId src, NpuId dst, std::int64_t payload, std::uint32_t flow, std::uint32_t packet);
  void apply(Pending& packet);
  void apply_all();
};

TrafficBound::State::State(const topology::Pod& of_pod, const ProtocolConfig& of_protocol,
                           const FabricConfig& of_config, std::uint64_t seed)
    : pod(of_pod),
      faults(dynamic_cast<const topology::FaultRouting*>(of_pod.routing.get())),
      protocol(of_protocol),
      config(of_config),
      chooser(changes(faults) ? faults->healthy() : *of_pod.routing, of_config.path_spread, seed),
      links(of_pod.graph.link_count()),
      cards(of_pod.graph.npu_count()),
      rates(card_rates(of_pod.graph, of_config)),
      least_hop_ps(least_latency_ps(of_pod.graph)),
      paths_known(of_config.path_spread != PathSpread::Backlog && !changes(faults)) {
  for (const topology::LinkType& type : pod.graph.link_types()) types.push_back({type.latency.count(), 0});
  for (std::size_t i = 0; i < links.size(); ++i) links[LinkId(i)].type = pod.graph.link(LinkId(i)).type;
}

TrafficBound::TrafficBound(const topology::Pod& pod, const ProtocolConfig& protocol,
                           const FabricConfig& config, std::uint64_t seed)
    : state_(std::make_unique<State>(pod, protocol, config, seed)) {}

TrafficBound::~TrafficBound() = default;

void TrafficBound::add(NpuId src, NpuId dst, Bytes payload, std::uint32_t flow) {
  if (state_->faults != nullptr && !state_->faults->is_certain(src, dst)) return;
  std::int64_t left = payload.count();
  std::uint32_t packet = 0;
  do {
    const std::int64_t bytes = std::min(left, state_->config.chunk.count());
    state_->add_packet(src, dst, bytes, flow, packet++);
    left -= bytes;
  } while (left > 0);
}

void TrafficBound::State::add_packet(NpuId src, NpuId dst, std::int64_t payload, std::uint32_t flow,
                                     std::uint32_t packet) {
  if (src == dst) {
    const Picoseconds copy = protocol.send_latency.value + protocol.receive_latency.value;
    longest_message_ps = std::max(longest_message_ps, copy.count());
    return;
  }
  Pending& slot = pending[next_pending++ % kPending];
  apply(slot);
  chooser.choose(
      src, dst, flow, packet, [](LinkId) { return std::int64_t{0}; }, slot.path);
  for (std::size_t hop = 0; hop < slot.path.hops; ++hop) prefetch(&links[slot.path.links[hop]]);
  prefetch(&cards[dst]);
  slot.src = src;
  slot.dst = dst;
  slot.wire = wire_of_payload.get(static_cast<std::uint32_t>(payload), [this](std::uint32_t bytes) {
    return static_cast<std::uint32_t>(wire_bytes(protocol, Bytes(bytes)).count());
  });
}

void TrafficBound::State::take_in_hand(std::uint32_t wire) {
  wire_at_hand = wire;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const LinkTypeId type(i);
    types[type].busy_ps = time_rounded_up(Bytes(wire), pod.graph.type(type).bandwidth).count();
  }
}

void TrafficBound::State::apply_all() {
  for (Pending& packet : pending) apply(packet);
}

void TrafficBound::State::apply(Pending& packet) {
  const std::size_t hops = packet.path.hops;
  if (hops == 0) return;
  packet.path.hops = 0;
  if (packet.wire != wire_at_hand) take_in_hand(packet.wire);
  const LinkId* path = packet.path.links.data();
  std::int64_t latency = protocol.send_latency.value.count() + protocol.receive_latency.value.count();
  std::int64_t slowest = 0;
  if (paths_known) {
    for (std::size_t hop = 0; hop < hops; ++hop) latency += types[links[path[hop]].type].latency_ps;
    std::int64_t before = protocol.send_latency.value.count();
    for (std::size_t hop = 0; hop < hops; ++hop) {
      LinkLoad& load = links[path[hop]];
      const TypeFigures type = types[load.type];
      load.busy_ps += type.busy_ps;
      load.least_before_ps = std::min(load.least_before_ps, before);
      load.least_after_ps = std::min(load.least_after_ps, latency - before);
      before += type.latency_ps;
      slowest = std::max(slowest, type.busy_ps);
    }
  } else {
    // Any of the choices may be taken; they have this many hops, but links of their own.
    latency += static_cast<std::int64_t>(hops) * least_hop_ps;
  }
  longest_message_ps = std::max(longest_message_ps, latency + slowest);
  const std::int64_t wire = packet.wire;
  CardLoad& from = cards[packet.src];
  CardLoad& to = cards[packet.dst];
  from.sent_bytes += wire;
  from.largest_sent_bytes = std::max(from.largest_sent_bytes, wire);
  to.received_bytes += wire;
  from.least_sent_latency_ps = std::min(from.least_sent_latency_ps, latency);
  to.least_received_latency_ps = std::min(to.least_received_latency_ps, latency);
}

void TrafficBound::merge(const TrafficBound& other) {
  state_->apply_all();
  other.state_->apply_all();
  for (std::size_t i = 0; i < state_->links.size(); ++i) {
    LinkLoad& load = state_->links[LinkId(i)];
    const LinkLoad& more = other.state_->links[LinkId(i)];
    load.busy_ps += more.busy_ps;
    load.least_before_ps = std::min(load.least_before_ps, more.least_before_ps);
    load.least_after_ps = std::min(load.least_after_ps, more.least_after_ps);
  }
  for (std::size_t i = 0; i < state_->cards.size(); ++i) {
    CardLoad& load = state_->cards[NpuId(i)];
    const CardLoad& more = other.state_->cards[NpuId(i)];
    load.sent_bytes += more.sent_bytes;
    load.largest_sent_bytes = std::max(load.largest_sent_bytes, more.largest_sent_bytes);
    load.received_bytes += more.received_bytes;
    load.least_sent_latency_ps = std::min(load.least_sent_latency_ps, more.least_sent_latency_ps);
    load.least_received_latency_ps = std::min(load.least_received_latency_ps, more.least_received_latency_ps);
  }
  state_->longest_message_ps = std::max(state_->longest_message_ps, other.state_->longest_message_ps);
}

BoundResult TrafficBound::result() const {
  state_->apply_all();
  BoundResult best{Picoseconds(state_->longest_message_ps), BoundKind::Latency, LinkId::none(),
                   NpuId::none()};
  for (std::size_t i = 0; i < state_->links.size(); ++i) {
    const LinkLoad& load = state_->links[LinkId(i)];
    if (load.busy_ps == 0) continue;
    take_longer(best, load.least_before_ps + load.busy_ps + load.least_after_ps, BoundKind::Link, LinkId(i),
                NpuId::none());
  }
  for (std::size_t i = 0; i < state_->cards.size(); ++i) {
    const CardLoad& load = state_->cards[NpuId(i)];
    const CardRates& rates = state_->rates[NpuId(i)];
    if (load.sent_bytes > 0) {
      const Picoseconds sending = time_rounded_up(Bytes(load.sent_bytes), rates.ports_out);
      // The last packet is injected before it is serialized, so only those ahead of it count; ports count
      // whole.
      const Picoseconds injecting =
          time_rounded_up(Bytes(load.sent_bytes - load.largest_sent_bytes), rates.injection);
      take_longer(best, std::max(sending, injecting).count() + load.least_sent_latency_ps,
                  BoundKind::Injection, LinkId::none(), NpuId(i));
    }
    if (load.received_bytes > 0) {
      const Picoseconds receiving = time_rounded_up(Bytes(load.received_bytes), rates.ports_in);
      take_longer(best, receiving.count() + load.least_received_latency_ps, BoundKind::Ejection,
                  LinkId::none(), NpuId(i));
    }
  }
  return best;
}

}  // namespace podsim::fabric
