// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/csv.h"

#include <gtest/gtest.h>

#include <sstream>

namespace podsim::stats {
namespace {

constexpr Column kColumns[] = {
    {"link", "", "name"}, {"bytes", "bytes", "on the wire"}, {"share", "1", "of the time"}};

TEST(Csv, PlainTextIsWrittenAsItIs) {
  EXPECT_EQ(csv_field("npu 17 -> switch 3 (up)"), "npu 17 -> switch 3 (up)");
  EXPECT_EQ(csv_field(""), "");
}

TEST(Csv, TextThatWouldBreakARowIsQuoted) {
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("a \"b\""), "\"a \"\"b\"\"\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_field("a\rb"), "\"a\rb\"");
  EXPECT_EQ(csv_field(" a"), "\" a\"");
  EXPECT_EQ(csv_field("a "), "\"a \"");
}

TEST(CsvWriter, WritesHeadingAndRows) {
  std::ostringstream out;
  CsvWriter csv(out, Span<const Column>(kColumns, 3));
  csv.row("x, first", std::uint64_t{7}, 0.5);
  csv.row(std::string("y"), Bytes(8), true);
  EXPECT_EQ(out.str(), "link,bytes,share\n\"x, first\",7,0.5\ny,8,1\n");
}

TEST(CsvWriter, ARowOfAnotherWidthIsOurBug) {
  std::ostringstream out;
  CsvWriter csv(out, Span<const Column>(kColumns, 3));
  EXPECT_THROW(csv.row("x", 1), InternalError);
}

}  // namespace
}  // namespace podsim::stats
