// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "podsim/app/command.h"

namespace podsim::app {

struct FidelityRun {
  std::string scenario;
  std::vector<std::string> sets;
  std::string folder;                // each fidelity writes its files to a folder of its name below
  std::vector<std::string> options;  // passed on as they are
};

// Runs the scenario at every one of `fidelities`, each in a process of its own, and prints their latencies
// side by side with the difference of each to the last. Throws ConfigError when a run fails.
ExitCode compare_fidelities(const FidelityRun& run, const std::vector<std::string>& fidelities);

// The table, from the metrics of each run by fidelity.
std::string fidelity_table(const std::vector<std::string>& fidelities,
                           const std::vector<nlohmann::json>& metrics);

}  // namespace podsim::app
