// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "podsim/fabric/retry_config.h"
#include "podsim/topology/faults.h"

namespace podsim::pod {

// What fails in a run, and how senders take it.
struct FaultScenario {
  std::vector<topology::FaultConfig> parts;
  std::optional<topology::FailureRates> rates;
  fabric::RetryConfig retry;
  bool compare = true;  // runs the scenario without faults as well, for the slowdown
  void describe(config::Fields& f);
};

// What one fault did.
struct FaultRow {
  std::string what;  // "link"
  std::string name;  // "npu 0 -> npu 1 (x)"
  Picoseconds at;
  Picoseconds repaired = topology::Fault::kNever;
  std::uint64_t packets_lost = 0;
  std::uint64_t packets_rerouted = 0;
  std::uint64_t bytes_rerouted = 0;  // payload
  bool spare = false;                // a spare card took its place before the run
};

}  // namespace podsim::pod
