// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "podsim/app/command_line.h"
#include "podsim/app/topology_report.h"
#include "podsim/topology/check.h"

namespace podsim::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome topology_command(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"podsim", "topology"});
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_command_line(static_cast<int>(arguments.size()), arguments.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {code, std::move(out), testing::internal::GetCapturedStderr()};
}

TEST(TopologyCommand, ShowsEveryFigureOfThePod) {
  const Outcome outcome = topology_command({"cloudmatrix384"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("384, 14 of 14 ports of 4 lanes each"),
                    HasSubstr("336 'plane' tier 1 (32 of 48 ports), 112 'plane' tier 2 (48 of 48 ports)"),
                    HasSubstr("2,688 board, 2,688 optical (5,376 modules); 16,128 directed links"),
                    HasSubstr("plane 365.3 GB/s each way"), HasSubstr("diameter 4, mean 3.963; all pairs")));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("zero load"), HasSubstr("bisection"), HasSubstr("built in")));
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("deadlock")));
}

TEST(TopologyCommand, CheckSaysWhichLanesAreNeeded) {
  const Outcome outcome = topology_command({"example_graph", "--check"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("all 30 pairs, all 38 routes"), HasSubstr("needs 2 virtual lanes"),
                                 HasSubstr("result          passed")));
  EXPECT_THAT(topology_command({"dgx_a100", "--check"}).out, HasSubstr("one virtual lane is enough"));
}

TEST(TopologyCommand, SetChangesThePod) {
  const Outcome outcome = topology_command({"dgx_a100", "--set", "/dimensions/0/planes=3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("nvlink 150 GB/s each way"));
}

TEST(TopologyCommand, APodThatCannotBeBuiltIsWrongInput) {
  const Outcome outcome = topology_command({"dgx_a100", "--set", "/dimensions/0/planes=7"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("npu 0 needs 56 lanes (nvlink 56) and has 48 (12 ports of 4 lanes)"));
  EXPECT_EQ(outcome.out, "");
}

TEST(TopologyCommand, JsonHasTheExactFigures) {
  const Outcome outcome = topology_command({"atlas950_8192", "--json", "--check"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["npus"], 8192);
  EXPECT_EQ(json["directed_links"], 180224);
  EXPECT_EQ(json["dimensions"]["up"]["card_bytes_per_s_most"], 4 * 52'192'000'000);
  EXPECT_EQ(json["check"]["passed"], true);
  EXPECT_EQ(json["check"]["lanes_needed"], 2);
}

TEST(TopologyCommand, AnExportedGraphIsAPodAgain) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "podsim_exported.json";
  const std::string path = file.string();
  const Outcome written = topology_command({"example_ragged", "--export", "json", "-o", path.c_str()});
  EXPECT_EQ(written.code, 0) << written.err;
  EXPECT_THAT(written.out, HasSubstr("example_ragged"));  // the report comes too
  const Outcome again = topology_command({path.c_str(), "--export", "json"});
  EXPECT_EQ(again.code, 0) << again.err;
  std::ifstream in(file);
  EXPECT_EQ(again.out, std::string(std::istreambuf_iterator<char>(in), {}));
  std::filesystem::remove(file);
}

TEST(TopologyCommand, ExportToStdoutIsNothingElse) {
  const Outcome outcome = topology_command({"example_graph", "--export", "dot"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(testing::StartsWith("graph \"example_graph\" {"), testing::EndsWith("}\n")));
  EXPECT_EQ(topology_command({"example_graph", "--export", "dot", "--check"}).code, 2);
  EXPECT_EQ(topology_command({"example_graph", "-o", "somewhere"}).code, 2);
  EXPECT_THAT(topology_command({"example_graph", "--export", "svg"}).err, HasSubstr("graphml"));
}

TEST(TopologyCommand, AnUnknownPodNamesTheKnownOnes) {
  const Outcome outcome = topology_command({"cloudmatrix"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("cloudmatrix384"));
}

TEST(TopologyText, ShowsFindings) {
  TopologyView view;
  view.file = "a.json";
  view.check = topology::CheckReport();
  view.check->findings = {{"loop-free routes", "npu 1 to npu 2 choice 0 comes through npu 1 twice"}};
  view.check->finding_count = 30;
  EXPECT_THAT(topology_text(view), AllOf(HasSubstr("a.json: a pod"), HasSubstr("30 findings"),
                                         HasSubstr("loop-free routes: npu 1 to npu 2")));
}

}  // namespace
}  // namespace podsim::app
