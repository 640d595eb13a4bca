// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/pod/run.h"

#include "pod/all_to_all_run.h"
#include "pod/collective_run.h"
#include "pod/fault_run.h"
#include "pod/global_memory_run.h"
#include "pod/moe_run.h"
#include "pod/results.h"
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

Scenario with_options(const Scenario& scenario, const RunOptions& options) {
  Scenario changed = scenario;
  if (options.seed) changed.seed = static_cast<std::int64_t>(*options.seed);
  if (options.fidelity) changed.fabric.fidelity = *options.fidelity;
  return changed;
}

}  // namespace

RunResult run(const LoadedScenario& loaded, const RunOptions& options) {
  Stopwatch whole;
  const std::optional<double> without_faults = time_without_faults(loaded, options);
  Stopwatch watch;
  sim::prepare_kernel();
  const Scenario scenario = with_options(loaded.scenario, options);
  const auto seed = static_cast<std::uint64_t>(scenario.seed);
  RunResult result;
  result.effective_config = config::write(scenario);
  if (options.progress) options.progress({"building the pod", 0.0, Picoseconds(), 0});
  topology::Pod pod = topology::build_pod(*scenario.machine.pod);
  apply_faults(scenario, seed, pod, result);
  result.perf.build_s = watch.lap();

  if (const auto* moe = std::get_if<MoeWorkload>(&scenario.workload)) {
    MoeRun layers(scenario, *moe, pod, seed, options.kernels, result);
    if (scenario.fabric.fidelity == fabric::Fidelity::Bound) {
      layers.run_bound(options);
    } else {
      layers.run_packets(options);
    }
  } else if (const auto* memory = std::get_if<GlobalMemoryWorkload>(&scenario.workload)) {
    run_global_memory(scenario, *memory, pod, seed, options, result);
  } else if (const auto* collective = std::get_if<CollectiveWorkload>(&scenario.workload)) {
    run_collective(scenario, *collective, pod, seed, options, result);
  } else {
    run_all_to_all(scenario, std::get<AllToAllWorkload>(scenario.workload), pod, seed, options, result);
  }

  if (scenario.fabric.fidelity == fabric::Fidelity::Bound) add_fault_results(pod, nullptr, result);
  add_slowdown(without_faults, result);
  Perf& perf = result.perf;
  perf.wall_s = whole.lap();
  if (result.metrics.find(kHopEvents.name))
    perf.hop_events = static_cast<std::uint64_t>(*result.metrics.find(kHopEvents.name));
  if (perf.simulate_s > 0) perf.hop_events_per_s = static_cast<double>(perf.hop_events) / perf.simulate_s;
  perf.peak_rss_bytes = peak_rss_bytes();
  return result;
}

}  // namespace podsim::pod
