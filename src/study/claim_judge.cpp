// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/claim_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "podsim/base/error.h"
#include "podsim/study/expression.h"

namespace podsim::study {
namespace {

using Values = std::map<std::string, double>;

Values values_of(const Claim& claim) {
  Values values;
  for (const auto& [name, value] : claim.values) values[name] = read_value(value);
  return values;
}

void add_symbols(Values& values, const ClaimGrid& grid, std::size_t point) {
  const std::vector<std::size_t> at = grid.at(point);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const ClaimAxis& axis = grid.axes()[i];
    if (axis.symbol.empty()) continue;
    const auto number = axis.number_at(at[i]);
    if (!number)
      throw ConfigError(
          fmt::format("axis \"{}\": \"{}\" is no number, expected one because the figure uses it", axis.name,
                      axis.label(at[i])));
    values[axis.symbol] = *number;
  }
}

double metric_of(const std::map<std::string, std::size_t>& runs, const std::vector<Ran>& ran,
                 const std::string& name) {
  const std::size_t dot = name.find('.');
  const Ran& one = ran[runs.at(name.substr(0, dot))];
  const std::string metric = name.substr(dot + 1);
  if (!one.figures) throw ConfigError(one.failure);
  const auto value = one.figures->metric(metric);
  if (!value) throw ConfigError(fmt::format("the run has no number \"{}\"", metric));
  return *value;
}

ClaimPoint judge_point(const Claim& claim, Values values, const std::map<std::string, std::size_t>& runs,
                       const std::vector<Ran>& ran) {
  ClaimPoint point;
  try {
    const double figure = evaluate(claim.figure, [&](const std::string& name) {
      const auto value = values.find(name);
      return value != values.end() ? value->second : metric_of(runs, ran, name);
    });
    if (!std::isfinite(figure)) throw ConfigError("the figure divides by zero");
    point.figure = figure;
    point.inside = claim.covers(figure);
  } catch (const ConfigError& error) {
    point.failure = error.what();
  }
  return point;
}

// The index of the point that "up to" or "down to" speaks of.
std::size_t extreme(const std::vector<ClaimPoint>& points, Judged judged) {
  const auto less = [](const ClaimPoint& a, const ClaimPoint& b) { return *a.figure < *b.figure; };
  const auto at = judged == Judged::Largest ? std::max_element(points.begin(), points.end(), less)
                                            : std::min_element(points.begin(), points.end(), less);
  return static_cast<std::size_t>(at - points.begin());
}

void conclude(ClaimResult& result) {
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    if (result.points[i].figure) continue;
    const std::string where = result.grid.axes().empty() ? "" : result.grid.label(i) + ": ";
    result.failure = where + result.points[i].failure;
    return;
  }
  std::vector<bool> inside;
  if (result.claim.judged == Judged::Each)
    for (const ClaimPoint& point : result.points) inside.push_back(point.inside);
  else
    inside.push_back(result.points[extreme(result.points, result.claim.judged)].inside);
  const auto count = std::count(inside.begin(), inside.end(), true);
  if (count == 0) {
    result.verdict = ClaimVerdict::DoesNotHold;
  } else if (static_cast<std::size_t>(count) == inside.size()) {
    result.verdict = ClaimVerdict::Holds;
  } else {
    result.verdict = ClaimVerdict::HoldsWhere;
    result.region = region_text(result.grid, inside);
  }
}

void add_cost(ClaimResult& result, const std::map<std::string, std::size_t>& runs,
              const std::vector<Ran>& ran) {
  for (const auto& [name, index] : runs) {
    result.wall_s += ran[index].wall_s;
    if (!ran[index].figures) continue;
    const std::string fidelity = ran[index].figures->fidelity();
    auto& known = result.fidelities;
    if (!fidelity.empty() && std::find(known.begin(), known.end(), fidelity) == known.end())
      known.push_back(fidelity);
  }
}

}  // namespace

bool ClaimResult::as_recorded() const {
  return verdict && claim.recorded && claim.recorded->verdict == *verdict && claim.recorded->region == region;
}

std::optional<double> ClaimResult::smallest() const {
  std::optional<double> least;
  for (const ClaimPoint& point : points)
    if (point.figure && (!least || *point.figure < *least)) least = point.figure;
  return least;
}

std::optional<double> ClaimResult::largest() const {
  std::optional<double> most;
  for (const ClaimPoint& point : points)
    if (point.figure && (!most || *point.figure > *most)) most = point.figure;
  return most;
}

std::vector<ClaimResult> judge_claims(const ClaimPlan& plan, const std::vector<Ran>& ran) {
  PODSIM_CHECK(ran.size() == plan.executions.size(), "{} outcomes of {} runs", ran.size(),
               plan.executions.size());
  std::vector<ClaimResult> results;
  for (std::size_t i = 0; i < plan.claims.size(); ++i) {
    ClaimResult result;
    result.claim = plan.claims[i];
    result.grid = plan.grids[i];
    if (!result.claim.cannot_be_tested.empty()) {
      result.verdict = ClaimVerdict::CannotBeTested;
      results.push_back(std::move(result));
      continue;
    }
    const Values values = values_of(result.claim);
    for (std::size_t point = 0; point < result.grid.size(); ++point) {
      Values here = values;
      add_symbols(here, result.grid, point);
      result.points.push_back(judge_point(result.claim, std::move(here), plan.run_of[i][point], ran));
      add_cost(result, plan.run_of[i][point], ran);
    }
    conclude(result);
    results.push_back(std::move(result));
  }
  return results;
}

bool all_as_recorded(const std::vector<ClaimResult>& results) {
  return std::all_of(results.begin(), results.end(),
                     [](const ClaimResult& result) { return result.as_recorded(); });
}

}  // namespace podsim::study
