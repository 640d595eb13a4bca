// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "podsim/memory/memory_stats.h"
#include "podsim/npu/die.h"

// What `podsim kernel` says about one launch.
namespace podsim::app {

// One launch with everything that its report needs.
struct KernelView {
  std::string kernel;  // the operator's name, or the entry of a user's file
  std::string dtype;
  std::map<std::string, std::int64_t> shape;
  std::map<std::string, std::string> tiling;
  std::uint64_t seed = 1;
  npu::DieConfig die;
  npu::CoreMix mix = npu::CoreMix::Vector;
  std::int64_t blocks = 1;
  bool functional = false;
  bool strict = false;
  std::string l2 = "empty";  // what the L2 held at the launch: empty, clean, dirty or warm
  npu::LaunchResult result;
  memory::MemoryStats memory;
  double flops = 0.0;                // useful work; 0: not known
  double compulsory_bytes = 0.0;     // 0: not known
  std::optional<std::string> check;  // of the outputs; empty: right
};

// One pipe of one kind of core. Times are means over the cores of that kind that ran.
struct PipeRow {
  kernel::CoreKind kind = kernel::CoreKind::Aic;
  kernel::Pipe pipe = kernel::Pipe::S;
  std::string name;         // "AIC cube"
  std::string json_prefix;  // "aic_mac"
  double ratio = 0.0;       // of the core time
  Picoseconds busy_max;
  core::PipeResult mean;  // instructions and bytes: of all cores
};
// All pipes of the kinds of cores that ran, used or not.
std::vector<PipeRow> pipe_rows(const KernelView& view);

// One sentence: what bounds the launch, by its busiest pipe, what that waited for, and the memory's load.
std::string kernel_bound(const KernelView& view);

std::string kernel_text(const KernelView& view);
// The vendor profiler's names and units where it has them; the same launch gives the same bytes.
std::string kernel_json(const KernelView& view);

}  // namespace podsim::app
