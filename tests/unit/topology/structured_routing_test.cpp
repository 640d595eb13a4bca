// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/structured_routing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "podsim/base/random.h"
#include "podsim/topology/check.h"
#include "unit/topology/pods.h"

namespace podsim::topology {
namespace {

using testing::ElementsAre;
using Nodes = std::vector<std::uint32_t>;

TEST(FastDivisor, DividesAsDivisionDoes) {
  Random random(1, "fast divisor");
  for (const std::uint32_t divisor : {1U, 2U, 3U, 7U, 8U, 10U, 384U, 8192U, 65535U, 1048576U, 4294967295U}) {
    const FastDivisor fast(divisor);
    for (const std::uint32_t edge : {0U, 1U, divisor - 1, divisor, divisor + 1, ~0U - 1, ~0U}) {
      EXPECT_EQ(fast.quotient(edge), edge / divisor) << edge << " / " << divisor;
    }
    for (int i = 0; i < 10000; ++i) {
      const auto n = static_cast<std::uint32_t>(random());
      ASSERT_EQ(fast.quotient(n), n / divisor) << n << " / " << divisor;
    }
  }
}

TEST(FullMesh, EveryPairIsOneHopApart) {
  const Pod pod = build_pod(regular({full_mesh("x", 4)}));
  EXPECT_EQ(pod.graph.link_count(), 12U);
  EXPECT_EQ(pod.graph.switch_count(), 0U);
  for (std::uint32_t src = 0; src < 4; ++src) {
    EXPECT_EQ(pod.graph.out_degree(NodeId(src)), 3U);
    for (std::uint32_t dst = 0; dst < 4; ++dst) {
      if (src == dst) continue;
      EXPECT_EQ(choices(pod, src, dst), 1U);
      EXPECT_EQ(nodes_of(pod, src, dst), (Nodes{src, dst}));
    }
  }
}

TEST(FullMesh, TwoDimensionsGoXThenYAndYThenX) {
  // ids: x + 3 y; from (0,0) to (2,1), which is NPU 5.
  const Pod pod = build_pod(regular({full_mesh("x", 3), full_mesh("y", 2)}));
  EXPECT_EQ(pod.graph.link_count(), 2U * (2 * 3 + 3 * 1));
  ASSERT_EQ(choices(pod, 0, 5), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 5, 0), (Nodes{0, 2, 5}));
  EXPECT_EQ(lanes_of(pod, 0, 5, 0), (std::vector<int>{0, 0}));
  EXPECT_EQ(nodes_of(pod, 0, 5, 1), (Nodes{0, 3, 5}));
  EXPECT_EQ(lanes_of(pod, 0, 5, 1), (std::vector<int>{1, 1}));
  EXPECT_EQ(choices(pod, 0, 2), 1U);
  EXPECT_EQ(pod.routing->lane_count(), 2);
  EXPECT_EQ(pod.routing->max_hops(), 2U);
}

TEST(FullMesh, ThreeDimensionsAscendOrDescend) {
  // ids: x + 2 y + 4 z.
  const Pod pod = build_pod(regular({full_mesh("x", 2), full_mesh("y", 2), full_mesh("z", 2)}));
  ASSERT_EQ(choices(pod, 0, 7), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 7, 0), (Nodes{0, 1, 3, 7}));
  EXPECT_EQ(nodes_of(pod, 0, 7, 1), (Nodes{0, 4, 6, 7}));
  EXPECT_EQ(nodes_of(pod, 5, 2, 0), (Nodes{5, 4, 6, 2}));
}

TEST(Torus, GoesTheShorterWayRound) {
  const Pod pod = build_pod(regular({torus("ring", 5)}));
  EXPECT_EQ(pod.graph.link_count(), 10U);
  EXPECT_EQ(nodes_of(pod, 0, 2), (Nodes{0, 1, 2}));
  EXPECT_EQ(nodes_of(pod, 0, 3), (Nodes{0, 4, 3}));
  EXPECT_EQ(nodes_of(pod, 4, 1), (Nodes{4, 0, 1}));
  EXPECT_EQ(choices(pod, 0, 2), 1U);
  EXPECT_EQ(pod.routing->max_hops(), 2U);
}

TEST(Torus, BothWaysRoundAtATie) {
  const Pod pod = build_pod(regular({torus("ring", 4)}));
  ASSERT_EQ(choices(pod, 3, 1), 2U);
  EXPECT_EQ(nodes_of(pod, 3, 1, 0), (Nodes{3, 0, 1}));
  EXPECT_EQ(nodes_of(pod, 3, 1, 1), (Nodes{3, 2, 1}));
}

TEST(Torus, TheWrapLinkIsTheDateline) {
  const Pod pod = build_pod(regular({torus("ring", 8)}));
  EXPECT_EQ(lanes_of(pod, 6, 1), (std::vector<int>{0, 0, 1}));  // 6 7 | 0 1
  EXPECT_EQ(lanes_of(pod, 1, 6), (std::vector<int>{0, 0, 1}));  // 1 0 | 7 6
  EXPECT_EQ(lanes_of(pod, 2, 5), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(pod.routing->lane_count(), 2);
}

TEST(Torus, ARingOfTwoIsOneCable) {
  const Pod pod = build_pod(regular({torus("ring", 2)}));
  EXPECT_EQ(pod.graph.link_count(), 2U);
  EXPECT_EQ(nodes_of(pod, 1, 0), (Nodes{1, 0}));
}

TEST(Torus, TwoDimensionsMultiplyTies) {
  const Pod pod = build_pod(regular({torus("x", 4), torus("y", 4)}));
  EXPECT_EQ(choices(pod, 0, 10), 8U);  // two orders, a tie in each ring
  EXPECT_EQ(choices(pod, 0, 2), 2U);
  EXPECT_EQ(pod.routing->lane_count(), 4);
  EXPECT_EQ(nodes_of(pod, 0, 10, 0), (Nodes{0, 1, 2, 6, 10}));
}

TEST(Switch, EveryPlaneIsAChoice) {
  const Pod pod = build_pod(regular({switches("up", 4, 3)}));
  EXPECT_EQ(pod.graph.switch_count(), 3U);
  EXPECT_EQ(pod.graph.link_count(), 24U);
  EXPECT_EQ(pod.graph.out_degree(NodeId(0)), 3U);
  EXPECT_EQ(pod.graph.out_degree(NodeId(4)), 4U);
  ASSERT_EQ(choices(pod, 1, 3), 3U);
  EXPECT_EQ(nodes_of(pod, 1, 3, 0), (Nodes{1, 4, 3}));
  EXPECT_EQ(nodes_of(pod, 1, 3, 1), (Nodes{1, 5, 3}));
  EXPECT_EQ(nodes_of(pod, 1, 3, 2), (Nodes{1, 6, 3}));
  EXPECT_EQ(pod.routing->lane_count(), 1);
}

TEST(Switch, OverAMeshIsOneSwitchPerPosition) {
  // ids: x + 2 rack; switches 6 (position 0) and 7 (position 1).
  const Pod pod = build_pod(regular({full_mesh("x", 2), switches("up", 3)}));
  EXPECT_EQ(pod.graph.switch_count(), 2U);
  ASSERT_EQ(choices(pod, 0, 5), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 5, 0), (Nodes{0, 1, 7, 5}));
  EXPECT_EQ(nodes_of(pod, 0, 5, 1), (Nodes{0, 6, 4, 5}));
  EXPECT_EQ(nodes_of(pod, 0, 4, 0), (Nodes{0, 6, 4}));
}

TEST(Clos, OneTierIsASwitch) {
  Clos config = clos("net", 4, 0, 0, 2);
  config.tiers = 1;
  config.spines.reset();
  const Pod pod = build_pod(regular({config}));
  EXPECT_EQ(pod.graph.switch_count(), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 3, 1), (Nodes{0, 5, 3}));
}

TEST(Clos, TwoTiersGoThroughOneSpine) {
  // Plane 0: leaves 8 .. 11, spines 12, 13; plane 1: leaves 14 .. 17, spines 18, 19.
  const Pod pod = build_pod(regular({clos("net", 8, 2, 2, 2)}));
  EXPECT_EQ(pod.graph.switch_count(), 12U);
  EXPECT_EQ(pod.graph.link_count(), 2U * 2 * (8 + 4 * 2));
  ASSERT_EQ(choices(pod, 0, 1), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 1, 1), (Nodes{0, 14, 1}));
  ASSERT_EQ(choices(pod, 0, 7), 4U);
  EXPECT_EQ(nodes_of(pod, 0, 7, 0), (Nodes{0, 8, 12, 11, 7}));
  EXPECT_EQ(nodes_of(pod, 0, 7, 1), (Nodes{0, 14, 18, 17, 7}));
  EXPECT_EQ(nodes_of(pod, 0, 7, 2), (Nodes{0, 8, 13, 11, 7}));
  EXPECT_EQ(nodes_of(pod, 0, 7, 3), (Nodes{0, 14, 19, 17, 7}));
  EXPECT_EQ(pod.routing->max_hops(), 4U);
}

TEST(Clos, ThreeTiersGoThroughACoreBetweenBlocks) {
  // 8 NPUs, 4 leaves of 2 (8 .. 11), 2 blocks of 2 leaves, 2 spines per block (12 .. 15), 2 cores per spine
  // column (16 .. 19).
  const Pod pod = build_pod(regular({clos3("net", 8, 2, 2, 2, 2)}));
  EXPECT_EQ(pod.graph.switch_count(), 12U);
  EXPECT_EQ(pod.graph.link_count(), 2U * (8 + 4 * 2 + 2 * 2 * 2));
  ASSERT_EQ(choices(pod, 0, 2), 2U);
  EXPECT_EQ(nodes_of(pod, 0, 2, 1), (Nodes{0, 8, 13, 9, 2}));
  ASSERT_EQ(choices(pod, 0, 7), 4U);
  EXPECT_EQ(nodes_of(pod, 0, 7, 0), (Nodes{0, 8, 12, 16, 14, 11, 7}));
  EXPECT_EQ(nodes_of(pod, 0, 7, 1), (Nodes{0, 8, 13, 18, 15, 11, 7}));
  EXPECT_EQ(nodes_of(pod, 0, 7, 2), (Nodes{0, 8, 12, 17, 14, 11, 7}));
  EXPECT_EQ(nodes_of(pod, 0, 7, 3), (Nodes{0, 8, 13, 19, 15, 11, 7}));
  EXPECT_EQ(pod.graph.switch_info(NodeId(8)).tier, 1);
  EXPECT_EQ(pod.graph.switch_info(NodeId(13)).tier, 2);
  EXPECT_EQ(pod.graph.switch_info(NodeId(19)).tier, 3);
}

TEST(Clos, TheLastLeafAndBlockMayBePartlyFilled) {
  for (const Clos& config : {clos("net", 7, 2, 3), clos3("net", 11, 2, 2, 2, 3)}) {
    const CheckReport report = check_pod(build_pod(regular({config})), 1);
    EXPECT_TRUE(report.passed()) << testing::PrintToString(report.findings.size());
  }
}

TEST(Clos, OversubscriptionSetsTheNumberOfUplinks) {
  Clos config = clos("net", 16, 8, 0);
  config.spines.reset();
  config.oversubscription = 2.0;
  EXPECT_EQ(build_pod(regular({config})).graph.switch_count(), 2U + 4U);  // 8 down, 4 up
  config.uplink = link_of(200_GBps);
  EXPECT_EQ(build_pod(regular({config})).graph.switch_count(), 2U + 1U);
  config.oversubscription = 1.0;
  EXPECT_EQ(build_pod(regular({config})).graph.switch_count(), 2U + 2U);
}

TEST(StructuredRouting, CoordinatesAreTheMixedRadixDigits) {
  const Pod pod = build_pod(regular({full_mesh("x", 3), torus("y", 4), switches("z", 5)}));
  const auto& routing = dynamic_cast<const StructuredRouting&>(*pod.routing);
  for (std::uint32_t npu = 0; npu < 60; ++npu) {
    EXPECT_EQ(routing.coordinate(NpuId(npu), 0), npu % 3);
    EXPECT_EQ(routing.coordinate(NpuId(npu), 1), npu / 3 % 4);
    EXPECT_EQ(routing.coordinate(NpuId(npu), 2), npu / 12);
  }
}

// Random compositions of every kind: routes exist, are minimal by breadth-first search, distinct, free of
// loops and of deadlock.
DimensionConfig random_dimension(Random& random, const std::string& name) {
  switch (random.below(5)) {
    case 0:
      return full_mesh(name, 2 + static_cast<std::int64_t>(random.below(4)));
    case 1:
      return torus(name, 2 + static_cast<std::int64_t>(random.below(6)));
    case 2: {
      const auto size = 2 + static_cast<std::int64_t>(random.below(5));
      return switches(name, size, 1 + static_cast<std::int64_t>(random.below(3)));
    }
    case 3: {
      const auto leaf = 1 + static_cast<std::int64_t>(random.below(3));
      const auto size = leaf + 1 + static_cast<std::int64_t>(random.below(5));
      const auto spines = 1 + static_cast<std::int64_t>(random.below(3));
      return clos(name, size, leaf, spines, 1 + static_cast<std::int64_t>(random.below(2)));
    }
    default: {
      const auto block = 1 + static_cast<std::int64_t>(random.below(2));
      const auto size = 2 * block + 1 + static_cast<std::int64_t>(random.below(4));
      const auto spines = 1 + static_cast<std::int64_t>(random.below(2));
      return clos3(name, size, 2, block, spines, 1 + static_cast<std::int64_t>(random.below(3)));
    }
  }
}

TEST(StructuredRouting, RandomCompositionsPassEveryCheck) {
  const std::vector<std::string> names{"a", "b", "c"};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed, "random pods");
    std::vector<DimensionConfig> dimensions;
    const std::size_t count = 1 + random.below(3);
    for (std::size_t d = 0; d < count; ++d) dimensions.push_back(random_dimension(random, names[d]));
    const Pod pod = build_pod(regular(dimensions));
    const CheckReport report = check_pod(pod, seed);
    ASSERT_TRUE(report.passed()) << "seed " << seed << ": " << report.findings[0].check << ": "
                                 << report.findings[0].what;
    EXPECT_EQ(report.pairs, pod.graph.npu_count() * (pod.graph.npu_count() - 1)) << "seed " << seed;
    EXPECT_LE(report.deadlock.lanes_used, pod.routing->lane_count()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace podsim::topology
