// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/compare_schedules.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "podsim/app/format.h"
#include "podsim/app/interrupt.h"
#include "podsim/base/error.h"
#include "podsim/stats/file.h"
#include "podsim/study/child.h"

namespace podsim::app {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

// A column of the table, and the figure of a run that it shows.
struct Shown {
  const char* key;
  const char* label;
  const char* metric;
};
constexpr Shown kShown[] = {{"latency_us", "layer latency", "moe_layer.latency_us"},
                            {"bound_us", "its bound", "bound.moe_layer.latency_us"},
                            {"perfect_overlap_us", "perfect overlap", "bound.perfect_overlap_us"},
                            {"exposed_us", "exposed comm.", "comm.exposed_us"},
                            {"dispatch_us", "dispatch", "dispatch.latency_us"},
                            {"combine_us", "combine", "combine.latency_us"}};

nlohmann::json metrics_in(const std::string& path) {
  std::ifstream file(path);
  const nlohmann::json results = nlohmann::json::parse(file, nullptr, false);
  if (results.is_discarded() || !results.contains("metrics"))
    throw ConfigError(fmt::format("{}: no results of a run", path));
  return results["metrics"];
}

void write_tables(const std::string& folder, const nlohmann::ordered_json& rows) {
  const nlohmann::ordered_json document = {{"schedules", rows}};
  stats::write_file(folder + "/schedules.json", document.dump(2) + "\n");
  std::string csv;
  for (const auto& item : rows.front().items()) csv += (csv.empty() ? "" : ",") + item.key();
  csv += '\n';
  for (const auto& row : rows) {
    std::string line;
    for (const auto& item : row.items())
      line += (line.empty() ? "" : ",") +
              (item.value().is_string() ? item.value().get<std::string>() : item.value().dump());
    csv += line + '\n';
  }
  stats::write_file(folder + "/schedules.csv", csv);
}

}  // namespace

std::vector<std::string> schedule_names() {
  return {npu::SerialSchedule::kKind, npu::TwoBatchSchedule::kKind, npu::StagePairSchedule::kKind,
          npu::WaveFillSchedule::kKind, npu::ExpertPrefetchSchedule::kKind};
}

nlohmann::ordered_json schedule_rows(const std::vector<std::string>& schedules,
                                     const std::vector<nlohmann::json>& metrics) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    nlohmann::ordered_json row = {{"schedule", schedules[i]}};
    for (const Shown& shown : kShown) {
      if (metrics[i].contains(shown.metric)) row[shown.key] = metrics[i][shown.metric];
    }
    if (!row.contains("latency_us"))
      throw ConfigError(
          fmt::format("schedule {}: the run has no MoE layer that was simulated", schedules[i]));
    row["speedup"] =
        rows.empty() ? 1.0 : rows.front()["latency_us"].get<double>() / row["latency_us"].get<double>();
    const double over = row["latency_us"].get<double>() / row["perfect_overlap_us"].get<double>();
    row["over_perfect_overlap"] = over;
    rows.push_back(row);
  }
  return rows;
}

std::string schedule_table(const nlohmann::ordered_json& rows) {
  constexpr int kColumn = 17;
  std::string text = fmt::format("  {:<18}", "schedule");
  for (const auto& row : rows) text += fmt::format("{:>{}}", row["schedule"].get<std::string>(), kColumn);
  text += '\n';
  const auto line = [&](const std::string& label, const auto& cell) {
    text += fmt::format("  {:<18}", label);
    for (const auto& row : rows) text += fmt::format("{:>{}}", cell(row), kColumn);
    text += '\n';
  };
  line("layer latency",
       [](const auto& row) { return microseconds_text(row["latency_us"].template get<double>()); });
  line("speedup",
       [](const auto& row) { return fmt::format("{:.3f}", row["speedup"].template get<double>()); });
  for (const Shown& shown : kShown) {
    if (std::string(shown.key) == "latency_us") continue;
    line(shown.label, [&](const auto& row) {
      return row.contains(shown.key) ? microseconds_text(row[shown.key].template get<double>())
                                     : std::string("-");
    });
  }
  return text;
}

ExitCode compare_schedules(const ScheduleRun& run, const pod::Scenario& scenario,
                           const std::vector<std::string>& schedules) {
  if (!std::holds_alternative<pod::MoeWorkload>(scenario.workload))
    throw ConfigError("--compare: expected a workload of kind moe, which has schedules");
  const InterruptGuard guard;
  const std::string own = std::visit(
      [](const auto& kind) { return std::string(std::decay_t<decltype(kind)>::kKind); }, scenario.schedule);
  std::vector<study::ChildCommand> commands;
  for (const std::string& schedule : schedules) {
    std::vector<std::string> arguments{"run", run.scenario, "--out", run.folder + "/" + schedule, "--quiet"};
    if (schedule != own)
      arguments.insert(arguments.end(), {"--set", fmt::format("/schedule={{\"kind\":\"{}\"}}", schedule)});
    // What is set for the scenario's own schedule is not for the others.
    for (const std::string& set : run.sets) {
      if (schedule == own || set.rfind("/schedule", 0) != 0)
        arguments.insert(arguments.end(), {"--set", set});
    }
    arguments.insert(arguments.end(), run.options.begin(), run.options.end());
    commands.push_back({arguments});
  }
  study::ChildOptions options;
  options.program = kSelf;
  options.interrupted = interrupted;
  const std::vector<study::ChildOutcome> outcomes = study::run_children(commands, options);
  std::vector<nlohmann::json> metrics;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].end == study::ChildOutcome::End::Interrupted) return ExitCode::Interrupted;
    const std::string failure = study::failure_text(outcomes[i]);
    if (!failure.empty()) throw ConfigError(fmt::format("schedule {}: {}", schedules[i], failure));
    metrics.push_back(metrics_in(run.folder + "/" + schedules[i] + "/results.json"));
  }
  const nlohmann::ordered_json rows = schedule_rows(schedules, metrics);
  write_tables(run.folder, rows);
  std::cout << schedule_table(rows);
  std::cout << fmt::format("  speedup over {}; the table is in schedules.json and schedules.csv in {}\n",
                           schedules.front(), run.folder);
  return ExitCode::Done;
}

}  // namespace podsim::app
