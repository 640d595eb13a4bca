// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "podsim/app/command_line.h"
#include "podsim/base/error.h"

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

Outcome podsim(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "podsim");
  CaptureStdout();
  CaptureStderr();
  const int code = run_command_line(static_cast<int>(arguments.size()), arguments.data());
  return {code, GetCapturedStdout(), GetCapturedStderr()};
}

TEST(CommandLine, HelpNamesEverySubcommandAndExitCode) {
  const Outcome outcome = podsim({"--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("run"), HasSubstr("topology"), HasSubstr("trace"),
                                 HasSubstr("docs"), HasSubstr("Exit codes: 0 done")));
  EXPECT_EQ(outcome.err, "");
}

TEST(CommandLine, HelpOfEverySubcommandTeachesWithAnExample) {
  for (const char* command : {"run", "topology", "trace", "docs"}) {
    const Outcome outcome = podsim({command, "--help"});
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr(std::string("podsim ") + command)) << command;
  }
}

TEST(CommandLine, VersionSaysVersionAndRevision) {
  const Outcome outcome = podsim({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, testing::MatchesRegex("podsim [0-9.]+ \\(.+\\)\n"));
}

TEST(CommandLine, NothingAskedForIsWrongInputWithHelp) {
  const Outcome outcome = podsim({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("SUBCOMMAND"));
}

TEST(CommandLine, AnUnknownSubcommandListsTheKnownOnes) {
  const Outcome outcome = podsim({"rn", "x.json"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("podsim: unknown subcommand or option 'rn'"),
                                 HasSubstr("run, topology"), HasSubstr("podsim: try: podsim --help")));
  EXPECT_EQ(outcome.out, "");
}

TEST(CommandLine, AMissingArgumentIsWrongInput) {
  const Outcome outcome = podsim({"run"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("podsim: SCENARIO is required"), HasSubstr("try: podsim run --help")));
}

TEST(CommandLine, AnUnknownFidelityIsWrongInput) {
  const Outcome outcome = podsim({"run", "x.json", "--fidelity", "exact"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("exact"), HasSubstr("bound,packet")));
}

TEST(CommandLine, AnArgumentThatNothingTakesIsNamed) {
  const Outcome outcome = podsim({"run", "x.json", "y.json", "z.json"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("podsim: unexpected argument 'y.json'"));
  EXPECT_THAT(podsim({"run", "x.json", "--sed", "1"}).err, HasSubstr("podsim: unexpected argument '--sed'"));
}

TEST(CommandLine, ANegativeSeedIsWrongInput) {
  const Outcome outcome = podsim({"run", "x.json", "--seed", "-1"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("from 0 to 2^63-1, got \"-1\""));
  for (const char* seed : {"99999999999999999999", "1.5", "", "7x"})
    EXPECT_THAT(podsim({"run", "x.json", "--seed", seed}).err, HasSubstr("--seed: expected a whole number"))
        << seed;
}

TEST(CommandLine, AScenarioThatIsNotThereIsWrongInputAndNamesIt) {
  const Outcome outcome = podsim({"run", "missing/scenario.json"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(testing::StartsWith("podsim: "), HasSubstr("missing/scenario.json")));
}

TEST(CommandLine, ABareNameThatIsUnknownNamesWhatThereIs) {
  const Outcome outcome = podsim({"run", "all_to_all_102"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("all_to_all_1024"));
}

TEST(SetOption, TakesOneValueAndMayBeRepeated) {
  CLI::App app;
  std::vector<std::string> sets;
  std::string scenario;
  app.add_option("SCENARIO", scenario);
  add_set_option(app, sets);
  const std::vector<const char*> arguments = {"podsim",        "--set", "/a=[1,2]",
                                              "scenario.json", "--set", "/b=-1"};
  app.parse(static_cast<int>(arguments.size()), arguments.data());
  EXPECT_EQ(sets, (std::vector<std::string>{"/a=[1,2]", "/b=-1"}));
  EXPECT_EQ(scenario, "scenario.json");
}

TEST(FindInput, LeavesAPathAsItIs) {
  EXPECT_EQ(find_input("some/where.json", "configs/pods"), "some/where.json");
}

TEST(FindInput, TakesTheBareNameOfADataFile) {
  EXPECT_EQ(find_input("cloudmatrix384", "configs/pods"), "configs/pods/cloudmatrix384.json");
}

}  // namespace
}  // namespace podsim::app
