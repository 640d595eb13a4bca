// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "podsim/base/error.h"
#include "podsim/topology/check.h"
#include "podsim/topology/fault_routing.h"
#include "podsim/topology/surviving_routing.h"
#include "support/pods.h"

namespace podsim::topology {
namespace {

using namespace literals;
using test::build;
using test::full_mesh_json;
using test::link_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

FaultConfig named(PartKind what, const std::string& which) {
  FaultConfig fault;
  fault.what = what;
  fault.which = which;
  return fault;
}

Pod mesh_2d(int x = 8, int y = 8) {
  return build(full_mesh_json(x, link_json(), "x") + "," + full_mesh_json(y, link_json(), "y"));
}

Pod with_cabinets(int spares) {
  return build_pod(config::parse<PodConfig>(
      R"({"name": "cabinets", "dimensions": [)" + full_mesh_json(4, link_json(), "x") + "," +
          test::switch_json(2, 1) + R"(], "cabinet": {"cards": 4, "spares": {"cards": )" +
          std::to_string(spares) + R"(, "latency": "175ns"}}})",
      "cabinets"));
}

std::string error_of(const Pod& pod, PartKind what, const std::string& which) {
  try {
    resolve_faults(pod, {named(what, which)});
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

Fault one(const Pod& pod, PartKind what, const std::string& which) {
  return resolve_faults(pod, {named(what, which)}).front();
}

TEST(Parts, ALinkIsACableByTheNameOfEitherDirection) {
  const Pod pod = mesh_2d();
  const Fault there = one(pod, PartKind::Link, "npu 0 -> npu 1 (x)");
  EXPECT_EQ(there.links, one(pod, PartKind::Link, "npu 1 -> npu 0").links);
  EXPECT_THAT(there.links, ElementsAre(LinkId(0), LinkId(1)));
}

TEST(Parts, EveryLinkIsFoundByTheNameThatTheGraphGivesIt) {
  const Pod pod = mesh_2d(3, 3);
  for (std::size_t i = 0; i < pod.graph.link_count(); ++i) {
    const Fault fault = one(pod, PartKind::Link, pod.graph.link_name(LinkId(i)));
    EXPECT_EQ(std::set<LinkId>(fault.links.begin(), fault.links.end()),
              (std::set<LinkId>{LinkId(i), pod.graph.link(LinkId(i)).reverse}));
  }
}

TEST(Parts, APortIsTheCableThatMissingPortsWouldTakeAway) {
  const Pod pod = mesh_2d();
  const Fault port = one(pod, PartKind::Port, "npu 17 y:5");
  EXPECT_EQ(port.links, one(pod, PartKind::Link, "npu 17 -> npu 41 (y)").links);
}

TEST(Parts, ACardTakesItsCablesWithIt) {
  const Pod pod = mesh_2d();
  const Fault card = one(pod, PartKind::Card, "npu 9");
  EXPECT_THAT(card.nodes, ElementsAre(NodeId(9)));
  EXPECT_EQ(card.links.size(), 2U * 14);
  EXPECT_EQ(one(pod, PartKind::Card, "9").links, card.links);
}

TEST(Parts, ACabinetTakesTheSwitchesThatServeItAlone) {
  // Leaves of 4 cards; the spines serve all.
  const Pod pod = build_pod(config::parse<PodConfig>(
      R"({"name": "p", "cabinet": {"cards": 4}, "dimensions": [)" + test::clos_json(8, 4, 2) + "]}", "p"));
  const Fault cabinet = one(pod, PartKind::Cabinet, "cabinet 1");
  EXPECT_THAT(cabinet.nodes, ElementsAre(NodeId(4), NodeId(5), NodeId(6), NodeId(7), NodeId(9)));
}

TEST(Parts, UnknownOnesAreNamedWithThoseThatAreKnown) {
  const Pod pod = mesh_2d();
  EXPECT_THAT(error_of(pod, PartKind::Card, "npu 64"), HasSubstr("no card 'npu 64', it has npu 0 to npu 63"));
  EXPECT_THAT(error_of(pod, PartKind::Card, "seven"), HasSubstr("no card 'seven'"));
  EXPECT_THAT(error_of(pod, PartKind::Switch, "switch 0"), HasSubstr("it has no switch"));
  EXPECT_THAT(error_of(pod, PartKind::Link, "npu 0 -> npu 9 (x)"),
              HasSubstr("npu 0 has npu 0 -> npu 1 (x), npu 0 -> npu 2 (x)"));
  EXPECT_THAT(error_of(pod, PartKind::Link, "0-1"),
              HasSubstr("expected a name such as 'npu 0 -> npu 1 (x)'"));
  EXPECT_THAT(error_of(pod, PartKind::Port, "npu 3 z:1"), HasSubstr("there are npu 3 x:0, npu 3 x:1"));
  EXPECT_THAT(error_of(pod, PartKind::Cabinet, "cabinet 0"), HasSubstr("does not say which cards share one"));
  EXPECT_THAT(error_of(with_cabinets(0), PartKind::Cabinet, "cabinet 2"),
              HasSubstr("it has cabinet 0 to cabinet 1"));
  EXPECT_THAT(error_of(pod, PartKind::Card, "npu 64"), HasSubstr("/faults/parts/0"));
}

TEST(FaultRates, TheNumberOfFailuresIsRateTimesPartsTimesHorizon) {
  const Pod pod = mesh_2d();
  FailureRates rates;
  rates.link = 0.5;
  rates.horizon = Picoseconds(7'200'000'000'000'000);  // 2 hours
  // 448 cables, 1.0 expected each without repair: 448 (1 - 1/e) = 283 fail, sd 10.
  const std::size_t failed = draw_faults(pod, rates, 7).size();
  EXPECT_GT(failed, 283U - 40);
  EXPECT_LT(failed, 283U + 40);
}

TEST(FaultRates, SameSeedSameFaults) {
  const Pod pod = mesh_2d();
  FailureRates rates;
  rates.card = 1e9;
  rates.horizon = 1_us;
  const auto names = [&](std::uint64_t seed) {
    std::string text;
    for (const Fault& fault : draw_faults(pod, rates, seed)) text += fault.name + to_string(fault.at) + " ";
    return text;
  };
  EXPECT_FALSE(names(1).empty());
  EXPECT_EQ(names(1), names(1));
  EXPECT_NE(names(1), names(2));
}

TEST(FaultRates, WhatIsDrawnForTheStartIsDownFromTheStart) {
  const Pod pod = mesh_2d();
  FailureRates rates;
  rates.card = 1.0;
  rates.horizon = Picoseconds(3'600'000'000'000'000);
  rates.drawn_as = DrawnAs::Start;
  const std::vector<Fault> faults = draw_faults(pod, rates, 3);
  EXPECT_GT(faults.size(), 20U);
  for (const Fault& fault : faults) EXPECT_EQ(fault.at, 0_ps);
  rates.repair = Picoseconds(1'000'000'000'000);  // most are repaired by then
  EXPECT_LT(draw_faults(pod, rates, 3).size(), 5U);
}

std::vector<std::vector<std::uint32_t>> nodes_of_paths(const Pod& pod, std::size_t src, std::size_t dst) {
  std::vector<std::vector<std::uint32_t>> all;
  for (std::uint32_t choice = 0; choice < pod.routing->path_count(NpuId(src), NpuId(dst)); ++choice) {
    Path path;
    path.hops = 0;
    pod.routing->path(NpuId(src), NpuId(dst), choice, path);
    std::vector<std::uint32_t> nodes;
    for (std::size_t hop = 0; hop < path.hops; ++hop)
      nodes.push_back(pod.graph.link(path.links[hop]).to.value());
    all.push_back(nodes);
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(FaultRouting, DetoursStayInTheMeshDimensionWhileTheyCan) {
  Pod pod = mesh_2d();
  add_faults(pod, resolve_faults(pod, {named(PartKind::Link, "npu 0 -> npu 1 (x)")}), 0_ps);
  const auto paths = nodes_of_paths(pod, 0, 1);
  ASSERT_EQ(paths.size(), 6U);  // every third member of the row
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_THAT(paths[i], ElementsAre(i + 2, 1U));
}

TEST(FaultRouting, ThenTheyGoThroughTheOtherDimension) {
  Pod pod = mesh_2d(2, 4);
  add_faults(pod, resolve_faults(pod, {named(PartKind::Link, "npu 0 -> npu 1 (x)")}), 0_ps);
  const auto paths = nodes_of_paths(pod, 0, 1);
  ASSERT_EQ(paths.size(), 3U);  // one row further, across, and back
  EXPECT_THAT(paths[0], ElementsAre(2U, 3U, 1U));
}

TEST(FaultRouting, AndThroughSwitchesOfAnOuterDimension) {
  // Two cards on a board, joined by one cable; 3 boards on switches.
  Pod pod = build(full_mesh_json(2, link_json(), "x") + "," + test::switch_json(3, 1));
  add_faults(pod, resolve_faults(pod, {named(PartKind::Link, "npu 0 -> npu 1 (x)")}), 0_ps);
  const auto paths = nodes_of_paths(pod, 0, 1);
  ASSERT_EQ(paths.size(), 2U);
  EXPECT_THAT(paths[0], ElementsAre(6U, 2U, 3U, 7U, 1U));
}

TEST(FaultRouting, WhatIsNotHitKeepsItsPaths) {
  const Pod whole = mesh_2d();
  Pod pod = mesh_2d();
  add_faults(pod, resolve_faults(pod, {named(PartKind::Link, "npu 0 -> npu 1 (x)")}), 0_ps);
  for (std::size_t dst = 2; dst < 64; ++dst) {
    if (dst % 8 == 1) continue;  // X, then Y goes over the lost cable
    EXPECT_EQ(nodes_of_paths(pod, 0, dst), nodes_of_paths(whole, 0, dst));
  }
}

TEST(FaultRouting, ADeadCardIsReachedByNobodyAndForwardsNothing) {
  Pod pod = mesh_2d();
  add_faults(pod, resolve_faults(pod, {named(PartKind::Card, "npu 9")}), 0_ps);
  EXPECT_EQ(pod.routing->path_count(NpuId(0), NpuId(9)), 0U);
  EXPECT_EQ(pod.routing->path_count(NpuId(9), NpuId(0)), 0U);
  EXPECT_EQ(nodes_of_paths(pod, 8, 1), (std::vector<std::vector<std::uint32_t>>{{0, 1}}));
}

TEST(FaultRouting, TwoLanesAreEnoughForDetoursInsideAMesh) {
  Pod pod = mesh_2d();
  const FaultRouting& routing = add_faults(
      pod,
      resolve_faults(
          pod, {named(PartKind::Link, "npu 0 -> npu 1 (x)"), named(PartKind::Link, "npu 6 -> npu 7 (x)"),
                named(PartKind::Link, "npu 3 -> npu 59 (y)"), named(PartKind::Card, "npu 20")}),
      0_ps);
  const FaultCheck check = check_fault_routing(routing, 1);
  EXPECT_TRUE(check.passed()) << ::testing::PrintToString(check.findings);
  EXPECT_EQ(check.lanes_used, 2U);
  EXPECT_EQ(check.cut_off, 2U * 63);
  EXPECT_GT(check.detours, 0U);
}

// The same detours on one lane can wait in a circle, and the check says on which links.
TEST(FaultRouting, OnOneLaneTheSameDetoursWouldDeadlockAndTheCycleIsNamed) {
  class OneLane : public Routing {
   public:
    explicit OneLane(const Routing& routing) : routing_(routing) {}
    std::uint32_t path_count(NpuId src, NpuId dst) const override { return routing_.path_count(src, dst); }
    void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const override {
      routing_.path(src, dst, choice, path);
      for (std::size_t hop = 0; hop < path.hops; ++hop) path.lanes[hop] = 0;
    }
    std::size_t max_hops() const override { return routing_.max_hops(); }
    std::uint8_t lane_count() const override { return 1; }

   private:
    const Routing& routing_;
  };
  Pod other = build(full_mesh_json(4, link_json(), "x"));
  add_faults(other,
             resolve_faults(other, {named(PartKind::Link, "npu 0 -> npu 2 (x)"),
                                    named(PartKind::Link, "npu 1 -> npu 3 (x)")}),
             0_ps);
  const OneLane detours(*other.routing);
  const CheckReport report = check_routing(other.graph, detours, true, 1);
  ASSERT_FALSE(report.deadlock.cycle.empty());
  EXPECT_THAT(report.deadlock.cycle[0], HasSubstr("(x) lane 0"));
}

TEST(FaultRouting, EveryMomentOfAScheduleTogetherIsFreeOfDeadlock) {
  Pod pod = mesh_2d(4, 4);
  std::vector<FaultConfig> list;
  for (const char* name : {"npu 0 -> npu 1 (x)", "npu 1 -> npu 2 (x)", "npu 2 -> npu 3 (x)",
                           "npu 0 -> npu 4 (y)", "npu 5 -> npu 13 (y)", "npu 3 -> npu 15 (y)"}) {
    list.push_back(named(PartKind::Link, name));
    list.back().at = std::to_string(list.size()) + "us";
    list.back().repair = 2500_ns;
  }
  const FaultRouting& routing = add_faults(pod, resolve_faults(pod, list), 100_ns);
  const FaultCheck check = check_fault_routing(routing, 1);
  EXPECT_EQ(routing.moments().size(), 13U);
  EXPECT_TRUE(check.passed());
  EXPECT_EQ(check.cut_off, 0U);
}

TEST(Cut, TwoFaultsThatCutThePodAreBothNamed) {
  // A ring of 6: cables 1 - 2 and 4 - 5.
  const Pod pod = build(test::torus_json(6));
  const std::vector<Fault> faults = resolve_faults(
      pod, {named(PartKind::Link, "npu 1 -> npu 2 (ring)"), named(PartKind::Link, "npu 5 -> npu 4 (ring)")});
  const std::string cut = describe_cut(pod.graph, true, faults, 0_ps, 6);
  EXPECT_THAT(cut, HasSubstr("npu 0 to npu 1, npu 5 cannot reach npu 2 to npu 4"));
  EXPECT_THAT(cut, HasSubstr("link npu 1 -> npu 2 (ring), link npu 5 -> npu 4 (ring)"));
  EXPECT_EQ(describe_cut(pod.graph, true, {faults[0]}, 0_ps, 6), "");
}

TEST(Cut, AFaultElsewhereIsNotNamed) {
  const Pod pod = mesh_2d(3, 3);
  std::vector<FaultConfig> list{named(PartKind::Link, "npu 4 -> npu 5 (x)")};
  for (const char* name :
       {"npu 0 -> npu 1 (x)", "npu 0 -> npu 2 (x)", "npu 0 -> npu 3 (y)", "npu 0 -> npu 6 (y)"})
    list.push_back(named(PartKind::Link, name));
  const std::string cut = describe_cut(pod.graph, true, resolve_faults(pod, list), 0_ps, 9);
  EXPECT_THAT(cut, HasSubstr("npu 0 cannot reach npu 1 to npu 8"));
  EXPECT_THAT(cut, ::testing::Not(HasSubstr("npu 4 -> npu 5")));
}

TEST(Cut, CardsThatAreDownOrTakeNoPartAreNotCutOff) {
  const Pod pod = build(full_mesh_json(3, link_json(), "x"));
  const std::vector<Fault> dead = resolve_faults(pod, {named(PartKind::Card, "npu 2")});
  EXPECT_EQ(describe_cut(pod.graph, true, dead, 0_ps, 3), "");
  const std::vector<Fault> alone = resolve_faults(
      pod, {named(PartKind::Link, "npu 2 -> npu 0 (x)"), named(PartKind::Link, "npu 2 -> npu 1 (x)")});
  EXPECT_NE(describe_cut(pod.graph, true, alone, 0_ps, 3), "");
  EXPECT_EQ(describe_cut(pod.graph, true, alone, 0_ps, 2), "");
}

TEST(Spares, ASpareTakesTheFirstFailedCardOfItsCabinetsPlace) {
  Pod pod = with_cabinets(1);
  std::vector<Fault> faults = resolve_faults(
      pod, {named(PartKind::Card, "npu 6"), named(PartKind::Card, "npu 1"), named(PartKind::Card, "npu 2")});
  EXPECT_THAT(use_spares(pod, faults), ElementsAre(NpuId(1), NpuId(6)));
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].name, "npu 2");
  const Pod whole = with_cabinets(1);
  for (std::size_t i = 0; i < pod.graph.link_count(); ++i) {
    const Link& link = pod.graph.link(LinkId(i));
    EXPECT_EQ(link.from, whole.graph.link(LinkId(i)).from);
    const bool at_spare =
        link.from == NodeId(1) || link.to == NodeId(1) || link.from == NodeId(6) || link.to == NodeId(6);
    EXPECT_EQ(pod.graph.type_of(LinkId(i)).latency,
              whole.graph.type_of(LinkId(i)).latency + (at_spare ? 175_ns : 0_ps));
  }
}

TEST(Spares, ThereIsNoneForACardThatFailsLaterOrIsRepaired) {
  Pod pod = with_cabinets(2);
  std::vector<FaultConfig> list{named(PartKind::Card, "npu 1"), named(PartKind::Card, "npu 2")};
  list[0].at = "5us";
  list[1].repair = 10_us;
  std::vector<Fault> faults = resolve_faults(pod, list);
  EXPECT_TRUE(use_spares(pod, faults).empty());
  EXPECT_EQ(faults.size(), 2U);
}

}  // namespace
}  // namespace podsim::topology
