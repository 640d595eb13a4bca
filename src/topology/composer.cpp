// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "podsim/base/error.h"
#include "topology/import_graph.h"
#include "topology/structured_routing.h"

namespace podsim::topology {

namespace {

constexpr std::int64_t kMostNpus = 1 << 20;
constexpr std::size_t kMostLinks = std::size_t{1} << 31U;

std::string place(const LinkTerms& terms) {
  return terms.pod.empty() ? std::string("pod") : fmt::format("pod '{}'", terms.pod);
}

void check_count(const std::string& pod, std::int64_t npus) {
  if (npus > kMostNpus) throw ConfigError(fmt::format("pod '{}' has more than {} NPUs", pod, kMostNpus));
}

}  // namespace

std::int64_t count_npus(const PodConfig& config) {
  if (config.graph) return (*config.graph)->npus;
  std::int64_t npus = config.groups.empty() ? 1 : 0;
  for (const DimensionConfig& dimension : config.dimensions) {
    npus *= std::max<std::int64_t>(1, dimension_size(dimension));
    check_count(config.name, npus);
  }
  for (const GroupConfig& group : config.groups) {
    npus += group.count * count_npus(*group.pod);
    check_count(config.name, npus);
  }
  return npus;
}

Composer::Composer(const PodConfig& config) : builder_(static_cast<std::size_t>(count_npus(config))) {
  LinkTerms terms;
  terms.lanes_per_port = config.lanes_per_port;
  add(config, terms, 0);
}

void Composer::add(const PodConfig& config, const LinkTerms& around, std::int64_t first) {
  LinkTerms terms = around;
  if (config.encoding_efficiency) terms.encoding_efficiency = config.encoding_efficiency->value;
  if (!config.name.empty()) terms.pod = config.name;
  if (config.graph) {
    add_graph(**config.graph, terms, first);
  } else if (!config.groups.empty()) {
    add_groups(config, terms, first);
  } else {
    add_dimensions(config, terms, first);
  }
  for (std::size_t i = 0; i < config.cards.size(); ++i) {
    overrides_.push_back(
        {&config.cards[i], first, count_npus(config), fmt::format("{}: cards[{}]", place(terms), i)});
  }
}

void Composer::add_dimensions(const PodConfig& config, const LinkTerms& terms, std::int64_t first) {
  if (config.dimensions.size() > StructuredRouting::kMaxDimensions) {
    throw ConfigError(fmt::format("{} has {} dimensions, podsim builds up to {}", place(terms),
                                  config.dimensions.size(), StructuredRouting::kMaxDimensions));
  }
  const std::int64_t npus = count_npus(config);
  plans_.clear();
  std::int64_t stride = 1;
  std::vector<NodeId> members;
  for (const DimensionConfig& dimension : config.dimensions) {
    plans_.push_back(plan_dimension(dimension, dimension_size(dimension), terms));
    for (const DimensionPlan& other : plans_) {
      if (&other != &plans_.back() && other.name == plans_.back().name) {
        throw ConfigError(fmt::format("{} has two dimensions '{}'", place(terms), other.name));
      }
    }
    const std::int64_t size = dimension_size(dimension);
    for (std::int64_t group = 0; group < npus / size; ++group) {
      const std::int64_t start = first + group / stride * stride * size + group % stride;
      members.clear();
      for (std::int64_t c = 0; c < size; ++c)
        members.emplace_back(static_cast<std::size_t>(start + c * stride));
      wire_group(builder_, plans_.back(), members);
    }
    check_links();
    stride *= size;
  }
}

void Composer::add_groups(const PodConfig& config, const LinkTerms& terms, std::int64_t first) {
  std::vector<Members> groups;
  for (const GroupConfig& group : config.groups) {
    const std::int64_t npus = count_npus(*group.pod);
    for (std::int64_t copy = 0; copy < group.count; ++copy) {
      add(*group.pod, terms, first);
      groups.push_back({first, npus});
      first += npus;
    }
  }
  plans_.clear();
  join(*config.join, terms, groups);
}

void Composer::join(const JoinConfig& join, const LinkTerms& terms, const std::vector<Members>& groups) {
  if (groups.size() < 2) throw ConfigError(fmt::format("{} joins a single group", place(terms)));
  if (dimension_size(join.wiring) != 0) {
    throw ConfigError(fmt::format("{}: join '{}' has a size; the groups give it, leave it out", place(terms),
                                  dimension_name(join.wiring)));
  }
  // One set of members per position, or one of all NPUs.
  std::vector<std::vector<NodeId>> sets;
  for (const Members& group : groups) {
    for (std::int64_t k = 0; k < group.count; ++k) {
      const auto set = join.across == JoinAcross::Positions ? static_cast<std::size_t>(k) : 0;
      if (sets.size() <= set) sets.resize(set + 1);
      sets[set].emplace_back(static_cast<std::size_t>(group.first + k));
    }
  }
  std::map<std::size_t, DimensionPlan> plans;  // by size
  for (const std::vector<NodeId>& members : sets) {
    if (members.size() < 2) continue;  // a position that only one group has
    auto plan = plans.find(members.size());
    if (plan == plans.end()) {
      const auto size = static_cast<std::int64_t>(members.size());
      plan = plans.emplace(members.size(), plan_dimension(join.wiring, size, terms)).first;
    }
    wire_group(builder_, plan->second, members);
  }
  check_links();
}

void Composer::add_graph(const GraphConfig& graph, const LinkTerms& terms, std::int64_t first) {
  plans_.clear();
  import_graph(builder_, graph, terms, static_cast<std::size_t>(first));
}

void Composer::check_links() const {
  const std::size_t links = builder_.graph().link_count();
  if (links > kMostLinks)
    throw ConfigError(fmt::format("the pod has {} links, podsim counts to 2^31", links));
}

}  // namespace podsim::topology
