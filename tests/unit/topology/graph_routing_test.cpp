// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/graph_routing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "podsim/topology/check.h"
#include "unit/topology/pods.h"

namespace podsim::topology {
namespace {

using testing::HasSubstr;
using Cables = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
using Nodes = std::vector<std::uint32_t>;

Graph graph_of(std::size_t npus, std::size_t switches, const Cables& cables) {
  Graph graph(npus);
  graph.add_dimension("net");
  LinkType type;
  type.name = "net";
  type.bandwidth = 50_GBps;
  type.latency = 100_ns;
  const LinkTypeId id = graph.add_link_type(type);
  for (std::size_t i = 0; i < switches; ++i) graph.add_switch();
  for (const auto& [a, b] : cables) graph.connect(NodeId(a), NodeId(b), id);
  return graph;
}

Nodes visited(const Graph& graph, const Routing& routing, std::uint32_t src, std::uint32_t dst,
              std::uint32_t choice) {
  Path path;
  routing.path(NpuId(src), NpuId(dst), choice, path);
  Nodes nodes{src};
  for (std::size_t hop = 0; hop < path.hops; ++hop) nodes.push_back(graph.link(path.links[hop]).to.value());
  return nodes;
}

TEST(GraphRouting, ChoicesAreTheShortestPathsInOrderOfNodes) {
  // 0 - {1, 2, 3} - 4, and a longer way 0 - 5 - 6 - 4.
  const Graph graph =
      graph_of(7, 0, {{0, 3}, {3, 4}, {0, 1}, {1, 4}, {2, 4}, {0, 2}, {0, 5}, {5, 6}, {6, 4}});
  const GraphRouting routing(graph, true);
  ASSERT_EQ(routing.path_count(NpuId(0), NpuId(4)), 3U);
  EXPECT_EQ(visited(graph, routing, 0, 4, 0), (Nodes{0, 1, 4}));
  EXPECT_EQ(visited(graph, routing, 0, 4, 1), (Nodes{0, 2, 4}));
  EXPECT_EQ(visited(graph, routing, 0, 4, 2), (Nodes{0, 3, 4}));
  EXPECT_EQ(routing.max_hops(), 2U);
}

TEST(GraphRouting, OrderOfInsertionDecidesNothing) {
  Random random(7, "permuted cables");
  Cables cables;
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  for (std::uint32_t i = 0; i < 24; ++i) cables.emplace_back(i, (i + 1) % 24);  // connected
  for (const auto& [a, b] : cables) seen.emplace(std::min(a, b), std::max(a, b));
  while (cables.size() < 70) {
    const auto a = static_cast<std::uint32_t>(random.below(30));
    const auto b = static_cast<std::uint32_t>(random.below(30));
    if (a != b && seen.emplace(std::min(a, b), std::max(a, b)).second) cables.emplace_back(a, b);
  }
  const Graph first = graph_of(24, 6, cables);
  const GraphRouting expected(first, true);
  for (int round = 0; round < 3; ++round) {
    random.shuffle(cables);
    for (auto& cable : cables) {
      if (random.below(2) == 0) std::swap(cable.first, cable.second);
    }
    const Graph again = graph_of(24, 6, cables);
    const GraphRouting routing(again, true);
    for (std::uint32_t src = 0; src < 24; ++src) {
      for (std::uint32_t dst = 0; dst < 24; ++dst) {
        if (src == dst) continue;
        const std::uint32_t count = expected.path_count(NpuId(src), NpuId(dst));
        ASSERT_EQ(routing.path_count(NpuId(src), NpuId(dst)), count);
        for (std::uint32_t choice = 0; choice < count; ++choice) {
          ASSERT_EQ(visited(again, routing, src, dst, choice), visited(first, expected, src, dst, choice));
        }
      }
    }
  }
}

TEST(GraphRouting, LanesChangeWhereAPathGoesUpAfterGoingDown) {
  // A ring of 6: from 4 over 5 and 0 to 1 the path goes up, down, up.
  const Graph graph = graph_of(6, 0, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}});
  const GraphRouting routing(graph, true);
  Path path;
  routing.path(NpuId(4), NpuId(1), 0, path);
  ASSERT_EQ(path.hops, 3);
  EXPECT_EQ(visited(graph, routing, 4, 1, 0), (Nodes{4, 3, 2, 1}));
  routing.path(NpuId(4), NpuId(1), 1, path);
  EXPECT_EQ(visited(graph, routing, 4, 1, 1), (Nodes{4, 5, 0, 1}));
  EXPECT_EQ(path.lanes[0], 0);
  EXPECT_EQ(path.lanes[1], 0);
  EXPECT_EQ(path.lanes[2], 1);
  EXPECT_EQ(routing.lane_count(), 2);
}

TEST(GraphRouting, ATreeOfSwitchesNeedsOneLane) {
  const Graph graph = graph_of(4, 3, {{0, 4}, {1, 4}, {2, 5}, {3, 5}, {4, 6}, {5, 6}});
  const GraphRouting routing(graph, false);
  EXPECT_EQ(routing.lane_count(), 1);
  EXPECT_EQ(visited(graph, routing, 0, 3, 0), (Nodes{0, 4, 6, 5, 3}));
}

TEST(GraphRouting, PassesOnlySwitchesWhereNpusDoNotForward) {
  // 0 - 1 - 2 directly, or 0 - switch 3 - switch 4 - 2.
  const Graph graph = graph_of(3, 2, {{0, 1}, {1, 2}, {0, 3}, {3, 4}, {4, 2}});
  EXPECT_EQ(visited(graph, GraphRouting(graph, true), 0, 2, 0), (Nodes{0, 1, 2}));
  const GraphRouting routing(graph, false);
  EXPECT_EQ(visited(graph, routing, 0, 2, 0), (Nodes{0, 3, 4, 2}));
  EXPECT_EQ(routing.path_count(NpuId(0), NpuId(2)), 1U);
}

TEST(GraphRouting, SaysWhichNpusCannotReachEachOther) {
  try {
    GraphRouting(graph_of(4, 0, {{0, 1}, {2, 3}}), true);
    FAIL() << "built";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "npu 2 cannot reach npu 0");
  }
}

TEST(GraphRouting, SaysWhichPathIsTooLong) {
  Cables chain;
  for (std::uint32_t i = 0; i + 1 < 33; ++i) chain.emplace_back(i, i + 1);
  EXPECT_THROW(
      {
        try {
          GraphRouting(graph_of(33, 0, chain), true);
        } catch (const ConfigError& error) {
          EXPECT_THAT(error.what(), HasSubstr("npu 31 is 31 hops from npu 0, podsim carries 30"));
          throw;
        }
      },
      ConfigError);
}

TEST(GraphRouting, ChoicesStopAtTheirLimitAndStayDistinct) {
  // Seven stages of 4 alternatives: 4^7 = 16,384 shortest paths.
  Cables cables;
  const std::uint32_t stages = 7;
  const auto joint = [](std::uint32_t stage) { return stage * 5; };
  for (std::uint32_t s = 0; s < stages; ++s) {
    for (std::uint32_t a = 1; a <= 4; ++a) {
      cables.emplace_back(joint(s), joint(s) + a);
      cables.emplace_back(joint(s) + a, joint(s + 1));
    }
  }
  const Graph graph = graph_of(joint(stages) + 1, 0, cables);
  const GraphRouting routing(graph, true);
  const NpuId last(joint(stages));
  ASSERT_EQ(routing.path_count(NpuId(0), last), GraphRouting::kMostChoices);
  std::set<Nodes> paths;
  for (std::uint32_t c = 0; c < GraphRouting::kMostChoices; ++c) {
    paths.insert(visited(graph, routing, 0, last.value(), c));
  }
  EXPECT_EQ(paths.size(), GraphRouting::kMostChoices);
}

TEST(GraphRouting, RandomGraphsPassEveryCheck) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed, "random graphs");
    const std::size_t npus = 4 + random.below(24);
    const std::size_t switches = random.below(8);
    const std::size_t nodes = npus + switches;
    Cables cables;
    for (std::uint32_t node = 1; node < nodes;
         ++node) {  // a random tree, then extra cables, parallel ones too
      cables.emplace_back(static_cast<std::uint32_t>(random.below(node)), node);
    }
    for (std::size_t extra = random.below(2 * nodes); extra > 0; --extra) {
      const auto a = static_cast<std::uint32_t>(random.below(nodes));
      const auto b = static_cast<std::uint32_t>(random.below(nodes));
      if (a != b) cables.emplace_back(a, b);
    }
    const Graph graph = graph_of(npus, switches, cables);
    const GraphRouting routing(graph, true);
    const CheckReport report = check_routing(graph, routing, true, seed);
    ASSERT_TRUE(report.passed()) << "seed " << seed << ": " << report.findings[0].check << ": "
                                 << report.findings[0].what;
    EXPECT_EQ(report.deadlock.lanes_used, routing.lane_count()) << "seed " << seed;
  }
}

// Above kSurveyLimit max_hops and lane_count come from one node's distances.
TEST(GraphRouting, BoundsOfLargePodsHoldAndRoutesAreMinimal) {
  const Pod mesh = build_pod(regular({full_mesh("x", 64), full_mesh("y", 32)}));
  ASSERT_GT(mesh.graph.npu_count() * mesh.graph.link_count(), GraphRouting::kSurveyLimit);
  const GraphRouting forwarding(mesh.graph, true);
  EXPECT_EQ(forwarding.max_hops(), 4U);
  EXPECT_EQ(forwarding.lane_count(), 3);
  const CheckReport report = check_routing(mesh.graph, forwarding, true, 1);
  EXPECT_TRUE(report.passed()) << report.findings[0].what;
  EXPECT_LE(report.deadlock.lanes_used, 2U);

  const Pod rails = build_pod(regular({switches("up", 2048, 60)}));
  ASSERT_GT(rails.graph.npu_count() * rails.graph.link_count(), GraphRouting::kSurveyLimit);
  const GraphRouting through_switches(rails.graph, false);
  EXPECT_EQ(through_switches.max_hops(), 2U);
  EXPECT_EQ(through_switches.path_count(NpuId(7), NpuId(2000)), 60U);
}

TEST(GraphRouting, RoutesARegularPodInAsManyHopsWithAllItsChoices) {
  const Pod pod = build_pod(regular({full_mesh("x", 3), torus("y", 5), switches("z", 3, 2)}));
  const GraphRouting graph(pod.graph, true);
  for (std::uint32_t src = 0; src < 45; ++src) {
    for (std::uint32_t dst = 0; dst < 45; ++dst) {
      if (src == dst) continue;
      Path path;
      graph.path(NpuId(src), NpuId(dst), 0, path);
      EXPECT_EQ(path.hops + 1U, nodes_of(pod, src, dst).size());
      // By coordinates two orders of dimensions are taken; the graph knows all of them.
      EXPECT_GE(graph.path_count(NpuId(src), NpuId(dst)), choices(pod, src, dst));
    }
  }
}

// --- import -------------------------------------------------------------------------------------------

PodConfig imported(std::int64_t npus, std::int64_t switch_nodes, const Cables& cables) {
  GraphConfig graph;
  graph.npus = npus;
  graph.switches = switch_nodes;
  graph.link_types["net"].link = link_of();
  for (const auto& [a, b] : cables) graph.links.push_back({a, b, "net"});
  PodConfig config;
  config.name = "test";
  config.graph = config::Ref<GraphConfig>{graph, ""};
  return config;
}

TEST(ImportedGraph, HasItsNodesAndTiers) {
  const Pod pod = build_pod(imported(4, 3, {{0, 4}, {1, 4}, {2, 5}, {3, 5}, {4, 6}, {5, 6}}));
  EXPECT_EQ(pod.graph.npu_count(), 4U);
  EXPECT_EQ(pod.graph.switch_info(NodeId(4)).tier, 1);
  EXPECT_EQ(pod.graph.switch_info(NodeId(6)).tier, 2);
  EXPECT_EQ(nodes_of(pod, 3, 0), (Nodes{3, 5, 6, 4, 0}));
}

TEST(ImportedGraph, OrderInTheFileGivesTheSameLinkIds) {
  Cables cables{{0, 4}, {1, 4}, {2, 5}, {3, 5}, {4, 6}, {5, 6}, {0, 4}};
  const Pod first = build_pod(imported(4, 3, cables));
  std::reverse(cables.begin(), cables.end());
  for (auto& cable : cables) std::swap(cable.first, cable.second);
  const Pod again = build_pod(imported(4, 3, cables));
  ASSERT_EQ(first.graph.link_count(), again.graph.link_count());
  for (std::size_t i = 0; i < first.graph.link_count(); ++i) {
    EXPECT_EQ(first.graph.link_name(LinkId(i)), again.graph.link_name(LinkId(i)));
  }
}

TEST(ImportedGraph, NamesEveryWrongCable) {
  PodConfig config = imported(2, 1, {{0, 2}, {1, 3}, {1, 1}});
  (*config.graph)->links.push_back({0, 1, "wire"});
  try {
    build_pod(config);
    FAIL() << "built";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "graph of pod 'test': links[1] ends at node 3, expected 0 .. 2 (2 NPUs, then 1 switches)\n"
                 "graph of pod 'test': links[2] joins node 1 to itself\n"
                 "graph of pod 'test': links[3] is of unknown type 'wire', expected one of net");
  }
}

TEST(ImportedGraph, ChecksTheBudgetOfItsSwitches) {
  PodConfig config = imported(4, 1, {{0, 4}, {1, 4}, {2, 4}, {3, 4}});
  (*config.graph)->switch_ports = config::Sourced<std::int64_t>{3, ""};
  try {
    build_pod(config);
    FAIL() << "built";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "pod 'test': switch 0 needs 16 lanes (net 16) and has 12 (3 ports of 4 lanes)");
  }
}

TEST(ImportedGraph, AMissingPortIsNamedByTheFarNode) {
  PodConfig config = imported(3, 0, {{0, 1}, {1, 2}, {0, 2}});
  config.cards = {missing_ports(0, {"net:2"})};
  EXPECT_EQ(nodes_of(build_pod(config), 0, 2), (Nodes{0, 1, 2}));
}

}  // namespace
}  // namespace podsim::topology
