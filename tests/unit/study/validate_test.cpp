// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/validate.h"

#include <gmock/gmock.h>

#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::HasSubstr;

// A podsim that writes figures where it is told: a kernel of m rows takes m us, a scenario 7.
constexpr const char* kFakePodsim = R"(case "$1" in
run) while [ "$1" != --out ]; do shift; done
  mkdir -p "$2"; echo '{"metrics": {"moe_layer.latency_us": 7}}' > "$2/results.json" ;;
kernel) while [ "$1" != --shape ]; do shift; done
  m=${2#m=}; m=${m%%,*}
  while [ "$1" != --json ]; do shift; done
  echo "{\"task_duration_us\": $m}" > "$2"; dirname "$2" >> LOG ;;
esac)";

class Validate : public WithFolder {
 protected:
  Validation run(const std::vector<Case>& cases, std::string body = kFakePodsim) {
    const std::string log = (folder_ / "log").string();
    if (const std::size_t at = body.find("LOG"); at != std::string::npos) body.replace(at, 3, log);
    ChildOptions options;
    options.program = program("podsim", body);
    options.parallel = 2;
    return validate(make_plan(cases, ""), options);
  }
};

TEST_F(Validate, FiguresOfKernelsAndScenariosAreRead) {
  const Validation validation = run({kernel_case("a", 64.0), scenario_case("b")});
  EXPECT_EQ(validation.results[0].value, 64.0);
  EXPECT_EQ(validation.results[0].verdict, Verdict::Within);
  EXPECT_EQ(validation.results[1].value, 7.0);
  EXPECT_FALSE(validation.interrupted);
}

TEST_F(Validate, TheFilesOfTheRunsAreGoneAfterwards) {
  run({kernel_case("a")});
  std::string folder = content("log");
  folder.pop_back();  // the newline
  EXPECT_THAT(folder, HasSubstr("podsim-validate-"));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(Validate, OneFailedRunLeavesTheOthersAlone) {
  Case other = kernel_case("b");
  other.kernel->shape["m"] = 13;
  const std::string fails_for_13 = "case \"$*\" in *m=13*) echo podsim: unlucky >&2; exit 2;; esac\n";
  const Validation validation = run({other, kernel_case("a", 64.0)}, fails_for_13 + kFakePodsim);
  EXPECT_EQ(validation.results[0].failure, "exit code 2: unlucky");
  EXPECT_EQ(validation.results[1].verdict, Verdict::Within);
}

TEST_F(Validate, ARunThatWritesNothingIsAFailure) {
  EXPECT_THAT(run({kernel_case("a")}, "exit 0").results.front().failure, HasSubstr("what the run wrote"));
}

}  // namespace
}  // namespace podsim::study
