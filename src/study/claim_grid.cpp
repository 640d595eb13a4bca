// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "podsim/study/claim_judge.h"

namespace podsim::study {
namespace {

// Values have an order, so that "8 to 32" says enough; steps have none and are listed.
std::string labels_text(const ClaimAxis& axis, std::size_t begin, std::size_t end) {
  if (begin == end) return axis.label(begin);
  if (axis.steps.empty()) return axis.label(begin) + " to " + axis.label(end);
  std::string text;
  for (std::size_t i = begin; i <= end; ++i) text += (i > begin ? ", " : "") + axis.label(i);
  return text;
}

// Which values of one axis: "8 to 32, 128".
std::string ranges_text(const ClaimAxis& axis, const std::vector<bool>& inside) {
  std::string text;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (!inside[i]) continue;
    const std::size_t begin = i;
    while (i + 1 < inside.size() && inside[i + 1]) ++i;
    text += (text.empty() ? "" : ", ") + labels_text(axis, begin, i);
  }
  return text;
}

// Of the points [first, first + count) the axes [0, last] vary.
std::string region_of(const std::vector<ClaimAxis>& axes, std::size_t last, const std::vector<bool>& inside,
                      std::size_t first, std::size_t count) {
  using Offset = std::vector<bool>::difference_type;
  const auto begin = inside.begin() + static_cast<Offset>(first);
  const auto end = begin + static_cast<Offset>(count);
  if (std::none_of(begin, end, [](bool in) { return in; })) return "";
  const ClaimAxis& axis = axes[last];
  if (last == 0) {
    if (std::all_of(begin, end, [](bool in) { return in; })) return fmt::format("any {}", axis.name);
    return fmt::format("{} {}", axis.name, ranges_text(axis, {begin, end}));
  }
  const std::size_t slice = count / axis.size();
  std::vector<std::string> slices;
  for (std::size_t i = 0; i < axis.size(); ++i)
    slices.push_back(region_of(axes, last - 1, inside, first + i * slice, slice));
  std::string text;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const std::size_t from = i;
    while (i + 1 < slices.size() && slices[i + 1] == slices[from]) ++i;
    if (slices[from].empty()) continue;
    text += fmt::format("{}{} {}: {}", text.empty() ? "" : "; ", axis.name, labels_text(axis, from, i),
                        slices[from]);
  }
  return text;
}

std::map<std::string, config::Raw> merged(std::map<std::string, config::Raw> below,
                                          const std::map<std::string, config::Raw>& above) {
  for (const auto& [key, value] : above) below[key] = value;
  return below;
}

// The run as a case, so that it has the command line that cases of validate have.
Case case_of(const Claim& claim, const std::string& name, const ClaimGrid& grid, std::size_t point) {
  const ClaimRun& run = claim.runs.at(name);
  Case one;
  one.id = claim.id;
  one.run = ScenarioRun{run.scenario ? *run.scenario : *claim.scenario, merged(claim.set, run.set)};
  const std::vector<std::size_t> at = grid.at(point);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const ClaimRun change = grid.axes()[i].change_at(at[i], name);
    one.run->set = merged(one.run->set, change.set);
    if (change.scenario) one.run->scenario = *change.scenario;
  }
  return one;
}

}  // namespace

std::size_t ClaimGrid::size() const {
  std::size_t size = 1;
  for (const ClaimAxis& axis : axes_) size *= axis.size();
  return size;
}

std::vector<std::size_t> ClaimGrid::at(std::size_t point) const {
  std::vector<std::size_t> indices;
  for (const ClaimAxis& axis : axes_) {
    indices.push_back(point % axis.size());
    point /= axis.size();
  }
  return indices;
}

std::string ClaimGrid::label(std::size_t point) const {
  const std::vector<std::size_t> indices = at(point);
  std::string text;
  for (std::size_t i = 0; i < indices.size(); ++i)
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", axes_[i].name, axes_[i].label(indices[i]));
  return text;
}

std::string region_text(const ClaimGrid& grid, const std::vector<bool>& inside) {
  return grid.axes().empty() ? "" : region_of(grid.axes(), grid.axes().size() - 1, inside, 0, inside.size());
}

ClaimPlan make_claim_plan(std::vector<Claim> claims, bool with_map_axes) {
  ClaimPlan plan;
  std::map<std::vector<std::string>, std::size_t> known;
  for (const Claim& claim : claims) {
    std::vector<ClaimAxis> axes = claim.axes;
    if (with_map_axes) axes.insert(axes.end(), claim.map_axes.begin(), claim.map_axes.end());
    const ClaimGrid& grid = plan.grids.emplace_back(std::move(axes));
    auto& points = plan.run_of.emplace_back();
    if (!claim.cannot_be_tested.empty()) continue;
    points.resize(grid.size());
    for (std::size_t point = 0; point < grid.size(); ++point) {
      for (const auto& [name, run] : claim.runs) {
        const auto [at, is_new] =
            known.emplace(arguments_of(case_of(claim, name, grid, point)), plan.executions.size());
        if (is_new) plan.executions.push_back({Execution::Kind::Scenario, at->first, claim.id});
        points[point][name] = at->second;
      }
    }
  }
  plan.claims = std::move(claims);
  return plan;
}

}  // namespace podsim::study
