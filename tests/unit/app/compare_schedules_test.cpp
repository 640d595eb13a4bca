// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/compare_schedules.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "podsim/base/error.h"

namespace podsim::test {
namespace {

nlohmann::json metrics(double latency, double exposed) {
  return {
      {"moe_layer.latency_us", latency}, {"bound.perfect_overlap_us", 80.0}, {"comm.exposed_us", exposed}};
}

TEST(CompareSchedules, SpeedupIsOverTheFirstOne) {
  const auto rows = app::schedule_rows({"serial", "wave_fill"}, {metrics(200.0, 90.0), metrics(100.0, 10.0)});
  EXPECT_EQ(rows[0]["speedup"], 1.0);
  EXPECT_EQ(rows[1]["speedup"], 2.0);
  EXPECT_EQ(rows[1]["over_perfect_overlap"], 1.25);
  EXPECT_EQ(rows[1]["exposed_us"], 10.0);
  const std::string table = app::schedule_table(rows);
  EXPECT_NE(table.find("2.000"), std::string::npos) << table;
  EXPECT_NE(table.find("perfect overlap"), std::string::npos) << table;
}

TEST(CompareSchedules, RunWithoutASimulatedLayerIsRefused) {
  EXPECT_THROW(app::schedule_rows({"serial"}, {nlohmann::json::object()}), ConfigError);
}

}  // namespace
}  // namespace podsim::test
