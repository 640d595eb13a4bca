// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdint>
#include <ostream>
#include <vector>

#include "moe/trace_readers.h"
#include "podsim/base/error.h"
#include "podsim/moe/npy.h"
#include "podsim/stats/file.h"

namespace podsim::moe {
namespace {

// Writes [tokens, layers, k] from a trace that is ordered by layer before source: blocks of sources go
// through memory, all layers of them at a time.
class VllmWriter {
 public:
  static constexpr std::int64_t kMostDenseLayers = 1024;  // each costs k zeros per token

  VllmWriter(TraceReader& trace, const TraceOutput& output)
      : trace_(trace),
        output_(output),
        top_k_(static_cast<std::size_t>(trace.shape().top_k)),
        layers_(trace.layers()) {
    const std::int64_t span = layers_[layers_.size() - 1] - layers_[0] + 1;
    if (static_cast<std::size_t>(span) != layers_.size()) {
      fail(fmt::format("{} of the layers {} to {} have routes, expected all", layers_.size(), layers_[0],
                       layers_[layers_.size() - 1]));
    }
    if (layers_[0] > kMostDenseLayers)
      fail(fmt::format("layers from {} on, expected from at most {}", layers_[0], kMostDenseLayers));
    if (trace.shape().experts > std::int64_t{INT16_MAX} + 1)
      fail(fmt::format("{} experts do not fit in int16", trace.shape().experts));
  }

  void write() {
    std::int64_t tokens = 0;
    for (std::int64_t step : trace_.steps()) tokens += step_tokens(step);
    stats::AtomicFile file(output_.path);
    const std::int64_t layers = layers_[layers_.size() - 1] + 1;
    write_npy_header(file.stream(), "<i2", {tokens, layers, trace_.shape().top_k});
    for (std::int64_t step : trace_.steps()) write_step(file.stream(), step);
    file.commit();
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError(fmt::format("cannot write {}: {}", output_.path, message));
  }

  // All layers must have the same tokens of the same sources.
  std::int64_t step_tokens(std::int64_t step) {
    std::vector<TraceRecord> records;
    std::int64_t tokens = 0;
    for (std::int64_t layer : layers_) {
      const TraceBatch batch = trace_.batch(step, layer);
      for (std::int64_t i = 0; i < batch.count; ++i) {
        const TraceRecord record = trace_.record(batch.first + i);
        if (layer == layers_[0]) {
          records.push_back(record);
          tokens += record.tokens;
          continue;
        }
        const auto at = static_cast<std::size_t>(i);
        if (at >= records.size() || records[at].key.source != record.key.source ||
            records[at].tokens != record.tokens) {
          fail(
              fmt::format("step {}: the tokens of layers {} and {} differ, and the format has them in common",
                          step, layers_[0], layer));
        }
      }
      if (static_cast<std::size_t>(batch.count) != records.size()) {
        fail(fmt::format("step {}: layer {} has {} records, layer {} has {}", step, layers_[0],
                         records.size(), layer, batch.count));
      }
    }
    return tokens;
  }

  void write_step(std::ostream& out, std::int64_t step) {
    constexpr std::size_t kBlock = std::size_t{32} << 20U;  // experts in memory
    const std::int64_t count = trace_.batch(step, layers_[0]).count;
    for (std::int64_t first = 0; first < count;) {
      std::size_t tokens = 0;
      std::int64_t last = first;
      for (; last < count && (last == first || tokens * top_k_ * layers_.size() < kBlock); ++last) {
        tokens += static_cast<std::size_t>(trace_.record(trace_.batch(step, layers_[0]).first + last).tokens);
      }
      write_block(out, step, first, last, tokens);
      first = last;
      if (output_.on_batch)
        output_.on_batch(
            trace_.batch(step, layers_[0]).first + first * static_cast<std::int64_t>(layers_.size()),
            trace_.records());
    }
  }

  // Sources first .. last-1 of a step; `tokens` of them in all.
  void write_block(std::ostream& out, std::int64_t step, std::int64_t first, std::int64_t last,
                   std::size_t tokens) {
    std::vector<std::vector<ExpertIndex>> rows(layers_.size(), std::vector<ExpertIndex>(tokens * top_k_));
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const TraceBatch batch = trace_.batch(step, layers_[l]);
      std::size_t at = 0;
      for (std::int64_t i = first; i < last; ++i) {
        const std::size_t size = static_cast<std::size_t>(trace_.record(batch.first + i).tokens) * top_k_;
        trace_.read(batch.first + i, 0, Span<ExpertIndex>(rows[l].data() + at, size));
        at += size;
      }
    }
    const std::vector<ExpertIndex> dense(static_cast<std::size_t>(layers_[0]) * top_k_, 0);
    const auto put = [&](const ExpertIndex* experts, std::size_t size) {
      out.write(reinterpret_cast<const char*>(experts),
                static_cast<std::streamsize>(size * sizeof(ExpertIndex)));
    };
    for (std::size_t t = 0; t < tokens; ++t) {
      put(dense.data(), dense.size());
      for (const std::vector<ExpertIndex>& layer : rows) put(layer.data() + t * top_k_, top_k_);
    }
  }

  TraceReader& trace_;
  const TraceOutput& output_;
  std::size_t top_k_;
  Span<const std::int64_t> layers_;
};

}  // namespace

void write_vllm(TraceReader& trace, const TraceOutput& output) {
  VllmWriter(trace, output).write();
}

}  // namespace podsim::moe
