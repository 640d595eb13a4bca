// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Child processes of podsim itself: a process that holds SystemC simulates once.
namespace podsim::study {

struct ChildCommand {
  std::vector<std::string> arguments;  // after the program's name
};

struct ChildOutcome {
  enum class End : std::uint8_t {
    Exited,
    Killed,       // by a signal that was not ours
    NotStarted,   // the program could not be started
    Interrupted,  // the user stopped the whole; ended by us, or never begun
  };
  End end = End::Interrupted;
  int code = 0;        // exit code of Exited, signal of Killed, errno of NotStarted
  std::string errors;  // what it wrote to stderr; of much, the end
  double wall_s = 0.0;
};

// Why an outcome is no success, in words with what the child said; empty for exit code 0.
std::string failure_text(const ChildOutcome& outcome);

struct ChildOptions {
  std::string program;       // path of the executable
  std::size_t parallel = 1;  // children at a time
  std::function<bool()> interrupted;
  // Called as children end, and a few times a second in between: how many are done, and the index of the one
  // that has been running longest.
  std::function<void(std::size_t done, std::size_t running)> progress;
};

// Runs all commands, in their order, `parallel` at a time; outcomes are by command. Standard input and output
// are /dev/null. Once interrupted() is true no more are begun, and those running are asked to end (SIGTERM).
std::vector<ChildOutcome> run_children(const std::vector<ChildCommand>& commands,
                                       const ChildOptions& options);

}  // namespace podsim::study
