// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/expression.h"

#include <gmock/gmock.h>

#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

double value(const std::string& text) {
  return evaluate(text, [](const std::string& name) {
    if (name == "two") return 2.0;
    if (name == "run.moe_layer.latency_us") return 10.0;
    throw ConfigError("unknown " + name);
  });
}

TEST(Expression, PrecedenceAndAssociation) {
  EXPECT_DOUBLE_EQ(value("1 + 2 * 3"), 7.0);
  EXPECT_DOUBLE_EQ(value("(1 + 2) * 3"), 9.0);
  EXPECT_DOUBLE_EQ(value("8 / 4 / 2"), 1.0);
  EXPECT_DOUBLE_EQ(value("8 - 4 - 2"), 2.0);
  EXPECT_DOUBLE_EQ(value("-two * -3"), 6.0);
  EXPECT_DOUBLE_EQ(value("1.5e3"), 1500.0);
}

TEST(Expression, NamesAndFunctions) {
  EXPECT_DOUBLE_EQ(value("run.moe_layer.latency_us / two"), 5.0);
  EXPECT_DOUBLE_EQ(value("min(two, 3) + max(two, 3) + pow(two, 3)"), 13.0);
  EXPECT_THAT(names_in("a.x / (b + a.x) + max(c, 1)"), ElementsAre("a.x", "b", "c"));
}

TEST(Expression, WhatIsNoneIsAnErrorThatSaysWhere) {
  for (const char* text : {"", "1 +", "(1", "1)", "1 2", "a b", "max(1)", "2 ** 3", "#", "1 $"})
    EXPECT_THAT(message_of([text] { names_in(text); }), HasSubstr("expected")) << text;
  EXPECT_THAT(message_of([] { names_in("sqrt(1, 2)"); }), HasSubstr("known are min, max, pow"));
  EXPECT_THAT(message_of([] { names_in(std::string(5000, '(')); }), HasSubstr("fewer parentheses"));
  EXPECT_THAT(message_of([] { value("three"); }), HasSubstr("unknown three"));
}

}  // namespace
}  // namespace podsim::study
