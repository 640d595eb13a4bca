// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/graph.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::topology {

std::uint8_t Graph::add_dimension(const std::string& name) {
  const auto known = std::find(dimension_names_.begin(), dimension_names_.end(), name);
  const auto index = known - dimension_names_.begin();
  if (known == dimension_names_.end()) dimension_names_.push_back(name);
  if (index > 255) throw ConfigError(fmt::format("dimension '{}' is one of more than 256", name));
  return static_cast<std::uint8_t>(index);
}

NodeId Graph::add_switch(SwitchInfo info) {
  switches_.push_back(info);
  return NodeId(out_degree_.push_back(0));
}

void Graph::name_switch(NodeId node, std::uint8_t dimension, std::uint8_t tier) {
  SwitchInfo& info = switches_[node.value() - npus_];
  info.dimension = dimension;
  info.tier = tier;
}

LinkId Graph::connect(NodeId a, NodeId b, LinkTypeId type) {
  PODSIM_CHECK(a != b && a.value() < node_count() && b.value() < node_count(), "link {} - {} among {} nodes",
               a.value(), b.value(), node_count());
  const LinkId there(links_.size());
  const LinkId back(links_.size() + 1);
  links_.push_back({a, b, type, back});
  links_.push_back({b, a, type, there});
  ++out_degree_[a];
  ++out_degree_[b];
  return there;
}

std::string Graph::node_name(NodeId node) const {
  if (is_npu(node)) return fmt::format("npu {}", node.value());
  return fmt::format("switch {}", node.value() - npus_);
}

std::string Graph::link_name(LinkId id) const {
  const Link& one = links_[id];
  // In one go: a run names every link that carried something.
  const auto kind = [this](NodeId node) { return is_npu(node) ? "npu" : "switch"; };
  const auto number = [this](NodeId node) { return is_npu(node) ? node.value() : node.value() - npus_; };
  return fmt::format(FMT_COMPILE("{} {} -> {} {} ({})"), kind(one.from), number(one.from), kind(one.to),
                     number(one.to), link_types_[one.type].name);
}

}  // namespace podsim::topology
