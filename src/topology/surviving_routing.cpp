// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/surviving_routing.h"

#include <algorithm>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "podsim/topology/fault_routing.h"
#include "topology/adjacency.h"
#include "topology/channel_order.h"

namespace podsim::topology {

namespace {

constexpr std::uint8_t kUnreached = 255;
constexpr std::size_t kWantedLanes = 2;  // of detours, above the first: TFC of UB-Mesh needs no more

}  // namespace

SurvivingRouting::SurvivingRouting(const Routing& base, const Adjacency& adjacency, const ChannelOrder& order,
                                   std::size_t npus, bool npu_forwards, PodState state)
    : base_(base),
      adjacency_(adjacency),
      order_(order),
      npus_(npus),
      npu_forwards_(npu_forwards),
      state_(std::move(state)) {
  const auto is_up = [](char up) { return up != 0; };
  whole_ = std::all_of(state_.link_up.begin(), state_.link_up.end(), is_up) &&
           std::all_of(state_.node_up.begin(), state_.node_up.end(), is_up);
}

SurvivingRouting::~SurvivingRouting() = default;

std::uint8_t SurvivingRouting::lane_count() const {
  return FaultRouting::kMostLanes;
}

bool SurvivingRouting::works(const Path& path) const {
  return std::all_of(path.links.begin(), path.links.begin() + path.hops,
                     [this](LinkId link) { return state_.link_up[link] != 0; });
}

bool SurvivingRouting::up(NpuId src, NpuId dst) const {
  return state_.node_up[NodeId(src.value())] != 0 && state_.node_up[NodeId(dst.value())] != 0;
}

std::uint32_t SurvivingRouting::survivors(NpuId src, NpuId dst) const {
  const std::uint32_t all = base_.path_count(src, dst);
  if (whole_) return all;
  Path path;
  std::uint32_t left = 0;
  for (std::uint32_t choice = 0; choice < all; ++choice) {
    path.hops = 0;
    base_.path(src, dst, choice, path);
    if (works(path)) ++left;
  }
  return left;
}

bool SurvivingRouting::is_detoured(NpuId src, NpuId dst) const {
  return survivors(src, dst) == 0;
}

bool SurvivingRouting::reaches(NpuId src, NpuId dst) const {
  if (!up(src, dst)) return false;
  if (whole_) return true;
  Path path;
  path.hops = 0;
  base_.path(src, dst, 0, path);
  return works(path) || path_count(src, dst) > 0;
}

std::uint32_t SurvivingRouting::path_count(NpuId src, NpuId dst) const {
  if (!up(src, dst)) return 0;
  const std::uint32_t left = survivors(src, dst);
  return left > 0 ? left : static_cast<std::uint32_t>(detours(src, dst).size());
}

void SurvivingRouting::path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const {
  const std::uint32_t all = base_.path_count(src, dst);
  bool any = false;
  for (std::uint32_t candidate = 0; candidate < all; ++candidate) {
    path.hops = 0;
    base_.path(src, dst, whole_ ? choice : candidate, path);
    if (whole_) return;
    if (!works(path)) continue;
    any = true;
    if (choice == 0) return;
    --choice;
  }
  const std::vector<Path>& found = detours(src, dst);
  PODSIM_CHECK(!any && choice < found.size(), "npu {} to npu {}: no such choice", src.value(), dst.value());
  path = found[choice];
}

void SurvivingRouting::spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const {
  path.hops = 0;
  base_.spread_path(src, dst, hash, path);
  if (whole_ || works(path)) return;
  // Mixed again: all hashes that come here fell on the choices that are gone.
  const auto again = static_cast<std::uint32_t>(mix64(hash) >> 32U);
  this->path(src, dst, choice_of(again, path_count(src, dst)), path);
}

const std::vector<std::uint8_t>& SurvivingRouting::distances_to(NpuId dst) const {
  std::vector<std::uint8_t>& distance = distances_[dst.value()];
  if (!distance.empty()) return distance;
  distance.assign(adjacency_.node_count(), kUnreached);
  std::vector<NodeId> queue{NodeId(dst.value())};
  distance[dst.value()] = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const NodeId node = queue[i];
    const std::uint8_t next = static_cast<std::uint8_t>(distance[node.value()] + 1);
    const bool passes = i == 0 || npu_forwards_ || node.value() >= npus_;
    if (!passes || next > Path::kMaxHops) continue;
    for (const Adjacency::Edge& edge : adjacency_.out(node)) {
      // Faults take both directions of a cable, so the way back is as long.
      if (!state_.link_up[edge.link] || !state_.node_up[edge.to]) continue;
      if (distance[edge.to.value()] != kUnreached) continue;
      distance[edge.to.value()] = next;
      queue.push_back(edge.to);
    }
  }
  return distance;
}

// Shortest ways, depth first, up to kMostDetours of them; a pair begins at a link of its own at every node,
// so that pairs with more than that spread over different ones.
void SurvivingRouting::collect(NpuId src, NpuId dst, std::vector<Path>& found) const {
  const std::vector<std::uint8_t>& distance = distances_to(dst);
  if (distance[src.value()] == kUnreached) return;
  struct Step {
    NodeId node;
    std::size_t tried;
  };
  const auto first = static_cast<std::size_t>(mix64(std::uint64_t{src.value()} << 32U | dst.value()) >> 33U);
  std::vector<Step> steps{{NodeId(src.value()), 0}};
  Path path;
  while (!steps.empty() && found.size() < kMostDetours) {
    Step& step = steps.back();
    const auto edges = adjacency_.out(step.node);
    if (step.node.value() == dst.value() || step.tried == edges.size()) {
      if (step.node.value() == dst.value()) {
        path.hops = static_cast<std::uint8_t>(steps.size() - 1);
        found.push_back(path);
      }
      steps.pop_back();
      continue;
    }
    const Adjacency::Edge& edge = edges[(first + step.tried++) % edges.size()];
    const std::uint8_t here = distance[step.node.value()];
    if (!state_.link_up[edge.link] || distance[edge.to.value()] + 1 != here) continue;
    if (edge.to.value() != dst.value() && !npu_forwards_ && edge.to.value() < npus_) continue;
    path.links[steps.size() - 1] = edge.link;
    steps.push_back({edge.to, 0});
  }
}

// Those that need the fewest lanes, at most kWantedLanes where any does with that.
const std::vector<Path>& SurvivingRouting::detours(NpuId src, NpuId dst) const {
  const std::uint64_t pair = std::uint64_t{src.value()} << 32U | dst.value();
  const auto known = detours_.find(pair);
  if (known != detours_.end()) return known->second;
  std::vector<Path> found;
  if (up(src, dst)) collect(src, dst, found);
  std::vector<std::size_t> lanes;
  for (Path& path : found) lanes.push_back(order_.assign(path));
  if (!found.empty()) {
    const std::size_t most = std::max<std::size_t>(*std::min_element(lanes.begin(), lanes.end()),
                                                   order_.first_lane() + kWantedLanes);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (lanes[i] <= most && lanes[i] <= FaultRouting::kMostLanes) found[kept++] = found[i];
    }
    found.resize(kept);
  }
  return detours_.emplace(pair, std::move(found)).first->second;
}

}  // namespace podsim::topology
