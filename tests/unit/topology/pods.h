// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "podsim/topology/pod.h"

// Builders with defaults for topology tests, and paths as the nodes they visit.
namespace podsim::topology {

using namespace literals;  // NOLINT: a header of tests only

inline LinkConfig link_of(BytesPerSecond bandwidth = 50_GBps, Picoseconds latency = 100_ns) {
  LinkConfig link;
  link.bandwidth.value = bandwidth;
  link.latency.value = latency;
  return link;
}

inline FullMesh full_mesh(const std::string& name, std::int64_t size, LinkConfig link = link_of()) {
  return {name, "", size, std::move(link)};
}

inline Torus torus(const std::string& name, std::int64_t size, LinkConfig link = link_of()) {
  return {name, "", size, std::move(link)};
}

inline Switch switches(const std::string& name, std::int64_t size, std::int64_t planes = 1,
                       LinkConfig link = link_of()) {
  return {name, "", size, planes, {}, std::move(link)};
}

inline Clos clos(const std::string& name, std::int64_t size, std::int64_t leaf_down, std::int64_t spines,
                 std::int64_t planes = 1) {
  Clos config;
  config.name = name;
  config.size = size;
  config.leaf_down = leaf_down;
  config.spines = spines;
  config.planes = planes;
  config.link = link_of();
  return config;
}

// Blocks of `block_leaves` leaves, `spines` spines per block, `cores` above each spine.
inline Clos clos3(const std::string& name, std::int64_t size, std::int64_t leaf_down,
                  std::int64_t block_leaves, std::int64_t spines, std::int64_t cores,
                  std::int64_t planes = 1) {
  Clos config = clos(name, size, leaf_down, spines, planes);
  config.tiers = 3;
  config.block_leaves = block_leaves;
  config.cores = cores;
  return config;
}

inline PodConfig regular(std::vector<DimensionConfig> dimensions) {
  PodConfig config;
  config.name = "test";
  config.dimensions = std::move(dimensions);
  return config;
}

inline PodConfig ragged(std::vector<PodConfig> pods, DimensionConfig wiring, JoinAcross across) {
  PodConfig config;
  config.name = "test";
  for (std::size_t i = 0; i < pods.size(); ++i) {
    config.groups.push_back({"group " + std::to_string(i), 1, {std::move(pods[i]), ""}});
  }
  config.join = JoinConfig{across, std::move(wiring)};
  return config;
}

inline CardOverride slow_cards(std::vector<std::int64_t> npus, double compute_scale) {
  return {std::move(npus), {}, compute_scale, 1.0, {}};
}

inline CardOverride slow_links(std::vector<std::int64_t> npus, double link_scale) {
  return {std::move(npus), {}, 1.0, link_scale, {}};
}

inline CardOverride missing_ports(std::int64_t npu, std::vector<std::string> ports) {
  return {{npu}, {}, 1.0, 1.0, std::move(ports)};
}

// Nodes that a path visits, source and destination included.
inline std::vector<std::uint32_t> nodes_of(const Pod& pod, std::uint32_t src, std::uint32_t dst,
                                           std::uint32_t choice = 0) {
  Path path;
  pod.routing->path(NpuId(src), NpuId(dst), choice, path);
  std::vector<std::uint32_t> nodes{src};
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    const Link& link = pod.graph.link(path.links[hop]);
    nodes.push_back(link.from.value() == nodes.back() ? link.to.value() : ~0U);
  }
  return nodes;
}

inline std::vector<int> lanes_of(const Pod& pod, std::uint32_t src, std::uint32_t dst,
                                 std::uint32_t choice = 0) {
  Path path;
  pod.routing->path(NpuId(src), NpuId(dst), choice, path);
  return {path.lanes.begin(), path.lanes.begin() + path.hops};
}

inline std::uint32_t choices(const Pod& pod, std::uint32_t src, std::uint32_t dst) {
  return pod.routing->path_count(NpuId(src), NpuId(dst));
}

}  // namespace podsim::topology
