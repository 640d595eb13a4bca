// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "podsim/base/error.h"

namespace podsim::topology {

namespace {

constexpr std::size_t kShownNames = 12;

std::optional<std::size_t> number_in(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The number in "npu 17" or "17"; nothing when the text is neither.
std::optional<std::size_t> numbered(const std::string& text, const std::string& kind) {
  const std::string prefix = kind + " ";
  return number_in(text.compare(0, prefix.size(), prefix) == 0 ? text.substr(prefix.size()) : text);
}

std::string some(std::vector<std::string> names) {
  const std::size_t more = names.size() > kShownNames ? names.size() - kShownNames : 0;
  if (more > 0) names.resize(kShownNames);
  return fmt::format("{}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

std::string range_of(const char* kind, std::size_t count) {
  if (count == 0) return fmt::format("no {}", kind);
  return count == 1 ? fmt::format("{} 0", kind) : fmt::format("{0} 0 to {0} {1}", kind, count - 1);
}

void tidy(Fault& fault) {
  std::sort(fault.nodes.begin(), fault.nodes.end());
  std::sort(fault.links.begin(), fault.links.end());
  fault.links.erase(std::unique(fault.links.begin(), fault.links.end()), fault.links.end());
}

// "+" and "-" for a ring's ports would need its kind; a port is shown by number, and both are read.
std::optional<PortIndex> port_number(const std::string& text) {
  if (text == "+") return kPlus;
  if (text == "-") return kMinus;
  const auto number = number_in(text);
  return number ? std::optional(static_cast<PortIndex>(*number)) : std::nullopt;
}

}  // namespace

Parts::Parts(const Pod& pod)
    : pod_(pod), adjacency_(pod.graph), composer_(pod.config), whole_(composer_.builder().graph()) {}

Fault Parts::find(PartKind what, const std::string& which) const {
  const Graph& graph = pod_.graph;
  switch (what) {
    case PartKind::Link:
      return link(which);
    case PartKind::Port:
      return port(which);
    case PartKind::Switch: {
      const auto number = numbered(which, "switch");
      if (number && *number < graph.switch_count()) return node(what, NodeId(graph.npu_count() + *number));
      throw ConfigError(fmt::format("the pod has no switch '{}', it has {}", which,
                                    range_of("switch", graph.switch_count())));
    }
    case PartKind::Card: {
      const auto number = numbered(which, "npu");
      if (number && *number < graph.npu_count()) return node(what, NodeId(*number));
      throw ConfigError(
          fmt::format("the pod has no card '{}', it has {}", which, range_of("npu", graph.npu_count())));
    }
    case PartKind::Cabinet:
      return cabinet(which);
  }
  throw InternalError("unknown kind of part");
}

Fault Parts::node(PartKind what, NodeId node) const {
  Fault fault;
  fault.what = what;
  fault.name = pod_.graph.node_name(node);
  add_node(node, fault);
  tidy(fault);
  return fault;
}

void Parts::add_node(NodeId node, Fault& fault) const {
  fault.nodes.push_back(node);
  for (const Adjacency::Edge& edge : adjacency_.out(node)) add_cable(edge.link, fault);
}

void Parts::add_cable(LinkId link, Fault& fault) const {
  fault.links.push_back(link);
  fault.links.push_back(pod_.graph.link(link).reverse);
}

NodeId Parts::node_of(const std::string& text) const {
  const Graph& graph = pod_.graph;
  if (text.compare(0, 4, "npu ") == 0) {
    const auto number = number_in(text.substr(4));
    if (number && *number < graph.npu_count()) return NodeId(*number);
  }
  if (text.compare(0, 7, "switch ") == 0) {
    const auto number = number_in(text.substr(7));
    if (number && *number < graph.switch_count()) return NodeId(graph.npu_count() + *number);
  }
  return NodeId::none();
}

std::string Parts::known_nodes() const {
  return fmt::format("{} and {}", range_of("npu", pod_.graph.npu_count()),
                     range_of("switch", pod_.graph.switch_count()));
}

// "npu 0 -> npu 1 (x)": the cables between two nodes, in one dimension if it is named.
Fault Parts::link(const std::string& which) const {
  const Graph& graph = pod_.graph;
  std::string ends = which;
  std::string dimension;
  const std::size_t open = which.rfind(" (");
  if (open != std::string::npos && which.back() == ')') {
    dimension = which.substr(open + 2, which.size() - open - 3);
    ends.resize(open);
  }
  const std::size_t arrow = ends.find(" -> ");
  const NodeId from = arrow == std::string::npos ? NodeId::none() : node_of(ends.substr(0, arrow));
  const NodeId to = arrow == std::string::npos ? NodeId::none() : node_of(ends.substr(arrow + 4));
  if (from == NodeId::none() || to == NodeId::none()) {
    throw ConfigError(fmt::format(
        "the pod has no link '{}': expected a name such as '{}', between two of {}", which,
        graph.link_count() > 0 ? graph.link_name(LinkId(0)) : "npu 0 -> npu 1 (x)", known_nodes()));
  }
  Fault fault;
  std::vector<std::string> names;
  for (const Adjacency::Edge& edge : adjacency_.out(from)) {
    names.push_back(graph.link_name(edge.link));
    if (edge.to != to || (!dimension.empty() && graph.type_of(edge.link).name != dimension)) continue;
    fault.name = names.back();
    add_cable(edge.link, fault);
  }
  if (fault.links.empty()) {
    throw ConfigError(fmt::format("the pod has no link '{}'; {} has {}", which, graph.node_name(from),
                                  names.empty() ? "none" : some(names)));
  }
  tidy(fault);
  return fault;
}

std::vector<std::string> Parts::ports_of(NpuId npu) const {
  const GraphBuilder& builder = composer_.builder();
  std::set<std::pair<std::uint8_t, PortIndex>> ports;
  for (const Adjacency::Edge& edge : whole_.out(NodeId(npu.value()))) {
    ports.emplace(builder.graph().type_of(edge.link).dimension, builder.port(edge.link));
  }
  std::vector<std::string> names;
  for (const auto& [dimension, port] : ports) {
    names.push_back(
        fmt::format("npu {} {}:{}", npu.value(), builder.graph().dimension_names()[dimension], port));
  }
  return names;
}

// "npu 17 x:3": the cables of the built pod that lead to where those of this port lead.
Fault Parts::port(const std::string& which) const {
  const GraphBuilder& builder = composer_.builder();
  const Graph& whole = builder.graph();
  const std::size_t space = which.rfind(' ');
  const std::size_t colon = which.rfind(':');
  const bool shaped = space != std::string::npos && colon != std::string::npos && space < colon;
  const NodeId node = shaped ? node_of(which.substr(0, space)) : NodeId::none();
  if (node == NodeId::none() || !pod_.graph.is_npu(node)) {
    throw ConfigError(
        fmt::format("the pod has no port '{}': expected a card and a port of it, such as '{}'; "
                    "the pod has {}",
                    which, some({ports_of(NpuId(0)).front()}), range_of("npu", pod_.graph.npu_count())));
  }
  const std::string dimension = which.substr(space + 1, colon - space - 1);
  const auto index = port_number(which.substr(colon + 1));
  Fault fault;
  fault.what = PartKind::Port;
  bool known = false;
  for (const Adjacency::Edge& edge : whole_.out(node)) {
    const std::uint8_t number = whole.type_of(edge.link).dimension;
    if (!index || builder.port(edge.link) != *index || whole.dimension_names()[number] != dimension) continue;
    known = true;
    for (const Adjacency::Edge& there : adjacency_.out(node)) {
      if (there.to == edge.to && pod_.graph.type_of(there.link).dimension == number) {
        add_cable(there.link, fault);
      }
    }
  }
  if (!known) {
    throw ConfigError(
        fmt::format("the pod has no port '{}'; there are {}", which, some(ports_of(NpuId(node.value())))));
  }
  fault.name = which;
  tidy(fault);
  return fault;
}

std::size_t Parts::cabinets() const {
  if (!pod_.config.cabinet) return 0;
  const auto cards = static_cast<std::size_t>(pod_.config.cabinet->cards.value);
  return (pod_.graph.npu_count() + cards - 1) / cards;
}

Fault Parts::cabinet(const std::string& which) const {
  if (!pod_.config.cabinet) {
    throw ConfigError(
        fmt::format("the pod has no cabinet '{}': it does not say which cards share one (the "
                    "key cabinet of the pod)",
                    which));
  }
  const auto number = numbered(which, "cabinet");
  if (!number || *number >= cabinets()) {
    throw ConfigError(
        fmt::format("the pod has no cabinet '{}', it has {}", which, range_of("cabinet", cabinets())));
  }
  const Graph& graph = pod_.graph;
  const auto size = static_cast<std::size_t>(pod_.config.cabinet->cards.value);
  const auto inside = [&](NodeId node) { return graph.is_npu(node) && node.value() / size == *number; };
  Fault fault;
  fault.what = PartKind::Cabinet;
  fault.name = fmt::format("cabinet {}", *number);
  for (std::size_t npu = *number * size; npu < std::min((*number + 1) * size, graph.npu_count()); ++npu) {
    add_node(NodeId(npu), fault);
  }
  for (std::size_t i = graph.npu_count(); i < graph.node_count(); ++i) {
    bool any = false;
    bool all = true;
    for (const Adjacency::Edge& edge : adjacency_.out(NodeId(i))) {
      if (!graph.is_npu(edge.to)) continue;
      any = true;
      all = all && inside(edge.to);
    }
    if (any && all) add_node(NodeId(i), fault);
  }
  tidy(fault);
  return fault;
}

std::vector<std::string> Parts::names(PartKind what) const {
  const Graph& graph = pod_.graph;
  std::vector<std::string> names;
  switch (what) {
    case PartKind::Link:
      for (std::size_t i = 0; i < graph.link_count(); i += 2) names.push_back(graph.link_name(LinkId(i)));
      break;
    case PartKind::Port:
      for (std::size_t i = 0; i < graph.npu_count(); ++i) {
        for (std::string& name : ports_of(NpuId(i))) names.push_back(std::move(name));
      }
      break;
    case PartKind::Switch:
      for (std::size_t i = graph.npu_count(); i < graph.node_count(); ++i)
        names.push_back(graph.node_name(NodeId(i)));
      break;
    case PartKind::Card:
      for (std::size_t i = 0; i < graph.npu_count(); ++i) names.push_back(graph.node_name(NodeId(i)));
      break;
    case PartKind::Cabinet:
      for (std::size_t i = 0; i < cabinets(); ++i) names.push_back(fmt::format("cabinet {}", i));
      break;
  }
  return names;
}

}  // namespace podsim::topology
