// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "podsim/study/cases.h"

// From cases to the runs of podsim that they need.
namespace podsim::study {

// One run of podsim: its command line without the output, and which cases read from it.
struct Execution {
  enum class Kind : std::uint8_t { Scenario, Kernel };
  Kind kind = Kind::Scenario;
  std::vector<std::string> arguments;
  std::string name;  // for progress: the id of its first case
};

// Which cases are asked about, and the runs they need.
struct Plan {
  std::vector<Case> cases;            // all of them, gains need both ends
  std::vector<bool> selected;         // by case: to be reported
  std::vector<Execution> executions;  // in order of the first case that needs each
  std::vector<std::size_t>
      run_of;  // by case: index of its execution; kNoRun for gains and what nothing needs
};
inline constexpr std::size_t kNoRun = static_cast<std::size_t>(-1);

// Cases whose id or family contains `filter` (empty: all), and one execution for all cases with the same
// command line. Throws ConfigError when nothing matches.
Plan make_plan(std::vector<Case> cases, const std::string& filter);

// The command line of podsim for a case that is not a gain, in a fixed order.
std::vector<std::string> arguments_of(const Case& one);

}  // namespace podsim::study
