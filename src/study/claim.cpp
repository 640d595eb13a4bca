// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "podsim/base/error.h"
#include "podsim/config/paths.h"
#include "podsim/config/suggest.h"
#include "podsim/config/verbs.h"
#include "podsim/study/expression.h"
#include "study/report_words.h"

namespace podsim::study {
namespace {

// A value of an axis as a reader wants it: texts without quotes, of paths the file's own name.
std::string value_label(const config::Raw& raw) {
  const auto value = nlohmann::json::parse(raw.json);
  if (value.is_number()) return figure_text(value.get<double>());
  if (!value.is_string()) return value.dump();
  std::string text = value.get<std::string>();
  if (text.find('/') != std::string::npos) text.erase(0, text.rfind('/') + 1);
  if (text.size() > 5 && text.compare(text.size() - 5, 5, ".json") == 0) text.erase(text.size() - 5);
  return text;
}

// The names that a figure may have: values, symbols of axes, and RUN. in front of a metric.
bool is_known_name(const Claim& claim, const std::string& name) {
  if (claim.values.count(name) > 0) return true;
  for (const auto* axes : {&claim.axes, &claim.map_axes})
    for (const ClaimAxis& axis : *axes)
      if (!axis.symbol.empty() && axis.symbol == name) return true;
  const std::size_t dot = name.find('.');
  return dot != std::string::npos && claim.runs.count(name.substr(0, dot)) > 0;
}

std::string unknown_names(const Claim& claim) {
  std::vector<std::string> known;
  for (const auto& [name, value] : claim.values) known.push_back(name);
  for (const auto& [name, run] : claim.runs) known.push_back(name + ".<metric>");
  for (const std::string& name : names_in(claim.figure))
    if (!is_known_name(claim, name))
      return fmt::format("figure has the unknown name \"{}\"; {}", name, config::known_names(name, known));
  return "";
}

std::vector<std::string> runs_of(const ClaimAxis& axis) {
  std::vector<std::string> names = axis.runs;
  for (const ClaimStep& step : axis.steps)
    for (const auto& [name, run] : step.runs) names.push_back(name);
  return names;
}

std::string unknown_runs(const Claim& claim) {
  for (const auto* axes : {&claim.axes, &claim.map_axes})
    for (const ClaimAxis& axis : *axes)
      for (const std::string& run : runs_of(axis))
        if (claim.runs.count(run) == 0)
          return fmt::format("axis \"{}\" is of the unknown run \"{}\"", axis.name, run);
  return "";
}

std::string runs_without_scenario(const Claim& claim) {
  for (const auto& [name, run] : claim.runs)
    if (!run.scenario && !claim.scenario) return fmt::format("run \"{}\" has no scenario", name);
  return "";
}

// What describe() does not see; empty: nothing.
std::string fault_of(const Claim& claim) {
  if (!claim.cannot_be_tested.empty()) return "";
  try {
    for (const std::string& fault : {unknown_names(claim), unknown_runs(claim), runs_without_scenario(claim)})
      if (!fault.empty()) return fault;
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// "1.50": with the decimals of the step that the claim is stated to.
std::string stated_number(double value, double step) {
  if (step >= 1.0 || step <= 0.0) return figure_text(value);
  return fmt::format("{:.{}f}", value, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

}  // namespace

void ClaimRun::describe(config::Fields& f) {
  f.optional("scenario", scenario, "the scenario file; without it the claim's");
  f.value_or("set", set, {}, "keys of its configuration that are different: JSON pointer and value");
}

void ClaimValue::describe(config::Fields& f) {
  f.required("file", file, "a configuration file");
  f.required("key", key, "JSON pointer of the figure in it; may walk into files that it refers to")
      .non_empty();
}

void ClaimStep::describe(config::Fields& f) {
  f.required("label", label, "what the point is called").non_empty();
  f.value_or("set", set, {}, "keys that are different there: JSON pointer and value");
  f.value_or("runs", runs, {}, "what is different in single runs besides, by their names");
}

std::string ClaimAxis::label(std::size_t index) const {
  return steps.empty() ? value_label(values[index]) : steps[index].label;
}

ClaimRun ClaimAxis::change_at(std::size_t index, const std::string& run) const {
  ClaimRun change;
  if (!runs.empty() && std::find(runs.begin(), runs.end(), run) == runs.end()) return change;
  if (steps.empty()) {
    for (const std::string& key : keys) change.set[key] = values[index];
    return change;
  }
  change.set = steps[index].set;
  const auto own = steps[index].runs.find(run);
  if (own == steps[index].runs.end()) return change;
  change.scenario = own->second.scenario;
  for (const auto& [key, value] : own->second.set) change.set[key] = value;
  return change;
}

std::optional<double> ClaimAxis::number_at(std::size_t index) const {
  if (!steps.empty()) return std::nullopt;
  const auto value = nlohmann::json::parse(values[index].json);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

void ClaimAxis::describe(config::Fields& f) {
  f.required("name", name, "what varies, as an axis of a map is labelled").non_empty();
  f.value_or("symbol", symbol, "", "name by which the figure may use the value, a number");
  f.value_or("runs", runs, {}, "the runs whose configuration it sets; empty: all");
  f.value_or("keys", keys, {}, "JSON pointers that take each of `values`");
  f.value_or("values", values, {}, "what the keys take, one after the other");
  f.value_or("steps", steps, {}, "instead of keys and values: points that set several things");
  f.check(steps.empty() != values.empty(), "an axis with {} values and {} steps, expected one of both kinds",
          values.size(), steps.size());
  f.check(values.empty() || !keys.empty() || !symbol.empty(), "values without keys or symbol");
}

void ClaimRange::describe(config::Fields& f) {
  f.optional("at_least", at_least, "the smallest figure with which the claim holds");
  f.optional("at_most", at_most, "the largest one");
  f.check(!at_least || !at_most || *at_least <= *at_most, "at_least is above at_most");
}

void RecordedVerdict::describe(config::Fields& f) {
  f.required("verdict", verdict, "what podsim came to when it was last written down");
  f.value_or("region", region, "", "of `holds where`: where");
}

void Claim::describe(config::Fields& f) {
  f.required("id", id, "name of the claim, nowhere used twice").non_empty();
  f.required("statement", statement, "the claim in one sentence").non_empty();
  f.required("who", who, "who claims it").non_empty();
  f.required("source", source, "where it is claimed").non_empty();
  f.value_or("stated_conditions", stated_conditions, "not stated",
             "under which conditions, as the source has it");
  f.value_or("assumed_conditions", assumed_conditions, "", "what podsim assumes where the source is silent");
  f.optional("scenario", scenario, "the scenario of all runs that name none");
  f.value_or("set", set, {}, "keys that are different in all runs: JSON pointer and value");
  f.value_or("runs", runs, {}, "the runs that the figure needs, by name");
  f.value_or("values", values, {}, "figures of configuration files that it needs, by name");
  f.value_or("figure", figure, "",
             "what is compared: arithmetic (+ - * / min max pow) over values, symbols of axes and metrics, "
             "`RUN.moe_layer.latency_us`");
  f.value_or("unit", unit, "", "unit of the figure and the range");
  f.value_or(
       "rounding", rounding, 0.0,
       "the step to which the claim is stated: figures are rounded to it before they are compared; 0: not")
      .at_least(0.0);
  f.value_or("range", range, {}, "the figures with which the claim holds");
  f.value_or("judged", judged, Judged::Each, "which of many points the claim speaks of");
  f.value_or("axes", axes, {},
             "along which it is tested, the first one varying fastest; a map shows the first two");
  f.value_or("map_axes", map_axes, {}, "further axes of `podsim claims map`");
  f.value_or("cannot_be_tested", cannot_be_tested, "", "why podsim has no figure for it; empty: it has");
  f.value_or("note", note, "", "what to know about the verdict");
  f.optional("recorded", recorded, "the verdict that a run is held to; `podsim claims --update` writes it");
  f.check(cannot_be_tested.empty() == !figure.empty(),
          "expected either a figure or the reason cannot_be_tested");
  f.check(figure.empty() || range.at_least || range.at_most, "a figure without a range");
}

bool Claim::covers(double figure_value) const {
  const double value = rounding > 0.0 ? std::round(figure_value / rounding) * rounding : figure_value;
  const double slack = rounding > 0.0 ? rounding * 1e-6 : 0.0;  // steps of 0.01 are no binary fractions
  return (!range.at_least || value >= *range.at_least - slack) &&
         (!range.at_most || value <= *range.at_most + slack);
}

std::string Claim::stated_text() const {
  const std::string with_unit = unit.empty() ? "" : " " + unit;
  const auto number = [this](double value) { return stated_number(value, rounding); };
  if (!cannot_be_tested.empty() && !range.at_least && !range.at_most) return "-";
  if (range.at_least && range.at_most)
    return *range.at_least == *range.at_most
               ? number(*range.at_least) + with_unit
               : fmt::format("{} to {}{}", number(*range.at_least), number(*range.at_most), with_unit);
  const bool extreme = judged == Judged::Largest ? range.at_least.has_value()
                                                 : judged == Judged::Smallest && range.at_most.has_value();
  const char* words = range.at_least ? (extreme ? "up to" : "at least") : (extreme ? "down to" : "at most");
  return fmt::format("{} {}{}", words, number(range.at_least ? *range.at_least : *range.at_most), with_unit);
}

void ClaimFile::describe(config::Fields& f) {
  f.value_or("description", description, "", "what the claims have in common");
  f.required("claims", claims, "published claims with what tests them").non_empty();
}

std::vector<LoadedClaims> load_claims(const std::vector<std::string>& paths) {
  std::string findings;
  const auto add = [&findings](const std::string& text) {
    findings += (findings.empty() ? "" : "\n") + text;
  };
  std::vector<LoadedClaims> all;
  std::set<std::string> ids;
  for (const std::string& path : paths) {
    try {
      const auto found = config::resolve_path(path, {}).file;
      all.push_back({found ? found->string() : path, config::load<ClaimFile>(path)});
    } catch (const ConfigError& error) {
      add(error.what());
      continue;
    }
    const std::vector<Claim>& claims = all.back().file.claims;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      const std::string place = fmt::format("{}: /claims/{} \"{}\"", path, i, claims[i].id);
      if (!ids.insert(claims[i].id).second) add(fmt::format("{}: the id is there twice", place));
      const std::string fault = fault_of(claims[i]);
      if (!fault.empty()) add(fmt::format("{}: {}", place, fault));
    }
  }
  if (!findings.empty()) throw ConfigError(findings);
  return all;
}

}  // namespace podsim::study
