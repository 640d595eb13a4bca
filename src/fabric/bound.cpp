// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/bound.h"

#include <algorithm>
#include <limits>

#include "fabric/injection.h"
#include "fabric/path_chooser.h"
#include "fabric/size_memo.h"

namespace podsim::fabric {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

struct LinkLoad {
  std::int64_t busy_ps = 0;
  std::int64_t least_before_ps = kNone;  // from time 0 to a head at this link
  std::int64_t least_after_ps = kNone;   // from the end of a packet on this link to its delivery
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
  for (const topology::LinkType& type : graph.link_types()) least = std::min(least, type.latency.count());
  return least;
}

}  // namespace

struct TrafficBound::State {
  const topology::Pod& pod;
  ProtocolConfig protocol;
  FabricConfig config;
  PathChooser chooser;
  IdVector<LinkId, LinkLoad> links;
  IdVector<NpuId, CardLoad> cards;
  IdVector<NpuId, CardRates> rates;
  std::int64_t least_hop_ps;                        // of any link
  IdVector<LinkTypeId, SizeMemo> serialization_ps;  // by wire bytes
  SizeMemo wire_of_payload;
  topology::Path path;  // of the packet being added
  std::int64_t longest_message_ps = 0;

  std::int64_t serialization(LinkTypeId type, std::uint32_t wire);
  void add_packet(NpuId src, NpuId dst, std::int64_t payload, std::uint32_t flow, std::uint32_t packet);
  void add_path(std::uint32_t wire, CardLoad& from, CardLoad& to);
};

TrafficBound::TrafficBound(const topology::Pod& pod, const ProtocolConfig& protocol,
                           const FabricConfig& config, std::uint64_t seed)
    : state_(new State{pod,
                       protocol,
                       config,
                       PathChooser(*pod.routing, config.path_spread, seed),
                       IdVector<LinkId, LinkLoad>(pod.graph.link_count()),
                       IdVector<NpuId, CardLoad>(pod.graph.npu_count()),
                       card_rates(pod.graph, config),
                       least_latency_ps(pod.graph),
                       IdVector<LinkTypeId, SizeMemo>(pod.graph.link_types().size()),
                       {},
                       {},
                       0}) {}

TrafficBound::~TrafficBound() = default;

void TrafficBound::add(NpuId src, NpuId dst, Bytes payload, std::uint32_t flow) {
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
  CardLoad& from = cards[src];
  if (src == dst) {
    const Picoseconds copy = protocol.send_latency.value + protocol.receive_latency.value;
    longest_message_ps = std::max(longest_message_ps, copy.count());
    return;
  }
  chooser.choose(
      src, dst, flow, packet, [](LinkId) { return std::int64_t{0}; }, path);
  const std::uint32_t wire =
      wire_of_payload.get(static_cast<std::uint32_t>(payload), [this](std::uint32_t bytes) {
        return static_cast<std::uint32_t>(wire_bytes(protocol, Bytes(bytes)).count());
      });
  add_path(wire, from, cards[dst]);
}

std::int64_t TrafficBound::State::serialization(LinkTypeId type, std::uint32_t wire) {
  return serialization_ps[type].get(wire, [&](std::uint32_t bytes) {
    return static_cast<std::uint32_t>(time_rounded_up(Bytes(bytes), pod.graph.type(type).bandwidth).count());
  });
}

void TrafficBound::State::add_path(std::uint32_t wire, CardLoad& from, CardLoad& to) {
  const bool paths_known = config.path_spread != PathSpread::Backlog;
  std::int64_t latency = 0;
  std::int64_t slowest = 0;
  for (std::size_t hop = 0; hop < path.hops; ++hop)
    latency += pod.graph.type_of(path.links[hop]).latency.count();
  std::int64_t before = protocol.send_latency.value.count();
  std::int64_t after = latency + protocol.receive_latency.value.count();
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    const topology::LinkType& type = pod.graph.type_of(path.links[hop]);
    const std::int64_t busy = serialization(pod.graph.link(path.links[hop]).type, wire);
    slowest = std::max(slowest, busy);
    if (paths_known) {
      LinkLoad& load = links[path.links[hop]];
      load.busy_ps += busy;
      load.least_before_ps = std::min(load.least_before_ps, before);
      load.least_after_ps = std::min(load.least_after_ps, after);
    }
    before += type.latency.count();
    after -= type.latency.count();
  }
  // Under backlog any of the choices may be taken; they have this many hops, but links of their own.
  if (!paths_known) {
    before = protocol.send_latency.value.count() + path.hops * least_hop_ps;
    slowest = 0;
  }
  const std::int64_t total = before + protocol.receive_latency.value.count();
  longest_message_ps = std::max(longest_message_ps, total + slowest);
  from.sent_bytes += wire;
  from.largest_sent_bytes = std::max<std::int64_t>(from.largest_sent_bytes, wire);
  to.received_bytes += wire;
  from.least_sent_latency_ps = std::min(from.least_sent_latency_ps, total);
  to.least_received_latency_ps = std::min(to.least_received_latency_ps, total);
}

void TrafficBound::merge(const TrafficBound& other) {
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
