// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/report.h"

#include <gtest/gtest.h>

#include "topology/max_flow.h"
#include "unit/topology/pods.h"

namespace podsim::topology {
namespace {

TEST(MaxFlow, FindsTheNarrowestCut) {
  // The textbook network of Cormen et al., figure 26.1: 23.
  MaxFlow flow(6);
  flow.add(0, 1, 16);
  flow.add(0, 2, 13);
  flow.add(1, 3, 12);
  flow.add(2, 1, 4);
  flow.add(3, 2, 9);
  flow.add(2, 4, 14);
  flow.add(4, 3, 7);
  flow.add(3, 5, 20);
  flow.add(4, 5, 4);
  EXPECT_EQ(flow.run(0, 5), 23);
}

TEST(MaxFlow, TakesBackWhatItSentTheWrongWay) {
  MaxFlow flow(4);
  flow.add(0, 1, 1);
  flow.add(0, 2, 1);
  flow.add(1, 2, 1);
  flow.add(1, 3, 1);
  flow.add(2, 3, 1);
  EXPECT_EQ(flow.run(0, 3), 2);
}

BytesPerSecond bisection(const PodConfig& config) {
  return describe_pod(build_pod(config), 1).bisection;
}

TEST(Bisection, IsTheKnownOneOfEveryKind) {
  EXPECT_EQ(bisection(regular({full_mesh("x", 8)})), 4 * 4 * 50_GBps);
  EXPECT_EQ(bisection(regular({full_mesh("x", 5)})), 2 * 3 * 50_GBps);
  EXPECT_EQ(bisection(regular({torus("x", 8)})), 2 * 50_GBps);
  EXPECT_EQ(bisection(regular({torus("x", 4), torus("y", 4)})), 4 * 2 * 50_GBps);
  EXPECT_EQ(bisection(regular({switches("up", 8, 3)})), 4 * 3 * 50_GBps);
  EXPECT_EQ(bisection(regular({clos("net", 16, 4, 4)})),
            8 * 50_GBps);  // non-blocking: all NPU links of a half
  EXPECT_EQ(bisection(regular({clos("net", 16, 4, 1)})), 2 * 50_GBps);         // 4 : 1: all uplinks of a half
  EXPECT_EQ(bisection(regular({clos3("net", 16, 2, 4, 2, 1)})), 2 * 50_GBps);  // two core links of a block
}

TEST(Bisection, TakesTheNarrowestDimension) {
  const PodReport report = describe_pod(build_pod(regular({full_mesh("x", 4), torus("y", 4)})), 1);
  EXPECT_EQ(report.bisection, 4 * 2 * 50_GBps);  // y; x would be 4 rings x 4 cables
  EXPECT_EQ(report.bisection_cut, "through the middle of 'y' (2 | 2)");
}

TEST(Bisection, OfAGraphIsBetweenLowerAndUpperIds) {
  const PodReport report =
      describe_pod(build_pod(ragged({regular({full_mesh("a", 4)}), regular({full_mesh("b", 4)})},
                                    full_mesh("join", 0, link_of(10_GBps)), JoinAcross::Positions)),
                   1);
  EXPECT_EQ(report.bisection, 4 * 10_GBps);
  EXPECT_EQ(report.bisection_cut, "npus 0 .. 3 | 4 .. 7");
}

TEST(Report, CountsCablesModulesSwitchesAndPorts) {
  LinkConfig optical = link_of(50_GBps, 300_ns);
  optical.medium = Medium::OpticalFibre;
  optical.lanes = config::Sourced<std::int64_t>{2, ""};
  optical.links_per_cable = 2;
  Switch up = switches("up", 3, 2, optical);
  up.switch_ports = config::Sourced<std::int64_t>{4, ""};
  PodConfig config = regular({full_mesh("x", 4), up});
  config.port_budget = config::Sourced<std::int64_t>{5, ""};
  const PodReport report = describe_pod(build_pod(config), 1);
  EXPECT_EQ(report.npus, 12U);
  EXPECT_EQ(report.switches, 8U);
  EXPECT_EQ(report.directed_links, 2U * (3 * 6 + 12 * 2));
  ASSERT_EQ(report.switch_counts.size(), 1U);
  EXPECT_EQ(report.switch_counts[0].dimension, "up");
  EXPECT_EQ(report.switch_counts[0].switches, 8);
  EXPECT_EQ(report.switch_counts[0].lanes_used, 6);
  EXPECT_EQ(report.switch_counts[0].max_lanes, 16);
  EXPECT_EQ(report.cable_counts[1].cables, 18);  // copper, one link each
  EXPECT_EQ(report.cable_counts[2].cables, 12);  // 24 optical links, two to a cable
  EXPECT_EQ(report.cable_counts[2].lanes, 48);
  EXPECT_EQ(report.optical_modules, 24);
  EXPECT_DOUBLE_EQ(report.ports_used_least, 4.0);  // 3 x 4 + 2 x 2 lanes in ports of 4
  EXPECT_DOUBLE_EQ(report.ports_used_most, 4.0);
  EXPECT_EQ(report.port_budget, 5);
  ASSERT_EQ(report.dimensions.size(), 2U);
  EXPECT_EQ(report.dimensions[0].card_least, 150_GBps);
  EXPECT_EQ(report.dimensions[1].card_most, 100_GBps);
}

TEST(Report, CountsTheTiersOfAClos) {
  const PodReport report = describe_pod(build_pod(regular({clos3("net", 16, 2, 2, 3, 5, 2)})), 1);
  ASSERT_EQ(report.switch_counts.size(), 3U);
  EXPECT_EQ(report.switch_counts[0].switches, 2 * 8);
  EXPECT_EQ(report.switch_counts[1].switches, 2 * 4 * 3);
  EXPECT_EQ(report.switch_counts[2].switches, 2 * 3 * 5);
}

TEST(Report, MeanHopsAndDiameterAreThoseOfAllPairs) {
  // 4 x 4 mesh: 3 + 3 peers one hop away, 9 two.
  const PodReport mesh = describe_pod(build_pod(regular({full_mesh("x", 4), full_mesh("y", 4)})), 1);
  EXPECT_EQ(mesh.diameter, 2U);
  EXPECT_DOUBLE_EQ(mesh.mean_hops, (6.0 + 18.0) / 15.0);
  // A ring of 6: 1, 2, 3, 2, 1.
  const PodReport ring = describe_pod(build_pod(regular({torus("x", 6)})), 1);
  EXPECT_EQ(ring.diameter, 3U);
  EXPECT_DOUBLE_EQ(ring.mean_hops, 9.0 / 5.0);
  EXPECT_EQ(ring.pairs, "all pairs (every card sees the same, so those of npu 0)");
}

TEST(Report, PodsWhoseCardsDifferAreMeasuredFromAll) {
  // The last leaf has one NPU of three: 0 and 3 see different networks.
  const PodReport report = describe_pod(build_pod(regular({clos("net", 4, 3, 1)})), 1);
  EXPECT_EQ(report.pairs, "all pairs");
  EXPECT_DOUBLE_EQ(report.mean_hops, (6 * 2.0 + 6 * 4.0) / 12.0);
}

TEST(Report, ZeroLoadLatencyIsLinkLatenciesAndOneSerialization) {
  // 7,168 B: 71.68 ns at 100 GB/s, 143.36 ns at 50 GB/s.
  const PodReport report = describe_pod(build_pod(regular({full_mesh("x", 2, link_of(100_GBps, 10_ns)),
                                                           switches("up", 2, 1, link_of(50_GBps, 200_ns))})),
                                        1);
  EXPECT_EQ(report.latency_least, Picoseconds(10'000 + 71'680));
  EXPECT_EQ(report.latency_most, Picoseconds(10'000 + 400'000 + 143'360));
  EXPECT_EQ(report.latency_mean, Picoseconds((81'680 + 543'360 + 553'360) / 3));
}

TEST(Report, SerializationIsThatOfTheSlowestLink) {
  const Pod pod = build_pod(
      regular({full_mesh("x", 2, link_of(100_GBps, 10_ns)), full_mesh("y", 2, link_of(50_GBps, 20_ns))}));
  Path path;
  pod.routing->path(NpuId(0), NpuId(3), 0, path);
  EXPECT_EQ(zero_load_latency(pod.graph, path, Bytes(50)), Picoseconds(30'000 + 1'000));
}

TEST(Report, NamesSlowCards) {
  PodConfig config = regular({full_mesh("x", 4)});
  config.cards = {slow_cards({2}, 0.8)};
  EXPECT_EQ(describe_pod(build_pod(config), 1).slow_cards,
            (std::vector<std::string>{"npu 2: compute x 0.8"}));
}

}  // namespace
}  // namespace podsim::topology
