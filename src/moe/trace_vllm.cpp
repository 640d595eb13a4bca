// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "moe/trace_readers.h"
#include "moe/trace_rows.h"
#include "podsim/base/error.h"
#include "podsim/moe/npy.h"

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

}  // namespace

std::unique_ptr<TraceReader> open_vllm(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) {
  return std::make_unique<VllmTrace>(std::move(bytes), options);
}

}  // namespace podsim::moe
