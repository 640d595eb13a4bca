// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/pod/run.h"
#include "podsim/topology/pod.h"

namespace podsim::pod {

// One row from every card to every other, at the scenario's fidelity.
void run_all_to_all(const Scenario& scenario, const AllToAllWorkload& workload, const topology::Pod& pod,
                    std::uint64_t seed, const RunOptions& options, RunResult& result);

}  // namespace podsim::pod
