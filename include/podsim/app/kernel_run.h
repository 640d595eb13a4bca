// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "podsim/app/command.h"
#include "podsim/app/kernel_compile.h"
#include "podsim/app/kernel_report.h"
#include "podsim/kernel/op.h"

// What `podsim kernel NAME` and `podsim kernel run` do once their options are known.
namespace podsim::app {

// What the L2 of the die may hold when a kernel is launched. empty: nothing; clean, dirty: it is full of
// other data, which was read or written; warm: what the same launch left that went before.
inline constexpr std::array kL2States{"empty", "clean", "dirty", "warm"};

// What both have.
struct KernelOptions {
  std::string chip;
  std::vector<std::string> sets;  // on the die's configuration
  std::uint64_t seed = 1;
  bool strict = false;
  std::string l2 = "empty";  // what the L2 holds at the launch, see kL2States
  std::string trace;         // file; empty: none
  std::string trace_cores;   // "0-3"; empty: all
  std::string json;          // file; empty: none
  bool quiet = false;
};

struct OpOptions {
  KernelOptions common;
  std::vector<std::string> shape;   // "m=8192,n=8192"
  std::string dtype;                // empty: the operator's first
  std::int64_t cores = 0;           // 0: all that help
  std::vector<std::string> tiling;  // "base_m=128"
  bool check = false;
};

struct UserKernelOptions {
  KernelOptions common;
  KernelSource source;
  std::int64_t blocks = 0;  // 0: every core
  std::string mix;          // aiv, aic, 1:1, 1:2; empty: as the kernel declares
  std::vector<std::string> arguments;
  std::string tiling_key = "0";
  bool timing_only = false;
};

// "m=1,n=2" and "k=3" as one map. Throws ConfigError with `option` ("--shape").
std::map<std::string, std::string> parse_pairs(const std::vector<std::string>& texts, const char* option);

// Runs an operator on a die of its own; a trace goes to its file. The process can do this once.
KernelView run_op(const kernel::Op& op, const OpOptions& options);
// Report on stdout, JSON into its file; CheckFailed for wrong outputs and for hazards.
ExitCode report_kernel(const KernelView& view, const KernelOptions& options, const std::string& outputs = "");

ExitCode run_user_kernel(const UserKernelOptions& options);

// `podsim kernel list`.
std::string op_list(const std::vector<kernel::Op>& library);
// One operator's keys, for messages and the list.
std::string op_help(const kernel::Op& op);

}  // namespace podsim::app
