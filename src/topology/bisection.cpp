// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/bisection.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "podsim/topology/report.h"
#include "topology/dimension_plan.h"
#include "topology/max_flow.h"

namespace podsim::topology {

BytesPerSecond cut_bandwidth(const Graph& graph, const IdVector<NpuId, char>& side) {
  // The NPUs of a side are one node; parallel links are one arc.
  const std::uint32_t source = 0;
  const std::uint32_t sink = 1;
  const auto node = [&](NodeId id) {
    if (graph.is_npu(id)) return side[NpuId(id.value())] != 0 ? source : sink;
    return static_cast<std::uint32_t>(2 + id.value() - graph.npu_count());
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> capacity;
  for (const Link& link : graph.links()) {
    const std::uint32_t from = node(link.from);
    const std::uint32_t to = node(link.to);
    if (from == to || to == source || from == sink) continue;
    capacity[{from, to}] += graph.type(link.type).bandwidth.count();
  }
  MaxFlow flow(2 + graph.switch_count());
  for (const auto& [arc, rate] : capacity) flow.add(arc.first, arc.second, rate);
  return BytesPerSecond(flow.run(source, sink));
}

namespace {

Bisection cut_by_id(const Pod& pod) {
  const std::size_t npus = pod.graph.npu_count();
  IdVector<NpuId, char> side(npus, 0);
  for (std::size_t npu = 0; npu < npus / 2; ++npu) side[NpuId(npu)] = 1;
  return {cut_bandwidth(pod.graph, side),
          fmt::format("npus 0 .. {} | {} .. {}", npus / 2 - 1, npus / 2, npus - 1)};
}

Bisection cut_through(const Pod& pod, const std::string& dimension, std::size_t stride, std::size_t size) {
  IdVector<NpuId, char> side(pod.graph.npu_count(), 0);
  for (std::size_t npu = 0; npu < side.size(); ++npu)
    side[NpuId(npu)] = npu / stride % size < size / 2 ? 1 : 0;
  return {cut_bandwidth(pod.graph, side),
          fmt::format("through the middle of '{}' ({} | {})", dimension, size / 2, size - size / 2)};
}

}  // namespace

Bisection find_bisection(const Pod& pod) {
  if (pod.graph.npu_count() < 2) return {BytesPerSecond(0), "a single npu"};
  if (pod.config.dimensions.empty()) return cut_by_id(pod);
  Bisection narrowest;
  std::size_t stride = 1;
  for (const DimensionConfig& dimension : pod.config.dimensions) {
    const auto size = static_cast<std::size_t>(dimension_size(dimension));
    Bisection cut = cut_through(pod, dimension_name(dimension), stride, size);
    if (stride == 1 || cut.bandwidth < narrowest.bandwidth) narrowest = std::move(cut);
    stride *= size;
  }
  return narrowest;
}

}  // namespace podsim::topology
