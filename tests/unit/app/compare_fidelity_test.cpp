// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/compare_fidelity.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace podsim::test {
namespace {

TEST(CompareFidelity, DifferencesAreToTheLastAndABoundStandsForItsLatency) {
  const std::vector<nlohmann::json> metrics{
      {{"bound.all_to_all.latency_us", 8.0}},
      {{"bound.all_to_all.latency_us", 8.0}, {"all_to_all.latency_us", 9.0}},
      {{"bound.all_to_all.latency_us", 8.0}, {"all_to_all.latency_us", 10.0}}};
  const std::string table = app::fidelity_table({"bound", "packet", "link"}, metrics);
  EXPECT_NE(table.find("(-20.0 %)"), std::string::npos) << table;
  EXPECT_NE(table.find("(-10.0 %)"), std::string::npos) << table;
  EXPECT_EQ(table.find("layer latency"), std::string::npos) << table;
}

}  // namespace
}  // namespace podsim::test
