// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/figures.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "podsim/base/error.h"

namespace podsim::study {
namespace {

using nlohmann::json;

const json* find(const json& object, const std::string& name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

// A name with dots is looked for as it is, then as a key of what its first word names.
const json* find_inside(const json& object, const std::string& name) {
  if (!object.is_object()) return nullptr;
  if (const json* whole = find(object, name)) return whole;
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return nullptr;
  const json* inner = find(object, name.substr(0, dot));
  return inner == nullptr ? nullptr : find_inside(*inner, name.substr(dot + 1));
}

}  // namespace

Figures::Figures(Execution::Kind kind, const std::string& text, const std::string& name) {
  json root = json::parse(text, nullptr, false);
  if (!root.is_object())
    throw ConfigError(fmt::format("{}: not a JSON object, expected the results of a run", name));
  if (kind == Execution::Kind::Scenario) {
    json metrics = root.value("metrics", json());
    if (!metrics.is_object()) throw ConfigError(fmt::format("{}: no object \"metrics\"", name));
    if (const json* fidelity = find(root, "fidelity"); fidelity != nullptr && fidelity->is_string())
      fidelity_ = fidelity->get<std::string>();
    root = std::move(metrics);
  }
  root_ = std::make_shared<const json>(std::move(root));
}

std::optional<double> Figures::metric(const std::string& name) const {
  const json* value = find_inside(*root_, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<PipeName> Figures::busiest_pipe() const {
  std::optional<PipeName> busiest;
  double most = 0.0;
  for (const auto& [pipe, name] : config::EnumNames<PipeName>::kNames) {
    const std::optional<double> time = metric(fmt::format("{}_time_us", name));
    if (!time || *time <= most) continue;
    most = *time;
    busiest = pipe;
  }
  return busiest;
}

}  // namespace podsim::study
