// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/format.h"

#include <gtest/gtest.h>

namespace podsim::app {
namespace {

TEST(Format, ATimeHasFourDigitsAndTheUnitThatSuits) {
  EXPECT_EQ(time_text(Picoseconds(0)), "0 ns");
  EXPECT_EQ(time_text(Picoseconds(1)), "0.001 ns");
  EXPECT_EQ(time_text(Picoseconds(175'000)), "175 ns");
  EXPECT_EQ(time_text(Picoseconds(12'345'678)), "12.35 us");
  EXPECT_EQ(time_text(Picoseconds(1'000'000)), "1 us");
  EXPECT_EQ(time_text(Picoseconds(2'500'000'000)), "2.5 ms");
  EXPECT_EQ(time_text(Picoseconds(3'000'000'000'000)), "3 s");
  EXPECT_EQ(time_text(Picoseconds(1'234'567'000'000'000)), "1235 s");
  EXPECT_EQ(microseconds_text(412.34), "412.3 us");
}

TEST(Format, RoundingUpToAThousandTakesTheNextUnit) {
  EXPECT_EQ(time_text(Picoseconds(999'940)), "999.9 ns");
  EXPECT_EQ(time_text(Picoseconds(999'999)), "1 us");
  EXPECT_EQ(count_text(999'999.5), "1 M");
}

TEST(Format, SecondsAreForPeopleWhoWait) {
  EXPECT_EQ(seconds_text(0.04), "0 s");
  EXPECT_EQ(seconds_text(0.84), "0.8 s");
  EXPECT_EQ(seconds_text(42.4), "42 s");
  EXPECT_EQ(seconds_text(59.7), "1 min 0 s");
  EXPECT_EQ(seconds_text(192), "3 min 12 s");
  EXPECT_EQ(seconds_text(7320), "2 h 2 min");
}

TEST(Format, CountsAndBytesAreScaled) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(7168), "7.168 kB");
  EXPECT_EQ(bytes_text(1.5e12), "1.5 TB");
  EXPECT_EQ(count_text(8192), "8192");
  EXPECT_EQ(count_text(12'582'912), "12.58 M");
  EXPECT_EQ(count_text(310'679.6), "310.7 k");
  EXPECT_EQ(count_text(9999.6), "10 k");
  EXPECT_EQ(percent_text(0.932), "93.2 %");
}

TEST(Format, GroupsOfThree) {
  EXPECT_EQ(grouped_text(0), "0");
  EXPECT_EQ(grouped_text(999), "999");
  EXPECT_EQ(grouped_text(8192), "8,192");
  EXPECT_EQ(grouped_text(-1'234'567), "-1,234,567");
  EXPECT_EQ(grouped_text(-123), "-123");
}

}  // namespace
}  // namespace podsim::app
