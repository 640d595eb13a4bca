// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/claim.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "podsim/config/verbs.h"
#include "podsim/study/claim_judge.h"
#include "unit/study/support.h"

namespace podsim::study {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Claim claim_of(const std::string& members) {
  return config::parse<Claim>(
      R"({"id": "c", "statement": "s", "who": "w", "source": "a paper", )" + members + "}", "test");
}

TEST(Claim, CoversWhatLiesInTheRangeOnceRounded) {
  const Claim claim =
      claim_of(R"("figure": "1", "rounding": 0.01, "range": {"at_least": 1.5, "at_most": 1.73})");
  EXPECT_TRUE(claim.covers(1.4951));
  EXPECT_FALSE(claim.covers(1.4949));
  EXPECT_TRUE(claim.covers(1.7349));
  EXPECT_FALSE(claim.covers(1.7351));
  const Claim exact = claim_of(R"("figure": "1", "range": {"at_most": 10})");
  EXPECT_TRUE(exact.covers(10.0));
  EXPECT_FALSE(exact.covers(10.0001));
}

TEST(Claim, StatedTextHasTheDecimalsOfTheClaim) {
  const std::string band =
      R"("unit": "x", "figure": "1", "rounding": 0.01, "range": {"at_least": 1.5, "at_most": 1.73})";
  EXPECT_EQ(claim_of(band).stated_text(), "1.50 to 1.73 x");
  EXPECT_EQ(claim_of(R"("figure": "1", "range": {"at_least": 8}, "unit": "EFLOP/s")").stated_text(),
            "at least 8 EFLOP/s");
  EXPECT_EQ(claim_of(R"("figure": "1", "range": {"at_least": 2}, "judged": "largest")").stated_text(),
            "up to 2");
  EXPECT_EQ(claim_of(R"("cannot_be_tested": "no model")").stated_text(), "-");
}

TEST(Claim, NeedsAFigureWithARangeOrAReason) {
  EXPECT_THAT(message_of([] { claim_of(R"("unit": "x")"); }), HasSubstr("cannot_be_tested"));
  EXPECT_THAT(message_of([] { claim_of(R"("figure": "1")"); }), HasSubstr("without a range"));
  EXPECT_THAT(message_of([] { claim_of(R"("figure": "1", "range": {"at_least": 2, "at_most": 1})"); }),
              HasSubstr("at_least is above at_most"));
}

TEST(Claim, AxesSetKeysOrSteps) {
  ClaimAxis axis = config::parse<ClaimAxis>(
      R"({"name": "n", "runs": ["a"], "keys": ["/x", "/y"], "values": [8, 2048]})", "t");
  EXPECT_EQ(axis.label(1), "2,048");
  EXPECT_EQ(axis.change_at(0, "a").set.at("/y").json, "8");
  EXPECT_TRUE(axis.change_at(0, "b").set.empty());
  axis = config::parse<ClaimAxis>(
      R"({"name": "n", "steps": [{"label": "l", "set": {"/x": 1}, "runs": {"b": {"set": {"/x": 2}}}}]})",
      "t");
  EXPECT_EQ(axis.change_at(0, "a").set.at("/x").json, "1");
  EXPECT_EQ(axis.change_at(0, "b").set.at("/x").json, "2");
  EXPECT_FALSE(axis.number_at(0).has_value());
}

class ClaimFiles : public WithFolder {
 protected:
  std::string fault(const std::string& claims) {
    std::ofstream(folder_ / "c.json") << R"({"claims": [)" << claims << "]}";
    return message_of([this] { load_claims({(folder_ / "c.json").string()}); });
  }
};

TEST_F(ClaimFiles, NamesThatNothingDefinesAreFound) {
  const std::string head =
      R"({"id": "c", "statement": "s", "who": "w", "source": "p", "range": {"at_least": 1}, )";
  EXPECT_THAT(fault(head + R"("figure": "a / b"})"), HasSubstr("unknown name \"a\""));
  EXPECT_THAT(fault(head + R"("figure": "a.x", "runs": {"a": {}}})"), HasSubstr("run \"a\" has no scenario"));
  EXPECT_THAT(
      fault(head +
            R"("figure": "1", "axes": [{"name": "n", "runs": ["q"], "keys": ["/x"], "values": [1]}]})"),
      HasSubstr("unknown run \"q\""));
  EXPECT_THAT(fault(head + R"("figure": "1"}, )" + head + R"("figure": "1"})"),
              HasSubstr("the id is there twice"));
}

std::vector<std::string> shipped() {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(PODSIM_SOURCE_DIR "/configs/claims"))
    paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(ShippedClaims, AllLoadAndSayWhatTheyAssumeAndWhatTheyCameTo) {
  const std::vector<LoadedClaims> files = load_claims(shipped());
  ASSERT_GE(files.size(), 5U);
  for (const LoadedClaims& one : files) {
    for (const Claim& claim : one.file.claims) {
      EXPECT_GT(claim.source.size(), 10U) << claim.id;
      EXPECT_FALSE(claim.stated_conditions.empty()) << claim.id;
      EXPECT_TRUE(claim.runs.empty() || !claim.assumed_conditions.empty()) << claim.id;
      ASSERT_TRUE(claim.recorded.has_value()) << claim.id;
      EXPECT_EQ(claim.recorded->verdict == ClaimVerdict::HoldsWhere, !claim.recorded->region.empty())
          << claim.id;
      EXPECT_EQ(claim.recorded->verdict == ClaimVerdict::CannotBeTested, !claim.cannot_be_tested.empty())
          << claim.id;
      for (const auto& [name, value] : claim.values)
        EXPECT_GT(read_value(value), 0.0) << claim.id << " " << name;
    }
  }
}

}  // namespace
}  // namespace podsim::study
