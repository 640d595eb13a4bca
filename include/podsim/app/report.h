// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/pod/run.h"
#include "podsim/pod/scenario.h"

namespace podsim::app {

// What a run says on the console: one screen, lines of at most 100 columns. Latency, breakdown, rate, bound,
// busiest links, what bounds the run, and what was assumed. Figures that a run does not have are left out.
std::string run_report(const pod::Scenario& scenario, const pod::RunResult& result);

}  // namespace podsim::app
