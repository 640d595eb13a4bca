// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/topology/faults.h"

namespace podsim::topology {

namespace {

// A cable that ends at a spare; of two, the same.
LinkType through_backplane(LinkType type, const SparesConfig& spares, double scale) {
  type.latency += spares.latency.value;
  type.bandwidth = BytesPerSecond(std::max<std::int64_t>(
      1, static_cast<std::int64_t>(static_cast<double>(type.bandwidth.count()) * scale)));
  return type;
}

// What the links of a spare may take of what those of the card did.
double share_of(const Graph& graph, NodeId card, const SparesConfig& spares) {
  if (!spares.bandwidth) return 1.0;
  std::int64_t all = 0;
  for (const Link& link : graph.links()) {
    if (link.from == card) all += graph.type(link.type).bandwidth.count();
  }
  return all == 0
             ? 1.0
             : std::min(1.0, static_cast<double>(spares.bandwidth->value.count()) / static_cast<double>(all));
}

// The same nodes and link ids; cables at replaced cards take the longer way.
Graph rewired(const Graph& whole, const std::vector<NpuId>& replaced, const SparesConfig& spares) {
  Graph graph(whole.npu_count());
  for (const std::string& name : whole.dimension_names()) graph.add_dimension(name);
  for (const LinkType& type : whole.link_types()) graph.add_link_type(type);
  for (std::size_t i = whole.npu_count(); i < whole.node_count(); ++i)
    graph.add_switch(whole.switch_info(NodeId(i)));
  IdVector<NodeId, double> share(whole.node_count(), 0.0);  // 0: not replaced
  for (const NpuId npu : replaced) share[NodeId(npu.value())] = share_of(whole, NodeId(npu.value()), spares);
  std::map<std::pair<LinkTypeId, double>, LinkTypeId> types;
  for (std::size_t i = 0; i < whole.link_count(); i += 2) {
    const Link& link = whole.link(LinkId(i));
    double scale = 0.0;
    for (const NodeId end : {link.from, link.to}) {
      if (share[end] > 0.0) scale = scale > 0.0 ? std::min(scale, share[end]) : share[end];
    }
    LinkTypeId type = link.type;
    if (scale > 0.0) {
      const auto key = std::pair(link.type, scale);
      if (types.find(key) == types.end()) {
        LinkType longer = through_backplane(whole.type(link.type), spares, scale);
        longer.name += " to spare";
        types[key] = graph.add_link_type(std::move(longer));
      }
      type = types[key];
    }
    const LinkId id = graph.connect(link.from, link.to, type);
    PODSIM_CHECK(id == LinkId(i), "link {} became {}", i, id.value());
  }
  return graph;
}

}  // namespace

std::vector<NpuId> use_spares(Pod& pod, std::vector<Fault>& faults) {
  std::vector<NpuId> replaced;
  if (!pod.config.cabinet || !pod.config.cabinet->spares) return replaced;
  const SparesConfig& spares = *pod.config.cabinet->spares;
  const auto size = static_cast<std::size_t>(pod.config.cabinet->cards.value);
  std::vector<NpuId> failed;
  for (const Fault& fault : faults) {
    if (fault.what != PartKind::Card || fault.at > Picoseconds() || fault.repaired != Fault::kNever) continue;
    failed.emplace_back(fault.nodes.front().value());
  }
  std::sort(failed.begin(), failed.end());
  failed.erase(std::unique(failed.begin(), failed.end()), failed.end());
  std::map<std::size_t, std::int64_t> used;  // by cabinet
  for (const NpuId npu : failed) {
    if (used[npu.value() / size] == spares.cards.value) continue;
    ++used[npu.value() / size];
    replaced.push_back(npu);
  }
  if (replaced.empty()) return replaced;
  const auto is_replaced = [&](const Fault& fault) {
    return fault.what == PartKind::Card && fault.at == Picoseconds() && fault.repaired == Fault::kNever &&
           std::binary_search(replaced.begin(), replaced.end(), NpuId(fault.nodes.front().value()));
  };
  faults.erase(std::remove_if(faults.begin(), faults.end(), is_replaced), faults.end());
  pod.graph = rewired(pod.graph, replaced, spares);
  return replaced;
}

}  // namespace podsim::topology
