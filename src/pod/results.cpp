// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/results.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>

#include "pod/fault_run.h"
#include "podsim/base/error.h"
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

double share(std::int64_t part_ps, Picoseconds whole) {
  return whole > Picoseconds() ? static_cast<double>(part_ps) / static_cast<double>(whole.count()) : 0.0;
}

struct Dimension {
  std::string name;
  std::int64_t links = 0;
  std::int64_t busy_ps = 0;
  std::int64_t most_busy_ps = 0;
};

// Names that a metric cannot tell apart are one dimension.
std::string metric_key(const std::string& name) {
  return stats::Metric(kDimensionPeak, name).name();
}

// Counts values whose source says that they are assumed.
std::size_t count_assumed(const nlohmann::ordered_json& node) {
  std::size_t count = 0;
  if (node.is_object() && node.contains("source") && node["source"].is_string()) {
    if (node["source"].get_ref<const std::string&>().rfind("assumed", 0) == 0) ++count;
  }
  if (node.is_structured()) {
    for (const auto& child : node) count += count_assumed(child);
  }
  return count;
}

}  // namespace

void add_fabric_results(const fabric::Fabric& fabric, const topology::Pod& pod, Picoseconds time,
                        RunResult& result) {
  add_fault_results(pod, &fabric, result);
  const fabric::Totals& totals = fabric.totals();
  result.metrics.set(kHopEvents, totals.hop_events);
  result.metrics.set(kMessages, totals.messages_delivered);
  result.metrics.set(kLoopbackMessages, totals.loopback_messages);
  result.metrics.set(kPackets, totals.packets_delivered);
  result.metrics.set(kBytesDelivered, Bytes(static_cast<std::int64_t>(totals.bytes_delivered)));

  std::map<std::string, Dimension> dimensions;
  IdVector<LinkTypeId, Dimension*> dimension_of(pod.graph.link_types().size());
  for (std::size_t i = 0; i < dimension_of.size(); ++i) {
    const std::string& name = pod.graph.type(LinkTypeId(i)).name;
    dimension_of[LinkTypeId(i)] = &dimensions[metric_key(name)];
    dimension_of[LinkTypeId(i)]->name = name;
  }
  std::int64_t busiest_ps = 0;
  for (std::size_t i = 0; i < pod.graph.link_count(); ++i) {
    const LinkId id(i);
    const fabric::LinkStats& link = fabric.link_stats(id);
    if (link.packets == 0) continue;
    // A packet counts as soon as its turn on the link is known, which an interrupted run may not have
    // reached.
    const std::int64_t busy_ps = std::min(link.busy_ps, time.count());
    Dimension& dimension = *dimension_of[pod.graph.link(id).type];
    ++dimension.links;
    dimension.busy_ps += busy_ps;
    dimension.most_busy_ps = std::max(dimension.most_busy_ps, busy_ps);
    busiest_ps = std::max(busiest_ps, busy_ps);
    result.links.push_back(
        {id, pod.graph.link_name(id), pod.graph.type_of(id).name, link, share(busy_ps, time)});
  }
  result.metrics.set(kBusiestLink, share(busiest_ps, time));
  for (const auto& [key, dimension] : dimensions) {
    if (dimension.links == 0) continue;
    result.metrics.set({kDimensionUtilisation, dimension.name},
                       share(dimension.busy_ps / dimension.links, time));
    result.metrics.set({kDimensionPeak, dimension.name}, share(dimension.most_busy_ps, time));
  }
}

void add_assumption_notes(RunResult& result) {
  const std::size_t assumed = count_assumed(result.effective_config);
  if (assumed == 0) return;
  result.notes.push_back(fmt::format(
      "{} constants of this machine are assumed, not published; effective_config.json says which and why",
      assumed));
}

std::string microseconds(Picoseconds time) {
  return fmt::format("{:.1f} us", static_cast<double>(time.count()) * 1e-6);
}

std::string percent(Picoseconds part, Picoseconds whole) {
  return fmt::format("{:.0f} %", 100.0 * share(part.count(), whole));
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace podsim::pod
