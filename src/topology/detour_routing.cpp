// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "topology/detour_routing.h"

#include <algorithm>
#include <utility>

#include "podsim/base/error.h"

namespace podsim::topology {

DetourRouting::DetourRouting(StructuredRouting whole, IdVector<LinkId, LinkId> present,
                             const std::vector<NpuId>& damaged, std::unique_ptr<GraphRouting> rest)
    : whole_(std::move(whole)), present_(std::move(present)), rest_(std::move(rest)) {
  for (std::size_t d = 0; d < whole_.dimension_count(); ++d) {
    damaged_.emplace_back(whole_.size(d), whole_.is_ring(d));
    for (const NpuId npu : damaged) damaged_[d][whole_.coordinate(npu, d)] = true;
  }
}

bool DetourRouting::may_be_hit(NpuId src, NpuId dst) const {
  for (std::size_t d = 0; d < damaged_.size(); ++d) {
    if (!damaged_[d][whole_.coordinate(src, d)] && !damaged_[d][whole_.coordinate(dst, d)]) return false;
  }
  return true;
}

bool DetourRouting::survives(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const {
  whole_.path(src, dst, choice, path);
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    path.links[hop] = present_[path.links[hop]];
    if (path.links[hop] == LinkId::none()) return false;
  }
  return true;
}

std::uint32_t DetourRouting::path_count(NpuId src, NpuId dst) const {
  const std::uint32_t all = whole_.path_count(src, dst);
  if (!may_be_hit(src, dst)) return all;
  Path scratch;
  std::uint32_t left = 0;
  for (std::uint32_t choice = 0; choice < all; ++choice) {
    if (survives(src, dst, choice, scratch)) ++left;
  }
  return left > 0 ? left : rest_->path_count(src, dst);
}

void DetourRouting::path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const {
  if (!may_be_hit(src, dst)) {
    const bool whole = survives(src, dst, choice, path);
    PODSIM_CHECK(whole, "npu {} to npu {}: a missing cable was overlooked", src.value(), dst.value());
    return;
  }
  const std::uint32_t all = whole_.path_count(src, dst);
  bool any = false;
  for (std::uint32_t candidate = 0; candidate < all; ++candidate) {
    if (!survives(src, dst, candidate, path)) continue;
    any = true;
    if (choice == 0) return;
    --choice;
  }
  PODSIM_CHECK(!any, "npu {} to npu {}: no such choice", src.value(), dst.value());
  rest_->path(src, dst, choice, path);
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    path.lanes[hop] = static_cast<std::uint8_t>(path.lanes[hop] + whole_.lane_count());
  }
}

std::size_t DetourRouting::max_hops() const {
  return std::max(whole_.max_hops(), rest_->max_hops());
}

std::uint8_t DetourRouting::lane_count() const {
  return static_cast<std::uint8_t>(whole_.lane_count() + rest_->lane_count());
}

}  // namespace podsim::topology
