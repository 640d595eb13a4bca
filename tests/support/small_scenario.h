// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "podsim/pod/run.h"
#include "support/in_child.h"

namespace podsim::test {

using Sets = std::vector<std::string>;

// One V4-Flash layer on 16 cards of an Atlas 950 SuperPoD in two groups, small enough for a test.
inline std::string small_scenario() {
  return R"({"name": "small", "machine": {"pod": "configs/pods/atlas950_8192.json"},
    "workload": {"kind": "moe", "model": "models/deepseek_v4_flash.json", "cards": 16, "expert_parallel": 8,
                 "tokens_per_card": 32, "layers": {"first": 3, "count": 1}, "routing": {"kind": "uniform"}},
    "schedule": {"kind": "wave_fill"}})";
}

inline pod::LoadedScenario load_small(const Sets& sets) {
  return pod::parse_scenario(small_scenario(), "small", sets);
}

// A run in a process of its own: its metrics as JSON text, or "error: ...".
inline std::string metrics_of(const Sets& sets, const pod::RunOptions& options = {}) {
  return in_child([&] { return pod::run(load_small(sets), options).metrics.to_json(0); });
}

// One figure of such a run; fails the test when the run does.
inline double figure_of(const std::string& metrics, const std::string& name) {
  const auto json = nlohmann::json::parse(metrics, nullptr, false);
  if (json.is_discarded() || !json.contains(name)) {
    ADD_FAILURE() << "no figure " << name << " in " << metrics;
    return 0.0;
  }
  return json[name].get<double>();
}

inline double latency_of(const Sets& sets) {
  return figure_of(metrics_of(sets), "moe_layer.latency_us");
}

}  // namespace podsim::test
