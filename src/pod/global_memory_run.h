// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/pod/run.h"
#include "podsim/topology/pod.h"

namespace podsim::pod {

// Reads, writes and atomics on the memory of other cards, at the scenario's fidelity.
void run_global_memory(const Scenario& scenario, const GlobalMemoryWorkload& workload,
                       const topology::Pod& pod, std::uint64_t seed, const RunOptions& options,
                       RunResult& result);

}  // namespace podsim::pod
