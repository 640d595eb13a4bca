// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "podsim/moe/trace.h"
#include "podsim/moe/trace_counts.h"

namespace podsim::moe {

// How unevenly the experts of one layer are loaded, over all steps of a trace.
struct LayerLoad {
  std::int64_t layer = 0;
  std::int64_t experts_seen = 0;  // with at least one route
  double routes = 0.0;
  double imbalance = 0.0;  // busiest expert over the mean
  double cv = 0.0;         // standard deviation over the mean
};

// What a whole trace holds; every record is read and checked for it.
struct TraceSummary {
  TraceShape shape;
  std::int64_t records = 0;  // of a count-level trace: steps with a layer's loads
  std::int64_t steps = 0;
  std::int64_t sources = 0;     // different ones; 0 at count level
  std::int64_t tokens = 0;      // rows over all records; 0 at count level
  std::int64_t min_tokens = 0;  // of a record
  std::int64_t max_tokens = 0;
  std::vector<LayerLoad> layers;
  // SHA-256 over keys and rows in their order: the same for the same routing in every format that keeps them.
  std::string digest;
};

// Imbalances are over shape.experts experts, or over those up to the highest that occurs when the trace does
// not say. `on_batch` as in TraceOutput.
TraceSummary summarise_trace(TraceReader& trace,
                             const std::function<void(std::int64_t, std::int64_t)>& on_batch = {});
TraceSummary summarise_counts(CountReader& counts);

}  // namespace podsim::moe
