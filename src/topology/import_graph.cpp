// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/import_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "podsim/base/error.h"
#include "topology/adjacency.h"

namespace podsim::topology {

namespace {

constexpr std::size_t kMostFindings = 20;

void check_cables(const GraphConfig& config, const LinkTerms& terms) {
  std::vector<std::string> findings;
  const std::int64_t nodes = config.npus + config.switches;
  std::vector<std::string> names;
  for (const auto& [name, type] : config.link_types) names.push_back(name);
  for (std::size_t i = 0; i < config.links.size() && findings.size() < kMostFindings; ++i) {
    const GraphLink& link = config.links[i];
    for (const std::int64_t end : {link.from, link.to}) {
      if (end < nodes) continue;
      findings.push_back(
          fmt::format("links[{}] ends at node {}, expected 0 .. {} ({} NPUs, then {} switches)", i, end,
                      nodes - 1, config.npus, config.switches));
    }
    if (link.from == link.to)
      findings.push_back(fmt::format("links[{}] joins node {} to itself", i, link.from));
    if (config.link_types.count(link.type) == 0) {
      findings.push_back(fmt::format("links[{}] is of unknown type '{}', expected one of {}", i, link.type,
                                     fmt::join(names, ", ")));
    }
  }
  if (findings.empty()) return;
  const std::string pod = terms.pod.empty() ? "graph" : fmt::format("graph of pod '{}'", terms.pod);
  throw ConfigError(fmt::format("{}: {}", pod, fmt::join(findings, fmt::format("\n{}: ", pod))));
}

}  // namespace

void import_graph(GraphBuilder& builder, const GraphConfig& config, const LinkTerms& terms,
                  std::size_t first_npu) {
  check_cables(config, terms);
  const auto npus = static_cast<std::size_t>(config.npus);
  const std::size_t first_switch = builder.graph().node_count();
  const std::int64_t lanes = config.switch_ports ? config.switch_ports->value * terms.lanes_per_port : 0;
  for (std::int64_t i = 0; i < config.switches; ++i) builder.add_switch({0, 1, lanes});

  std::vector<const GraphLink*> cables;
  for (const GraphLink& link : config.links) cables.push_back(&link);
  using Key = std::tuple<std::int64_t, std::int64_t, const std::string&>;
  const auto key = [](const GraphLink* link) {
    return Key(std::min(link->from, link->to), std::max(link->from, link->to), link->type);
  };
  std::sort(cables.begin(), cables.end(),
            [&key](const GraphLink* a, const GraphLink* b) { return key(a) < key(b); });

  std::map<std::string, LinkTypeId> types;
  for (const auto& [name, type] : config.link_types) {
    const std::string& dimension = type.dimension.empty() ? name : type.dimension;
    types[name] = builder.link_type(make_link_type(name, type.link, terms), dimension);
  }
  const auto node = [&](std::int64_t id) {
    const auto local = static_cast<std::size_t>(id);
    return NodeId(local < npus ? first_npu + local : first_switch + local - npus);
  };
  for (const GraphLink* cable : cables) {
    const auto [low, high] = std::minmax(cable->from, cable->to);
    builder.connect(node(low), node(high), types.at(cable->type), static_cast<PortIndex>(high),
                    static_cast<PortIndex>(low));
  }
  name_switches(builder.graph(), first_switch);
}

void name_switches(Graph& graph, std::size_t first) {
  const Adjacency adjacency(graph);
  const IdVector<NodeId, std::uint8_t> height = node_heights(graph, adjacency);
  for (std::size_t i = first; i < graph.node_count(); ++i) {
    std::uint8_t dimension = 255;
    for (const Adjacency::Edge& edge : adjacency.out(NodeId(i))) {
      dimension = std::min(dimension, graph.type_of(edge.link).dimension);
    }
    graph.name_switch(NodeId(i), dimension == 255 ? std::uint8_t{0} : dimension, height[NodeId(i)]);
  }
}

}  // namespace podsim::topology
