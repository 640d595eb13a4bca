// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/moe/trace.h"
#include "podsim/moe/trace_counts.h"

// What the fuzz targets of the trace readers do with an input: read all of it, and hold what comes out to the
// reader's contract. Only a ConfigError may say that the input is wrong.
namespace podsim::moe {

inline void read_tokens(const std::string& content, TraceFormat format) {
  TraceOptions options;
  options.format = format;
  try {
    const auto trace = open_trace(bytes_of(content, "fuzz"), options);
    const TraceShape& shape = trace->shape();
    std::vector<ExpertIndex> rows;
    for (std::int64_t i = 0; i < trace->records(); ++i) {
      const TraceRecord record = trace->record(i);
      const TraceBatch batch = trace->batch(record.key.step, record.key.layer);
      PODSIM_CHECK(batch.first <= i && i < batch.first + batch.count, "record {} of {} from {}", i,
                   batch.count, batch.first);
      PODSIM_CHECK(i == 0 || trace->record(i - 1).key < record.key, "record {} is out of order", i);
      rows.assign(static_cast<std::size_t>(record.tokens * shape.top_k), 0);
      trace->read(i, 0, Span<ExpertIndex>(rows));
      PODSIM_CHECK(shape.experts == 0 || std::all_of(rows.begin(), rows.end(),
                                                     [&](ExpertIndex e) { return e < shape.experts; }),
                   "an expert beyond {}", shape.experts);
    }
  } catch (const ConfigError&) {  // what a wrong file deserves
  }
}

inline void read_loads(const std::string& content, TraceFormat format) {
  TraceOptions options;
  options.format = format;
  try {
    const auto counts = open_counts(bytes_of(content, "fuzz"), options);
    std::vector<double> loads;
    for (std::int64_t step : counts->steps()) {
      for (std::int64_t layer : counts->layers()) {
        if (!counts->read(step, layer, loads)) continue;
        PODSIM_CHECK(static_cast<std::int64_t>(loads.size()) == counts->experts(), "{} loads of {} experts",
                     loads.size(), counts->experts());
        for (double load : loads) PODSIM_CHECK(load >= 0.0, "a load of {}", load);
      }
    }
  } catch (const ConfigError&) {
  }
}

}  // namespace podsim::moe
