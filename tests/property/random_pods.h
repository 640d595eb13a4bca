// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/config/verbs.h"
#include "podsim/topology/pod.h"
#include "property/draw.h"
#include "topology/composer.h"

namespace podsim::topology {

// A counterexample is shown as the pod file that gives it.
inline void showValue(const PodConfig& pod, std::ostream& out) {
  out << config::write(pod).dump();
}

}  // namespace podsim::topology

// Small pods of every kind.
namespace podsim::property {

enum class LinkStyle : std::uint8_t {
  Any,       // rates and latencies of every magnitude
  Halvable,  // whole, even picoseconds per byte and hop: at twice the rate and half the latency exactly half
};

struct PodLimits {
  std::int64_t npus = 40;
  LinkStyle links = LinkStyle::Any;
};

inline topology::LinkConfig random_link(LinkStyle style) {
  topology::LinkConfig link;
  if (style == LinkStyle::Halvable) {
    const auto ps_per_byte = one_of<std::int64_t>({100, 2, 4, 8, 10, 20, 40, 200});
    link.bandwidth.value = BytesPerSecond(1'000'000'000'000 / ps_per_byte);
    link.latency.value = Picoseconds(one_of<std::int64_t>({200'000, 2, 1 << 17, 175'000, 87'500, 3'000'002}));
  } else {
    link.bandwidth.value =
        BytesPerSecond(one_of<std::int64_t>({10, 1, 3, 7, 25, 56, 112, 400}) * 1'000'000'000 +
                       one_of<std::int64_t>({0, 1, 37'000'000, 999'999'999}));
    link.latency.value =
        Picoseconds(one_of<std::int64_t>({200'000, 1, 999, 1 << 17, 87'500, 175'000, 1'000'000, 12'345'678}));
  }
  return link;
}

// The tiers of a Clos over `size` NPUs, of which it may have one, two or three.
inline topology::Clos random_clos(const std::string& name, std::int64_t size, LinkStyle style) {
  topology::Clos clos;
  clos.name = name;
  clos.size = size;
  clos.link = random_link(style);
  clos.planes = uniform(1, 2);
  clos.tiers = uniform(1, 3);
  if (clos.tiers == 1) return clos;
  clos.leaf_down = uniform(1, size - 1);
  const std::int64_t leaves = (size + clos.leaf_down - 1) / clos.leaf_down;
  const bool by_ratio = chance(25);  // all links alike then, or a slow uplink asks for hundreds of spines
  if (by_ratio) clos.oversubscription = one_of<double>({1.0, 2.0, 3.0});
  if (!by_ratio) clos.spines = uniform(1, 3);
  if (!by_ratio && chance(50)) clos.uplink = random_link(style);
  if (clos.tiers == 2) return clos;
  clos.block_leaves = uniform(1, leaves - 1);
  if (!by_ratio) clos.cores = uniform(1, 2);
  if (!by_ratio && chance(50)) clos.core_link = random_link(style);
  return clos;
}

inline topology::DimensionConfig random_dimension(const std::string& name, std::int64_t size,
                                                  LinkStyle style) {
  switch (uniform(0, 3)) {
    case 0:
      return topology::FullMesh{name, "", size, random_link(style)};
    case 1:
      return topology::Switch{name, "", size, uniform(1, 3), {}, random_link(style)};
    case 2:
      return topology::Torus{name, "", size, random_link(style)};
    default:
      return random_clos(name, size, style);
  }
}

inline topology::PodConfig random_regular(const PodLimits& limits, const std::string& name) {
  topology::PodConfig pod;
  pod.name = name;
  std::int64_t npus = 1;
  for (std::int64_t d = uniform(1, 3); d > 0 && npus * 2 <= limits.npus; --d) {
    const std::int64_t size = uniform(2, std::min<std::int64_t>(9, limits.npus / npus));
    pod.dimensions.push_back(
        random_dimension(name + "." + std::to_string(pod.dimensions.size()), size, limits.links));
    npus *= size;
  }
  return pod;
}

// A random tree of NPUs and switches, and cables across it, parallel ones too. `switched`: the NPUs hang on
// the switches and do not forward.
inline topology::PodConfig random_imported(const PodLimits& limits, const std::string& name, bool switched) {
  topology::GraphConfig graph;
  graph.npus = uniform(1, std::min<std::int64_t>(limits.npus, 16));
  graph.switches = uniform(switched ? 1 : 0, 6);
  std::vector<std::string> types;
  for (std::int64_t t = uniform(1, 3); t > 0; --t) {
    types.push_back(name + ".t" + std::to_string(t));
    graph.link_types[types.back()] = {chance(50) ? name + ".net" : "", random_link(limits.links)};
  }
  const std::int64_t nodes = graph.npus + graph.switches;
  for (std::int64_t node = 0; node < nodes; ++node) {
    // Switches form a tree of their own, and so the NPUs need not forward.
    const std::int64_t root = switched ? graph.npus : 0;
    if (node == root) continue;
    const std::int64_t parent =
        switched && node < graph.npus ? uniform(graph.npus, nodes - 1) : uniform(root, node - 1);
    graph.links.push_back({node, parent, one_of(types)});
  }
  for (std::int64_t extra = uniform(0, 2 * nodes); extra > 0; --extra) {
    const std::int64_t from = uniform(0, nodes - 1);
    const std::int64_t to = uniform(0, nodes - 1);
    if (from != to) graph.links.push_back({from, to, one_of(types)});
  }
  topology::PodConfig pod;
  pod.name = name;
  pod.npu_forwards = !switched;
  pod.graph = config::Ref<topology::GraphConfig>{std::move(graph), ""};
  return pod;
}

// Groups of different kinds and sizes. With one NPU per leaf a Clos can join any number of them.
inline topology::PodConfig random_ragged(const PodLimits& limits, const std::string& name, int depth) {
  topology::PodConfig pod;
  pod.name = name;
  const std::int64_t groups = uniform(2, 3);
  const PodLimits each{limits.npus / groups, limits.links};
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::string group = name + ".g" + std::to_string(g);
    const bool nested = depth > 0 && each.npus >= 8 && chance(20);
    const bool twice = each.npus >= 8 && chance(30);
    const PodLimits inner{twice ? each.npus / 2 : each.npus, each.links};
    topology::PodConfig inside = nested       ? random_ragged(inner, group, depth - 1)
                                 : chance(30) ? random_imported(inner, group, false)
                                              : random_regular(inner, group);
    inside.npu_forwards = true;
    pod.groups.push_back({group, twice ? 2 : 1, {std::move(inside), ""}});
  }
  topology::DimensionConfig wiring = random_dimension(name + ".join", 3, limits.links);
  if (auto* clos = std::get_if<topology::Clos>(&wiring)) {
    if (clos->tiers == 3)
      *clos = topology::Clos{clos->name, "", 0, 1, 1, 0, {}, {}, {}, {}, {}, clos->link, {}, {}};
    if (clos->tiers == 2) clos->leaf_down = 1;
  }
  std::visit([](auto& kind) { kind.size = 0; }, wiring);
  pod.join = topology::JoinConfig{chance(50) ? topology::JoinAcross::Npus : topology::JoinAcross::Positions,
                                  std::move(wiring)};
  return pod;
}

// "DIMENSION:PORT" of a port that some NPU has; there must be one.
inline std::pair<std::int64_t, std::string> random_port(const topology::PodConfig& pod) {
  const topology::Composer composer(pod);
  const topology::GraphBuilder& builder = composer.builder();
  const topology::Graph& graph = builder.graph();
  std::vector<LinkId> ports;
  for (std::size_t i = 0; i < graph.link_count(); ++i) {
    if (graph.is_npu(graph.link(LinkId(i)).from)) ports.emplace_back(i);
  }
  const LinkId port = one_of(ports);
  const std::string& dimension = graph.dimension_names()[graph.type_of(port).dimension];
  return {graph.link(port).from.value(), dimension + ":" + std::to_string(builder.port(port))};
}

inline bool can_be_built(const topology::PodConfig& pod) {
  try {
    topology::build_pod(pod);
    return true;
  } catch (const ConfigError&) {
    return false;  // cards cut off from the others
  }
}

// Takes forwarding away from the NPUs where they can do without.
inline void stop_forwarding(topology::PodConfig& pod) {
  pod.npu_forwards = false;
  pod.npu_forwards = !can_be_built(pod);
}

inline void override_cards(topology::PodConfig& pod, LinkStyle style) {
  const std::int64_t last = topology::count_npus(pod) - 1;
  if (last == 0) return;  // it may have no port
  if (chance(30)) {
    topology::CardOverride slow;
    const std::int64_t first = uniform(0, last);
    slow.range = {first, uniform(first, last)};
    slow.link_scale = style == LinkStyle::Halvable ? 0.5 : one_of<double>({0.5, 0.37, 1.9});
    pod.cards.push_back(slow);
  }
  for (int tries = 0; tries < 3 && chance(30); ++tries) {
    const auto [npu, port] = random_port(pod);
    topology::CardOverride damaged;
    damaged.npus = {npu};
    damaged.missing_ports = {port};
    pod.cards.push_back(damaged);
    if (!can_be_built(pod)) pod.cards.pop_back();
  }
}

// A pod of any kind. Use with rc::gen::exec or as *any_pod().
inline rc::Gen<topology::PodConfig> any_pod(const PodLimits& limits = {}) {
  return rc::gen::exec([limits] {
    topology::PodConfig pod;
    switch (uniform(0, 5)) {
      case 0:
      case 1:
      case 2:
        pod = random_regular(limits, "pod");
        break;
      case 3:
        pod = random_ragged(limits, "pod", 1);
        break;
      case 4:
        pod = random_imported(limits, "pod", false);
        break;
      default:
        pod = random_imported(limits, "pod", true);
        break;
    }
    if (pod.npu_forwards && chance(40)) stop_forwarding(pod);
    if (chance(40)) override_cards(pod, limits.links);
    return pod;
  });
}

inline rc::Gen<topology::PodConfig> any_imported_pod(const PodLimits& limits = {}) {
  return rc::gen::exec([limits] { return random_imported(limits, "pod", chance(50)); });
}

}  // namespace podsim::property
