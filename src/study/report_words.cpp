// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "study/report_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace podsim::study {
namespace {

constexpr int kDigits = 5;

// "18482" as "18,482".
std::string grouped(const std::string& number) {
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::size_t first = number.front() == '-' ? 1 : 0;
  std::string text = number;
  for (std::size_t at = point; at > first + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string errors_line(const char* kind, const ErrorStats& stats) {
  return fmt::format("{}: {} {}, mean absolute error {:.1f} %, worst {} ({})", kind, stats.count,
                     stats.count == 1 ? "case" : "cases", stats.mean_absolute * 100.0,
                     percent_text(stats.worst), stats.worst_id);
}

}  // namespace

std::string figure_text(double value) {
  const double size = std::abs(value);
  const int before = size < 1e-12 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
  const int decimals = std::max(0, kDigits - std::max(before, before <= 0 ? before : 1));
  std::string text = fmt::format("{:.{}f}", value, std::min(decimals, 12));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return grouped(text);
}

std::string percent_text(double error) {
  return fmt::format("{:+.1f} %", error * 100.0);
}

std::string value_text(const Result& result) {
  if (!result.value) return "-";
  return figure_text(*result.value) + (result.unit.empty() ? "" : " " + result.unit);
}

std::string error_text(const Result& result) {
  return result.value ? percent_text(result.error()) : "-";
}

std::string row_name(const Result& result) {
  return result.is_also ? result.id + " " + result.metric : result.id;
}

const char* kind_text(const Result& result) {
  return result.calibrated ? "calibrated" : "predicted";
}

std::vector<std::string> statistics_lines(const Statistics& stats) {
  std::vector<std::string> lines;
  if (stats.predicted.count > 0) lines.push_back(errors_line("predicted", stats.predicted));
  if (stats.calibrated.count > 0) lines.push_back(errors_line("calibrated", stats.calibrated));
  if (stats.gains.count > 0)
    lines.push_back(fmt::format("gains: {} of {} with the right sign, {} within tolerance",
                                stats.gains.right_sign, stats.gains.count, stats.gains.within));
  if (stats.pipes.count > 0)
    lines.push_back(fmt::format("busiest pipe: right in {} of {}", stats.pipes.right, stats.pipes.count));
  if (stats.failed > 0) lines.push_back(fmt::format("without a figure: {}, counted as missed", stats.failed));
  return lines;
}

std::string verdict_counts(const Statistics& stats) {
  std::string text = fmt::format("{} within tolerance, {} missed", stats.within, stats.missed);
  if (stats.explained > 0) text += fmt::format(", {} missed with a reason", stats.explained);
  if (stats.failed > 0) text += fmt::format(", {} failed", stats.failed);
  if (stats.shown > 0) text += fmt::format(", {} shown", stats.shown);
  return text;
}

}  // namespace podsim::study
