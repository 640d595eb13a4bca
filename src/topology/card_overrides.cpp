// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/card_overrides.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "podsim/base/error.h"
#include "topology/adjacency.h"

namespace podsim::topology {

namespace {

using LocatedOverride = Composer::LocatedOverride;

// The cards that an override names, as ids of the whole pod.
std::vector<NpuId> cards_of(const LocatedOverride& located) {
  std::vector<NpuId> cards;
  const auto add = [&](std::int64_t npu) {
    if (npu >= located.npus) {
      throw ConfigError(fmt::format("{}: npu {} is not among the {} NPUs", located.place, npu, located.npus));
    }
    cards.emplace_back(static_cast<std::size_t>(located.first + npu));
  };
  for (const std::int64_t npu : located.cards->npus) add(npu);
  if (located.cards->range.size() == 2) {
    add(located.cards->range[1]);
    for (std::int64_t npu = located.cards->range[0]; npu < located.cards->range[1]; ++npu) add(npu);
  }
  std::sort(cards.begin(), cards.end());
  cards.erase(std::unique(cards.begin(), cards.end()), cards.end());
  return cards;
}

std::optional<PortIndex> port_index(std::string_view text) {
  if (text == "+") return kPlus;
  if (text == "-") return kMinus;
  PortIndex index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return index;
}

// "x:0, x:2, up:0": what a card has, for messages.
std::string ports_of(const GraphBuilder& builder, const Adjacency& adjacency, NpuId npu) {
  const Graph& graph = builder.graph();
  std::set<std::pair<std::uint8_t, PortIndex>> ports;
  for (const Adjacency::Edge& edge : adjacency.out(NodeId(npu.value()))) {
    ports.emplace(graph.type_of(edge.link).dimension, builder.port(edge.link));
  }
  std::vector<std::string> names;
  for (const auto& [dimension, port] : ports) {
    names.push_back(fmt::format("{}:{}", graph.dimension_names()[dimension], port));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// Marks the cables behind one missing port.
void mark_missing(const GraphBuilder& builder, const Adjacency& adjacency, NpuId npu, const std::string& port,
                  const std::string& place, std::vector<bool>& missing) {
  const Graph& graph = builder.graph();
  const std::size_t colon = port.rfind(':');
  const std::string dimension = port.substr(0, colon);
  const auto index =
      colon == std::string::npos ? std::nullopt : port_index(std::string_view(port).substr(colon + 1));
  bool found = false;
  for (const Adjacency::Edge& edge : adjacency.out(NodeId(npu.value()))) {
    if (!index || builder.port(edge.link) != *index) continue;
    if (graph.dimension_names()[graph.type_of(edge.link).dimension] != dimension) continue;
    found = true;
    missing[edge.link.value()] = true;
    missing[graph.link(edge.link).reverse.value()] = true;
  }
  if (!found) {
    throw ConfigError(fmt::format("{}: npu {} has no port '{}', it has {}", place, npu.value(), port,
                                  ports_of(builder, adjacency, npu)));
  }
}

// Every link type at every scale in use.
class ScaledTypes {
 public:
  explicit ScaledTypes(Graph& graph) : graph_(graph) {}

  LinkTypeId at(LinkTypeId type, double scale) {
    if (scale == 1.0) return type;
    const auto key = std::pair(type, scale);
    const auto known = types_.find(key);
    if (known != types_.end()) return known->second;
    LinkType scaled = graph_.type(type);
    scaled.bandwidth = BytesPerSecond(
        std::max<std::int64_t>(1, std::llround(static_cast<double>(scaled.bandwidth.count()) * scale)));
    scaled.name += fmt::format(" x {:g}", scale);
    return types_[key] = graph_.add_link_type(std::move(scaled));
  }

 private:
  Graph& graph_;
  std::map<std::pair<LinkTypeId, double>, LinkTypeId> types_;
};

// The same nodes, link types and dimensions, no links.
Graph empty_copy(const Graph& whole) {
  Graph graph(whole.npu_count());
  for (const std::string& name : whole.dimension_names()) graph.add_dimension(name);
  for (const LinkType& type : whole.link_types()) graph.add_link_type(type);
  for (std::size_t i = whole.npu_count(); i < whole.node_count(); ++i) {
    graph.add_switch(whole.switch_info(NodeId(i)));
  }
  return graph;
}

}  // namespace

IdVector<NpuId, double> compute_scales(const Composer& composer) {
  IdVector<NpuId, double> scales(composer.builder().graph().npu_count(), 1.0);
  for (const LocatedOverride& located : composer.overrides()) {
    for (const NpuId npu : cards_of(located)) scales[npu] *= located.cards->compute_scale;
  }
  return scales;
}

bool changes_links(const Composer& composer) {
  const auto& overrides = composer.overrides();
  return std::any_of(overrides.begin(), overrides.end(), [](const LocatedOverride& located) {
    return !located.cards->missing_ports.empty() || located.cards->link_scale != 1.0;
  });
}

OverriddenGraph apply_overrides(const Composer& composer) {
  const GraphBuilder& builder = composer.builder();
  const Graph& whole = builder.graph();
  const Adjacency adjacency(whole);
  std::vector<bool> missing(whole.link_count(), false);
  IdVector<NodeId, double> scale(whole.node_count(), 1.0);
  std::vector<NpuId> damaged;
  for (const LocatedOverride& located : composer.overrides()) {
    for (const NpuId npu : cards_of(located)) {
      scale[NodeId(npu.value())] *= located.cards->link_scale;
      for (const std::string& port : located.cards->missing_ports) {
        mark_missing(builder, adjacency, npu, port, located.place, missing);
        damaged.push_back(npu);
      }
    }
  }
  std::sort(damaged.begin(), damaged.end());
  damaged.erase(std::unique(damaged.begin(), damaged.end()), damaged.end());

  OverriddenGraph result{empty_copy(whole), IdVector<LinkId, LinkId>(whole.link_count(), LinkId::none()),
                         std::move(damaged)};
  ScaledTypes types(result.graph);
  for (std::size_t i = 0; i < whole.link_count(); i += 2) {  // cable by cable
    const Link& link = whole.link(LinkId(i));
    if (missing[i]) continue;
    const double slower = std::min(scale[link.from], scale[link.to]);
    const LinkId id = result.graph.connect(link.from, link.to, types.at(link.type, slower));
    result.present[LinkId(i)] = id;
    result.present[link.reverse] = result.graph.link(id).reverse;
  }
  return result;
}

}  // namespace podsim::topology
