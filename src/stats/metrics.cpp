// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "podsim/base/error.h"

namespace podsim::stats {
namespace {

constexpr double kPicosecondsPerMicrosecond = 1e6;

bool has_unit(const MetricDef& def, std::string_view unit) {
  return unit == def.unit;
}

std::string key_text(std::string_view key) {
  std::string text;
  for (const char c : key) {
    const bool capital = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (capital) {
      text += static_cast<char>(c - 'A' + 'a');
    } else {
      text += plain ? c : '_';
    }
  }
  return text;
}

}  // namespace

Metric::Metric(const MetricDef& family, std::string_view key) : def_(&family), key_(key_text(key)) {
  PODSIM_CHECK(!key_.empty(), "metric {} has an empty key", family.name);
}

std::string Metric::name() const {
  const std::string_view pattern = def_->name;
  const std::size_t open = pattern.find('<');
  PODSIM_CHECK((open == std::string_view::npos) == key_.empty(), "metric {} with the key '{}'", pattern,
               key_);
  if (open == std::string_view::npos) return std::string(pattern);
  const std::size_t close = pattern.find('>', open);
  PODSIM_CHECK(close != std::string_view::npos, "metric {} opens a key and does not close it", pattern);
  return fmt::format("{}{}{}", pattern.substr(0, open), key_, pattern.substr(close + 1));
}

void Metrics::set(const Metric& metric, std::int64_t value) {
  check_declared(metric.def(), Kind::Scalar);
  store(metric.name(), value);
}

void Metrics::set(const Metric& metric, std::uint64_t value) {
  PODSIM_CHECK(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
               "metric {} is {}, past 63 bits", metric.name(), value);
  set(metric, static_cast<std::int64_t>(value));
}

void Metrics::set(const Metric& metric, double value) {
  check_declared(metric.def(), Kind::Scalar);
  store(metric.name(), value);
}

void Metrics::set(const Metric& metric, Picoseconds value) {
  if (has_unit(metric.def(), "ps")) return set(metric, value.count());
  PODSIM_CHECK(has_unit(metric.def(), "us"), "metric {} in {} is given a time", metric.name(),
               metric.def().unit);
  set(metric, static_cast<double>(value.count()) / kPicosecondsPerMicrosecond);
}

void Metrics::set(const Metric& metric, Bytes value) {
  PODSIM_CHECK(has_unit(metric.def(), "bytes"), "metric {} in {} is given bytes", metric.name(),
               metric.def().unit);
  set(metric, value.count());
}

void Metrics::set(const Metric& metric, BytesPerSecond value) {
  PODSIM_CHECK(has_unit(metric.def(), "bytes/s"), "metric {} in {} is given a rate", metric.name(),
               metric.def().unit);
  set(metric, value.count());
}

void Metrics::set(const Metric& metric, const Distribution& value) {
  check_declared(metric.def(), Kind::Distribution);
  const bool times = has_unit(metric.def(), "us");
  const auto sample = [&](const char* which, std::int64_t count) {
    std::string name = fmt::format("{}.{}", metric.name(), which);
    if (times) {
      store(std::move(name), static_cast<double>(count) / kPicosecondsPerMicrosecond);
    } else {
      store(std::move(name), count);
    }
  };
  sample("min", value.min);
  sample("p50", value.p50);
  sample("p99", value.p99);
  sample("max", value.max);
  store(metric.name() + ".mean", times ? value.mean / kPicosecondsPerMicrosecond : value.mean);
}

std::optional<double> Metrics::find(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return std::visit([](auto value) { return static_cast<double>(value); }, found->second);
}

std::string Metrics::to_json(int indent) const {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string text = "{";
  const char* separator = "\n";
  for (const auto& [name, value] : values_) {
    const std::string number = std::holds_alternative<double>(value)
                                   ? to_text(std::get<double>(value))
                                   : std::to_string(std::get<std::int64_t>(value));
    text += fmt::format("{}{}  \"{}\": {}", separator, margin, name, number);
    separator = ",\n";
  }
  if (!values_.empty()) text += "\n" + margin;
  return text + "}";
}

void Metrics::check_declared(const MetricDef& def, Kind kind) const {
  const MetricDef* declared = catalogue_.find(def.name);
  PODSIM_CHECK(declared != nullptr, "metric {} is not in the catalogue", def.name);
  PODSIM_CHECK(def.kind == kind && declared->kind == kind, "metric {} is set as what it is not declared as",
               def.name);
}

void Metrics::store(std::string name, Value value) {
  if (const double* number = std::get_if<double>(&value))
    PODSIM_CHECK(std::isfinite(*number), "metric {} is {}", name, *number);
  const auto [place, inserted] = values_.emplace(std::move(name), value);
  PODSIM_CHECK(inserted, "metric {} is set twice", place->first);
}

std::string to_text(double value) {
  PODSIM_CHECK(std::isfinite(value), "{} is no finite number", value);
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace podsim::stats
