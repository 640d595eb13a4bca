// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "moe/trace_json.h"
#include "podsim/moe/trace.h"

namespace podsim::moe {

// What one kind of JSON-lines trace means by its lines.
class JsonlDialect {
 public:
  virtual ~JsonlDialect() = default;
  // A line that is no record: a header (which fills `shape`) or one of no interest.
  virtual bool skips(const JsonLine& line, TraceShape& shape) = 0;
  // Checks the whole record; `shape` has top_k and experts as far as known.
  virtual TraceRecord record(const JsonLine& line, TraceShape& shape) = 0;
  // [tokens, top_k]
  virtual void rows(const JsonLine& line, const TraceShape& shape, std::vector<ExpertIndex>& into) const = 0;
  // Two lines of one key: their tokens follow each other, or that is an error.
  virtual bool joins_records() const = 0;
  // The last word when all lines are read.
  virtual void finish(const std::string& file, std::int64_t records) const = 0;
};

// A JSON-lines trace: every line is checked at opening, which leaves 64 bytes per line in memory; the rows of
// a record are parsed again when they are read.
std::unique_ptr<TraceReader> open_jsonl(std::unique_ptr<ByteSource> bytes, const TraceOptions& options,
                                        std::unique_ptr<JsonlDialect> dialect);

}  // namespace podsim::moe
