// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "moe/trace_jsonl.h"

#include <fmt/format.h>

#include <algorithm>

#include "moe/trace_rows.h"
#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

struct Entry {
  TraceKey key{};
  std::int64_t tokens = 0;
  std::int64_t line = 0;
  std::uint64_t offset = 0;
  std::size_t length = 0;
};

std::vector<std::int64_t> sorted_unique(std::vector<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

class JsonlTrace : public TraceReader {
 public:
  JsonlTrace(std::unique_ptr<ByteSource> bytes, const TraceOptions& options,
             std::unique_ptr<JsonlDialect> dialect)
      : bytes_(std::move(bytes)), dialect_(std::move(dialect)) {
    shape_.experts = options.experts;
    read_index(options);
    group_records();
    dialect_->finish(bytes_->name(), records());
  }

  const std::string& name() const override { return bytes_->name(); }
  const TraceShape& shape() const override { return shape_; }
  Span<const std::int64_t> steps() const override { return steps_; }
  Span<const std::int64_t> layers() const override { return layers_; }
  std::int64_t records() const override { return static_cast<std::int64_t>(first_entry_.size()) - 1; }

  TraceRecord record(std::int64_t index) override {
    const auto i = static_cast<std::size_t>(index);
    TraceRecord record{entries_[first_entry_[i]].key, 0};
    for (std::size_t e = first_entry_[i]; e < first_entry_[i + 1]; ++e) record.tokens += entries_[e].tokens;
    return record;
  }

  TraceBatch batch(std::int64_t step, std::int64_t layer) override {
    const std::int64_t first = lower_bound({step, layer, 0});
    return {first, lower_bound({step, layer + 1, 0}) - first};
  }

  void read(std::int64_t index, std::int64_t first_row, Span<ExpertIndex> experts) override {
    const auto i = static_cast<std::size_t>(index);
    const auto skipped = static_cast<std::size_t>(first_row * shape_.top_k);
    std::vector<ExpertIndex> all;
    for (std::size_t e = first_entry_[i]; e < first_entry_[i + 1]; ++e) {
      const Entry& entry = entries_[e];
      std::string text(entry.length, '\0');
      bytes_->read(entry.offset, text.data(), text.size());
      dialect_->rows(JsonLine(bytes_->name(), {entry.line, entry.offset, text}), shape_, rows_);
      all.insert(all.end(), rows_.begin(), rows_.end());
    }
    PODSIM_CHECK(skipped + experts.size() <= all.size(), "{} experts from {} of {}", experts.size(), skipped,
                 all.size());
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(skipped), experts.size(), experts.begin());
  }

 private:
  void read_index(const TraceOptions& options) {
    LineReader lines(*bytes_);
    TextLine text;
    while (lines.next(text)) {
      const JsonLine line(bytes_->name(), text);
      if (dialect_->skips(line, shape_)) {
        expect_shape(bytes_->name(), shape_.experts, options.experts, shape_.top_k, options.top_k);
        continue;
      }
      const TraceRecord record = dialect_->record(line, shape_);
      expect_shape(line.place(), 0, 0, shape_.top_k, options.top_k);
      entries_.push_back({record.key, record.tokens, text.number, text.offset, text.text.size()});
    }
    if (entries_.empty()) throw ConfigError(fmt::format("{}: no routing records", bytes_->name()));
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.key < b.key; });
  }

  void group_records() {
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      const bool repeats = e > 0 && entries_[e].key == entries_[e - 1].key;
      if (!repeats) {
        first_entry_.push_back(e);
        steps_.push_back(entries_[e].key.step);
        layers_.push_back(entries_[e].key.layer);
      } else if (!dialect_->joins_records()) {
        const TraceKey& key = entries_[e].key;
        throw ConfigError(fmt::format("{}: line {}: step {}, layer {}, source {} is on line {} already",
                                      bytes_->name(), entries_[e].line, key.step, key.layer, key.source,
                                      entries_[e - 1].line));
      }
    }
    first_entry_.push_back(entries_.size());
    steps_ = sorted_unique(std::move(steps_));
    layers_ = sorted_unique(std::move(layers_));
  }

  // The first record that is not before `key`.
  std::int64_t lower_bound(const TraceKey& key) const {
    const auto found =
        std::lower_bound(first_entry_.begin(), first_entry_.end() - 1, key,
                         [this](std::size_t e, const TraceKey& k) { return entries_[e].key < k; });
    return found - first_entry_.begin();
  }

  std::unique_ptr<ByteSource> bytes_;
  std::unique_ptr<JsonlDialect> dialect_;
  TraceShape shape_;
  std::vector<Entry> entries_;            // by key, then line
  std::vector<std::size_t> first_entry_;  // of each record; entries_.size() at the end
  std::vector<std::int64_t> steps_;
  std::vector<std::int64_t> layers_;
  std::vector<ExpertIndex> rows_;
};

}  // namespace

std::unique_ptr<TraceReader> open_jsonl(std::unique_ptr<ByteSource> bytes, const TraceOptions& options,
                                        std::unique_ptr<JsonlDialect> dialect) {
  return std::make_unique<JsonlTrace>(std::move(bytes), options, std::move(dialect));
}

}  // namespace podsim::moe
