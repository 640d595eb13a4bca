// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "moe/trace_readers.h"
#include "moe/trace_rows.h"
#include "podsim/base/error.h"
#include "podsim/moe/npy.h"
#include "podsim/stats/file.h"

// vLLM's routed_experts: a .npy array of integers [tokens, layers, k], without steps, ranks or the number of
// experts. Its layer axis counts all transformer layers; those without experts stay zero, which no routing is
// (it would name an expert twice). Leading layers whose first row is all zero are thus dense ones and no
// records. Every other layer is one record of step 0 and source 0. Rows are checked as they are read.
namespace podsim::moe {
namespace {

class VllmTrace : public TraceReader {
 public:
  VllmTrace(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) : file_(std::move(bytes)) {
    if (file_.is_float() || file_.shape().size() != 3) {
      throw ConfigError(fmt::format("{}: shape {} of {}, expected integers [tokens, layers, k]", file_.name(),
                                    shape_text(file_.shape()), file_.data_type()));
    }
    tokens_ = file_.shape()[0];
    shape_.experts = options.experts;
    shape_.top_k = file_.shape()[2];
    expect_shape(file_.name(), 0, 0, shape_.top_k, options.top_k);
    if (shape_.top_k > expert_limit(shape_.experts)) {
      throw ConfigError(
          fmt::format("{}: top {} of {} experts", file_.name(), shape_.top_k, expert_limit(shape_.experts)));
    }
    find_layers();
  }

  const std::string& name() const override { return file_.name(); }
  const TraceShape& shape() const override { return shape_; }
  Span<const std::int64_t> steps() const override { return steps_; }
  Span<const std::int64_t> layers() const override { return layers_; }
  std::int64_t records() const override { return static_cast<std::int64_t>(layers_.size()); }
  TraceRecord record(std::int64_t index) override {
    return {{0, layers_[static_cast<std::size_t>(index)], 0}, tokens_};
  }

  TraceBatch batch(std::int64_t step, std::int64_t layer) override {
    if (step != 0 || layer < layers_.front() || layer > layers_.back()) return {};
    return {layer - layers_.front(), 1};
  }

  void read(std::int64_t index, std::int64_t first_row, Span<ExpertIndex> experts) override {
    const std::int64_t layer = layers_[static_cast<std::size_t>(index)];
    const std::int64_t row_stride = file_.shape()[1] * shape_.top_k;
    const auto width = static_cast<std::size_t>(shape_.top_k);
    values_.resize(experts.size());
    file_.read_runs(first_row * row_stride + layer * shape_.top_k, shape_.top_k, row_stride,
                    Span<std::int64_t>(values_));
    take_rows(
        values_.data(), experts.size() / width, width, expert_limit(shape_.experts),
        [&](std::size_t row) {
          return fmt::format("{}: token {}, layer {}", file_.name(),
                             first_row + static_cast<std::int64_t>(row), layer);
        },
        experts.data());
  }

 private:
  void find_layers() {
    const std::int64_t count = file_.shape()[1];
    std::vector<std::int64_t> row(static_cast<std::size_t>(shape_.top_k));
    std::int64_t first = 0;
    for (; first < count; ++first) {
      file_.read(first * shape_.top_k, Span<std::int64_t>(row));
      const bool dense =
          row.size() > 1 && std::all_of(row.begin(), row.end(), [](std::int64_t e) { return e == 0; });
      if (!dense) break;
    }
    if (first == count)
      throw ConfigError(fmt::format("{}: all {} layers are zero, which no routing is", file_.name(), count));
    for (std::int64_t layer = first; layer < count; ++layer) layers_.push_back(layer);
  }

  NpyFile file_;
  TraceShape shape_;
  std::int64_t tokens_ = 0;
  std::vector<std::int64_t> steps_{0};
  std::vector<std::int64_t> layers_;  // consecutive
  std::vector<std::int64_t> values_;
};

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

std::unique_ptr<TraceReader> open_vllm(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) {
  return std::make_unique<VllmTrace>(std::move(bytes), options);
}

void write_vllm(TraceReader& trace, const TraceOutput& output) {
  VllmWriter(trace, output).write();
}

}  // namespace podsim::moe
