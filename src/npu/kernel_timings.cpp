// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/kernel_timings.h"

#include "podsim/base/error.h"

namespace podsim::npu {

std::vector<KernelTiming> KernelTimings::get(const DieConfig& die, const std::vector<KernelJob>& jobs) {
  const std::string digest = die_digest(die);
  std::vector<std::string> keys;
  std::vector<KernelJob> missing;
  std::vector<std::string> missing_keys;
  for (const KernelJob& job : jobs) {
    keys.push_back(kernel_key(digest, job));
    const std::string& key = keys.back();
    if (known_.count(key) != 0) continue;
    if (const auto stored = store_.find(key)) {
      known_.emplace(key, *stored);
      ++found_;
      continue;
    }
    known_.emplace(key, KernelTiming());  // asked for twice, simulated once
    missing.push_back(job);
    missing_keys.push_back(key);
  }
  if (!missing.empty()) {
    std::vector<KernelTiming> timings;
    try {
      timings = simulate_(die, missing);
    } catch (...) {
      for (const std::string& key : missing_keys) known_.erase(key);
      throw;
    }
    PODSIM_CHECK(timings.size() == missing.size(), "{} timings of {} jobs", timings.size(), missing.size());
    for (std::size_t i = 0; i < missing.size(); ++i) {
      known_[missing_keys[i]] = timings[i];
      store_.put(missing_keys[i], die, missing[i], timings[i]);
    }
    simulated_ += missing.size();
  }
  std::vector<KernelTiming> result;
  for (const std::string& key : keys) result.push_back(known_.at(key));
  return result;
}

}  // namespace podsim::npu
