// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/catalogue.h"

#include "podsim/base/error.h"

namespace podsim::stats {

MetricCatalogue& MetricCatalogue::add(const char* title, Span<const MetricDef> metrics) {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const std::string_view name = metrics[i].name;
    PODSIM_CHECK(find(name) == nullptr, "metric {} is declared twice", name);
    for (std::size_t j = 0; j < i; ++j)
      PODSIM_CHECK(name != metrics[j].name, "metric {} is declared twice in {}", name, title);
  }
  groups_.push_back({title, metrics});
  return *this;
}

MetricCatalogue& MetricCatalogue::add(Table table) {
  for (const Table& known : tables_)
    PODSIM_CHECK(std::string_view(known.file) != table.file, "table {} is declared twice", table.file);
  tables_.push_back(table);
  return *this;
}

const MetricDef* MetricCatalogue::find(std::string_view name) const {
  for (const MetricGroup& group : groups_)
    for (const MetricDef& metric : group.metrics)
      if (name == metric.name) return &metric;
  return nullptr;
}

}  // namespace podsim::stats
