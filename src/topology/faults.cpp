// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "topology/parts.h"

namespace podsim::topology {

namespace {

using namespace literals;

constexpr double kPicosecondsPerHour = 3600e12;
const std::string kStart = "start";

// With parallel cables a name may stand for several.
std::size_t cables_of(const Fault& fault) {
  return fault.links.size() / 2;
}

Picoseconds repaired_at(Picoseconds at, const std::optional<Picoseconds>& repair) {
  if (!repair || *repair >= Fault::kNever - at) return Fault::kNever;
  return at + *repair;
}

double rate_of(const FailureRates& rates, PartKind what) {
  switch (what) {
    case PartKind::Link:
      return rates.link;
    case PartKind::Port:
      return rates.port;
    case PartKind::Switch:
      return rates.switches;
    case PartKind::Card:
      return rates.card;
    case PartKind::Cabinet:
      return rates.cabinet;
  }
  return 0.0;
}

// Failure times of one part before the horizon: it fails again only once it works again.
std::vector<Picoseconds> draw_times(const FailureRates& rates, double per_hour, Random& random) {
  std::vector<Picoseconds> times;
  Picoseconds from;
  while (true) {
    const double wait = -std::log1p(-random.uniform()) / per_hour * kPicosecondsPerHour;
    if (wait >= static_cast<double>((rates.horizon - from).count())) return times;
    times.push_back(from + Picoseconds(std::max<std::int64_t>(1, std::llround(wait))));
    from = repaired_at(times.back(), rates.repair);
    if (from >= rates.horizon) return times;
  }
}

}  // namespace

void FaultConfig::describe(config::Fields& f) {
  f.required("what", what, "kind of part");
  f.required("which", which,
             "its name: 'npu 0 -> npu 1 (x)', 'npu 17 x:3', 'switch 3', 'npu 17', 'cabinet 2'")
      .non_empty();
  f.value_or("at", at, kStart, "'start', or the simulated time at which it fails, '12us'");
  f.optional("repair", repair, "how long after its failure it works again; default: never").at_least(1_ps);
  const auto time = parse_quantity<Picoseconds>(at);
  f.check(at == kStart || (time && *time > Picoseconds()),
          "at is '{}', expected start or a time such as 12us", at);
}

void FailureRates::describe(config::Fields& f) {
  const auto rate = [&f](const char* key, double& value, const char* help) {
    f.value_or(key, value, 0.0, help).between(0.0, 1e18);
  };
  rate("link", link, "failures per hour of each cable");
  rate("port", port, "failures per hour of each port of a card");
  rate("switch", switches, "failures per hour of each switch");
  rate("card", card, "failures per hour of each card");
  rate("cabinet", cabinet, "failures per hour of each cabinet");
  f.required("horizon", horizon, "time over which failures are drawn").at_least(1_ps);
  f.value_or(
      "drawn_as", drawn_as, DrawnAs::During,
      "the horizon is simulated time (during), or what is down at its end is down from the start (start)");
  f.optional("repair", repair, "how long after its failure a part works again; default: never")
      .at_least(1_ps);
  f.optional("seed", seed, "of the draw; default: that of the run").at_least(0);
}

std::vector<Fault> resolve_faults(const Pod& pod, const std::vector<FaultConfig>& list) {
  std::vector<Fault> faults;
  if (list.empty()) return faults;
  const Parts parts(pod);
  for (std::size_t i = 0; i < list.size(); ++i) {
    try {
      faults.push_back(parts.find(list[i].what, list[i].which));
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("/faults/parts/{}: {}", i, error.what()));
    }
    Fault& fault = faults.back();
    if (list[i].at != kStart) fault.at = *parse_quantity<Picoseconds>(list[i].at);
    fault.repaired = repaired_at(fault.at, list[i].repair);
  }
  return faults;
}

std::vector<Fault> draw_faults(const Pod& pod, const FailureRates& rates, std::uint64_t seed) {
  std::vector<Fault> faults;
  const Parts parts(pod);
  for (const auto& [what, kind] : config::EnumNames<PartKind>::kNames) {
    const double per_hour = rate_of(rates, what);
    if (per_hour <= 0.0) continue;
    const std::vector<std::string> names = parts.names(what);
    for (std::size_t i = 0; i < names.size(); ++i) {
      Random random(seed, "failures of a " + std::string(kind), i);
      for (const Picoseconds time : draw_times(rates, per_hour, random)) {
        const Picoseconds repaired = repaired_at(time, rates.repair);
        if (rates.drawn_as == DrawnAs::Start && repaired <= rates.horizon) continue;
        if (faults.size() == kMostDrawn) {
          throw ConfigError(
              fmt::format("/faults/rates: more than {} failures within {}: lower the rates or "
                          "the horizon",
                          kMostDrawn, to_string(rates.horizon)));
        }
        Fault fault = parts.find(what, names[i]);
        if (cables_of(fault) == 0) continue;  // a port whose cable the pod leaves out
        if (rates.drawn_as == DrawnAs::During) {
          fault.at = time;
          fault.repaired = repaired;
        }
        faults.push_back(std::move(fault));
      }
    }
  }
  std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return faults;
}

PodState state_at(const Graph& graph, const std::vector<Fault>& faults, Picoseconds now) {
  PodState state{IdVector<LinkId, char>(graph.link_count(), 1),
                 IdVector<NodeId, char>(graph.node_count(), 1)};
  for (const Fault& fault : faults) {
    if (!fault.holds(now)) continue;
    for (const LinkId link : fault.links) state.link_up[link] = 0;
    for (const NodeId node : fault.nodes) state.node_up[node] = 0;
  }
  return state;
}

}  // namespace podsim::topology
