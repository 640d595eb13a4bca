// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/trace_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "moe/trace_json.h"
#include "moe/trace_rows.h"
#include "podsim/base/error.h"
#include "podsim/moe/npy.h"

namespace podsim::moe {
namespace {

// .npy [steps, layers, experts], or [layers, experts] for one step; read row by row.
class NpyCounts : public CountReader {
 public:
  NpyCounts(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) : file_(std::move(bytes)) {
    const std::vector<std::int64_t>& shape = file_.shape();
    if (shape.size() != 2 && shape.size() != 3) {
      throw ConfigError(fmt::format("{}: shape {}, expected [steps, layers, experts] or [layers, experts]",
                                    name(), shape_text(shape)));
    }
    expect_shape(name(), experts(), options.experts, 0, 0);
    if (experts() > kMostExperts)
      throw ConfigError(fmt::format("{}: {} experts, expected at most {}", name(), experts(), kMostExperts));
    steps_.resize(shape.size() == 3 ? static_cast<std::size_t>(shape[0]) : 1);
    layers_.resize(static_cast<std::size_t>(shape[shape.size() - 2]));
    std::iota(steps_.begin(), steps_.end(), 0);
    std::iota(layers_.begin(), layers_.end(), 0);
  }

  const std::string& name() const override { return file_.name(); }
  std::int64_t experts() const override { return file_.shape().back(); }
  Span<const std::int64_t> steps() const override { return steps_; }
  Span<const std::int64_t> layers() const override { return layers_; }

  bool read(std::int64_t step, std::int64_t layer, std::vector<double>& loads) override {
    if (step < 0 || layer < 0 || step > steps_.back() || layer > layers_.back()) return false;
    loads.resize(static_cast<std::size_t>(experts()));
    file_.read((step * static_cast<std::int64_t>(layers_.size()) + layer) * experts(), Span<double>(loads));
    for (std::size_t e = 0; e < loads.size(); ++e) {
      if (std::isfinite(loads[e]) && loads[e] >= 0.0) continue;
      throw ConfigError(fmt::format("{}: step {}, layer {}: expert {} has the load {}, expected 0 or more",
                                    name(), step, layer, e, loads[e]));
    }
    return true;
  }

 private:
  NpyFile file_;
  std::vector<std::int64_t> steps_;
  std::vector<std::int64_t> layers_;
};

// JSON lines {"step": 0, "layer": 3, "load": [..]}: checked at opening, parsed again when read.
class JsonlCounts : public CountReader {
 public:
  JsonlCounts(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) : bytes_(std::move(bytes)) {
    LineReader lines(*bytes_);
    TextLine text;
    std::vector<double> loads;
    while (lines.next(text)) {
      const JsonLine line(name(), text);
      line.only({"step", "layer", "load"});
      const Key key(line.integer("step", 0, INT64_MAX), line.integer("layer", 0, INT32_MAX));
      line.loads("load", loads);
      const auto count = static_cast<std::int64_t>(loads.size());
      if (experts_ == 0) experts_ = count;
      if (count != experts_)
        line.fail(fmt::format("loads of {} experts, expected {} as before", count, experts_));
      expect_shape(line.place(), experts_, options.experts, 0, 0);
      const auto [earlier, is_new] = index_.emplace(key, Entry{text.number, text.offset, text.text.size()});
      if (!is_new)
        line.fail(fmt::format("step {}, layer {} is on line {} already", key.first, key.second,
                              earlier->second.line));
      layers_.push_back(key.second);
    }
    if (index_.empty()) throw ConfigError(fmt::format("{}: no loads", name()));
    if (experts_ > kMostExperts)
      throw ConfigError(fmt::format("{}: {} experts, expected at most {}", name(), experts_, kMostExperts));
    for (const auto& item : index_) {
      if (steps_.empty() || steps_.back() != item.first.first) steps_.push_back(item.first.first);
    }
    std::sort(layers_.begin(), layers_.end());
    layers_.erase(std::unique(layers_.begin(), layers_.end()), layers_.end());
  }

  const std::string& name() const override { return bytes_->name(); }
  std::int64_t experts() const override { return experts_; }
  Span<const std::int64_t> steps() const override { return steps_; }
  Span<const std::int64_t> layers() const override { return layers_; }

  bool read(std::int64_t step, std::int64_t layer, std::vector<double>& loads) override {
    const auto found = index_.find(Key(step, layer));
    if (found == index_.end()) return false;
    const Entry& entry = found->second;
    std::string text(entry.length, '\0');
    bytes_->read(entry.offset, text.data(), text.size());
    JsonLine(name(), {entry.line, entry.offset, text}).loads("load", loads);
    return true;
  }

 private:
  using Key = std::pair<std::int64_t, std::int64_t>;
  struct Entry {
    std::int64_t line;
    std::uint64_t offset;
    std::size_t length;
  };

  std::unique_ptr<ByteSource> bytes_;
  std::int64_t experts_ = 0;
  std::map<Key, Entry> index_;
  std::vector<std::int64_t> steps_;
  std::vector<std::int64_t> layers_;
};

}  // namespace

std::unique_ptr<CountReader> open_counts(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) {
  const TraceFormat format = options.format ? *options.format : recognise_trace(*bytes);
  if (format == TraceFormat::CountsNpy) return std::make_unique<NpyCounts>(std::move(bytes), options);
  if (format == TraceFormat::CountsJsonl) return std::make_unique<JsonlCounts>(std::move(bytes), options);
  throw ConfigError(fmt::format("{}: {} has the routes of tokens, expected loads of experts", bytes->name(),
                                config::enum_name(format)));
}

std::unique_ptr<CountReader> open_counts(const std::string& path, const TraceOptions& options) {
  return open_counts(open_bytes(path), options);
}

}  // namespace podsim::moe
