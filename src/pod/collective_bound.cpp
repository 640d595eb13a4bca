// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/collective_bound.h"

#include <algorithm>

namespace podsim::pod {
namespace {

// One message alone on the fabric takes at least this long.
class MessageFloor {
 public:
  MessageFloor(const Scenario& scenario, const topology::Pod& pod, Bytes piece)
      : pod_(pod),
        protocol_(*scenario.machine.protocol),
        chunk_(scenario.fabric.chunk),
        piece_(piece),
        least_hop_(Picoseconds::max()) {
    ports_.assign(pod.graph.npu_count(), BytesPerSecond());
    for (const topology::Link& link : pod.graph.links()) {
      const topology::LinkType& type = pod.graph.type(link.type);
      least_hop_ = std::min(least_hop_, type.latency);
      if (pod.graph.is_npu(link.from)) ports_[link.from.value()] += type.bandwidth;
    }
  }

  BytesPerSecond most_ports(std::size_t cards) const {
    return *std::max_element(ports_.begin(), ports_.begin() + static_cast<std::ptrdiff_t>(cards));
  }
  Picoseconds least_path() const {
    return protocol_.send_latency.value + least_hop_ + protocol_.receive_latency.value;
  }

  // On the only path every link carries all of it. Where there are several its packets may take any of them:
  // as many hops, each of the least latency of any, and all ports of the sender.
  Picoseconds time(NpuId src, NpuId dst, Bytes payload) const {
    topology::Path path;
    pod_.routing->path(src, dst, 0, path);
    const Bytes wire = wire_of(payload);
    const Picoseconds ends = protocol_.send_latency.value + protocol_.receive_latency.value;
    Picoseconds serial = time_rounded_up(wire, ports_[src.value()]);
    if (pod_.routing->path_count(src, dst) > 1) return ends + least_hop_ * path.hops + serial;
    Picoseconds latency = ends;
    for (std::size_t hop = 0; hop < path.hops; ++hop) {
      const topology::LinkType& type = pod_.graph.type_of(path.links[hop]);
      latency += type.latency;
      serial = std::max(serial, time_rounded_up(wire, type.bandwidth));
    }
    return latency + serial;
  }

 private:
  // Pieces, and packets of these.
  Bytes wire_of(Bytes payload) const {
    const auto cut = [](Bytes whole, Bytes part, const auto& wire) {
      const std::int64_t full = whole / part;
      const Bytes rest = whole - part * full;
      return (full > 0 ? wire(part) * full : Bytes()) + (rest > Bytes() ? wire(rest) : Bytes());
    };
    return cut(payload, piece_, [&](Bytes piece) {
      return cut(piece, chunk_, [&](Bytes packet) { return fabric::wire_bytes(protocol_, packet); });
    });
  }

  const topology::Pod& pod_;
  const fabric::ProtocolConfig& protocol_;
  Bytes chunk_;
  Bytes piece_;
  Picoseconds least_hop_;
  std::vector<BytesPerSecond> ports_;
};

// When each card could enter each step if every transfer were alone.
class StepChain {
 public:
  StepChain(const MessageFloor& floor, const npu::CollectivePlan& plan, const npu::CollectiveCosts& costs)
      : floor_(floor), plan_(plan), costs_(costs), memory_(costs.hbm_rate) {
    for (std::uint32_t rank = 0; rank < plan.ranks(); ++rank)
      ready_.push_back(costs.launch + costs.exposed_copy(plan.bytes_of(plan.input(rank))));
  }

  void take(std::uint32_t step) {
    std::vector<Picoseconds> next = ready_;
    for (std::uint32_t rank = 0; rank < plan_.ranks(); ++rank) {
      const npu::CollectiveStep now = plan_.step(rank, step);
      for (const npu::CollectiveTransfer& one : now.receives) {
        const Picoseconds there = ready_[one.peer] + floor_.time(NpuId(one.peer), NpuId(rank), one.bytes);
        next[rank] = std::max(
            next[rank], std::max(there + least_reduction(one.bytes, now.reduce), ready_[rank]) + costs_.flag);
      }
    }
    ready_ = std::move(next);
  }

  Picoseconds end() const {
    Picoseconds last;
    for (std::uint32_t rank = 0; rank < plan_.ranks(); ++rank)
      last = std::max(last, ready_[rank] + costs_.exposed_copy(plan_.bytes_of(plan_.result(rank))));
    return last;
  }

 private:
  // Of the piece that comes last, whichever that is.
  Picoseconds least_reduction(Bytes bytes, bool reduce) const {
    const Bytes rest = bytes - costs_.piece * (bytes / costs_.piece);
    const Bytes least = rest > Bytes() ? rest : costs_.piece;
    return memory_.load_of(costs_.memory_traffic(least, reduce)).time;
  }

  const MessageFloor& floor_;
  const npu::CollectivePlan& plan_;
  const npu::CollectiveCosts& costs_;
  npu::HbmServer memory_;
  std::vector<Picoseconds> ready_;
};

// All pieces of one rank and step, numbered as its card numbers them.
void add_traffic(const npu::CollectivePlan& plan, const npu::CollectiveCosts& costs, std::uint32_t rank,
                 fabric::TrafficBound& traffic) {
  std::uint32_t number = 0;
  for (std::uint32_t step = 0; step < plan.steps(); ++step) {
    npu::CollectiveMessages messages(plan.step(rank, step).sends, costs.piece);
    std::uint32_t peer = 0;
    Bytes bytes;
    while (messages.next(peer, bytes)) traffic.add(NpuId(rank), NpuId(peer), bytes, number++);
  }
}

// Every chunk must leave every rank but one (all-gather: come to it); to sum up and to spread the sums are
// two such ways (Patarasuk and Yuan, 2009). Some card has at least the mean.
Picoseconds textbook(const MessageFloor& floor, const npu::CollectivePlan& plan,
                     const npu::CollectiveCosts& costs) {
  const auto ranks = static_cast<std::int64_t>(plan.ranks());
  if (ranks == 1) return costs.launch;
  const std::int64_t ways = plan.shape().operation == npu::CollectiveOperation::AllReduce ? 2 : 1;
  const std::int64_t bytes = plan.shape().bytes.count();
  const Bytes through(ways * (bytes / ranks * (ranks - 1) + bytes % ranks * (ranks - 1) / ranks));
  return costs.launch + floor.least_path() + time_rounded_up(through, floor.most_ports(plan.ranks()));
}

}  // namespace

std::optional<CollectiveBound> collective_bound(const Scenario& scenario, const topology::Pod& pod,
                                                std::uint64_t seed, const npu::CollectivePlan& plan,
                                                const npu::CollectiveCosts& costs,
                                                const std::function<bool()>& interrupted) {
  const MessageFloor floor(scenario, pod, costs.piece);
  CollectiveBound bound;
  bound.textbook = textbook(floor, plan, costs);
  if (plan.steps() == 0) return bound;
  fabric::TrafficBound traffic(pod, *scenario.machine.protocol, scenario.fabric, seed);
  for (std::uint32_t rank = 0; rank < plan.ranks(); ++rank) {
    if (interrupted && interrupted()) return std::nullopt;
    add_traffic(plan, costs, rank, traffic);
  }
  bound.busiest = traffic.result();
  bound.transfer = costs.launch + bound.busiest.time;
  if (scenario.faults) return bound;  // ways round them are longer, and not the routing's choice 0
  StepChain chain(floor, plan, costs);
  for (std::uint32_t step = 0; step < plan.steps(); ++step) {
    if (interrupted && interrupted()) return std::nullopt;
    chain.take(step);
  }
  bound.steps = chain.end();
  return bound;
}

}  // namespace podsim::pod
