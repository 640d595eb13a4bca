// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "podsim/topology/port_budget.h"
#include "topology/bisection.h"
#include "topology/sample.h"

namespace podsim::topology {

namespace {

constexpr std::size_t kAllPairsUpTo = 1024;
constexpr std::size_t kSampleSources = 64;
constexpr std::size_t kSampleDestinations = 1024;
constexpr std::size_t kMostSlowCards = 20;

void count_switches(const Graph& graph, const IdVector<NodeId, std::int64_t>& lanes, PodReport& report) {
  std::map<std::pair<std::uint8_t, std::uint8_t>, SwitchCount> counts;
  for (std::size_t i = graph.npu_count(); i < graph.node_count(); ++i) {
    const SwitchInfo& info = graph.switch_info(NodeId(i));
    SwitchCount& count = counts[{info.dimension, info.tier}];
    ++count.switches;
    count.lanes_used = std::max(count.lanes_used, lanes[NodeId(i)]);
    count.max_lanes = info.max_lanes;
  }
  for (auto& [key, count] : counts) {
    count.dimension = graph.dimension_names()[key.first];
    count.tier = key.second;
    report.switch_counts.push_back(std::move(count));
  }
}

void count_cables(const Graph& graph, PodReport& report) {
  for (const Medium medium : {Medium::Board, Medium::CopperCable, Medium::OpticalFibre}) {
    report.cable_counts.push_back({medium, 0, 0, 0});
  }
  for (const std::string& name : graph.dimension_names()) {
    report.dimensions.push_back({name, 0, BytesPerSecond(0), BytesPerSecond(0)});
  }
  IdVector<LinkTypeId, std::int64_t> links(graph.link_types().size(), 0);  // both directions as one
  for (std::size_t i = 0; i < graph.link_count(); i += 2) ++links[graph.link(LinkId(i)).type];
  for (std::size_t i = 0; i < links.size(); ++i) {
    const LinkType& type = graph.type(LinkTypeId(i));
    const std::int64_t cables = (links[LinkTypeId(i)] + type.links_per_cable - 1) / type.links_per_cable;
    CableCount& count = report.cable_counts[static_cast<std::size_t>(type.medium)];
    count.cables += cables;
    count.lanes += links[LinkTypeId(i)] * type.lanes;
    if (type.medium == Medium::OpticalFibre) count.optical_modules += 2 * cables;
    report.dimensions[type.dimension].cables += cables;
  }
  for (const CableCount& count : report.cable_counts) report.optical_modules += count.optical_modules;
}

void measure_cards(const Graph& graph, const IdVector<NodeId, std::int64_t>& lanes, PodReport& report) {
  const std::size_t dimensions = graph.dimension_names().size();
  std::vector<std::int64_t> rate(graph.npu_count() * dimensions, 0);
  for (const Link& link : graph.links()) {
    if (!graph.is_npu(link.from)) continue;
    const LinkType& type = graph.type(link.type);
    rate[link.from.value() * dimensions + type.dimension] += type.bandwidth.count();
  }
  std::int64_t fewest = lanes[NodeId(0)];
  std::int64_t most = fewest;
  for (std::size_t npu = 0; npu < graph.npu_count(); ++npu) {
    fewest = std::min(fewest, lanes[NodeId(npu)]);
    most = std::max(most, lanes[NodeId(npu)]);
    for (std::size_t d = 0; d < dimensions; ++d) {
      const BytesPerSecond here(rate[npu * dimensions + d]);
      DimensionBandwidth& bandwidth = report.dimensions[d];
      bandwidth.card_least = npu == 0 ? here : std::min(bandwidth.card_least, here);
      bandwidth.card_most = std::max(bandwidth.card_most, here);
    }
  }
  report.ports_used_least = static_cast<double>(fewest) / static_cast<double>(report.lanes_per_port);
  report.ports_used_most = static_cast<double>(most) / static_cast<double>(report.lanes_per_port);
}

bool leaves_are_full(const DimensionConfig& dimension) {
  const auto* clos = std::get_if<Clos>(&dimension);
  if (clos == nullptr || clos->leaf_down == 0) return true;
  const std::int64_t leaves = clos->size / clos->leaf_down;
  return clos->size % clos->leaf_down == 0 && leaves % clos->block_leaves.value_or(1) == 0;
}

// Every card sees the same network: a symmetry of the pod takes any card to any other.
bool cards_are_alike(const PodConfig& config) {
  const auto& dimensions = config.dimensions;
  const auto& cards = config.cards;
  return !dimensions.empty() && std::all_of(dimensions.begin(), dimensions.end(), leaves_are_full) &&
         std::all_of(cards.begin(), cards.end(), [](const CardOverride& card) {
           return card.missing_ports.empty() && card.link_scale == 1.0;
         });
}

class PathFigures {
 public:
  explicit PathFigures(const Pod& pod) : pod_(pod) {}

  void add(NpuId src, NpuId dst) {
    pod_.routing->path(src, dst, 0, path_);
    const std::int64_t latency = zero_load_latency(pod_.graph, path_, kReportRow).count();
    ++pairs_;
    hops_ += path_.hops;
    diameter_ = std::max<std::size_t>(diameter_, path_.hops);
    sum_ += latency;
    least_ = pairs_ == 1 ? latency : std::min(least_, latency);
    most_ = std::max(most_, latency);
  }

  void put_into(PodReport& report) const {
    if (pairs_ == 0) return;
    report.diameter = diameter_;
    report.mean_hops = static_cast<double>(hops_) / static_cast<double>(pairs_);
    report.latency_least = Picoseconds(least_);
    report.latency_mean = Picoseconds(sum_ / pairs_);
    report.latency_most = Picoseconds(most_);
  }

 private:
  const Pod& pod_;
  Path path_;
  std::int64_t pairs_ = 0;
  std::int64_t hops_ = 0;
  std::size_t diameter_ = 0;
  std::int64_t sum_ = 0;  // picoseconds; 10^6 pairs of milliseconds stay below 2^63
  std::int64_t least_ = 0;
  std::int64_t most_ = 0;
};

void measure_paths(const Pod& pod, std::uint64_t seed, PodReport& report) {
  PathFigures figures(pod);
  const std::size_t npus = pod.graph.npu_count();
  if (cards_are_alike(pod.config)) {
    for (std::size_t dst = 1; dst < npus; ++dst) figures.add(NpuId(0), NpuId(dst));
    report.pairs = "all pairs (every card sees the same, so those of npu 0)";
  } else {
    const PairSample sample(npus, {kAllPairsUpTo, kSampleSources, kSampleDestinations}, seed);
    for (const NpuId src : sample.sources()) {
      for (const NpuId dst : sample.destinations(src)) figures.add(src, dst);
    }
    report.pairs = sample.all() ? "all pairs"
                                : fmt::format("a sample of {} sources with {} destinations each, seed {}",
                                              kSampleSources, kSampleDestinations, seed);
  }
  figures.put_into(report);
}

}  // namespace

Picoseconds zero_load_latency(const Graph& graph, const Path& path, Bytes bytes) {
  Picoseconds latency{0};
  Picoseconds serialization{0};
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    const LinkType& type = graph.type_of(path.links[hop]);
    latency += type.latency;
    serialization = std::max(serialization, time_rounded_up(bytes, type.bandwidth));
  }
  return latency + serialization;
}

PodReport describe_pod(const Pod& pod, std::uint64_t seed) {
  const Graph& graph = pod.graph;
  PodReport report;
  report.npus = graph.npu_count();
  report.switches = graph.switch_count();
  report.directed_links = graph.link_count();
  report.lanes_per_port = pod.config.lanes_per_port;
  report.port_budget = pod.config.port_budget ? pod.config.port_budget->value : 0;
  const IdVector<NodeId, std::int64_t> lanes = lanes_used(graph);
  count_switches(graph, lanes, report);
  count_cables(graph, report);
  measure_cards(graph, lanes, report);
  measure_paths(pod, seed, report);
  Bisection bisection = find_bisection(pod);
  report.bisection = bisection.bandwidth;
  report.bisection_cut = std::move(bisection.cut);
  for (std::size_t i = 0; i < graph.npu_count() && report.slow_cards.size() < kMostSlowCards; ++i) {
    const double scale = pod.compute_scale[NpuId(i)];
    if (scale != 1.0) report.slow_cards.push_back(fmt::format("npu {}: compute x {:g}", i, scale));
  }
  return report;
}

}  // namespace podsim::topology
