// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/claim_judge.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "podsim/config/verbs.h"
#include "podsim/study/claim_map.h"
#include "podsim/study/claim_report.h"
#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::HasSubstr;
using testing::Not;

ClaimAxis axis(const std::string& name, const std::string& values) {
  return config::parse<ClaimAxis>(
      R"({"name": ")" + name + R"(", "keys": ["/)" + name + R"("], "values": )" + values + "}", "test");
}

Claim speedup(std::vector<ClaimAxis> axes) {
  Claim claim;
  claim.id = "waves <&> \"more\"";
  claim.statement = "Waves are 1.5 to 1.73 times faster & better.";
  claim.who = "somebody";
  claim.source = "a paper, section 3";
  claim.stated_conditions = "none";
  claim.scenario = config::FilePath{"layer.json", "/configs/layer.json"};
  claim.set["/seed"] = {"1"};
  claim.runs["before"].set["/schedule/kind"] = {"\"serial\""};
  claim.runs["after"].set["/schedule/kind"] = {"\"wave_fill\""};
  claim.figure = "before.t / after.t";
  claim.unit = "x";
  claim.rounding = 0.01;
  claim.range = {1.5, 1.73};
  claim.axes = std::move(axes);
  return claim;
}

Ran ran_of(double t) {
  Ran ran;
  ran.wall_s = 1.0;
  ran.figures.emplace(Execution::Kind::Scenario,
                      R"({"fidelity": "packet", "metrics": {"t": )" + std::to_string(t) + "}}", "test");
  return ran;
}

// `ratios` by point: what before over after is to come to.
ClaimResult result_of_ratios(const Claim& claim, const std::vector<double>& ratios) {
  const ClaimPlan plan = make_claim_plan({claim});
  std::vector<Ran> ran(plan.executions.size());
  for (std::size_t point = 0; point < ratios.size(); ++point) {
    ran[plan.run_of[0][point].at("before")] = ran_of(ratios[point]);
    ran[plan.run_of[0][point].at("after")] = ran_of(1.0);
  }
  return judge_claims(plan, ran).front();
}

TEST(ClaimPlan, EveryPointHasItsRunsAndTheSameOnesRunOnce) {
  const Claim claim = speedup({axis("batch", "[1, 8]"), axis("ep", "[8, 64]")});
  const ClaimPlan plan = make_claim_plan({claim, claim});
  ASSERT_EQ(plan.executions.size(), 8U);
  EXPECT_EQ(plan.executions[plan.run_of[1][2].at("after")].arguments,
            (std::vector<std::string>{"run", "/configs/layer.json", "--set", "/batch=1", "--set", "/ep=64",
                                      "--set", "/schedule/kind=\"wave_fill\"", "--set", "/seed=1"}));
  EXPECT_EQ(plan.run_of[0], plan.run_of[1]);
}

TEST(ClaimPlan, TheMapHasFurtherAxes) {
  Claim claim = speedup({axis("batch", "[1, 8]")});
  claim.map_axes = {axis("ep", "[8, 64, 128]")};
  EXPECT_EQ(make_claim_plan({claim}).grids[0].size(), 2U);
  EXPECT_EQ(make_claim_plan({claim}, true).grids[0].size(), 6U);
}

TEST(ClaimVerdicts, HoldsWhereSomePointsAreInTheRange) {
  const Claim claim = speedup({axis("batch", "[1, 8, 64]")});
  EXPECT_EQ(result_of_ratios(claim, {1.5, 1.6, 1.73}).verdict, ClaimVerdict::Holds);
  EXPECT_EQ(result_of_ratios(claim, {1.0, 1.8, 2.0}).verdict, ClaimVerdict::DoesNotHold);
  const ClaimResult some = result_of_ratios(claim, {1.0, 1.6, 1.7});
  EXPECT_EQ(some.verdict, ClaimVerdict::HoldsWhere);
  EXPECT_EQ(some.region, "batch 8 to 64");
  EXPECT_EQ(some.fidelities, std::vector<std::string>{"packet"});
}

TEST(ClaimVerdicts, UpToIsAboutTheLargestFigure) {
  Claim claim = speedup({axis("batch", "[1, 8, 64]")});
  claim.judged = Judged::Largest;
  claim.range = {1.96, std::nullopt};
  EXPECT_EQ(result_of_ratios(claim, {1.0, 1.96, 1.2}).verdict, ClaimVerdict::Holds);
  EXPECT_EQ(result_of_ratios(claim, {1.0, 1.94, 1.2}).verdict, ClaimVerdict::DoesNotHold);
}

TEST(ClaimVerdicts, AFailedPointLeavesNoVerdict) {
  const ClaimPlan plan = make_claim_plan({speedup({axis("batch", "[1, 8]")})});
  std::vector<Ran> ran(plan.executions.size(), ran_of(1.6));
  ran[plan.run_of[0][1].at("after")] = Ran{std::nullopt, "exit code 2: unlucky", 0.0};
  const ClaimResult result = judge_claims(plan, ran).front();
  EXPECT_FALSE(result.verdict.has_value());
  EXPECT_EQ(result.failure, "batch 8: exit code 2: unlucky");
  EXPECT_FALSE(result.as_recorded());
  EXPECT_THAT(claims_text({result}), HasSubstr("FAILED"));
  EXPECT_THAT(claims_junit({result}), HasSubstr("errors=\"1\""));
}

TEST(ClaimVerdicts, AreComparedWithTheRecordedOnes) {
  Claim claim = speedup({axis("batch", "[1, 8]")});
  EXPECT_FALSE(result_of_ratios(claim, {1.6, 1.6}).as_recorded());
  claim.recorded = RecordedVerdict{ClaimVerdict::HoldsWhere, "batch 8"};
  EXPECT_TRUE(result_of_ratios(claim, {1.0, 1.6}).as_recorded());
  const ClaimResult moved = result_of_ratios(claim, {1.6, 1.0});
  EXPECT_FALSE(moved.as_recorded());  // the region is part of the verdict
  EXPECT_THAT(claims_text({moved}), HasSubstr("DIFFERS: recorded: holds where batch 8"));
  EXPECT_THAT(claims_junit({moved}), HasSubstr("failures=\"1\""));
}

TEST(ClaimVerdicts, AreWrittenBack) {
  const ClaimResult result = result_of_ratios(speedup({axis("batch", "[1, 8]")}), {1.0, 1.6});
  const nlohmann::json text = {
      {"claims", {{{"id", result.claim.id}, {"recorded", {{"verdict", "holds"}}}}, {{"id", "other"}}}}};
  const auto updated = nlohmann::json::parse(with_recorded(text.dump(), {result}));
  EXPECT_EQ(updated["claims"][0]["recorded"],
            (nlohmann::json{{"verdict", "holds where"}, {"region", "batch 8"}}));
  EXPECT_FALSE(updated["claims"][1].contains("recorded"));
}

TEST(Region, OfTwoAxesIsSaidRowByRow) {
  const ClaimGrid grid({axis("batch", "[1, 8, 64]"), axis("EP", "[8, 16, 32]")});
  EXPECT_EQ(region_text(grid, {true, true, false, true, true, false, false, false, true}),
            "EP 8 to 16: batch 1 to 8; EP 32: batch 64");
  EXPECT_EQ(region_text(grid, {true, false, true, false, false, false, true, true, true}),
            "EP 8: batch 1, 64; EP 32: any batch");
  EXPECT_EQ(region_text(grid, std::vector<bool>(9, false)), "");
}

TEST(ClaimMap, HasACellPerPointAndAnOutlineAroundTheRange) {
  const Claim claim = speedup({axis("batch", "[1, 8, 64]"), axis("EP", "[8, 16]")});
  const ClaimResult result = result_of_ratios(claim, {1.0, 1.2, 1.6, 1.1, 1.7, 1.9});
  ASSERT_TRUE(has_map(result));
  const std::string svg = map_svg(result);
  for (const char* figure : {">1.00<", ">1.20<", ">1.60<", ">1.10<", ">1.70<", ">1.90<", ">batch<", ">EP<"})
    EXPECT_THAT(svg, HasSubstr(figure));
  EXPECT_THAT(svg, HasSubstr("it covers 2 of 6 points"));
  EXPECT_THAT(svg, HasSubstr("fidelity packet"));
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(svg, HasSubstr("waves &lt;&amp;&gt;"));
  const std::size_t path = svg.find("class=\"band\"");
  ASSERT_NE(path, std::string::npos);
  const std::string edges = svg.substr(path, svg.find("/>", path) - path);
  EXPECT_EQ(std::count(edges.begin(), edges.end(), 'M'), 8);  // two cells that touch at a corner
  EXPECT_THAT(map_svg(result_of_ratios(claim, {1.0, 1.0, 1.0, 1.0, 1.0, 1.0})),
              Not(HasSubstr("class=\"band\"")));
}

TEST(ClaimMap, OneAxisHasNone) {
  EXPECT_FALSE(has_map(result_of_ratios(speedup({axis("batch", "[1, 8]")}), {1.0, 1.6})));
}

TEST(ClaimMap, TheTableHasARowPerPoint) {
  const Claim claim = speedup({axis("batch", "[1, 8]"), axis("EP, wide", "[8]")});
  EXPECT_EQ(map_csv(result_of_ratios(claim, {1.0, 1.625})),
            "batch,\"EP, wide\",figure (x),in_claimed_range\n1,8,1,0\n8,8,1.625,1\n");
}

TEST(ClaimReports, PageAndJsonSayEverything) {
  const ClaimResult result = result_of_ratios(speedup({axis("batch", "[1, 8]")}), {1.0, 1.6});
  const std::string page = claims_page({result}, "claims");
  for (const char* part : {"1.50 to 1.73 x", "1.00 to 1.60 x", "**holds where batch 8**",
                           "| 8 | 1.60 | yes |", "a paper, section 3"})
    EXPECT_THAT(page, HasSubstr(part));
  const auto json = nlohmann::json::parse(claims_json({result}));
  EXPECT_EQ(json["claims"][0]["points"][1]["at"]["batch"], "8");
  EXPECT_EQ(json["claims"][0]["points"][1]["figure"], 1.6);
  EXPECT_EQ(json["claims"][0]["verdict"], "holds where");
}

}  // namespace
}  // namespace podsim::study
