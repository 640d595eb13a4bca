// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "podsim/base/span.h"

namespace podsim::stats {

enum class Kind : std::uint8_t {
  Scalar,
  Distribution,  // five figures: name.min, name.p50, name.p99, name.max, name.mean
};

// A figure is born with its dotted name, unit and sentence, as a constant next to the code that measures it.
// The unit is the last word of the name where it has one ("dispatch.latency_us"). One "<word>" in the name
// makes it a family, with a value for every key ("layer.<layer>.latency_us").
struct MetricDef {
  const char* name;
  const char* unit;  // "us", "bytes", "1/s", "1" for a plain ratio, "" for a count
  const char* help;  // one sentence, no final period
  Kind kind = Kind::Scalar;
};

// A column of a CSV file.
struct Column {
  const char* name;
  const char* unit;
  const char* help;
};

// Metrics declared together, and what they are about.
struct MetricGroup {
  const char* title;
  Span<const MetricDef> metrics;
};

// A CSV file that a run writes.
struct Table {
  const char* file;   // "links.csv"
  const char* title;  // what one row is
  Span<const Column> columns;
};

// Every metric and column that podsim may write: what docs/results.md is made of, and what Metrics holds
// itself to. The tables handed in are not copied: they are constants.
class MetricCatalogue {
 public:
  // A name declared twice is a bug of ours.
  MetricCatalogue& add(const char* title, Span<const MetricDef> metrics);
  template <std::size_t N>
  MetricCatalogue& add(const char* title, const MetricDef (&metrics)[N]) {
    return add(title, Span<const MetricDef>(metrics, N));
  }
  MetricCatalogue& add(Table table);

  const MetricDef* find(std::string_view name) const;
  const std::vector<MetricGroup>& groups() const { return groups_; }
  const std::vector<Table>& tables() const { return tables_; }

 private:
  std::vector<MetricGroup> groups_;
  std::vector<Table> tables_;
};

}  // namespace podsim::stats
