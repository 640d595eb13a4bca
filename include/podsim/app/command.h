// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

// What a subcommand is to the command line. A subcommand is one function that declares its options and says
// what to do once all of them are known:
//
//   void add_topology_command(CLI::App& parent, CommandResult& result) {
//     auto options = std::make_shared<TopologyOptions>();
//     CLI::App* command = parent.add_subcommand("topology", "what a pod is made of");
//     command->add_option("POD", options->pod, "a pod file")->required();
//     command->footer("Example: podsim topology configs/pods/cloudmatrix384.json --check");
//     on_chosen(*command, result, [options] { return run_topology(*options); });
//   }
//
// Actions write what was asked for to stdout, throw ConfigError for what the user can mend and let
// InternalError pass; they never end the process.
namespace podsim::app {

enum class ExitCode {
  Done = 0,
  CheckFailed = 1,    // the work is done and a check that was asked for did not hold
  WrongInput = 2,     // the command line or a file is wrong
  PodsimWrong = 3,    // a bug of ours, or out of memory
  Interrupted = 130,  // Ctrl-C: complete files, marked partial (128 + SIGINT, as shells have it)
};

using Action = std::function<ExitCode()>;

// What the command line asks for: set while it is parsed, run afterwards.
struct CommandResult {
  Action action;
};

// `action` is what `command` does when it is the one chosen.
void on_chosen(CLI::App& command, CommandResult& result, Action action);

// Adds `--set /json/pointer=value`, which may be repeated; the texts go to `sets` as they are.
void add_set_option(CLI::App& command, std::vector<std::string>& sets);

// Adds `-q,--quiet`.
void add_quiet_option(CLI::App& command, bool& quiet);

// The file that the user means by `name`: a path, found as config::load finds it, or the bare name of a file
// in `folder` of the data folder ("atlas950_8192" in "configs/pods"). Returns what config::load takes. Throws
// ConfigError with the known names when a bare name is none of them.
std::string find_input(const std::string& name, const std::string& folder);

void add_run_command(CLI::App& parent, CommandResult& result);
void add_topology_command(CLI::App& parent, CommandResult& result);
void add_validate_command(CLI::App& parent, CommandResult& result);
void add_claims_command(CLI::App& parent, CommandResult& result);
void add_kernel_command(CLI::App& parent, CommandResult& result);
void add_cache_command(CLI::App& parent, CommandResult& result);
void add_trace_command(CLI::App& parent, CommandResult& result);
void add_docs_command(CLI::App& parent, CommandResult& result);

}  // namespace podsim::app
