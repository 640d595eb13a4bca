// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace podsim {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string failure(int in, int out) {
  try {
    PODSIM_CHECK(in == out, "{} bytes in, {} bytes out", in, out);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(Check, SaysNothingWhenTheConditionHolds) {
  EXPECT_EQ(failure(3, 3), "");
}

TEST(Check, NamesTheNumbersTheConditionAndTheLine) {
  EXPECT_THAT(failure(3, 4), StartsWith("3 bytes in, 4 bytes out (check 'in == out' at "));
  EXPECT_THAT(failure(3, 4), HasSubstr("error_test.cpp:18)"));
}

TEST(Check, BeginsWithWhereTheContextSaysItHappened) {
  set_check_context([]() -> std::string { return "pod.npu7 at 12ns"; });
  EXPECT_THAT(failure(3, 4), StartsWith("pod.npu7 at 12ns: 3 bytes in"));
  set_check_context(nullptr);
  EXPECT_THAT(failure(3, 4), StartsWith("3 bytes in"));
}

TEST(Check, EvaluatesItsConditionOnce) {
  int evaluated = 0;
  PODSIM_CHECK(++evaluated == 1, "evaluated {} times", evaluated);
  EXPECT_EQ(evaluated, 1);
}

TEST(Check, PathsBeginInsideTheProject) {
  const auto place = [](const char* file) -> std::string {
    try {
      fail_check("x", file, 5, "m");
    } catch (const InternalError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(place("/home/builder/podsim/src/base/error.cpp"), "m (check 'x' at src/base/error.cpp:5)");
  EXPECT_EQ(place("/home/builder/podsim/include/podsim/base/id.h"),
            "m (check 'x' at include/podsim/base/id.h:5)");
  EXPECT_EQ(place("other.cpp"), "m (check 'x' at other.cpp:5)");
}

TEST(Errors, TheUsersAndOursAreDifferentThings) {
  EXPECT_THROW(throw ConfigError("x"), std::runtime_error);
  EXPECT_THROW(fail_check("x", "y", 1, "z"), std::logic_error);
}

}  // namespace
}  // namespace podsim
