// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/moe/trace.h"

// What the writers of trace formats share.
namespace podsim::moe {

// Calls `visit(record, rows)` for every record in order, and output.on_batch after each step and layer.
template <class Visit>
void for_each_record(TraceReader& trace, const TraceOutput& output, const Visit& visit) {
  std::vector<ExpertIndex> rows;
  const std::int64_t records = trace.records();
  TraceRecord record = trace.record(0);
  for (std::int64_t i = 0; i < records; ++i) {
    rows.resize(static_cast<std::size_t>(record.tokens * trace.shape().top_k));
    trace.read(i, 0, Span<ExpertIndex>(rows));
    visit(record, Span<const ExpertIndex>(rows));
    const TraceKey key = record.key;
    if (i + 1 < records) record = trace.record(i + 1);
    const bool batch_ends = i + 1 == records || record.key.step != key.step || record.key.layer != key.layer;
    if (batch_ends && output.on_batch) output.on_batch(i + 1, records);
  }
}

// [[e, e, ..], ..]
inline void append_rows(std::string& line, Span<const ExpertIndex> rows, std::int64_t top_k) {
  const auto width = static_cast<std::size_t>(top_k);
  line += '[';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % width == 0) line += i == 0 ? "[" : ",[";
    fmt::format_to(std::back_inserter(line), "{}", rows[i]);
    line += (i + 1) % width == 0 ? ']' : ',';
  }
  line += ']';
}

inline void expect_line_fits(const std::string& path, const TraceRecord& record, const std::string& line) {
  if (line.size() <= LineReader::kLongestLine) return;
  throw ConfigError(fmt::format(
      "cannot write {}: {} tokens make a line of {} bytes, expected at most {}; use the packed format", path,
      record.tokens, line.size(), LineReader::kLongestLine));
}

}  // namespace podsim::moe
