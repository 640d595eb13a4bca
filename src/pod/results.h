// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/pod/run.h"
#include "podsim/topology/pod.h"

// What both kinds of workload report in the same way.
namespace podsim::pod {

// fabric.* metrics and a row for every link that carried something, over `time` of simulation.
void add_fabric_results(const fabric::Fabric& fabric, const topology::Pod& pod, Picoseconds time,
                        RunResult& result);

// Notes on the constants of `effective_config` that are assumed, and on what every result leaves out.
void add_assumption_notes(RunResult& result);

// "62.5 us"
std::string microseconds(Picoseconds time);
// "62 %"
std::string percent(Picoseconds part, Picoseconds whole);

std::uint64_t peak_rss_bytes();

}  // namespace podsim::pod
