// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/child.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>

#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using End = ChildOutcome::End;

class Children : public WithFolder {
 protected:
  std::vector<ChildOutcome> run(const std::string& body, const std::vector<ChildCommand>& commands,
                                std::size_t parallel = 1) {
    options_.program = program("child", body);
    options_.parallel = parallel;
    return run_children(commands, options_);
  }
  ChildOutcome run_one(const std::string& body, const std::vector<std::string>& arguments = {}) {
    return run(body, {{arguments}}).front();
  }

  ChildOptions options_;
};

TEST_F(Children, ArgumentsArriveAsTheyAre) {
  run_one("for a in \"$@\"; do echo \"[$a]\"; done > " + (folder_ / "said").string(),
          {"--set", "/a/b=\"c d\"", "", "$HOME"});
  EXPECT_EQ(content("said"), "[--set]\n[/a/b=\"c d\"]\n[]\n[$HOME]\n");
}

TEST_F(Children, AnExitCodeComesWithWhatTheChildSaidOnStderr) {
  const ChildOutcome outcome =
      run_one("echo out; echo podsim: no operator >&2; echo podsim: try >&2; exit 2");
  EXPECT_EQ(outcome.end, End::Exited);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(failure_text(outcome), "exit code 2: no operator; try");
}

TEST_F(Children, SuccessIsNoFailureWhateverItSays) {
  EXPECT_EQ(failure_text(run_one("echo note >&2")), "");
}

TEST_F(Children, ASignalIsNamed) {
  const ChildOutcome outcome = run_one("kill -SEGV $$");
  EXPECT_EQ(outcome.end, End::Killed);
  EXPECT_EQ(outcome.code, SIGSEGV);
  EXPECT_THAT(failure_text(outcome), HasSubstr("signal 11"));
}

TEST_F(Children, AProgramThatIsNotThereIsAFailureOfEachCommand) {
  options_.program = (folder_ / "none").string();
  const auto outcomes = run_children({{{}}, {{}}}, options_);
  EXPECT_EQ(outcomes[0].end, End::NotStarted);
  EXPECT_THAT(failure_text(outcomes[1]), HasSubstr("No such file"));
}

TEST_F(Children, OfMuchOutputTheEndIsKept) {
  const ChildOutcome outcome = run_one(
      "i=0; while [ $i -lt 5000 ]; do echo 0123456789 >&2; i=$((i+1)); done;"
      "echo the end >&2; exit 3");
  EXPECT_EQ(outcome.errors.size(), 8192U);
  EXPECT_THAT(outcome.errors, testing::EndsWith("the end\n"));
}

TEST_F(Children, OutcomesAreInTheOrderOfTheCommandsHoweverTheyEnd) {
  const auto outcomes = run("sleep $1; exit $2", {{{"0.3", "5"}}, {{"0", "6"}}, {{"0.1", "7"}}}, 3);
  EXPECT_THAT(std::vector<int>({outcomes[0].code, outcomes[1].code, outcomes[2].code}), ElementsAre(5, 6, 7));
  EXPECT_GT(outcomes[0].wall_s, outcomes[1].wall_s);
}

TEST_F(Children, NoMoreThanAskedForRunAtATime) {
  // Each child marks itself, counts the marks, and takes its own away.
  const std::string marks = (folder_ / "marks").string();
  std::filesystem::create_directories(marks);
  const std::string body = "touch " + marks + "/$1; ls " + marks + " | wc -l >> " +
                           (folder_ / "counts").string() + "; sleep 0.1; rm " + marks + "/$1";
  std::vector<ChildCommand> commands;
  for (int i = 0; i < 6; ++i) commands.push_back({{std::to_string(i)}});
  run(body, commands, 2);
  std::istringstream counts(content("counts"));
  int most = 0;
  int seen = 0;
  for (int count = 0; counts >> count; ++seen) most = std::max(most, count);
  EXPECT_EQ(seen, 6);
  EXPECT_EQ(most, 2);
}

TEST_F(Children, ProgressCountsWhatIsDone) {
  std::vector<std::size_t> done;
  options_.progress = [&done](std::size_t count, std::size_t running) {
    done.push_back(count);
    EXPECT_EQ(running, count);  // one at a time
  };
  run("exit 0", {{{}}, {{}}, {{}}});
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(done.front(), 0U);
  EXPECT_EQ(done.back(), 2U);
}

TEST_F(Children, InterruptionEndsWhatRunsAndBeginsNoMore) {
  bool stop = false;
  options_.progress = [&](std::size_t, std::size_t) { stop = exists("begun"); };
  options_.interrupted = [&stop] { return stop; };
  const auto outcomes = run("touch " + (folder_ / "begun").string() + "; exec sleep 60", {{{}}, {{}}});
  EXPECT_EQ(outcomes[0].end, End::Interrupted);
  EXPECT_LT(outcomes[0].wall_s, 30.0);
  EXPECT_EQ(outcomes[1].end, End::Interrupted);
  EXPECT_EQ(failure_text(outcomes[1]), "interrupted");
}

}  // namespace
}  // namespace podsim::study
