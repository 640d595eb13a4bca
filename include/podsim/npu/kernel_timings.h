// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "podsim/npu/kernel_store.h"

namespace podsim::npu {

// Timings of jobs: from memory, else from the store, else simulated and stored.
class KernelTimings {
 public:
  // Simulates jobs, each in a process of its own; timings are by job. Throws ConfigError.
  using Simulate = std::function<std::vector<KernelTiming>(const DieConfig&, const std::vector<KernelJob>&)>;

  KernelTimings(KernelStore store, Simulate simulate)
      : store_(std::move(store)), simulate_(std::move(simulate)) {}

  // Of all jobs, in their order.
  std::vector<KernelTiming> get(const DieConfig& die, const std::vector<KernelJob>& jobs);

  std::size_t simulated() const { return simulated_; }
  std::size_t found() const { return found_; }  // in the store
  const KernelStore& store() const { return store_; }

 private:
  KernelStore store_;
  Simulate simulate_;
  std::map<std::string, KernelTiming> known_;  // by key
  std::size_t simulated_ = 0;
  std::size_t found_ = 0;
};

}  // namespace podsim::npu
