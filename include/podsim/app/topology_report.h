// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "podsim/topology/check.h"
#include "podsim/topology/report.h"

namespace podsim::app {

// What `podsim topology` shows.
struct TopologyView {
  std::string file;
  topology::PodConfig config;
  topology::PodReport report;
  std::optional<topology::CheckReport> check;  // only if asked for
  double build_seconds = 0;                    // reading the file is not in it
  std::int64_t peak_bytes = 0;                 // of the process, after building
};

// One screen for a person.
std::string topology_text(const TopologyView& view);
// The same for a program: exact figures, units in the names.
std::string topology_json(const TopologyView& view);

}  // namespace podsim::app
