// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "podsim/app/command.h"
#include "podsim/pod/scenario.h"

namespace podsim::app {

struct ScheduleRun {
  std::string scenario;
  std::vector<std::string> sets;
  std::string folder;                // each schedule writes its files to a folder of its name below
  std::vector<std::string> options;  // passed on as they are
};

std::vector<std::string> schedule_names();

// Runs the scenario under every one of `schedules`, each in a process of its own, prints them side by side
// and writes the table as schedules.json and schedules.csv to the folder. A schedule that is not the
// scenario's own has its default settings. Throws ConfigError when a run fails.
ExitCode compare_schedules(const ScheduleRun& run, const pod::Scenario& scenario,
                           const std::vector<std::string>& schedules);

// A row per schedule, from the metrics of each run: {"schedule", "latency_us", "speedup", ...}.
nlohmann::ordered_json schedule_rows(const std::vector<std::string>& schedules,
                                     const std::vector<nlohmann::json>& metrics);
// The rows as a table for the screen.
std::string schedule_table(const nlohmann::ordered_json& rows);

}  // namespace podsim::app
