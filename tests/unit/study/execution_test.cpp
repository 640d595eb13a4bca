// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/execution.h"

#include <gmock/gmock.h>

#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Execution, AScenarioIsRunWithItsSetsInOrderOfPointers) {
  Case one = scenario_case("a");
  one.run->set["/workload/model/hidden/value"] = {"7168"};
  one.run->set["/workload/model"] = {"\"models/m.json\""};
  EXPECT_THAT(arguments_of(one),
              ElementsAre("run", "/configs/layer.json", "--set", "/workload/model=\"models/m.json\"", "--set",
                          "/workload/model/hidden/value=7168"));
}

TEST(Execution, AKernelIsRunWithShapeTypeCoresAndOptionsAsText) {
  Case one = kernel_case("a");
  one.kernel->dtype = "fp16";
  one.kernel->cores = 20;
  one.kernel->l2 = "dirty";
  one.kernel->options = {{"unit_flag", {"true"}}, {"order", {"\"swizzle\""}}, {"base_m", {"128"}}};
  one.kernel->set = {{"/clock", {"\"1.8GHz\""}}};
  EXPECT_THAT(arguments_of(one),
              ElementsAre("kernel", "matmul", "--chip", "ascend910b1", "--shape", "m=64,n=32", "--dtype",
                          "fp16", "--cores", "20", "--l2", "dirty", "--tiling", "base_m=128", "--tiling",
                          "order=swizzle", "--tiling", "unit_flag=true", "--set", "/clock=\"1.8GHz\""));
}

TEST(Execution, WhatIsNotGivenIsNotOnTheCommandLineButThatLaunchesAreRepeatedIs) {
  Case one = kernel_case("a");
  one.kernel->shape.clear();
  EXPECT_THAT(arguments_of(one), ElementsAre("kernel", "matmul", "--chip", "ascend910b1", "--l2", "empty"));
}

TEST(Execution, CasesOfOneCommandLineShareARun) {
  Case other = kernel_case("b");
  other.metric = "aic_mac_time_us";
  Case larger = kernel_case("c");
  larger.kernel->shape["m"] = 65;
  const Plan plan = make_plan({kernel_case("a"), larger, other}, "");
  EXPECT_EQ(plan.executions.size(), 2U);
  EXPECT_THAT(plan.run_of, ElementsAre(0U, 1U, 0U));
  EXPECT_EQ(plan.executions[1].name, "c");
}

TEST(Execution, TheFilterLooksAtIdsAndFamilies) {
  Case other = scenario_case("dispatch");
  other.family = "layers";
  const std::vector<Case> cases = {kernel_case("mm.large"), other};
  EXPECT_THAT(make_plan(cases, "mm.").selected, ElementsAre(true, false));
  EXPECT_THAT(make_plan(cases, "layer").selected, ElementsAre(false, true));
  EXPECT_THAT(make_plan(cases, "layer").run_of, ElementsAre(kNoRun, 0U));
  EXPECT_THAT(message_of([&cases] { make_plan(cases, "softmax"); }), HasSubstr("\"softmax\""));
}

TEST(Execution, AGainBringsTheRunsOfItsCasesAlong) {
  Case fast = kernel_case("fast");
  fast.kernel->options = {{"double_buffer", {"true"}}};
  Case other = kernel_case("other");
  other.kernel->shape["m"] = 1;
  const Plan plan = make_plan({kernel_case("slow"), fast, other, gain_case("step", "slow", "fast")}, "step");
  EXPECT_THAT(plan.selected, ElementsAre(false, false, false, true));
  EXPECT_THAT(plan.run_of, ElementsAre(0U, 1U, kNoRun, kNoRun));
  EXPECT_EQ(plan.executions.size(), 2U);
}

}  // namespace
}  // namespace podsim::study
