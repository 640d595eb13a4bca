// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "podsim/study/report.h"
#include "podsim/study/statistics.h"
#include "study/report_words.h"

namespace podsim::study {
namespace {

std::string pipes_text(const Result& result) {
  if (!result.expected_pipe || !result.pipe || *result.pipe == *result.expected_pipe) return "";
  return fmt::format("  busiest {}, measured {}", config::enum_name(*result.pipe),
                     config::enum_name(*result.expected_pipe));
}

std::string row(const Result& result, std::size_t width) {
  std::string text = fmt::format("  {:<{}} {:>12} {:>15} {:>9}  {:<10} {}{}\n", row_name(result), width,
                                 figure_text(result.expected), value_text(result), error_text(result),
                                 kind_text(result), verdict_name(result.verdict), pipes_text(result));
  if (!result.failure.empty()) text += fmt::format("    {}\n", result.failure);
  if (result.verdict == Verdict::Explained) text += fmt::format("    why: {}\n", result.why);
  return text;
}

std::string family_text(const Family& family, std::size_t width) {
  std::string text = fmt::format("{}\n", family.name);
  text += fmt::format("  {:<{}} {:>12} {:>15} {:>9}\n", "case", width, "measured", "simulated", "error");
  for (const Result& result : family.results) text += row(result, width);
  for (const std::string& line : statistics_lines(family.statistics)) text += "  " + line + "\n";
  return text + "\n";
}

}  // namespace

std::string console_report(const std::vector<Result>& results) {
  std::size_t width = 4;
  for (const Result& result : results) width = std::max(width, row_name(result).size());
  const std::vector<Family> families = by_family(results);
  std::string text;
  for (const Family& family : families) text += family_text(family, width);
  const Statistics whole = statistics(results);
  text += fmt::format("{} {}: {}\n", families.size(), families.size() == 1 ? "family" : "families",
                      verdict_counts(whole));
  for (const std::string& line : statistics_lines(whole)) text += "  " + line + "\n";
  return text;
}

}  // namespace podsim::study
