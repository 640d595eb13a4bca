// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <new>
#include <sstream>
#include <string>

#include "podsim/app/command.h"
#include "podsim/base/error.h"
#include "podsim_revision.h"

namespace podsim::app {
namespace {

constexpr const char* kAbout =
    "podsim: how long does a Mixture-of-Experts layer take on a pod of Ascend NPUs, and what bounds it\n";

constexpr const char* kFooter = R"(Start with:
  podsim run atlas950_v4_pro_decode          one DeepSeek-V4-Pro layer on 8,192 cards
  podsim kernel list                         the operators of one die, and what each takes
  podsim topology cloudmatrix384 --check     what a pod is made of, and whether its routes hold
  podsim run --help                          every subcommand has examples

Exit codes: 0 done; 1 a check did not hold; 2 the input is wrong; 3 podsim is wrong; 130 interrupted)";

// Every line begins with the name of the program, so that it is known in a log of many.
void complain(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) std::cerr << "podsim: " << line << '\n';
}

std::string subcommand_names(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_name().empty()) names += (names.empty() ? "" : ", ") + command->get_name();
  return names;
}

// The library's words about a command line that is wrong, and better ones about arguments that nothing takes:
// the first of them and what is known.
std::string explain(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  const auto chosen = app.get_subcommands();
  const std::string hint =
      fmt::format("\ntry: podsim{} --help", chosen.empty() ? "" : " " + chosen.front()->get_name());
  const auto extras = app.remaining(true);
  if (extras.empty()) return error.what() + hint;
  const char* const* first =
      std::find_first_of(argv + 1, argv + argc, extras.begin(), extras.end(),
                         [](const char* argument, const std::string& extra) { return argument == extra; });
  const std::string name = first == argv + argc ? extras.front() : *first;
  if (!chosen.empty()) return fmt::format("unexpected argument '{}'{}", name, hint);
  return fmt::format("unknown subcommand or option '{}'; the subcommands are {}{}", name,
                     subcommand_names(app), hint);
}

ExitCode run(int argc, const char* const* argv) {
  CLI::App app(kAbout, "podsim");
  app.set_version_flag("--version", fmt::format("podsim {} ({})", PODSIM_VERSION, PODSIM_GIT_REVISION));
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  CommandResult result;
  add_run_command(app, result);
  add_topology_command(app, result);
  add_kernel_command(app, result);
  add_validate_command(app, result);
  add_claims_command(app, result);
  add_cache_command(app, result);
  add_trace_command(app, result);
  add_docs_command(app, result);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    app.exit(asked, std::cout, std::cerr);
    return ExitCode::Done;
  } catch (const CLI::ParseError& error) {
    complain(explain(app, error, argc, argv));
    return ExitCode::WrongInput;
  }
  if (result.action) return result.action();
  std::cerr << app.help();
  return ExitCode::WrongInput;
}

ExitCode run_and_explain(int argc, const char* const* argv) {
  try {
    return run(argc, argv);
  } catch (const ConfigError& error) {
    complain(error.what());
    return ExitCode::WrongInput;
  } catch (const InternalError& error) {
    complain(error.what());
    complain(
        fmt::format("this is a bug of podsim {} ({}), not of your input: please report the lines above "
                    "and the command",
                    PODSIM_VERSION, PODSIM_GIT_REVISION));
  } catch (const std::bad_alloc&) {
    complain("out of memory: the machine has less than this run needs");
    complain("fewer cards, fewer tokens per card or --fidelity bound need less");
  } catch (const std::exception& error) {
    complain(fmt::format("unexpected: {}", error.what()));
    complain(fmt::format("this is a bug of podsim {} ({})", PODSIM_VERSION, PODSIM_GIT_REVISION));
  }
  return ExitCode::PodsimWrong;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  const ExitCode code = run_and_explain(argc, argv);
  std::cout.flush();
  if (std::cout.good()) return static_cast<int>(code);
  complain("cannot write to the standard output");
  return static_cast<int>(code == ExitCode::Done ? ExitCode::WrongInput : code);
}

}  // namespace podsim::app
