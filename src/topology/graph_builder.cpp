// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/graph_builder.h"

#include <tuple>
#include <utility>

namespace podsim::topology {

namespace {

using Facts = std::tuple<const std::string&, std::int64_t, std::int64_t, Medium, std::int64_t, std::uint8_t,
                         std::int64_t>;

Facts facts(const LinkType& type) {
  return {type.name,  type.bandwidth.count(), type.latency.count(), type.medium,
          type.lanes, type.dimension,         type.links_per_cable};
}

}  // namespace

LinkTypeId GraphBuilder::link_type(LinkType type, const std::string& dimension) {
  type.dimension = graph_.add_dimension(dimension);
  const auto& known = graph_.link_types();
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (facts(known[LinkTypeId(i)]) == facts(type)) return LinkTypeId(i);
  }
  return graph_.add_link_type(std::move(type));
}

void GraphBuilder::connect(NodeId a, NodeId b, LinkTypeId type, PortIndex port_of_a, PortIndex port_of_b) {
  graph_.connect(a, b, type);
  ports_.push_back(port_of_a);
  ports_.push_back(port_of_b);
}

}  // namespace podsim::topology
