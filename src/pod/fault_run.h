// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "podsim/fabric/fault_totals.h"
#include "podsim/pod/run.h"
#include "podsim/topology/pod.h"

// The faults of a scenario, from its configuration to the results. All of it does nothing without faults.
namespace podsim::pod {

// Puts the faults into `pod`, spares in the place of cards where there are any, and says so in the notes.
// Throws ConfigError for unknown parts, for a pod that is cut apart from the start for good, and for a
// workload that cannot do without a card that is down.
void apply_faults(const Scenario& scenario, std::uint64_t seed, topology::Pod& pod, RunResult& result);

// What a fabric needs to know of them.
std::optional<fabric::FaultPlan> fault_plan(const Scenario& scenario, const topology::Pod& pod);

// Throws ConfigError when messages of a workload that needs every one of them were given up.
void check_nothing_given_up(const Scenario& scenario, const fabric::Fabric& fabric);

// Metrics, rows and words. `fabric` is null at fidelity bound.
void add_fault_results(const topology::Pod& pod, const fabric::Fabric* fabric, RunResult& result);

// Runs the scenario without its faults in a process of its own (SystemC elaborates once per process) and adds
// the slowdown to `result`. To be called before anything of the run itself is built.
std::optional<double> time_without_faults(const LoadedScenario& loaded, const RunOptions& options);
void add_slowdown(std::optional<double> without_us, RunResult& result);

}  // namespace podsim::pod
