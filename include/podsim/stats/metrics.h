// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "podsim/stats/catalogue.h"
#include "podsim/stats/distribution.h"
#include "podsim/units/units.h"

namespace podsim::stats {

// Which figure: a declared metric or, of a family, the one under a key.
//   Metric(kLatency), Metric(kLayerLatency, 12)
class Metric {
 public:
  Metric(const MetricDef& def) : def_(&def) {}  // NOLINT: a definition is its own figure
  // Of a key, everything but [a-z0-9_] is written as "_", capitals small.
  Metric(const MetricDef& family, std::string_view key);
  Metric(const MetricDef& family, std::int64_t key) : Metric(family, std::string_view(std::to_string(key))) {}

  const MetricDef& def() const { return *def_; }
  // The dotted name, with the key in its place. A key missing or one too many is a bug of ours.
  std::string name() const;

 private:
  const MetricDef* def_;
  std::string key_;
};

// The figures of one run: every value under its declared dotted name, kept and written in order of name.
//
//   inline constexpr MetricDef kLatency{"moe_layer.latency_us", "us", "from the first dispatch to ..."};
//   metrics.set(kLatency, end - start);
//   metrics.set({kLayerLatency, 12}, end - start);
//
// Setting a metric that the catalogue does not hold, setting one twice, a value of another unit than the
// declared one, and a value that is no finite number are bugs of ours (PODSIM_CHECK).
class Metrics {
 public:
  using Value = std::variant<std::int64_t, double>;

  // Keeps a copy of `catalogue`, which is a few pointers.
  explicit Metrics(MetricCatalogue catalogue) : catalogue_(std::move(catalogue)) {}

  void set(const Metric& metric, std::int64_t value);
  void set(const Metric& metric, std::uint64_t value);
  void set(const Metric& metric, int value) { set(metric, std::int64_t{value}); }
  void set(const Metric& metric, double value);
  void set(const Metric& metric, Picoseconds value);     // unit "us" (the nearest double) or "ps"
  void set(const Metric& metric, Bytes value);           // unit "bytes"
  void set(const Metric& metric, BytesPerSecond value);  // unit "bytes/s"
  // All five figures of a Kind::Distribution metric. Of unit "us", the samples are picoseconds.
  void set(const Metric& metric, const Distribution& value);

  bool empty() const { return values_.empty(); }
  // In order of name.
  const std::map<std::string, Value>& values() const { return values_; }
  // The value under a full dotted name as a number; empty when it is not set.
  std::optional<double> find(const std::string& name) const;
  const MetricCatalogue& catalogue() const { return catalogue_; }

  // A JSON object, one metric a line in order of name; the closing brace stands `indent` spaces in, the
  // metrics two more. Integers as integers, doubles as to_text gives them.
  std::string to_json(int indent) const;

 private:
  void check_declared(const MetricDef& def, Kind kind) const;
  void store(std::string name, Value value);

  MetricCatalogue catalogue_;
  std::map<std::string, Value> values_;
};

// The shortest text that reads back to the same double, always recognisable as one: "3.0", "0.1", "1e+20".
// `value` must be finite.
std::string to_text(double value);

}  // namespace podsim::stats
