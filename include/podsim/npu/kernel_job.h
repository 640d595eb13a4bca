// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "podsim/npu/die_config.h"

namespace podsim::npu {

// Raised whenever the same kernel on the same configuration takes another simulated time than before: what is
// stored under an older number is not used again. A test holds it to recorded times.
inline constexpr std::int64_t kCoreModelVersion = 2;

// An operator of the library on a shape, as `podsim kernel` takes it, on a die whose L2 holds other data.
struct KernelJob {
  std::string kernel;
  std::map<std::string, std::int64_t> shape;
  std::string dtype;
  std::map<std::string, std::string> options;
  std::int64_t cores = 0;  // logical cores; 0: all of the die

  friend bool operator<(const KernelJob& a, const KernelJob& b) {
    return std::tie(a.kernel, a.dtype, a.shape, a.options, a.cores) <
           std::tie(b.kernel, b.dtype, b.shape, b.options, b.cores);
  }
};

// What the AI core model says of a job. Times of cores are sums over those that ran.
struct KernelTiming {
  Picoseconds duration;       // launch to the end of the last core
  Picoseconds cube_time;      // start of a cube core's first block to the end of its last
  Picoseconds cube_busy;      // cube pipe
  Picoseconds vector_time;    // as cube_time, of vector cores
  Picoseconds vector_busy;    // vector pipe
  std::int64_t blocks = 0;    // logical cores that ran
  std::int64_t hbm_read = 0;  // bytes
  std::int64_t hbm_written = 0;

  friend bool operator==(const KernelTiming& a, const KernelTiming& b) {
    return std::tie(a.duration, a.cube_time, a.cube_busy, a.vector_time, a.vector_busy, a.blocks, a.hbm_read,
                    a.hbm_written) == std::tie(b.duration, b.cube_time, b.cube_busy, b.vector_time,
                                               b.vector_busy, b.blocks, b.hbm_read, b.hbm_written);
  }
};

// "grouped_matmul fp8 k=7168 n=6144"
std::string job_text(const KernelJob& job);

}  // namespace podsim::npu
