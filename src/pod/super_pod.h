// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "podsim/fabric/fabric.h"
#include "podsim/npu/npu.h"
#include "podsim/pod/run.h"
#include "podsim/topology/pod.h"

namespace podsim::pod {

// Seconds of wall-clock time since it was made or asked last.
class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// The cards and the fabric between them as SystemC modules, and the loop that lets time pass. `cards` are the
// first of the pod; the ports of the others forward packets where the pod's NPUs do.
class SuperPod : public sc_core::sc_module {
 public:
  SuperPod(sc_core::sc_module_name name, const topology::Pod& pod, const Scenario& scenario,
           std::uint64_t seed, std::size_t cards);

  fabric::Fabric& fabric() { return *fabric_; }
  const fabric::Fabric& fabric() const { return *fabric_; }
  npu::Npu& npu(std::size_t card) { return *npus_[card]; }
  std::size_t cards() const { return npus_.size(); }

  // Lets events happen until none is left or the user wants no more, in which case it returns false.
  // `expected` messages will be delivered meanwhile, for the progress report.
  struct Stretch {
    std::string stage;
    double first_fraction = 0.0;
    double last_fraction = 1.0;
    std::uint64_t expected = 0;
  };
  bool run(const RunOptions& options, const Stretch& stretch);

 private:
  void report(const RunOptions& options, const Stretch& stretch, std::uint64_t delivered_before) const;

  const Scenario& scenario_;
  std::unique_ptr<fabric::Fabric> fabric_;  // of the scenario's fidelity
  std::vector<std::unique_ptr<npu::Npu>> npus_;
  Picoseconds slice_;  // of simulated time between two looks at the user
};

// Throws InternalError naming the first few cards that are not done and what they wait for.
void check_all_done(const std::vector<const npu::Card*>& cards);
// Every message offered was delivered once, bytes in equal bytes out.
void check_conservation(const fabric::Totals& totals);

}  // namespace podsim::pod
