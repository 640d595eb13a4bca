// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "podsim/base/id.h"

namespace podsim::topology {

// The directed links from one NPU to another, in order, and the virtual lane of the packet on each.
struct Path {
  static constexpr std::size_t kMaxHops = 30;
  std::array<LinkId, kMaxHops> links;
  std::array<std::uint8_t, kMaxHops> lanes;
  std::uint8_t hops = 0;

  void push(LinkId link, std::uint8_t lane) {
    links[hops] = link;
    lanes[hops] = lane;
    ++hops;
  }
};

// Which ways lead from one NPU to another. Minimal: every path has the least number of hops. Computed, never
// a dense NPU x NPU table; `path` is called once per packet and must cost tens of nanoseconds.
class Routing {
 public:
  virtual ~Routing() = default;
  // Number of equal-cost choices from src to dst, at least 1. src != dst.
  virtual std::uint32_t path_count(NpuId src, NpuId dst) const = 0;
  // Fills `path` with choice number `choice` in [0, path_count(src, dst)).
  virtual void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const = 0;
  // Fills `path` with choice number hash * path_count / 2^32. What a sender that spreads by hash calls, once
  // per packet.
  virtual void spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const {
    this->path(src, dst, choice_of(hash, path_count(src, dst)), path);
  }
  // No path is longer than this.
  virtual std::size_t max_hops() const = 0;
  // Virtual lanes that the paths use: 0 .. lane_count()-1.
  virtual std::uint8_t lane_count() const = 0;

  // The choice that a 32-bit hash falls on.
  static std::uint32_t choice_of(std::uint32_t hash, std::uint32_t count) {
    return static_cast<std::uint32_t>(std::uint64_t{hash} * count >> 32U);
  }
};

}  // namespace podsim::topology
