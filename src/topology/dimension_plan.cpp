// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/dimension_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "podsim/base/error.h"

namespace podsim::topology {

namespace {

constexpr double kMostUplinks = 1 << 20;

std::uint32_t whole(std::int64_t count) {
  return static_cast<std::uint32_t>(count);
}

std::uint32_t divide_up(std::int64_t n, std::int64_t d) {
  return whole((n + d - 1) / d);
}

// "pod 'a': dimension 'x'", the place that messages name.
std::string place(const LinkTerms& terms, const std::string& dimension) {
  return terms.pod.empty() ? fmt::format("dimension '{}'", dimension)
                           : fmt::format("pod '{}': dimension '{}'", terms.pod, dimension);
}

// Works out one kind; each visit fills the plan.
class Planner {
 public:
  Planner(std::int64_t size, const LinkTerms& terms) : size_(size), terms_(terms) {}

  DimensionPlan operator()(const FullMesh& config) {
    start(config, Kind::FullMesh);
    const std::int64_t links = size_ * (size_ - 1);
    check_links(links);
    plan_.links = whole(links);
    return plan_;
  }

  DimensionPlan operator()(const Torus& config) {
    start(config, size_ == 2 ? Kind::FullMesh : Kind::Torus);
    plan_.links = size_ == 2 ? 2 : 2 * plan_.size;
    return plan_;
  }

  DimensionPlan operator()(const Switch& config) {
    start(config, Kind::Switch);
    if (config.switch_ports) plan_.switch_lanes = config.switch_ports->value * terms_.lanes_per_port;
    plan_.tiers = 1;
    plan_.planes = whole(config.planes);
    plan_.leaf_down = plan_.size;
    count_switch_links();
    check_switches();
    return plan_;
  }

  DimensionPlan operator()(const Clos& config) {
    start(config, Kind::Clos);
    if (config.switch_ports) plan_.switch_lanes = config.switch_ports->value * terms_.lanes_per_port;
    const LinkConfig& uplink = config.uplink ? *config.uplink : config.link;
    plan_.uplink = make_link_type(plan_.name + " tier 2", uplink, terms_);
    plan_.core_link = make_link_type(plan_.name + " tier 3", config.core_link.value_or(uplink), terms_);
    plan_.tiers = whole(config.tiers);
    plan_.planes = whole(config.planes);
    plan_.leaf_down = whole(config.leaf_down == 0 ? size_ : config.leaf_down);
    plan_.leaves = divide_up(size_, plan_.leaf_down);
    plan_.block_leaves = plan_.leaves;
    check_tiers();
    if (plan_.tiers >= 2) plan_spines(config);
    if (plan_.tiers == 3) plan_cores(config);
    count_switch_links();
    check_switches();
    return plan_;
  }

 private:
  template <class Config>
  void start(const Config& config, Kind kind) {
    plan_.name = config.name;
    plan_.kind = kind;
    plan_.size = whole(size_);
    plan_.link = make_link_type(config.name, config.link, terms_);
    if (size_ < 2) fail("has size {}, expected at least 2", size_);
  }

  void plan_spines(const Clos& config) {
    if (plan_.tiers == 3) plan_.block_leaves = whole(*config.block_leaves);
    plan_.blocks = divide_up(plan_.leaves, plan_.block_leaves);
    plan_.spines = whole(config.spines.value_or(0));
    if (!config.spines) {
      plan_.spines = balanced(plan_.leaf_down, plan_.link, plan_.uplink, *config.oversubscription);
    }
    if (plan_.tiers == 3 && plan_.blocks < 2) {
      fail("has {} leaves in blocks of {}: one block, for which 2 tiers are enough", plan_.leaves,
           plan_.block_leaves);
    }
  }

  void plan_cores(const Clos& config) {
    plan_.cores = whole(config.cores.value_or(0));
    if (!config.cores) {
      plan_.cores = balanced(plan_.block_leaves, plan_.uplink, plan_.core_link, *config.oversubscription);
    }
  }

  // Links up for `down` links down at the given ratio of their bandwidths, rounded up: never less bandwidth
  // up than asked for.
  std::uint32_t balanced(std::uint32_t down, const LinkType& below, const LinkType& above,
                         double ratio) const {
    const double rate = static_cast<double>(below.bandwidth.count()) * down;
    const double exact = rate / ratio / static_cast<double>(above.bandwidth.count());
    if (exact > kMostUplinks) fail("oversubscription {} needs {:.3g} links up per switch", ratio, exact);
    return whole(std::max<std::int64_t>(1, std::llround(std::ceil(exact - 1e-9))));
  }

  void check_tiers() {
    if (plan_.tiers == 1 && plan_.leaves > 1) {
      fail("has 1 tier and leaf_down {}, but {} NPUs; expected leaf_down {} or more tiers", plan_.leaf_down,
           plan_.size, plan_.size);
    }
    if (plan_.tiers > 1 && plan_.leaves < 2) {
      fail("has {} tiers above a single leaf of {} NPUs; 1 tier is enough", plan_.tiers, plan_.leaf_down);
    }
  }

  void count_switch_links() {
    const std::int64_t down = 2 * size_ * plan_.planes;
    const std::int64_t up = 2LL * plan_.planes * plan_.leaves * plan_.spines;
    check_links(down + up);
    const std::int64_t core = 2LL * plan_.planes * plan_.blocks * plan_.spines * plan_.cores;
    check_links(down + up + core);
    plan_.first_uplink = whole(down);
    plan_.first_core_link = whole(down + up);
    plan_.links = whole(down + up + core);
  }

  void check_links(std::int64_t links) {
    if (links > (1LL << 31)) fail("needs {} links in one group, podsim counts to 2^31", links);
  }

  void check_switches() {
    if (plan_.switch_lanes == 0) return;
    check_switch("leaf", plan_.leaf_down, plan_.link.lanes, plan_.spines, plan_.uplink.lanes);
    if (plan_.tiers >= 2) {
      check_switch("spine", plan_.block_leaves, plan_.uplink.lanes, plan_.cores, plan_.core_link.lanes);
    }
    if (plan_.tiers == 3) check_switch("core", plan_.blocks, plan_.core_link.lanes, 0, 0);
  }

  void check_switch(const char* tier, std::int64_t down, std::int64_t down_lanes, std::int64_t up,
                    std::int64_t up_lanes) {
    const std::int64_t lanes = down * down_lanes + up * up_lanes;
    if (lanes <= plan_.switch_lanes) return;
    fail("a {} switch needs {} lanes ({} links down of {}, {} up of {}) and has {} ({} ports of {})", tier,
         lanes, down, down_lanes, up, up_lanes, plan_.switch_lanes,
         plan_.switch_lanes / terms_.lanes_per_port, terms_.lanes_per_port);
  }

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) const {
    throw ConfigError(place(terms_, plan_.name) + " " + fmt::format(message, std::forward<Args>(args)...));
  }

  std::int64_t size_;
  const LinkTerms& terms_;
  DimensionPlan plan_;
};

}  // namespace

DimensionPlan plan_dimension(const DimensionConfig& config, std::int64_t size, const LinkTerms& terms) {
  return std::visit(Planner(size, terms), config);
}

LinkType make_link_type(const std::string& name, const LinkConfig& config, const LinkTerms& terms) {
  LinkType type;
  type.name = name;
  type.bandwidth = BytesPerSecond(
      std::llround(static_cast<double>(config.bandwidth.value.count()) * terms.encoding_efficiency));
  type.latency = config.latency.value;
  type.medium = config.medium;
  type.lanes = config.lanes ? config.lanes->value : terms.lanes_per_port;
  type.links_per_cable = config.links_per_cable;
  return type;
}

const std::string& dimension_name(const DimensionConfig& config) {
  return std::visit([](const auto& kind) -> const std::string& { return kind.name; }, config);
}

std::int64_t dimension_size(const DimensionConfig& config) {
  return std::visit([](const auto& kind) { return kind.size; }, config);
}

}  // namespace podsim::topology
