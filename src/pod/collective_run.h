// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/pod/run.h"
#include "podsim/topology/pod.h"

namespace podsim::pod {

// An all-to-all, all-gather, reduce-scatter or all-reduce, at the scenario's fidelity.
void run_collective(const Scenario& scenario, const CollectiveWorkload& workload, const topology::Pod& pod,
                    std::uint64_t seed, const RunOptions& options, RunResult& result);

}  // namespace podsim::pod
