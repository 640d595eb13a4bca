// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/execution.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "podsim/base/error.h"

namespace podsim::study {
namespace {

using Arguments = std::vector<std::string>;

// An option of an operator as --tiling takes it: texts without their quotes.
std::string option_text(const config::Raw& raw) {
  const auto value = nlohmann::json::parse(raw.json);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Pointers in their order: what holds another comes before it.
void add_sets(Arguments& arguments, const std::map<std::string, config::Raw>& sets) {
  for (const auto& [pointer, value] : sets) {
    arguments.emplace_back("--set");
    arguments.push_back(fmt::format("{}={}", pointer, value.json));
  }
}

Arguments scenario_arguments(const ScenarioRun& run) {
  Arguments arguments{"run", run.scenario.resolved};
  add_sets(arguments, run.set);
  return arguments;
}

Arguments kernel_arguments(const KernelRun& kernel) {
  Arguments arguments{"kernel", kernel.name, "--chip", kernel.chip};
  std::string shape;
  for (const auto& [key, size] : kernel.shape)
    shape += fmt::format("{}{}={}", shape.empty() ? "" : ",", key, size);
  const auto add = [&arguments](const char* option, const std::string& value) {
    if (value.empty()) return;
    arguments.emplace_back(option);
    arguments.push_back(value);
  };
  add("--shape", shape);
  add("--dtype", kernel.dtype);
  if (kernel.cores) add("--cores", fmt::format("{}", *kernel.cores));
  add("--l2", kernel.l2);
  for (const auto& [key, value] : kernel.options)
    add("--tiling", fmt::format("{}={}", key, option_text(value)));
  add_sets(arguments, kernel.set);
  return arguments;
}

bool matches(const Case& one, const std::string& filter) {
  return one.id.find(filter) != std::string::npos || one.family.find(filter) != std::string::npos;
}

// What is asked for, and both ends of every gain among it.
std::vector<bool> needed(const std::vector<Case>& cases, const std::vector<bool>& selected) {
  std::vector<bool> needs = selected;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!selected[i] || !cases[i].gain) continue;
    for (std::size_t j = 0; j < cases.size(); ++j)
      if (cases[j].id == cases[i].gain->before || cases[j].id == cases[i].gain->after) needs[j] = true;
  }
  return needs;
}

}  // namespace

std::vector<std::string> arguments_of(const Case& one) {
  PODSIM_CHECK(one.run || one.kernel, "case {} is no run", one.id);
  return one.run ? scenario_arguments(*one.run) : kernel_arguments(*one.kernel);
}

Plan make_plan(std::vector<Case> cases, const std::string& filter) {
  Plan plan;
  bool any = false;
  for (const Case& one : cases) {
    plan.selected.push_back(matches(one, filter));
    any = any || plan.selected.back();
  }
  if (!any)
    throw ConfigError(
        fmt::format("no case has \"{}\" in its id or family, of {} cases", filter, cases.size()));
  const std::vector<bool> needs = needed(cases, plan.selected);
  std::map<Arguments, std::size_t> known;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    plan.run_of.push_back(kNoRun);
    if (!needs[i] || cases[i].gain) continue;
    const auto kind = cases[i].run ? Execution::Kind::Scenario : Execution::Kind::Kernel;
    const auto [at, is_new] = known.emplace(arguments_of(cases[i]), plan.executions.size());
    if (is_new) plan.executions.push_back({kind, at->first, cases[i].id});
    plan.run_of[i] = at->second;
  }
  plan.cases = std::move(cases);
  return plan;
}

}  // namespace podsim::study
