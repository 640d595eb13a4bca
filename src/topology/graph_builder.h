// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "podsim/topology/graph.h"

namespace podsim::topology {

// Which port of its `from` node a link leaves by, within its dimension: what `missing_ports` of a card names.
// Full mesh: the peer's coordinate; torus: kPlus or kMinus; switch and Clos: the plane; imported: the far
// node.
using PortIndex = std::uint32_t;
constexpr PortIndex kPlus = 0;
constexpr PortIndex kMinus = 1;
constexpr PortIndex kSwitchPort = ~PortIndex{0};  // the port of a switch has no name

// A graph under construction: link types are kept once, and every link remembers its port.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::size_t npus) : graph_(npus) {}

  // The id of an equal type, added if it is new; `dimension` names the dimension.
  LinkTypeId link_type(LinkType type, const std::string& dimension);
  NodeId add_switch(SwitchInfo info) { return graph_.add_switch(info); }
  void connect(NodeId a, NodeId b, LinkTypeId type, PortIndex port_of_a, PortIndex port_of_b);

  Graph& graph() { return graph_; }
  const Graph& graph() const { return graph_; }
  PortIndex port(LinkId link) const { return ports_[link]; }

 private:
  Graph graph_;
  IdVector<LinkId, PortIndex> ports_;
};

}  // namespace podsim::topology
