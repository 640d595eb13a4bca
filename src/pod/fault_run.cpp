// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/fault_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "pod/results.h"
#include "podsim/base/error.h"
#include "podsim/pod/metrics.h"
#include "podsim/sim/kernel.h"
#include "podsim/topology/fault_routing.h"

namespace podsim::pod {
namespace {

// The cards that the workload runs on: the first of the pod.
std::size_t cards_of(const Scenario& scenario, const topology::Pod& pod) {
  const std::size_t all = pod.graph.npu_count();
  const auto named = [&](const std::optional<std::int64_t>& cards) {
    return std::min(all, static_cast<std::size_t>(cards.value_or(static_cast<std::int64_t>(all))));
  };
  if (const auto* moe = std::get_if<MoeWorkload>(&scenario.workload)) return named(moe->cards);
  if (const auto* exchange = std::get_if<AllToAllWorkload>(&scenario.workload)) return named(exchange->cards);
  if (const auto* collective = std::get_if<CollectiveWorkload>(&scenario.workload))
    return named(collective->cards);
  return all;
}

// An all-to-all goes on among the cards that are left.
bool needs_every_message(const Scenario& scenario) {
  return !std::holds_alternative<AllToAllWorkload>(scenario.workload);
}

void check_cards(const Scenario& scenario, const topology::Pod& pod,
                 const std::vector<topology::Fault>& faults) {
  if (!needs_every_message(scenario)) return;
  const topology::PodState state = topology::state_at(pod.graph, faults, Picoseconds());
  for (std::size_t card = 0; card < cards_of(scenario, pod); ++card) {
    if (state.node_up[NodeId(card)]) continue;
    throw ConfigError(fmt::format(
        "/faults: npu {} is down from the start, and the workload needs it: give the pod's cabinet "
        "spares, or run on cards that work",
        card));
  }
}

// A cut from the start that no repair ends.
void check_cut(const Scenario& scenario, const topology::Pod& pod, const topology::FaultRouting& routing) {
  const std::size_t cards = cards_of(scenario, pod);
  const std::string now =
      topology::describe_cut(pod.graph, pod.config.npu_forwards, routing.faults(), Picoseconds(), cards);
  if (now.empty()) return;
  for (const Picoseconds moment : routing.moments()) {
    if (moment > Picoseconds() &&
        topology::describe_cut(pod.graph, pod.config.npu_forwards, routing.faults(), moment, cards).empty())
      return;
  }
  throw ConfigError("/faults: " + now);
}

FaultRow row_of(const topology::Fault& fault) {
  FaultRow row;
  row.what = config::enum_name(fault.what);
  row.name = fault.name;
  row.at = fault.at;
  row.repaired = fault.repaired;
  return row;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

const topology::FaultRouting* routing_of(const topology::Pod& pod) {
  return dynamic_cast<const topology::FaultRouting*>(pod.routing.get());
}

}  // namespace

void FaultScenario::describe(config::Fields& f) {
  f.value_or("parts", parts, {}, "parts that fail, one by one");
  f.optional("rates", rates, "failures drawn at random");
  f.value_or("retry", retry, config::parse<fabric::RetryConfig>("{}", "retry"), "how senders take it");
  f.value_or("compare", compare, true, "run without faults as well, for the slowdown");
}

void apply_faults(const Scenario& scenario, std::uint64_t seed, topology::Pod& pod, RunResult& result) {
  if (!scenario.faults) return;
  if (scenario.fabric.fidelity == fabric::Fidelity::Link)
    throw ConfigError(
        "/faults: parts fail at fidelity packet and bound; fidelity link has bit errors of its own");
  std::vector<topology::Fault> faults = topology::resolve_faults(pod, scenario.faults->parts);
  if (const auto& rates = scenario.faults->rates) {
    const auto own = rates->seed ? static_cast<std::uint64_t>(*rates->seed) : seed;
    for (topology::Fault& fault : topology::draw_faults(pod, *rates, own)) faults.push_back(std::move(fault));
  }
  for (const topology::Fault& fault : faults) result.faults.push_back(row_of(fault));
  const std::vector<NpuId> replaced = topology::use_spares(pod, faults);
  for (const NpuId npu : replaced) {
    const std::string name = fmt::format("npu {}", npu.value());
    for (FaultRow& row : result.faults)
      row.spare |= row.what == "card" && row.name == name && row.at == Picoseconds() &&
                   row.repaired == topology::Fault::kNever;
    const auto size = static_cast<std::uint64_t>(pod.config.cabinet->cards.value);
    result.notes.push_back(fmt::format("a spare of cabinet {} stands in for {}: its links take {} more each",
                                       npu.value() / size, name,
                                       to_string(pod.config.cabinet->spares->latency.value)));
  }
  check_cards(scenario, pod, faults);
  const topology::FaultRouting& routing =
      topology::add_faults(pod, std::move(faults), scenario.faults->retry.detection.value);
  check_cut(scenario, pod, routing);
}

std::optional<fabric::FaultPlan> fault_plan(const Scenario& scenario, const topology::Pod& pod) {
  const topology::FaultRouting* routing = routing_of(pod);
  if (routing == nullptr) return std::nullopt;
  return fabric::FaultPlan{routing, scenario.faults->retry};
}

void check_nothing_given_up(const Scenario& scenario, const fabric::Fabric& fabric) {
  const fabric::FaultTotals* faults = fabric.fault_totals();
  if (faults == nullptr || fabric.totals().messages_failed == 0 || !needs_every_message(scenario)) return;
  throw ConfigError(
      fmt::format("/faults: {} messages were given up by {} (sender dead {}, receiver dead {}, out of "
                  "retries {}), and the "
                  "workload cannot end without them",
                  fabric.totals().messages_failed, to_string(sim::now()), faults->failed_source,
                  faults->failed_destination, faults->failed_retries));
}

void add_fault_results(const topology::Pod& pod, const fabric::Fabric* fabric, RunResult& result) {
  const topology::FaultRouting* routing = routing_of(pod);
  if (routing == nullptr) return;
  const auto spares = std::count_if(result.faults.begin(), result.faults.end(),
                                    [](const FaultRow& row) { return row.spare; });
  result.metrics.set(kFaultCount, static_cast<std::int64_t>(result.faults.size()));
  result.metrics.set(kFaultSpares, static_cast<std::int64_t>(spares));
  const topology::FaultCheck check = topology::check_fault_routing(*routing, 1);
  PODSIM_CHECK(check.passed(), "routes round faults: {}; packets can wait in a circle: {}",
               fmt::join(check.findings, "; "), fmt::join(check.cycle, ", then "));
  result.metrics.set(kFaultLanes, static_cast<std::int64_t>(check.lanes_used));
  result.words.push_back(
      fmt::format("{} routes round the faults examined: free of deadlock on {} virtual lanes", check.routes,
                  check.lanes_used));
  if (fabric == nullptr) return;
  const fabric::FaultTotals& faults = *fabric->fault_totals();
  const fabric::Totals& totals = fabric->totals();
  result.metrics.set(kFaultFailed, totals.messages_failed);
  result.metrics.set(kFaultFailedBytes, Bytes(static_cast<std::int64_t>(totals.bytes_failed)));
  result.metrics.set(kFaultLost, faults.packets_lost);
  result.metrics.set(kFaultResent, faults.packets_resent);
  result.metrics.set(kFaultDuplicates, faults.duplicates);
  result.metrics.set(kFaultReroutedMessages, ratio(faults.messages_rerouted, totals.messages_offered));
  result.metrics.set(kFaultReroutedBytes, ratio(faults.bytes_rerouted, totals.bytes_offered));
  // Faults whose card a spare stands in for are not among those of the routing.
  std::size_t next = 0;
  for (FaultRow& row : result.faults) {
    if (row.spare) continue;
    const fabric::FaultEffect& effect = faults.effects[next++];
    row.packets_lost = effect.packets_lost;
    row.packets_rerouted = effect.packets_rerouted;
    row.bytes_rerouted = effect.bytes_rerouted;
  }
  if (totals.messages_failed > 0) {
    result.words.push_back(fmt::format(
        "{} messages were given up: sender dead {}, receiver dead {}, out of retries {}",
        totals.messages_failed, faults.failed_source, faults.failed_destination, faults.failed_retries));
  }
}

void add_slowdown(std::optional<double> without_us, RunResult& result) {
  if (!without_us || result.partial) return;
  for (const stats::MetricDef* metric : {&kAllToAllLatency, &kLayerLatency, &kCollectiveLatency,
                                         &kAllToAllBound, &kBoundLayer, &kCollectiveBound}) {
    const auto with_us = result.metrics.find(metric->name);
    if (!with_us) continue;
    result.metrics.set(kFaultFree, *without_us);
    if (*without_us > 0.0) result.metrics.set(kFaultSlowdown, *with_us / *without_us);
    return;
  }
}

}  // namespace podsim::pod
