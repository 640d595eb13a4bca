// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "podsim/app/interrupt.h"

namespace podsim::app {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

TEST(ProgressLine, SaysShareClockAndEstimate) {
  EXPECT_EQ(progress_line("layer 3 of 58", 0.25, Picoseconds(123'400'000), seconds(10)),
            "layer 3 of 58 [#####               ]  25 %  simulated 123.4 us  30 s left");
}

TEST(ProgressLine, HasNoEstimateBeforeAnythingIsDone) {
  EXPECT_THAT(progress_line("building the pod", 0.0, Picoseconds(0), seconds(3)), Not(HasSubstr("left")));
}

TEST(ProgressLine, NeverSaysDoneBeforeItIsNorPassesTheEnd) {
  EXPECT_THAT(progress_line("x", 0.999, Picoseconds(0), seconds(1)), HasSubstr(" 99 %"));
  EXPECT_THAT(progress_line("x", 1.5, Picoseconds(0), seconds(1)), HasSubstr("[####################] 100 %"));
}

TEST(Progress, ShowsNothingWhenNobodyLooks) {
  std::ostringstream out;
  {
    Progress progress(out, false);
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    progress.update("x", 0.5, Picoseconds(0));
  }
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, ShowsNothingForShortWork) {
  std::ostringstream out;
  {
    Progress progress(out, true);
    progress.update("x", 0.5, Picoseconds(0));
  }
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, RewritesOneLineAtALimitedRateAndClearsIt) {
  std::ostringstream out;
  {
    Progress progress(out, true);
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    for (int i = 0; i < 1000; ++i) progress.update("stage", 0.5, Picoseconds(0));
  }
  const std::string text = out.str();
  EXPECT_THAT(text, HasSubstr("\rstage ["));
  EXPECT_THAT(text, testing::EndsWith(" \r"));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_LT(text.size(), 1000U);  // a few lines, not a thousand
}

TEST(Interrupt, TheFirstOneIsNotedAndOldHandlingComesBack) {
  {
    const InterruptGuard guard;
    EXPECT_FALSE(interrupted());
    std::raise(SIGINT);
    EXPECT_TRUE(interrupted());
  }
  const InterruptGuard next;
  EXPECT_FALSE(interrupted());
}

TEST(InterruptDeathTest, TheSecondOneEndsTheProcess) {
  EXPECT_EXIT(
      {
        const InterruptGuard guard;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace podsim::app
