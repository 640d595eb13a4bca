// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "podsim/app/command_line.h"
#include "podsim/moe/trace.h"

namespace podsim::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

// podsim trace .. in a folder of its own, with the shipped models.
class TraceCommand : public testing::Test {
 protected:
  TraceCommand()
      : folder_(std::filesystem::path(testing::TempDir()) / ("trace_command_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~TraceCommand() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  Outcome trace(const std::vector<std::string>& arguments) {
    std::vector<const char*> all{"podsim", "trace"};
    for (const std::string& argument : arguments) all.push_back(argument.c_str());
    CaptureStdout();
    CaptureStderr();
    const int code = run_command_line(static_cast<int>(all.size()), all.data());
    return {code, GetCapturedStdout(), GetCapturedStderr()};
  }

  // 3 layers of article_12b on 4 ranks with 16 tokens.
  Outcome generate(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"generate", "--model", "article_12b", "--ranks", "4", "--tokens", "16",
                                       "--layers", "3",       "-o",          path(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return trace(arguments);
  }

  nlohmann::json inspect(const std::string& name) {
    const Outcome outcome = trace({"inspect", path(name), "--model", "article_12b", "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  }

  std::filesystem::path folder_;
};

TEST_F(TraceCommand, GeneratesWhatInspectReports) {
  EXPECT_EQ(generate("a.routes").code, 0);
  const Outcome outcome = trace({"inspect", path("a.routes")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("packed, routes of tokens"), HasSubstr("article_12b"), HasSubstr("64, top 6"),
                    HasSubstr("3, numbered 0 to 2"), HasSubstr("192 rows in 12 records of 16 tokens")));
  const nlohmann::json report = inspect("a.routes");
  EXPECT_EQ(report["tokens"], 192);
  EXPECT_EQ(report["layers"].size(), 3U);
}

TEST_F(TraceCommand, TheSameSeedGivesTheSameRoutesAndAnotherOnesDoNot) {
  generate("a.routes", {"--seed", "5"});
  generate("b.routes", {"--seed", "5"});
  generate("c.routes", {"--seed", "6"});
  EXPECT_EQ(inspect("a.routes")["digest"], inspect("b.routes")["digest"]);
  EXPECT_NE(inspect("a.routes")["digest"], inspect("c.routes")["digest"]);
}

TEST_F(TraceCommand, SetReachesTheRouting) {
  generate("even.routes", {"--routing", "zipf", "--set", "/alpha=0"});
  generate("steep.routes", {"--routing", R"({"kind": "zipf", "alpha": 3})"});
  EXPECT_GT(inspect("steep.routes")["layers"][0]["load_cv"].get<double>(),
            2.0 * inspect("even.routes")["layers"][0]["load_cv"].get<double>());
}

TEST_F(TraceCommand, ConvertKeepsTheDigest) {
  generate("a.routes");
  for (const char* name : {"a.jsonl", "b.routes"}) {
    EXPECT_EQ(trace({"convert", path("a.routes"), path(name)}).code, 0);
    EXPECT_EQ(inspect(name)["digest"], inspect("a.routes")["digest"]);
  }
  EXPECT_EQ(trace({"convert", path("a.routes"), path("m.jsonl"), "--to", "megatron_jsonl"}).code, 0);
  EXPECT_EQ(inspect("m.jsonl")["digest"], inspect("a.routes")["digest"]);
}

TEST_F(TraceCommand, ConvertDealsATraceWithoutRanksAsItWas) {
  generate("a.routes", {"--steps", "2"});
  EXPECT_EQ(trace({"convert", path("a.routes"), path("v.npy")}).code, 0);
  EXPECT_EQ(inspect("v.npy")["sources"], 1);
  EXPECT_EQ(trace({"convert", path("v.npy"), path("b.routes"), "--model", "article_12b", "--ranks", "4",
                   "--tokens", "16"})
                .code,
            0);
  EXPECT_EQ(inspect("b.routes")["digest"], inspect("a.routes")["digest"]);
}

TEST_F(TraceCommand, ConvertMakesRoutesOfLoads) {
  generate("a.routes", {"--routing", "zipf"});
  EXPECT_EQ(trace({"convert", path("a.routes"), path("l.npy"), "--to", "counts_npy"}).code, 0);
  EXPECT_EQ(
      trace({"convert", path("l.npy"), path("b.routes"), "--top-k", "6", "--ranks", "4", "--tokens", "16"})
          .code,
      0);
  EXPECT_EQ(inspect("b.routes")["layers"], inspect("a.routes")["layers"]);  // the loads
  EXPECT_NE(inspect("b.routes")["digest"], inspect("a.routes")["digest"]);  // of other routes
}

TEST_F(TraceCommand, SaysWhatIsWrongAndExitsWithTwo) {
  const auto expect_error = [](const Outcome& outcome, const std::string& part) {
    EXPECT_EQ(outcome.code, 2) << part;
    EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_EQ(outcome.out, "");
  };
  generate("a.routes");
  trace({"convert", path("a.routes"), path("l.npy"), "--to", "counts_npy"});
  trace({"convert", path("a.routes"), path("v.npy")});
  expect_error(trace({"inspect", path("nothing")}), "No such file or directory");
  expect_error(trace({"inspect", path("a.routes"), "--model", "deepseek_v3"}),
               "routes among 64 experts, expected 256");
  expect_error(trace({"inspect", path("a.routes"), "--format", "vllm_npy"}), "no NumPy .npy file");
  expect_error(trace({"convert", path("a.routes"), path("a.txt")}),
               "says no trace format (.routes, .jsonl, .npy)");
  expect_error(trace({"convert", path("v.npy"), path("b.routes")}), "does not say how many experts");
  expect_error(trace({"convert", path("a.routes"), path("b.routes"), "--ranks", "4"}),
               "--ranks and --tokens come together");
  expect_error(trace({"convert", path("l.npy"), path("b.routes")}), "has loads, not routes");
  expect_error(generate("x.routes", {"--routing", "zipff"}), "nearest is \"zipf\"");
  expect_error(generate("x.routes", {"--layers", "25"}), "--layers");
  expect_error(generate("no/folder/x.routes"), "cannot write");
  expect_error(trace({}), "A subcommand is required");
  EXPECT_FALSE(std::filesystem::exists(path("b.routes")));
  EXPECT_FALSE(std::filesystem::exists(path("x.routes")));
}

}  // namespace
}  // namespace podsim::app
