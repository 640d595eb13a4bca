// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "podsim/study/report.h"
#include "podsim/study/statistics.h"
#include "study/report_words.h"

namespace podsim::study {
namespace {

// A text in a cell of a table, or in a line of a list.
std::string cell(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string pipe_cell(const Result& result) {
  if (!result.expected_pipe) return "";
  const char* simulated = result.pipe ? config::enum_name(*result.pipe) : "-";
  return fmt::format("{} / {}", config::enum_name(*result.expected_pipe), simulated);
}

std::string table_row(const Result& result, bool with_pipes) {
  const std::string unit = result.unit.empty() ? "" : " " + result.unit;
  std::string text =
      fmt::format("| {} | {} | {}{} | {} | {} | {} | {} |", cell(row_name(result)), cell(result.conditions),
                  figure_text(result.expected), cell(unit), cell(value_text(result)), error_text(result),
                  kind_text(result), verdict_name(result.verdict));
  if (with_pipes) text += fmt::format(" {} |", pipe_cell(result));
  return text + "\n";
}

std::string reasons(const Family& family) {
  std::string text;
  for (const Result& result : family.results) {
    if (result.verdict == Verdict::Explained)
      text += fmt::format("- `{}`: {}\n", result.id, cell(result.why));
    if (result.verdict == Verdict::Failed)
      text += fmt::format("- `{}` failed: {}\n", row_name(result), cell(result.failure));
  }
  return text.empty() ? text : "\n" + text;
}

std::string section(const Family& family) {
  const bool with_pipes = family.statistics.pipes.count > 0;
  std::string text = fmt::format("\n## {}\n\n", cell(family.name));
  for (const std::string& line : statistics_lines(family.statistics))
    text += fmt::format("- {}\n", cell(line));
  text += "\n| case | conditions | measured | simulated | error | row is | verdict |";
  text += with_pipes ? " busiest pipe measured / simulated |\n" : "\n";
  text += with_pipes ? "|---|---|---|---|---|---|---|---|\n" : "|---|---|---|---|---|---|---|\n";
  for (const Result& result : family.results) text += table_row(result, with_pipes);
  return text + reasons(family);
}

std::string errors_cell(const ErrorStats& stats) {
  if (stats.count == 0) return "";
  return fmt::format("{}: {:.1f} %, worst {}", stats.count, stats.mean_absolute * 100.0,
                     percent_text(stats.worst));
}

// A line for every family: cases, mean absolute error and worst error, predicted and calibrated apart.
std::string summary(const std::vector<Family>& families) {
  std::string text = "\n| family | predicted | calibrated | gains with the right sign |\n|---|---|---|---|\n";
  for (const Family& family : families) {
    const Statistics& stats = family.statistics;
    const std::string gains =
        stats.gains.count > 0 ? fmt::format("{} of {}", stats.gains.right_sign, stats.gains.count) : "";
    text += fmt::format("| {} | {} | {} | {} |\n", cell(family.name), errors_cell(stats.predicted),
                        errors_cell(stats.calibrated), gains);
  }
  return text;
}

}  // namespace

std::string markdown_report(const std::vector<Result>& results, const std::string& notes) {
  const Statistics whole = statistics(results);
  const std::vector<Family> families = by_family(results);
  std::string text = fmt::format(
      "<!-- Written by `podsim validate --markdown`. Change the cases, not this file. -->\n# Validation\n\n"
      "How far podsim is off, on measurements that others published. {}. Error = simulated / measured - 1. A "
      "case is "
      "*calibrated* when a constant of podsim names it as its source, *predicted* otherwise; one that is off "
      "by more "
      "than its tolerance is *missed*, and *explained* where the case says why.\n\n",
      verdict_counts(whole));
  for (const std::string& line : statistics_lines(whole)) text += fmt::format("- {}\n", cell(line));
  text += summary(families);
  for (const Family& family : families) text += section(family);
  if (!notes.empty()) text += "\n" + notes;
  return text;
}

}  // namespace podsim::study
