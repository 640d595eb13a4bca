// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/pod/run.h"

namespace podsim::app {

// What each fault of a run did, as a table for people, and what all of them did; empty without faults.
std::string fault_report(const pod::RunResult& result);

// The same for results.json: `  "faults": [...],` with a line end; empty without faults.
std::string fault_member(const pod::RunResult& result);

}  // namespace podsim::app
