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
    if (spread_ == PathSpread::First) return routing_.path(src, dst, 0, path);
    if (spread_ == PathSpread::Destination)
      return routing_.path(src, dst, dst.value() % routing_.path_count(src, dst), path);
    const std::uint32_t hash = hash_of(src, dst, flow, packet);
    if (spread_ == PathSpread::Hash) return routing_.spread_path(src, dst, hash, path);
    choose_least_loaded(src, dst, hash, backlog, path);
  }

 private:
  std::uint32_t hash_of(NpuId src, NpuId dst, std::uint32_t flow, std::uint32_t packet) const {
    const std::uint64_t pair = std::uint64_t{src.value()} << 32U | dst.value();
    return static_cast<std::uint32_t>(mix64(seed_ ^ mix64(pair) ^ (std::uint64_t{packet} << 32U | flow)) >>
                                      32U);
  }

  // Starts at a hashed choice so that ties do not all fall on the first path.
  template <class Backlog>
  void choose_least_loaded(NpuId src, NpuId dst, std::uint32_t hash, const Backlog& backlog,
                           topology::Path& best) const {
    const std::uint32_t count = routing_.path_count(src, dst);
    const std::uint32_t first = topology::Routing::choice_of(hash, count);
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
