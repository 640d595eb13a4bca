// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/base/random.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/topology/routing.h"

namespace podsim::fabric {

// Picks one of the equal-cost paths for a packet. The bound and the packet engine share it, so that both load
// the same links.
class PathChooser {
 public:
  PathChooser(const topology::Routing& routing, PathSpread spread, std::uint64_t seed)
      : routing_(routing), spread_(spread), seed_(mix64(seed)) {}

  // `flow` and `packet`: Message::flow and the number of the packet in its message, so that a path depends on
  // what is sent and not on when. `backlog(link)`: queued work of a link in ps, asked only under
  // PathSpread::Backlog.
  template <class Backlog>
  void choose(NpuId src, NpuId dst, std::uint32_t flow, std::uint32_t packet, const Backlog& backlog,
              topology::Path& path) const {
    const std::uint32_t count = spread_ == PathSpread::First ? 1 : routing_.path_count(src, dst);
    if (count == 1) return routing_.path(src, dst, 0, path);
    const std::uint32_t first = hashed(src, dst, flow, packet, count);
    if (spread_ == PathSpread::Hash) return routing_.path(src, dst, first, path);
    choose_least_loaded(src, dst, first, count, backlog, path);
  }

 private:
  std::uint32_t hashed(NpuId src, NpuId dst, std::uint32_t flow, std::uint32_t packet,
                       std::uint32_t count) const {
    const std::uint64_t pair = std::uint64_t{src.value()} << 32U | dst.value();
    const std::uint64_t hash = mix64(seed_ ^ mix64(pair) ^ (std::uint64_t{packet} << 32U | flow));
    return static_cast<std::uint32_t>((hash >> 32U) * count >> 32U);
  }

  // Starts at a hashed choice so that ties do not all fall on the first path.
  template <class Backlog>
  void choose_least_loaded(NpuId src, NpuId dst, std::uint32_t first, std::uint32_t count,
                           const Backlog& backlog, topology::Path& best) const {
    std::int64_t least = -1;
    topology::Path candidate;
    for (std::uint32_t i = 0; i < count && least != 0; ++i) {
      candidate.hops = 0;
      routing_.path(src, dst, (first + i) % count, candidate);
      std::int64_t queued = 0;
      for (std::size_t hop = 0; hop < candidate.hops; ++hop) queued += backlog(candidate.links[hop]);
      if (least >= 0 && queued >= least) continue;
      least = queued;
      best = candidate;
    }
  }

  const topology::Routing& routing_;
  PathSpread spread_;
  std::uint64_t seed_;
};

}  // namespace podsim::fabric
