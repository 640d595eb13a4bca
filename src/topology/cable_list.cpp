// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/cable_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace podsim::topology {

CableList::CableList(const Graph& graph) : names_(graph.link_types().size()) {
  std::vector<bool> used(graph.link_types().size(), false);
  for (std::size_t i = 0; i < graph.link_count(); i += 2) {
    const Link& link = graph.link(LinkId(i));
    cables_.push_back({std::min(link.from, link.to), std::max(link.from, link.to), link.type});
    used[link.type.value()] = true;
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) types_.emplace_back(i);
  }
  name_types(graph);
  using Key = std::tuple<NodeId, NodeId, const std::string&>;
  std::sort(cables_.begin(), cables_.end(), [this](const Cable& a, const Cable& b) {
    return Key(a.low, a.high, names_[a.type]) < Key(b.low, b.high, names_[b.type]);
  });
}

void CableList::name_types(const Graph& graph) {
  using Key = std::tuple<const std::string&, std::int64_t, std::int64_t, Medium, std::int64_t, std::int64_t>;
  const auto key = [&graph](LinkTypeId id) {
    const LinkType& type = graph.type(id);
    return Key(type.name, type.bandwidth.count(), type.latency.count(), type.medium, type.lanes,
               type.links_per_cable);
  };
  std::sort(types_.begin(), types_.end(), [&key](LinkTypeId a, LinkTypeId b) { return key(a) < key(b); });
  std::set<std::string> taken;
  for (const LinkTypeId id : types_) {
    std::string name = graph.type(id).name;
    for (int copy = 2; !taken.insert(name).second; ++copy)
      name = fmt::format("{} ({})", graph.type(id).name, copy);
    names_[id] = std::move(name);
  }
  std::sort(types_.begin(), types_.end(),
            [this](LinkTypeId a, LinkTypeId b) { return names_[a] < names_[b]; });
}

}  // namespace podsim::topology
