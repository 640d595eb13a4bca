// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace podsim::config {
namespace {

using sample::Group;

std::string nested(std::size_t levels) {
  std::string text, end;
  for (std::size_t i = 0; i < levels / 2; ++i) {
    text += R"({"name": "x", "groups": [)";
    end += "]}";
  }
  return text + end;
}

TEST(Syntax, ErrorsGiveLineAndColumn) {
  EXPECT_EQ(errors_of<Group>("{\n  \"name\": \"x\",\n  name: 5\n}"),
            "t.json: line 3, column 4: syntax error while parsing object key - invalid literal; "
            "expected string literal");
  EXPECT_EQ(
      errors_of<Group>("{\"name\": \"x\""),
      "t.json: line 1, column 13: syntax error while parsing object - unexpected end of input; expected '}'");
  EXPECT_EQ(errors_of<Group>("{\"name\": \"\t\"}"),
            "t.json: line 1, column 11: syntax error while parsing value - invalid string: control character "
            "U+0009 "
            "(HT) must be escaped to \\u0009 or \\t");
  EXPECT_EQ(errors_of<Group>("{\"name\": 1e999}"),
            "t.json: line 1, column 14: number overflow parsing '1e999'");
}

TEST(Syntax, TrailingText) {
  EXPECT_EQ(errors_of<Group>("{\"name\": \"x\"}\n}"),
            "t.json: line 2, column 1: text after the end of the JSON value");
  EXPECT_EQ(errors_of<Group>("{\"name\": \"x\"} \n \t\r\n"), "");
}

TEST(Syntax, EmptyText) {
  EXPECT_EQ(errors_of<Group>(""), "t.json: is empty, expected JSON");
  EXPECT_EQ(errors_of<Group>(" \n\t"), "t.json: is empty, expected JSON");
}

TEST(Syntax, NestingHasALimit) {
  EXPECT_EQ(errors_of<Group>(nested(64)), "");
  EXPECT_EQ(errors_of<Group>(nested(66)), "t.json: /groups/0/groups/0/...: nested deeper than 64 levels");
  EXPECT_EQ(errors_of<Group>(std::string(1'000'000, '[')),
            "t.json: /0/0/0/0/...: nested deeper than 64 levels");
}

TEST(Syntax, TextThatIsNotUtf8) {
  const auto error = [](const std::string& bytes) {
    return errors_of<Group>("{\"name\":\n\"" + bytes + "\"}");
  };
  EXPECT_EQ(error("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), "");
  EXPECT_EQ(error("a\xE9"), "t.json: line 2, column 3: got the byte 0xe9, expected UTF-8 text");
  for (const char* bytes : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "\xE2\x82", "\x80", "\xF0\x9F\x98"}) {
    EXPECT_NE(error(bytes).find("expected UTF-8 text"), std::string::npos) << bytes;
  }
}

TEST(Syntax, AZeroByteDoesNotEndTheText) {
  EXPECT_EQ(errors_of<Group>(std::string("{\"name\": \"x\"}\0 garbage", 22)),
            "t.json: line 1, column 14: got the byte 0x00, expected UTF-8 text");
}

TEST(Syntax, AByteOrderMarkIsAccepted) {
  EXPECT_EQ(errors_of<Group>("\xEF\xBB\xBF{\"name\": \"x\"}"), "");
}

TEST(Syntax, CommentsAreNotJson) {
  EXPECT_NE(errors_of<Group>("{\"name\": \"x\" /* why */}"), "");
}

}  // namespace
}  // namespace podsim::config
