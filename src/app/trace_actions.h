// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "podsim/app/command.h"

namespace podsim::app {

// What the command line says to `podsim trace ..`.
struct TraceArguments {
  std::string input;
  std::string output;
  std::string from;  // format names; empty: recognised, or by the ending
  std::string to;
  std::string model;
  std::string routing = "uniform";
  std::vector<std::string> sets;  // of the routing
  std::optional<std::int64_t> experts;
  std::optional<std::int64_t> top_k;
  std::optional<std::int64_t> ranks;
  std::optional<std::int64_t> group_ranks;
  std::optional<std::int64_t> tokens;
  std::optional<std::int64_t> layers;
  std::optional<std::int64_t> steps;
  std::int64_t seed = 1;
  bool json = false;
  bool quiet = false;
};

// Each prints what it did to stdout; an interrupted one leaves no file.
ExitCode inspect_trace(const TraceArguments& options);
ExitCode convert_trace(const TraceArguments& options);
ExitCode generate_trace(const TraceArguments& options);

}  // namespace podsim::app
