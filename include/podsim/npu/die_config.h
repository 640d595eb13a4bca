// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "podsim/config/fields.h"
#include "podsim/core/core_config.h"
#include "podsim/memory/memory_config.h"

namespace podsim::npu {

// What a launch costs besides the time of its cores.
struct LaunchConfig {
  config::Sourced<Picoseconds> task;               // from the launch to the first core's start
  config::Sourced<Picoseconds> mixed;              // more than that, of kernels on cube and vector cores
  config::Sourced<Picoseconds> cube_core_start;    // from one cube core's start to the next one's
  config::Sourced<Picoseconds> vector_core_start;  // the same of vector cores
  config::Sourced<Picoseconds> next_block;         // from the end of a block to the next one's start there

  void describe(config::Fields& f);
};

// One die of an Ascend NPU at the level of its cores: a file in configs/dies/.
struct DieConfig {
  std::string name;
  std::string description;
  config::Sourced<Hertz> clock;
  config::Sourced<std::int64_t> cube_cores;
  config::Sourced<std::int64_t> vector_cores;  // per cube core
  config::Ref<core::CoreConfig> core;
  config::Ref<memory::MemoryConfig> memory;
  LaunchConfig launch;

  void describe(config::Fields& f);
};

}  // namespace podsim::npu
