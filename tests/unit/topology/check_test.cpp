// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "unit/topology/pods.h"

namespace podsim::topology {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;

// A routing given by a function; one choice, one lane unless said.
class MadeUpRouting : public Routing {
 public:
  using Fill = std::function<void(NpuId, NpuId, std::uint32_t, Path&)>;
  explicit MadeUpRouting(Fill fill, std::uint32_t count = 1) : fill_(std::move(fill)), count_(count) {}
  std::uint32_t path_count(NpuId, NpuId) const override { return count_; }
  void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const override {
    path.hops = 0;
    fill_(src, dst, choice, path);
  }
  std::size_t max_hops() const override { return 8; }
  std::uint8_t lane_count() const override { return 1; }

 private:
  Fill fill_;
  std::uint32_t count_;
};

// The example of docs/components/topology.md.
class FirstChoice : public Routing {
 public:
  explicit FirstChoice(const Routing& all) : all_(all) {}
  std::uint32_t path_count(NpuId, NpuId) const override { return 1; }
  void path(NpuId src, NpuId dst, std::uint32_t, Path& path) const override { all_.path(src, dst, 0, path); }
  std::size_t max_hops() const override { return all_.max_hops(); }
  std::uint8_t lane_count() const override { return all_.lane_count(); }

 private:
  const Routing& all_;
};

auto finding(const char* check, const char* what) {
  return Contains(testing::AllOf(Field(&Finding::check, check), Field(&Finding::what, HasSubstr(what))));
}

// Link c -> c + 1 of a ring is 2 c, its reverse 2 c + 1.
MadeUpRouting clockwise(std::uint32_t size) {
  return MadeUpRouting([size](NpuId src, NpuId dst, std::uint32_t, Path& path) {
    for (std::uint32_t c = src.value(); c != dst.value(); c = (c + 1) % size) path.push(LinkId(2 * c), 0);
  });
}

TEST(CheckPod, ARingOnOneLaneCanDeadlockAndTheCycleIsNamed) {
  const Pod pod = build_pod(regular({torus("ring", 4)}));
  const CheckReport report = check_routing(pod.graph, clockwise(4), true, 1);
  EXPECT_FALSE(report.passed());
  EXPECT_EQ(report.deadlock.cycle,
            (std::vector<std::string>{"npu 0 -> npu 1 (ring) lane 0", "npu 1 -> npu 2 (ring) lane 0",
                                      "npu 2 -> npu 3 (ring) lane 0", "npu 3 -> npu 0 (ring) lane 0"}));
  EXPECT_THAT(report.findings, finding("deadlock", "npu 3 -> npu 0 (ring) lane 0"));
}

TEST(CheckPod, DatelinesFreeTheRingWithASecondLane) {
  const CheckReport report = check_pod(build_pod(regular({torus("ring", 5)})), 1);
  EXPECT_TRUE(report.passed());
  EXPECT_TRUE(report.deadlock.cycle.empty());
  EXPECT_FALSE(report.deadlock.one_lane_is_enough);
  EXPECT_EQ(report.deadlock.one_lane_cycle.size(), 5U);
  EXPECT_EQ(report.deadlock.lanes_needed(), 2U);
}

TEST(CheckPod, RingsOfUpToFourNeedTheDatelineOnlyForTwoHops) {
  // In a ring of 3 every path is one hop, and one lane will do.
  const CheckReport report = check_pod(build_pod(regular({torus("ring", 3)})), 1);
  EXPECT_TRUE(report.deadlock.one_lane_is_enough);
  EXPECT_EQ(report.deadlock.lanes_needed(), 1U);
}

TEST(CheckPod, XYAndYXTogetherNeedTwoLanes) {
  const CheckReport report = check_pod(build_pod(regular({full_mesh("x", 3), full_mesh("y", 3)})), 1);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.deadlock.lanes_used, 2U);
  EXPECT_FALSE(report.deadlock.one_lane_is_enough);
}

TEST(CheckPod, XYAloneNeedsOneLane) {
  const Pod pod = build_pod(regular({full_mesh("x", 3), full_mesh("y", 3)}));
  const CheckReport report = check_routing(pod.graph, FirstChoice(*pod.routing), true, 1);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.routes, report.pairs);
  EXPECT_EQ(report.deadlock.lanes_needed(), 1U);
}

TEST(CheckPod, AClosNeedsOneLane) {
  const CheckReport report = check_pod(build_pod(regular({clos("net", 8, 2, 2, 2)})), 1);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.deadlock.lanes_needed(), 1U);
  EXPECT_EQ(report.pairs, 56U);
  EXPECT_EQ(report.routes, 8U * (1 * 2 + 6 * 4));
}

TEST(CheckPod, FindsRoutesThatAreNotMinimal) {
  const Pod pod = build_pod(regular({torus("ring", 6)}));
  const CheckReport report = check_routing(pod.graph, clockwise(6), true, 1);
  EXPECT_THAT(report.findings,
              finding("minimal routes", "npu 0 to npu 4 choice 0 takes 4 hops, the least is 2"));
}

TEST(CheckPod, FindsLoops) {
  const Pod pod = build_pod(regular({torus("ring", 4)}));
  const MadeUpRouting there_and_back([](NpuId src, NpuId dst, std::uint32_t, Path& path) {
    const std::uint32_t here = src.value();
    path.push(LinkId(2 * here), 0);
    path.push(LinkId(2 * here + 1), 0);
    for (std::uint32_t c = here; c != dst.value(); c = (c + 1) % 4) path.push(LinkId(2 * c), 0);
  });
  const CheckReport report = check_routing(pod.graph, there_and_back, true, 1);
  EXPECT_THAT(report.findings,
              finding("loop-free routes", "npu 0 to npu 2 choice 0 comes through npu 0 twice"));
}

TEST(CheckPod, FindsPathsThatJumpOrEndElsewhere) {
  const Pod pod = build_pod(regular({full_mesh("x", 3)}));
  const MadeUpRouting jump(
      [](NpuId, NpuId, std::uint32_t, Path& path) { path.push(LinkId(4), 0); });  // 1 -> 2
  const CheckReport report = check_routing(pod.graph, jump, true, 1);
  EXPECT_THAT(report.findings, finding("connected routes",
                                       "npu 0 to npu 1 choice 0: hop 0 is npu 1 -> npu 2 (x), "
                                       "but the packet is at npu 0"));
  EXPECT_THAT(report.findings, finding("connected routes", "npu 1 to npu 0 choice 0 ends at npu 2"));
}

TEST(CheckPod, FindsChoicesThatAreTheSamePath) {
  const Pod pod = build_pod(regular({full_mesh("x", 2)}));
  const MadeUpRouting twice(
      [](NpuId src, NpuId, std::uint32_t, Path& path) { path.push(LinkId(src.value()), 0); }, 2);
  const CheckReport report = check_routing(pod.graph, twice, true, 1);
  EXPECT_EQ(report.finding_count, 2U);
  EXPECT_THAT(report.findings,
              finding("distinct choices", "npu 0 to npu 1: two of 2 choices are the same path"));
}

TEST(CheckPod, FindsNpusOnTheWayThatDoNotForward) {
  const Pod pod = build_pod(regular({torus("ring", 4)}));
  const CheckReport report = check_routing(pod.graph, *pod.routing, false, 1);
  EXPECT_THAT(report.findings, finding("reachability", "npu 0 cannot reach npu 2"));
}

TEST(CheckPod, FindsLanesThatWereNotAnnounced) {
  const Pod pod = build_pod(regular({full_mesh("x", 2)}));
  const MadeUpRouting routing(
      [](NpuId src, NpuId, std::uint32_t, Path& path) { path.push(LinkId(src.value()), 3); });
  const CheckReport report = check_routing(pod.graph, routing, true, 1);
  EXPECT_THAT(report.findings, finding("announced bounds", "on lane 3, lane_count() is 1"));
}

TEST(CheckPod, FindsPortBudgetsExceeded) {
  Pod pod = build_pod(regular({full_mesh("x", 4)}));
  pod.config.port_budget = config::Sourced<std::int64_t>{2, ""};
  const CheckReport report = check_pod(pod, 1);
  EXPECT_EQ(report.finding_count, 4U);
  EXPECT_THAT(report.findings, finding("port budget", "npu 3 needs 12 lanes (x 12) and has 8"));
}

TEST(CheckPod, KeepsTwentyFindingsOfAKindAndCountsAll) {
  const Pod pod = build_pod(regular({full_mesh("x", 8)}));
  const MadeUpRouting nowhere([](NpuId, NpuId, std::uint32_t, Path&) {});
  const CheckReport report = check_routing(pod.graph, nowhere, true, 1);
  EXPECT_EQ(report.finding_count, 56U);
  EXPECT_EQ(report.findings.size(), 20U);
}

TEST(CheckPod, SamplesLargePodsBySeed) {
  const Pod pod = build_pod(regular({full_mesh("x", 16), full_mesh("y", 16), switches("up", 12)}));
  const CheckReport report = check_pod(pod, 3);
  EXPECT_TRUE(report.passed());
  EXPECT_FALSE(report.all_pairs);
  EXPECT_GT(report.pairs, 64U * 2000);
  EXPECT_LT(report.pairs, 64U * 2048 + 1);
  EXPECT_EQ(check_pod(pod, 3).routes, report.routes);
  EXPECT_NE(check_pod(pod, 4).routes, report.routes);
}

TEST(CheckPod, ASampleTakesCardsThatLackAPort) {
  PodConfig config = regular({full_mesh("x", 16), full_mesh("y", 16), switches("up", 12)});
  const std::uint64_t without = check_pod(build_pod(config), 3).pairs;
  config.cards = {missing_ports(1234, {"x:0"})};
  const Pod pod = build_pod(config);
  const CheckReport report = check_pod(pod, 3);
  EXPECT_TRUE(report.passed());
  EXPECT_GT(report.pairs, without + 2000);
  EXPECT_GT(report.deadlock.lanes_used, 2U);  // the detours' own lanes came up
  EXPECT_LE(report.deadlock.lanes_used, report.deadlock.lanes_announced);
}

}  // namespace
}  // namespace podsim::topology
