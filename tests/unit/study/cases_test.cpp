// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/cases.h"

#include <gmock/gmock.h>

#include "podsim/config/verbs.h"
#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A kernel case as JSON with more keys.
std::string kernel_json(const std::string& id, const std::string& more = "") {
  return R"({"id": ")" + id + R"(", "kernel": {"name": "matmul", "chip": "ascend910b1", "shape": {"m": 64},
      "dtype": "fp16", "options": {"unit_flag": true, "base_m": 128, "order": "swizzle"}, "cores": 24},
      "metric": "task_duration_us", "expected": 12.5, "unit": "us", "tolerance": 0.25, "source": "a table")" +
         more + "}";
}

std::string file_of(const std::string& cases) {
  return R"({"cases": [)" + cases + "]}";
}

CaseFile parsed(const std::string& cases) {
  return config::parse<CaseFile>(file_of(cases), "c.json");
}

std::string errors_of(const std::string& cases) {
  return message_of([&cases] { parsed(cases); });
}

std::string merge_errors(const std::vector<NamedCaseFile>& files) {
  return message_of([&files] { merge_cases(files); });
}

TEST(Cases, AKernelCaseIsReadWithAllItsKeys) {
  const Case one =
      parsed(kernel_json("a", R"(, "busiest_pipe": "aic_mac", "also": {"aic_mac_time_us": 9.5})"))
          .cases.front();
  EXPECT_EQ(one.kernel->shape.at("m"), 64);
  EXPECT_EQ(one.kernel->cores, 24);
  EXPECT_EQ(one.kernel->options.at("unit_flag").json, "true");
  EXPECT_EQ(*one.expected, 12.5);
  EXPECT_EQ(*one.tolerance, 0.25);
  EXPECT_FALSE(one.calibrated);
  EXPECT_EQ(one.busiest_pipe, PipeName::AicMac);
  EXPECT_EQ(one.also.at("aic_mac_time_us"), 9.5);
}

TEST(Cases, ACaseIsOneOfRunKernelAndGain) {
  EXPECT_THAT(errors_of(R"({"id": "a", "metric": "x", "expected": 1, "source": "s"})"),
              AllOf(HasSubstr("c.json"), HasSubstr("/cases/0"),
                    HasSubstr("0 of the keys run, kernel and gain, expected one")));
  EXPECT_THAT(errors_of(kernel_json("a", R"(, "gain": {"before": "x", "after": "y"})")),
              HasSubstr("2 of the keys run, kernel and gain, expected one"));
}

TEST(Cases, EveryErrorOfAFileIsReportedAtOnce) {
  const std::string errors = errors_of(
      R"({"id": "a", "kernel": {"name": "matmul", "chip": "c", "cores": 0}, "metric": "m", "expected": -1,
          "source": "s", "busiest_pipe": "aic_mak", "tolerence": 0.1})");
  EXPECT_THAT(errors, HasSubstr("/cases/0/kernel/cores"));
  EXPECT_THAT(errors, HasSubstr("/cases/0/expected"));
  EXPECT_THAT(errors, HasSubstr("aic_mac"));
  EXPECT_THAT(errors, HasSubstr("tolerance"));  // the nearest key
}

TEST(Cases, AFigureNeedsMetricExpectedAndSource) {
  const std::string bare = R"({"id": "a", "kernel": {"name": "matmul", "chip": "c"})";
  EXPECT_THAT(errors_of(bare + "}"),
              AllOf(HasSubstr("no metric"), HasSubstr("no expected value"), HasSubstr("no source")));
}

TEST(Cases, AGainHasNoFiguresOfItsOwn) {
  EXPECT_THAT(errors_of(R"({"id": "a", "gain": {"before": "x", "after": "y"}, "expected": 2})"),
              HasSubstr("a gain with metric, expected"));
  EXPECT_THAT(errors_of(R"({"id": "a", "gain": {"before": "x", "after": "x"}})"), HasSubstr("same case"));
}

TEST(Cases, AScenarioThatIsNotThereIsAnError) {
  EXPECT_THAT(errors_of(R"({"id": "a", "run": {"scenario": "no_such.json"}, "metric": "m", "expected": 1,
                            "source": "s"})"),
              HasSubstr("no_such.json"));
}

TEST(Cases, AnIdMayBeThereOnceInAllFiles) {
  const CaseFile file = parsed(kernel_json("a"));
  EXPECT_THAT(
      merge_errors({{"first.json", file}, {"second.json", file}}),
      AllOf(HasSubstr("second.json: /cases/0 \"a\": the id is there twice"), HasSubstr("first.json")));
}

TEST(Cases, AGainMayLookAtAnotherFileAndMustFindBothCases) {
  const CaseFile cases = parsed(kernel_json("fast") + "," + kernel_json("slow"));
  EXPECT_EQ(merge_errors({{"a.json", parsed(R"({"id": "g", "gain": {"before": "slow", "after": "fast"}})")},
                          {"b.json", cases}}),
            "");
  EXPECT_THAT(merge_errors({{"a.json", parsed(R"({"id": "g", "gain": {"before": "slo", "after": "fast"}})")},
                            {"b.json", cases}}),
              AllOf(HasSubstr("unknown case \"slo\""), HasSubstr("nearest is \"slow\"")));
}

TEST(Cases, AGainComparesOneMetric) {
  Case other = kernel_case("b");
  other.metric = "aic_mac_time_us";
  const CaseFile file{"", {kernel_case("a"), other, gain_case("g", "a", "b"), gain_case("h", "a", "g")}};
  EXPECT_THAT(merge_errors({{"f.json", file}}),
              AllOf(HasSubstr("from task_duration_us to aic_mac_time_us, expected the same metric"),
                    HasSubstr("gain of \"g\", which is a gain itself")));
}

TEST(Cases, TheFamilyOfACaseIsItsFilesNameUnlessItSays) {
  CaseFile file{"", {kernel_case("a"), kernel_case("b")}};
  file.cases[0].family.clear();
  const std::vector<Case> cases = merge_cases({{"folder/some_kernels.json", file}});
  EXPECT_EQ(cases[0].family, "some_kernels");
  EXPECT_EQ(cases[1].family, "kernels");
}

TEST_F(WithFolder, LoadingTellsTheErrorsOfAllFiles) {
  const std::vector<std::string> paths = {file("a.json", file_of("{}")), file("b.json", R"({"cases": []})")};
  EXPECT_THAT(message_of([&paths] { load_cases(paths); }), AllOf(HasSubstr("a.json"), HasSubstr("b.json")));
}

}  // namespace
}  // namespace podsim::study
