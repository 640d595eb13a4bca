// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/csv.h"

#include "podsim/stats/metrics.h"

namespace podsim::stats {
namespace {

bool needs_quotes(std::string_view text) {
  if (text.find_first_of(",\"\r\n") != std::string_view::npos) return true;
  return !text.empty() && (text.front() == ' ' || text.back() == ' ');
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (!needs_quotes(text)) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

CsvWriter::CsvWriter(std::ostream& out, Span<const Column> columns) : out_(out), columns_(columns.size()) {
  for (std::size_t i = 0; i < columns.size(); ++i) write(i, csv_field(columns[i].name));
  out_ << '\n';
}

std::string CsvWriter::double_text(double value) {
  return to_text(value);
}

void CsvWriter::write(std::size_t index, const std::string& text) {
  if (index > 0) out_ << ',';
  out_ << text;
}

}  // namespace podsim::stats
