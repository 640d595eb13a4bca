// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/config/suggest.h"

#include <gtest/gtest.h>

namespace podsim::config {
namespace {

const std::vector<std::string> kNames = {"lanes", "bandwidth", "lines"};

TEST(Suggest, OneEditOfEachKindIsNear) {
  for (const char* name : {"lane", "laness", "lames", "lnaes"})
    EXPECT_EQ(nearest_name(name, kNames), "lanes") << name;
}

TEST(Suggest, LongNamesForgiveMore) {
  EXPECT_EQ(nearest_name("bandwith", kNames), "bandwidth");
  EXPECT_EQ(nearest_name("band_wdith", kNames), "bandwidth");
  EXPECT_EQ(nearest_name("throughput", kNames), std::nullopt);
}

TEST(Suggest, TiesGoToTheFirst) {
  EXPECT_EQ(nearest_name("lxnes", kNames), "lanes");
}

TEST(Suggest, AHugeNameIsNearNothing) {
  EXPECT_EQ(nearest_name(std::string(1'000'000, 'x'), kNames), std::nullopt);
}

TEST(Suggest, HintsListTheKnownNamesWhenNoneIsNear) {
  EXPECT_EQ(known_names("lane", kNames), "nearest is \"lanes\"");
  EXPECT_EQ(known_names("colour", kNames), "known are \"lanes\", \"bandwidth\", \"lines\"");
  EXPECT_EQ(known_names("colour", {}), "none is known");
}

}  // namespace
}  // namespace podsim::config
