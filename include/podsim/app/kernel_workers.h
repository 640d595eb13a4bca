// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "podsim/npu/kernel_timings.h"

// Kernels simulated in processes of their own: podsim kernel on this machine, as many at a time as there are
// processors.
namespace podsim::app {

struct KernelWorkers {
  std::size_t parallel = 0;  // 0: as many as there are processors
  std::function<bool()> interrupted;
  std::function<void(std::size_t done, std::size_t all)> progress;  // may be empty
};

// Throws ConfigError with what a worker said when one fails, and when the user has had enough.
std::vector<npu::KernelTiming> simulate_kernels(const npu::DieConfig& die,
                                                const std::vector<npu::KernelJob>& jobs,
                                                const KernelWorkers& workers);

// Timings from the store in `folder` (kernel_store_folder), and these workers.
npu::KernelTimings kernel_timings(const std::string& folder, const KernelWorkers& workers);

// `sets` with the timer of that kind ("core", "roofline"; empty: as it is).
std::vector<std::string> with_timer(std::vector<std::string> sets, const std::string& kind);

// What a run with --json of `podsim kernel` says, as a timing. Throws ConfigError when something lacks.
npu::KernelTiming timing_from_json(const std::string& text, const std::string& name);

}  // namespace podsim::app
