// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/topology/pod.h"
#include "podsim/topology/port_budget.h"
#include "topology/card_overrides.h"
#include "topology/composer.h"
#include "topology/detour_routing.h"
#include "topology/graph_routing.h"
#include "topology/structured_routing.h"

namespace podsim::topology {

namespace {

std::string pod_name(const PodConfig& config) {
  return config.name.empty() ? std::string("pod") : fmt::format("pod '{}'", config.name);
}

void check_forwarding(const PodConfig& config) {
  if (config.npu_forwards || config.dimensions.empty()) return;
  const DimensionConfig& first = config.dimensions[0];
  if (config.dimensions.size() == 1) {
    if (!std::holds_alternative<Torus>(first) || dimension_size(first) <= 3) return;
    throw ConfigError(fmt::format(
        "{}: npu_forwards is false, but a path round the ring '{}' of {} passes through other NPUs",
        pod_name(config), dimension_name(first), dimension_size(first)));
  }
  throw ConfigError(fmt::format(
      "{}: npu_forwards is false, but a path between NPUs that differ in both '{}' and '{}' passes "
      "through a third NPU",
      pod_name(config), dimension_name(first), dimension_name(config.dimensions[1])));
}

void check_ports(const PodConfig& config, const Graph& graph) {
  const std::int64_t budget = config.port_budget ? config.port_budget->value * config.lanes_per_port : 0;
  std::vector<std::string> findings = port_budget_findings(graph, budget, config.lanes_per_port);
  if (findings.empty()) return;
  if (findings.size() > 3) findings.resize(3);  // in a regular pod all cards are alike
  const std::string pod = pod_name(config);
  throw ConfigError(fmt::format("{}: {}", pod, fmt::join(findings, fmt::format("\n{}: ", pod))));
}

// Prefixes what a routing found wrong with the pod's name.
template <class Make>
auto named(const PodConfig& config, const Make& make) {
  try {
    return make();
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}: {}", pod_name(config), error.what()));
  }
}

std::unique_ptr<Routing> make_routing(const PodConfig& config, const Composer& composer, const Graph& graph,
                                      OverriddenGraph* overridden) {
  if (composer.plans().empty()) return std::make_unique<GraphRouting>(graph, config.npu_forwards);
  StructuredRouting whole(composer.plans());
  if (overridden == nullptr || overridden->damaged.empty()) {
    return std::make_unique<StructuredRouting>(std::move(whole));
  }
  auto rest = std::make_unique<GraphRouting>(graph, config.npu_forwards);
  return std::make_unique<DetourRouting>(std::move(whole), std::move(overridden->present),
                                         overridden->damaged, std::move(rest));
}

}  // namespace

Pod build_pod(const PodConfig& config) {
  Composer composer(config);
  check_forwarding(config);
  IdVector<NpuId, double> scales = compute_scales(composer);
  if (!changes_links(composer)) {
    auto routing =
        named(config, [&] { return make_routing(config, composer, composer.builder().graph(), nullptr); });
    check_ports(config, composer.builder().graph());
    return {config, std::move(composer.builder().graph()), std::move(routing), std::move(scales)};
  }
  OverriddenGraph changed = apply_overrides(composer);
  auto routing = named(config, [&] { return make_routing(config, composer, changed.graph, &changed); });
  check_ports(config, changed.graph);
  return {config, std::move(changed.graph), std::move(routing), std::move(scales)};
}

}  // namespace podsim::topology
