// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "podsim/pod/run.h"
#include "podsim/pod/scenario.h"

// The files that a run leaves behind.
namespace podsim::app {

inline constexpr int kResultsSchemaVersion = 1;

// results.json: everything that depends on the input and the seed only, byte for byte.
std::string results_json(const pod::Scenario& scenario, const pod::RunResult& result);
// run.json: what the run cost and which podsim it was.
std::string run_json(const pod::RunResult& result, const std::string& digest);
// What run.json says, and every column and metric of the other files, for docs/results.md.
const stats::MetricCatalogue& run_catalogue();

// Where the results of a scenario go unless told otherwise: "results/<its name>".
std::filesystem::path default_folder(const pod::LoadedScenario& loaded);
// Makes `folder` and makes sure that files can be written there. Called before a run, so that no result is
// lost to a typing error. Throws ConfigError.
void prepare_folder(const std::filesystem::path& folder);
// Writes all files of a run into `folder`, each whole or not at all. Returns the digest of results.json.
std::string write_run_files(const std::filesystem::path& folder, const pod::Scenario& scenario,
                            const pod::RunResult& result);

}  // namespace podsim::app
