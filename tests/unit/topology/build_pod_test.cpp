// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "podsim/base/error.h"
#include "podsim/topology/check.h"
#include "podsim/topology/pod.h"
#include "podsim/topology/report.h"
#include "unit/topology/pods.h"

namespace podsim::topology {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Nodes = std::vector<std::uint32_t>;

std::string error_of(const PodConfig& config) {
  try {
    build_pod(config);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// --- link facts ---------------------------------------------------------------------------------------

TEST(BuildPod, EncodingEfficiencyScalesEveryRateOnce) {
  PodConfig config = regular({full_mesh("x", 4, link_of(56_GBps, 90_ns))});
  config.encoding_efficiency = config::Sourced<double>{0.932, ""};
  const Pod pod = build_pod(config);
  const LinkType& type = pod.graph.type_of(LinkId(0));
  EXPECT_EQ(type.bandwidth, BytesPerSecond(52'192'000'000));
  EXPECT_EQ(type.latency, 90_ns);
  EXPECT_EQ(type.name, "x");
  EXPECT_EQ(type.lanes, 4);  // one port
}

TEST(BuildPod, EveryDirectionKnowsItsReverse) {
  const Pod pod = build_pod(regular({full_mesh("x", 3), torus("y", 4), clos("z", 4, 2, 2)}));
  for (std::size_t i = 0; i < pod.graph.link_count(); ++i) {
    const Link& link = pod.graph.link(LinkId(i));
    const Link& back = pod.graph.link(link.reverse);
    EXPECT_EQ(back.from, link.to);
    EXPECT_EQ(back.to, link.from);
    EXPECT_EQ(back.reverse, LinkId(i));
  }
}

TEST(BuildPod, NamesNodesAndLinks) {
  const Pod pod = build_pod(regular({switches("up", 2)}));
  EXPECT_EQ(pod.graph.node_name(NodeId(1)), "npu 1");
  EXPECT_EQ(pod.graph.node_name(NodeId(2)), "switch 0");
  EXPECT_EQ(pod.graph.link_name(LinkId(1)), "switch 0 -> npu 0 (up)");
}

// --- what cannot be built -----------------------------------------------------------------------------

TEST(BuildPod, RefusesMoreLanesThanACardHas) {
  PodConfig config = regular({full_mesh("x", 8), full_mesh("y", 8), switches("up", 4, 5)});
  config.port_budget = config::Sourced<std::int64_t>{19, ""};
  EXPECT_EQ(error_of(config), "");
  config.port_budget->value = 18;
  EXPECT_THAT(error_of(config),
              HasSubstr("pod 'test': npu 0 needs 76 lanes (x 28, y 28, up 20) and has 72 (18 "
                        "ports of 4 lanes)"));
}

TEST(BuildPod, RefusesMoreLanesThanASwitchHas) {
  Switch up = switches("up", 128);
  up.switch_ports = config::Sourced<std::int64_t>{128, ""};
  EXPECT_EQ(error_of(regular({up})), "");
  up.switch_ports->value = 127;
  EXPECT_THAT(
      error_of(regular({up})),
      AllOf(HasSubstr("dimension 'up'"), HasSubstr("a leaf switch needs 512 lanes"), HasSubstr("has 508")));
  Clos net = clos("net", 64, 8, 8);
  net.switch_ports = config::Sourced<std::int64_t>{15, ""};
  EXPECT_THAT(error_of(regular({net})),
              HasSubstr("a leaf switch needs 64 lanes (8 links down of 4, 8 up of 4) and "
                        "has 60 (15 ports of 4)"));
  net = clos("net", 64, 4, 4);
  net.switch_ports = config::Sourced<std::int64_t>{8, ""};
  EXPECT_THAT(error_of(regular({net})), HasSubstr("a spine switch needs 64 lanes"));
}

TEST(BuildPod, RefusesCountsThatDoNotFit) {
  EXPECT_THAT(error_of(regular({full_mesh("x", 1)})),
              HasSubstr("dimension 'x' has size 1, expected at least 2"));
  EXPECT_THAT(error_of(regular({full_mesh("x", 2), torus("x", 3)})), HasSubstr("two dimensions 'x'"));
  EXPECT_THAT(error_of(regular({clos("net", 8, 8, 2)})), HasSubstr("above a single leaf"));
  EXPECT_THAT(error_of(regular({clos3("net", 8, 2, 4, 1, 1)})), HasSubstr("2 tiers are enough"));
  EXPECT_THAT(error_of(regular({torus("ring", 62)})), HasSubstr("31 hops, podsim carries 30"));
  EXPECT_THAT(error_of(regular({full_mesh("x", 1 << 11), full_mesh("y", 1 << 10)})),
              HasSubstr("more than 1048576"));
  EXPECT_THAT(error_of(regular({full_mesh("x", 1 << 20)})), HasSubstr("links in one group"));
}

TEST(BuildPod, NpusThatDoNotForwardCannotTurnACorner) {
  PodConfig config = regular({full_mesh("x", 2), switches("up", 2)});
  config.npu_forwards = false;
  EXPECT_THAT(error_of(config),
              AllOf(HasSubstr("npu_forwards is false"), HasSubstr("'x'"), HasSubstr("'up'")));
  config.dimensions.pop_back();
  EXPECT_EQ(error_of(config), "");
}

TEST(BuildPod, NpusThatDoNotForwardCannotFormARingOfMoreThanThree) {
  PodConfig config = regular({torus("ring", 4)});
  config.npu_forwards = false;
  EXPECT_THAT(error_of(config), AllOf(HasSubstr("npu_forwards is false"), HasSubstr("ring 'ring' of 4")));
  config.dimensions = {torus("ring", 3)};
  EXPECT_EQ(error_of(config), "");
}

// --- groups -------------------------------------------------------------------------------------------

TEST(Groups, FourAndSixCardsJoinPositionByPosition) {
  // Group 0: NPUs 0 .. 3, a mesh; group 1: NPUs 4 .. 9, a ring. Positions 0 .. 3 share a switch each.
  const Pod pod = build_pod(ragged({regular({full_mesh("mesh", 4)}), regular({torus("ring", 6)})},
                                   switches("up", 0), JoinAcross::Positions));
  EXPECT_EQ(pod.graph.npu_count(), 10U);
  EXPECT_EQ(pod.graph.switch_count(), 4U);
  EXPECT_EQ(pod.graph.link_count(), 2U * (6 + 6 + 4 * 2));
  EXPECT_EQ(nodes_of(pod, 1, 5), (Nodes{1, 11, 5}));
  // To position 4 of the ring: over position 3 and one step of the ring.
  EXPECT_EQ(nodes_of(pod, 3, 8), (Nodes{3, 13, 7, 8}));
  EXPECT_EQ(nodes_of(pod, 1, 8), (Nodes{1, 3, 13, 7, 8}));
  const CheckReport report = check_pod(pod, 1);
  EXPECT_TRUE(report.passed());
}

TEST(Groups, JoinAcrossNpusHangsAllOnTheSameSwitches) {
  const Pod pod = build_pod(ragged({regular({full_mesh("mesh", 4)}), regular({torus("ring", 6)})},
                                   switches("up", 0, 2), JoinAcross::Npus));
  EXPECT_EQ(pod.graph.switch_count(), 2U);
  ASSERT_EQ(choices(pod, 0, 8), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 8, 0), (Nodes{0, 10, 8}));
  EXPECT_EQ(nodes_of(pod, 0, 8, 1), (Nodes{0, 11, 8}));
  EXPECT_TRUE(check_pod(pod, 1).passed());
}

TEST(Groups, NestAndCountCopies) {
  PodConfig node = regular({full_mesh("node", 2)});
  PodConfig rack = ragged({node}, full_mesh("rack", 0), JoinAcross::Positions);
  rack.groups[0].count = 3;
  PodConfig config = ragged({rack, node}, switches("up", 0), JoinAcross::Npus);
  const Pod pod = build_pod(config);
  EXPECT_EQ(pod.graph.npu_count(), 8U);
  EXPECT_EQ(pod.graph.link_count(), 2U * (4 * 1 + 2 * 3 + 8));
  EXPECT_TRUE(check_pod(pod, 1).passed());
}

TEST(Groups, EqualGroupsAreADimension) {
  // The same network said both ways: as many hops between any two NPUs.
  const Pod dimension = build_pod(regular({full_mesh("x", 4), switches("up", 3, 2)}));
  PodConfig nested = ragged({regular({full_mesh("x", 4)})}, switches("up", 0, 2), JoinAcross::Positions);
  nested.groups[0].count = 3;
  const Pod groups = build_pod(nested);
  for (std::uint32_t src = 0; src < 12; ++src) {
    for (std::uint32_t dst = 0; dst < 12; ++dst) {
      if (src == dst) continue;
      EXPECT_EQ(nodes_of(dimension, src, dst).size(), nodes_of(groups, src, dst).size());
      EXPECT_EQ(choices(dimension, src, dst), choices(groups, src, dst));
    }
  }
}

TEST(Groups, EncodingEfficiencyIsInheritedUnlessSaid) {
  PodConfig own = regular({full_mesh("own", 2, link_of(100_GBps))});
  own.encoding_efficiency = config::Sourced<double>{0.5, ""};
  const PodConfig plain = regular({full_mesh("plain", 2, link_of(100_GBps))});
  PodConfig config = ragged({own, plain}, full_mesh("join", 0, link_of(100_GBps)), JoinAcross::Positions);
  config.encoding_efficiency = config::Sourced<double>{0.8, ""};
  const Pod pod = build_pod(config);
  for (const LinkType& type : pod.graph.link_types()) {
    EXPECT_EQ(type.bandwidth, type.name == "own" ? 50_GBps : 80_GBps) << type.name;
  }
}

TEST(Groups, RefusesGroupsThatCannotReachEachOther) {
  PodConfig config = ragged({regular({full_mesh("mesh", 4)}), regular({torus("ring", 6)})}, switches("up", 0),
                            JoinAcross::Positions);
  config.npu_forwards = false;
  EXPECT_THAT(error_of(config), AllOf(HasSubstr("cannot reach"), HasSubstr("only switches forward")));
}

TEST(Groups, RefusesAJoinOfOneGroupAndAJoinWithASize) {
  EXPECT_THAT(error_of(ragged({regular({full_mesh("x", 4)})}, switches("up", 0), JoinAcross::Npus)),
              HasSubstr("joins a single group"));
  EXPECT_THAT(error_of(ragged({regular({full_mesh("x", 4)}), regular({full_mesh("x", 2)})}, switches("up", 2),
                              JoinAcross::Npus)),
              HasSubstr("join 'up' has a size"));
}

// --- cards --------------------------------------------------------------------------------------------

TEST(Cards, SlowOnesAreKnownByNumberOrRange) {
  PodConfig config = regular({full_mesh("x", 8)});
  const CardOverride run{{}, {4, 6}, 0.5, 1.0, {}};
  config.cards = {slow_cards({1}, 0.8), run, slow_cards({6}, 0.5)};
  const Pod pod = build_pod(config);
  const std::vector<double> expected{1, 0.8, 1, 1, 0.5, 0.5, 0.25, 1};
  for (std::size_t npu = 0; npu < 8; ++npu) EXPECT_DOUBLE_EQ(pod.compute_scale[NpuId(npu)], expected[npu]);
}

TEST(Cards, AGroupsOverridesCountInsideTheGroup) {
  PodConfig second = regular({full_mesh("x", 4)});
  second.cards = {slow_cards({1}, 0.5)};
  const Pod pod =
      build_pod(ragged({regular({full_mesh("x", 4)}), second}, switches("up", 0), JoinAcross::Positions));
  EXPECT_DOUBLE_EQ(pod.compute_scale[NpuId(5)], 0.5);
  EXPECT_DOUBLE_EQ(pod.compute_scale[NpuId(1)], 1.0);
}

TEST(Cards, TheSlowerEndOfACableDecides) {
  PodConfig config = regular({full_mesh("x", 4, link_of(100_GBps))});
  config.cards = {slow_links({0}, 0.5), slow_links({1}, 0.25)};
  const Pod pod = build_pod(config);
  for (const Link& link : pod.graph.links()) {
    const std::uint32_t low = std::min(link.from, link.to).value();
    const std::uint32_t high = std::max(link.from, link.to).value();
    const BytesPerSecond expected = low == 0   ? (high == 1 ? 25_GBps : 50_GBps)
                                    : low == 1 ? 25_GBps
                                               : 100_GBps;
    EXPECT_EQ(pod.graph.type(link.type).bandwidth, expected) << low << " - " << high;
  }
  EXPECT_TRUE(check_pod(pod, 1).passed());
}

TEST(Cards, RefusesCardsAndPortsThatAreNotThere) {
  PodConfig config = regular({full_mesh("x", 3), switches("up", 2, 2)});
  config.cards = {slow_cards({6}, 0.5)};
  EXPECT_THAT(error_of(config), HasSubstr("pod 'test': cards[0]: npu 6 is not among the 6 NPUs"));
  for (const char* port : {"z:0", "x:1", "x:9", "up:2", "up", "up:", "up:one"}) {
    config.cards = {missing_ports(1, {port})};  // coordinate 1 of x: no cable to itself
    EXPECT_THAT(error_of(config), AllOf(HasSubstr("npu 1 has no port '" + std::string(port) + "'"),
                                        HasSubstr("it has x:0, x:2, up:0, up:1")))
        << port;
  }
}

TEST(MissingPort, AMeshGoesRound) {
  // NPU 0 has lost its cable to coordinate 2 of x.
  PodConfig config = regular({full_mesh("x", 3), full_mesh("y", 2)});
  config.cards = {missing_ports(0, {"x:2"})};
  const Pod pod = build_pod(config);
  EXPECT_EQ(pod.graph.link_count(), 2U * (2 * 3 + 3) - 2);
  EXPECT_EQ(nodes_of(pod, 0, 1), (Nodes{0, 1}));
  EXPECT_EQ(nodes_of(pod, 0, 2), (Nodes{0, 1, 2}));
  EXPECT_EQ(nodes_of(pod, 2, 0), (Nodes{2, 1, 0}));
  ASSERT_EQ(choices(pod, 0, 5), 1U);  // Y-X only
  EXPECT_EQ(nodes_of(pod, 0, 5), (Nodes{0, 3, 5}));
  EXPECT_EQ(choices(pod, 1, 5), 2U);
  const CheckReport report = check_pod(pod, 1);
  EXPECT_TRUE(report.passed()) << report.findings[0].what;
}

TEST(MissingPort, ASwitchPlaneIsLeftOut) {
  PodConfig config = regular({switches("up", 4, 3)});
  config.cards = {missing_ports(2, {"up:1"})};
  const Pod pod = build_pod(config);
  ASSERT_EQ(choices(pod, 0, 2), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 2, 0), (Nodes{0, 4, 2}));
  EXPECT_EQ(nodes_of(pod, 0, 2, 1), (Nodes{0, 6, 2}));
  EXPECT_EQ(choices(pod, 0, 1), 3U);
  EXPECT_TRUE(check_pod(pod, 1).passed());
}

TEST(MissingPort, ARingGoesTheLongWay) {
  PodConfig config = regular({torus("ring", 6)});
  config.cards = {missing_ports(5, {"ring:+"})};  // the wrap link
  const Pod pod = build_pod(config);
  EXPECT_EQ(nodes_of(pod, 5, 0), (Nodes{5, 4, 3, 2, 1, 0}));
  const CheckReport report = check_pod(pod, 1);
  EXPECT_TRUE(report.passed());
  EXPECT_GE(pod.routing->max_hops(), 5U);
}

TEST(MissingPort, RefusesACardThatIsCutOff) {
  PodConfig config = regular({torus("ring", 4)});
  config.cards = {missing_ports(1, {"ring:+", "ring:-"})};
  EXPECT_THAT(error_of(config), HasSubstr("cannot reach"));
}

TEST(MissingPort, ManyDamagedCardsStillPassEveryCheck) {
  PodConfig config = regular({full_mesh("x", 4), torus("y", 4), switches("up", 3, 2)});
  for (const auto& [npu, port] : std::vector<std::pair<std::int64_t, std::string>>{
           {0, "x:1"}, {0, "y:+"}, {5, "up:0"}, {5, "up:1"}, {21, "x:3"}, {40, "y:-"}}) {
    config.cards.push_back(missing_ports(npu, {port}));
  }
  const Pod pod = build_pod(config);
  const CheckReport report = check_pod(pod, 1);
  EXPECT_TRUE(report.passed()) << report.findings[0].check << ": " << report.findings[0].what;
  EXPECT_EQ(report.pairs, 48U * 47U);
}

}  // namespace
}  // namespace podsim::topology
