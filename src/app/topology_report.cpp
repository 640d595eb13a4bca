// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/topology_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "podsim/app/format.h"

namespace podsim::app {
namespace {

using Json = nlohmann::ordered_json;
using topology::CableCount;
using topology::CheckReport;
using topology::PodReport;

std::string rate_text(BytesPerSecond rate) {
  return bytes_text(static_cast<double>(rate.count())) + "/s";
}

std::string line(const char* label, const std::string& text) {
  return fmt::format("  {:<16}{}\n", label, text);
}

std::string joined(const std::vector<std::string>& parts) {
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

// "18", "0.5" or "14 to 18".
std::string ports_text(const PodReport& report) {
  const std::string most = count_text(report.ports_used_most);
  if (report.ports_used_least == report.ports_used_most) return most;
  return count_text(report.ports_used_least) + " to " + most;
}

std::string cards_text(const PodReport& report) {
  const std::string of = report.port_budget == 0 ? "" : fmt::format(" of {}", report.port_budget);
  return fmt::format("{}, {}{} ports of {} lanes each", grouped_text(static_cast<std::int64_t>(report.npus)),
                     ports_text(report), of, report.lanes_per_port);
}

std::string switches_text(const PodReport& report) {
  std::vector<std::string> parts;
  for (const topology::SwitchCount& count : report.switch_counts) {
    const auto ports = [&report](std::int64_t lanes) {
      return count_text(static_cast<double>(lanes) / static_cast<double>(report.lanes_per_port));
    };
    const std::string of = count.max_lanes == 0 ? "" : " of " + ports(count.max_lanes);
    parts.push_back(fmt::format("{} '{}' tier {} ({}{} ports)", grouped_text(count.switches), count.dimension,
                                count.tier, ports(count.lanes_used), of));
  }
  return joined(parts);
}

std::string cables_text(const PodReport& report) {
  std::vector<std::string> parts;
  for (const CableCount& count : report.cable_counts) {
    if (count.cables == 0) continue;
    std::string part = fmt::format("{} {}", grouped_text(count.cables), config::enum_name(count.medium));
    if (count.optical_modules > 0) part += fmt::format(" ({} modules)", grouped_text(count.optical_modules));
    parts.push_back(std::move(part));
  }
  return joined(parts) +
         fmt::format("; {} directed links", grouped_text(static_cast<std::int64_t>(report.directed_links)));
}

std::string bandwidth_text(const PodReport& report) {
  std::vector<std::string> parts;
  for (const topology::DimensionBandwidth& dimension : report.dimensions) {
    const std::string least =
        dimension.card_least == dimension.card_most ? "" : rate_text(dimension.card_least) + " to ";
    parts.push_back(fmt::format("{} {}{}", dimension.dimension, least, rate_text(dimension.card_most)));
  }
  return joined(parts) + " each way, net of encoding";
}

std::string latency_text(const PodReport& report) {
  return fmt::format("{} to {}, mean {}, for a row of {} bytes over idle links",
                     time_text(report.latency_least), time_text(report.latency_most),
                     time_text(report.latency_mean), grouped_text(topology::kReportRow.count()));
}

// The channels of a cycle, of a long one only the first few.
std::string cycle_text(const std::vector<std::string>& cycle) {
  constexpr std::size_t kShown = 6;
  if (cycle.size() <= kShown) return fmt::format("{}", fmt::join(cycle, ", "));
  return fmt::format("{} and {} more", fmt::join(cycle.begin(), cycle.begin() + kShown, ", "),
                     cycle.size() - kShown);
}

std::string lanes_text(const CheckReport& check) {
  const topology::DeadlockReport& deadlock = check.deadlock;
  if (!deadlock.cycle.empty()) return "packets can wait for each other in a circle";
  if (deadlock.one_lane_is_enough) return "one virtual lane is enough";
  const bool maybe_more = !check.all_pairs && deadlock.lanes_announced > deadlock.lanes_used;
  const std::string most =
      maybe_more ? fmt::format(" (pairs not examined up to {})", deadlock.lanes_announced) : "";
  return fmt::format("needs {} virtual lanes{}; on one, packets could wait in a circle: {}",
                     deadlock.lanes_used, most, cycle_text(deadlock.one_lane_cycle));
}

std::string check_text(const CheckReport& check) {
  const auto counted = [](std::uint64_t n) { return grouped_text(static_cast<std::int64_t>(n)); };
  std::string text = line(
      "checked", fmt::format("{}{} pairs, {}{} routes: reachable, symmetric, within port budgets, minimal, "
                             "loop-free, distinct, free of deadlock",
                             check.all_pairs ? "all " : "a sample of ", counted(check.pairs),
                             check.all_choices ? "all " : "", counted(check.routes)));
  text += line("deadlock", lanes_text(check));
  text += line("result", check.passed() ? "passed" : counted(check.finding_count) + " findings");
  for (const topology::Finding& finding : check.findings)
    text += line(" ", finding.check + ": " + finding.what);
  return text;
}

// --- json ---------------------------------------------------------------------------------------------

Json switches_json(const PodReport& report) {
  Json json = Json::array();
  for (const topology::SwitchCount& count : report.switch_counts) {
    Json entry = {{"dimension", count.dimension},
                  {"tier", count.tier},
                  {"switches", count.switches},
                  {"lanes_used", count.lanes_used}};
    if (count.max_lanes > 0) entry["max_lanes"] = count.max_lanes;
    json.push_back(std::move(entry));
  }
  return json;
}

Json cables_json(const PodReport& report) {
  Json json = Json::object();
  for (const CableCount& count : report.cable_counts) {
    json[config::enum_name(count.medium)] = {
        {"cables", count.cables}, {"lanes", count.lanes}, {"optical_modules", count.optical_modules}};
  }
  return json;
}

Json dimensions_json(const PodReport& report) {
  Json json = Json::object();
  for (const topology::DimensionBandwidth& dimension : report.dimensions) {
    json[dimension.dimension] = {{"cables", dimension.cables},
                                 {"card_bytes_per_s_least", dimension.card_least.count()},
                                 {"card_bytes_per_s_most", dimension.card_most.count()}};
  }
  return json;
}

Json check_json(const CheckReport& check) {
  Json findings = Json::array();
  for (const topology::Finding& finding : check.findings) {
    findings.push_back({{"check", finding.check}, {"what", finding.what}});
  }
  return {{"passed", check.passed()},
          {"pairs", check.pairs},
          {"routes", check.routes},
          {"all_pairs", check.all_pairs},
          {"all_choices", check.all_choices},
          {"lanes_used", check.deadlock.lanes_used},
          {"lanes_announced", check.deadlock.lanes_announced},
          {"lanes_needed", check.deadlock.lanes_needed()},
          {"cycle", check.deadlock.cycle},
          {"one_lane_cycle", check.deadlock.one_lane_cycle},
          {"finding_count", check.finding_count},
          {"findings", std::move(findings)}};
}

}  // namespace

std::string topology_text(const TopologyView& view) {
  const PodReport& report = view.report;
  std::string text = fmt::format("{}: {}\n", view.config.name.empty() ? view.file : view.config.name,
                                 view.config.description.empty() ? "a pod" : view.config.description);
  if (!view.config.source.empty()) text += line("source", view.config.source);
  text += line("NPUs", cards_text(report));
  text += line("switches", switches_text(report));
  text += line("cables", cables_text(report));
  text += line("card bandwidth", bandwidth_text(report));
  text += line("hops",
               fmt::format("diameter {}, mean {:.4g}; {}", report.diameter, report.mean_hops, report.pairs));
  text += line("zero load", latency_text(report));
  text +=
      line("bisection", fmt::format("{} each way, {}", rate_text(report.bisection), report.bisection_cut));
  for (const std::string& card : report.slow_cards) text += line("slow card", card);
  text += line("built in",
               fmt::format("{}; the process took {} at most", microseconds_text(view.build_seconds * 1e6),
                           bytes_text(static_cast<double>(view.peak_bytes))));
  if (view.check) text += check_text(*view.check);
  return text;
}

std::string topology_json(const TopologyView& view) {
  const PodReport& report = view.report;
  Json json = {{"schema_version", 1},
               {"file", view.file},
               {"name", view.config.name},
               {"npus", report.npus},
               {"switches", report.switches},
               {"directed_links", report.directed_links},
               {"switch_counts", switches_json(report)},
               {"cables", cables_json(report)},
               {"optical_modules", report.optical_modules},
               {"ports",
                {{"lanes_per_port", report.lanes_per_port},
                 {"budget", report.port_budget},
                 {"used_least", report.ports_used_least},
                 {"used_most", report.ports_used_most}}},
               {"dimensions", dimensions_json(report)},
               {"diameter", report.diameter},
               {"mean_hops", report.mean_hops},
               {"zero_load_latency_ps",
                {{"bytes", topology::kReportRow.count()},
                 {"least", report.latency_least.count()},
                 {"mean", report.latency_mean.count()},
                 {"most", report.latency_most.count()}}},
               {"pairs", report.pairs},
               {"bisection_bytes_per_s", report.bisection.count()},
               {"bisection_cut", report.bisection_cut},
               {"slow_cards", report.slow_cards},
               {"build_s", view.build_seconds},
               {"peak_bytes", view.peak_bytes}};
  if (view.check) json["check"] = check_json(*view.check);
  return json.dump(2) + "\n";
}

}  // namespace podsim::app
