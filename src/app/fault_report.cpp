// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/fault_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "podsim/app/format.h"
#include "podsim/pod/metrics.h"

namespace podsim::app {
namespace {

constexpr std::size_t kShown = 12;  // those that did most

std::string time_or(Picoseconds time, const char* never) {
  return time == topology::Fault::kNever ? never : time_text(time);
}

std::string row_text(const pod::FaultRow& row) {
  const std::string name =
      row.name.compare(0, row.what.size(), row.what) == 0 ? row.name : row.what + " " + row.name;
  const std::string at = row.at == Picoseconds() ? "start" : time_text(row.at);
  if (row.spare) return fmt::format("  {:<36}{:>9}{:>12}   a spare stands in\n", name, at, "");
  return fmt::format("  {:<36}{:>9}{:>12}{:>12}{:>12}{:>14}\n", name, at, time_or(row.repaired, "never"),
                     count_text(static_cast<double>(row.packets_lost)),
                     count_text(static_cast<double>(row.packets_rerouted)),
                     bytes_text(static_cast<double>(row.bytes_rerouted)));
}

std::string totals_text(const stats::Metrics& metrics) {
  const auto of = [&](const stats::MetricDef& def) { return metrics.find(def.name).value_or(0.0); };
  std::string text;
  if (const auto slowdown = metrics.find(pod::kFaultSlowdown.name))
    text += fmt::format("  {:<22}{:>12}   x {:.4f} with them\n", "without faults",
                        microseconds_text(of(pod::kFaultFree)), *slowdown);
  if (!metrics.find(pod::kFaultReroutedMessages.name)) return text;
  text +=
      fmt::format("  {:<22}{:>12}   of the messages, {} of the bytes\n", "rerouted",
                  percent_text(of(pod::kFaultReroutedMessages)), percent_text(of(pod::kFaultReroutedBytes)));
  text +=
      fmt::format("  {:<22}{:>12}   packets, {} sent again, {} duplicates dropped, {} messages given up\n",
                  "lost", count_text(of(pod::kFaultLost)), count_text(of(pod::kFaultResent)),
                  count_text(of(pod::kFaultDuplicates)), count_text(of(pod::kFaultFailed)));
  return text;
}

}  // namespace

std::string fault_report(const pod::RunResult& result) {
  if (result.faults.empty()) return "";
  std::vector<const pod::FaultRow*> rows;
  for (const pod::FaultRow& row : result.faults) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
    return a->packets_lost + a->packets_rerouted > b->packets_lost + b->packets_rerouted;
  });
  std::string text = fmt::format("\n  {:<36}{:>9}{:>12}{:>12}{:>12}{:>14}\n", "faults", "at", "repaired",
                                 "lost", "rerouted", "bytes");
  for (std::size_t i = 0; i < std::min(kShown, rows.size()); ++i) text += row_text(*rows[i]);
  if (rows.size() > kShown) text += fmt::format("  and {} more\n", rows.size() - kShown);
  return text + totals_text(result.metrics);
}

std::string fault_member(const pod::RunResult& result) {
  if (result.faults.empty()) return "";
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const pod::FaultRow& row : result.faults) {
    nlohmann::ordered_json entry = {{"what", row.what}, {"which", row.name}, {"at_ps", row.at.count()}};
    if (row.repaired != topology::Fault::kNever) entry["repaired_ps"] = row.repaired.count();
    entry["spare"] = row.spare;
    entry["packets_lost"] = row.packets_lost;
    entry["packets_rerouted"] = row.packets_rerouted;
    entry["bytes_rerouted"] = row.bytes_rerouted;
    list.push_back(std::move(entry));
  }
  return fmt::format("  \"faults\": {},\n", list.dump());
}

}  // namespace podsim::app
