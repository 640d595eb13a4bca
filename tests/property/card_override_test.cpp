// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <tuple>

#include "property/random_pods.h"

namespace podsim::property {
namespace {

using Cable = std::tuple<std::uint32_t, std::uint32_t, std::int64_t>;  // from, to, bytes per second

std::int64_t rate(const topology::Graph& graph, LinkId link) {
  return graph.type_of(link).bandwidth.count();
}

// Of all links, both directions, but for those of one port.
std::vector<Cable> expected_cables(const topology::PodConfig& pod, std::int64_t slow, std::int64_t damaged,
                                   const std::string& port) {
  const topology::Composer composer(pod);
  const topology::GraphBuilder& builder = composer.builder();
  const topology::Graph& graph = builder.graph();
  const auto of_port = [&](LinkId link) {
    const std::string& dimension = graph.dimension_names()[graph.type_of(link).dimension];
    return graph.link(link).from.value() == damaged &&
           dimension + ":" + std::to_string(builder.port(link)) == port;
  };
  std::vector<Cable> cables;
  for (std::size_t i = 0; i < graph.link_count(); ++i) {
    const topology::Link& link = graph.link(LinkId(i));
    if (of_port(LinkId(i)) || of_port(link.reverse)) continue;
    const bool slowed = link.from.value() == slow || link.to.value() == slow;
    cables.emplace_back(link.from.value(), link.to.value(), rate(graph, LinkId(i)) / (slowed ? 2 : 1));
  }
  std::sort(cables.begin(), cables.end());
  return cables;
}

RC_GTEST_PROP(CardOverride, TakesAwayOrSlowsDownTheCablesItNamesAndNoOthers, ()) {
  topology::PodConfig pod = *rc::gen::exec([] {
    const PodLimits limits{30, LinkStyle::Halvable};
    const std::int64_t kind = uniform(0, 2);
    return kind == 0   ? random_regular(limits, "pod")
           : kind == 1 ? random_ragged(limits, "pod", 1)
                       : random_imported(limits, "pod", chance(50));
  });
  RC_PRE(topology::count_npus(pod) > 1);  // there are ports
  const std::int64_t slow = uniform(0, topology::count_npus(pod) - 1);
  const auto [damaged, port] = random_port(pod);
  const std::vector<Cable> expected = expected_cables(pod, slow, damaged, port);
  pod.cards = {{{slow}, {}, 1.0, 0.5, {}}, {{damaged}, {}, 0.8, 1.0, {port}}};
  if (!can_be_built(pod)) return;  // the port was the card's only one
  const topology::Pod built = topology::build_pod(pod);
  std::vector<Cable> cables;
  for (std::size_t i = 0; i < built.graph.link_count(); ++i) {
    const topology::Link& link = built.graph.link(LinkId(i));
    cables.emplace_back(link.from.value(), link.to.value(), rate(built.graph, LinkId(i)));
  }
  std::sort(cables.begin(), cables.end());
  RC_ASSERT(cables == expected);
  for (std::size_t npu = 0; npu < built.compute_scale.size(); ++npu) {
    RC_ASSERT(built.compute_scale[NpuId(npu)] == (static_cast<std::int64_t>(npu) == damaged ? 0.8 : 1.0));
  }
}

}  // namespace
}  // namespace podsim::property
