// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/claim_map.h"

#include <fmt/format.h>

namespace podsim::study {
namespace {

// A text as a CSV cell (RFC 4180).
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

}  // namespace

bool has_map(const ClaimResult& result) {
  return result.grid.axes().size() >= 2 && result.smallest().has_value();
}

std::string map_csv(const ClaimResult& result) {
  std::string text;
  for (const ClaimAxis& axis : result.grid.axes()) text += csv_cell(axis.name) + ",";
  const std::string& unit = result.claim.unit;
  text += csv_cell(unit.empty() ? "figure" : fmt::format("figure ({})", unit)) + ",in_claimed_range\n";
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    const std::vector<std::size_t> at = result.grid.at(i);
    for (std::size_t a = 0; a < at.size(); ++a) {
      const ClaimAxis& axis = result.grid.axes()[a];
      const auto number = axis.number_at(at[a]);
      text += (number ? fmt::format("{}", *number) : csv_cell(axis.label(at[a]))) + ",";
    }
    const ClaimPoint& point = result.points[i];
    text += point.figure ? fmt::format("{:.6g}", *point.figure) : "";
    text += point.inside ? ",1\n" : ",0\n";
  }
  return text;
}

}  // namespace podsim::study
