// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/trace_inspect.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "moe/trace_write.h"
#include "podsim/stats/digest.h"

namespace podsim::moe {
namespace {

// A hash chain: the digest so far and the next part give the next digest.
class Digest {
 public:
  void add(const TraceKey& key, const void* data, std::size_t size) {
    std::string block = state_;
    const std::int64_t words[] = {key.step, key.layer, key.source, static_cast<std::int64_t>(size)};
    block.append(reinterpret_cast<const char*>(words), sizeof words);
    block.append(static_cast<const char*>(data), size);
    state_ = stats::sha256(block);
  }
  const std::string& text() const { return state_; }

 private:
  std::string state_;
};

LayerLoad layer_load(std::int64_t layer, const std::vector<double>& loads) {
  LayerLoad result;
  result.layer = layer;
  const auto count = static_cast<double>(loads.size());
  result.routes = std::accumulate(loads.begin(), loads.end(), 0.0);
  if (!(result.routes > 0.0)) return result;
  const double mean = result.routes / count;
  double squares = 0.0;
  for (double load : loads) {
    if (load > 0.0) ++result.experts_seen;
    squares += (load - mean) * (load - mean);
  }
  result.imbalance = *std::max_element(loads.begin(), loads.end()) / mean;
  result.cv = std::sqrt(squares / count) / mean;
  return result;
}

using LoadsByLayer = std::map<std::int64_t, std::vector<double>>;

std::vector<LayerLoad> layer_loads(LoadsByLayer& loads, std::int64_t experts) {
  std::size_t count = static_cast<std::size_t>(experts);
  for (const auto& item : loads) count = std::max(count, item.second.size());
  std::vector<LayerLoad> result;
  for (auto& [layer, load] : loads) {
    load.resize(count, 0.0);
    result.push_back(layer_load(layer, load));
  }
  return result;
}

}  // namespace

TraceSummary summarise_trace(TraceReader& trace,
                             const std::function<void(std::int64_t, std::int64_t)>& on_batch) {
  TraceSummary summary;
  summary.shape = trace.shape();
  summary.records = trace.records();
  summary.steps = static_cast<std::int64_t>(trace.steps().size());
  LoadsByLayer loads;
  std::set<std::int64_t> sources;
  Digest digest;
  TraceOutput progress;
  progress.on_batch = on_batch;
  for_each_record(trace, progress, [&](const TraceRecord& record, Span<const ExpertIndex> rows) {
    std::vector<double>& load = loads[record.key.layer];
    for (ExpertIndex expert : rows) {
      if (expert >= load.size()) load.resize(std::size_t{expert} + 1, 0.0);
      load[expert] += 1.0;
    }
    const bool first = sources.empty();
    summary.min_tokens = first ? record.tokens : std::min(summary.min_tokens, record.tokens);
    summary.max_tokens = std::max(summary.max_tokens, record.tokens);
    summary.tokens += record.tokens;
    sources.insert(record.key.source);
    digest.add(record.key, rows.data(), rows.size() * sizeof(ExpertIndex));
  });
  summary.sources = static_cast<std::int64_t>(sources.size());
  summary.layers = layer_loads(loads, summary.shape.experts);
  summary.digest = digest.text();
  return summary;
}

TraceSummary summarise_counts(CountReader& counts) {
  TraceSummary summary;
  summary.shape.experts = counts.experts();
  summary.steps = static_cast<std::int64_t>(counts.steps().size());
  LoadsByLayer loads;
  Digest digest;
  std::vector<double> load;
  for (std::int64_t step : counts.steps()) {
    for (std::int64_t layer : counts.layers()) {
      if (!counts.read(step, layer, load)) continue;
      ++summary.records;
      std::vector<double>& sum = loads[layer];
      sum.resize(load.size(), 0.0);
      for (std::size_t e = 0; e < load.size(); ++e) sum[e] += load[e];
      digest.add({step, layer, 0}, load.data(), load.size() * sizeof(double));
    }
  }
  summary.layers = layer_loads(loads, summary.shape.experts);
  summary.digest = digest.text();
  return summary;
}

}  // namespace podsim::moe
