// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/validate.h"

#include <fmt/format.h>

#include <filesystem>

#include "podsim/base/error.h"
#include "podsim/base/temporary_folder.h"
#include "podsim/config/paths.h"

namespace podsim::study {
namespace {

namespace fs = std::filesystem;

// Where a run leaves its figures.
fs::path figures_file(const fs::path& folder, std::size_t index, Execution::Kind kind) {
  const std::string name = fmt::format("{}", index);
  return kind == Execution::Kind::Scenario ? folder / name / "results.json" : folder / (name + ".json");
}

ChildCommand command_of(const Execution& execution, const fs::path& figures) {
  ChildCommand command{execution.arguments};
  const bool scenario = execution.kind == Execution::Kind::Scenario;
  command.arguments.emplace_back(scenario ? "--out" : "--json");
  command.arguments.push_back(scenario ? figures.parent_path().string() : figures.string());
  command.arguments.emplace_back("--quiet");
  return command;
}

Ran ran_of(const ChildOutcome& outcome, Execution::Kind kind, const fs::path& figures) {
  Ran ran;
  ran.wall_s = outcome.wall_s;
  ran.failure = failure_text(outcome);
  if (!ran.failure.empty()) return ran;
  try {
    ran.figures.emplace(kind, config::read_whole_file(figures, "what the run wrote"), "what the run wrote");
  } catch (const ConfigError& error) {
    ran.failure = error.what();
  }
  return ran;
}

}  // namespace

Validation validate(const Plan& plan, const ChildOptions& options) {
  const TemporaryFolder folder("validate");
  std::vector<fs::path> files;
  std::vector<ChildCommand> commands;
  for (const Execution& execution : plan.executions) {
    files.push_back(figures_file(folder.path(), files.size(), execution.kind));
    commands.push_back(command_of(execution, files.back()));
  }
  const std::vector<ChildOutcome> outcomes = run_children(commands, options);
  Validation validation;
  std::vector<Ran> ran;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ran.push_back(ran_of(outcomes[i], plan.executions[i].kind, files[i]));
    validation.interrupted = validation.interrupted || outcomes[i].end == ChildOutcome::End::Interrupted;
  }
  validation.results = judge(plan, ran);
  return validation;
}

}  // namespace podsim::study
