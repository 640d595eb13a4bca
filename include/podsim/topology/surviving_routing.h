// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "podsim/topology/faults.h"
#include "podsim/topology/routing.h"

namespace podsim::topology {

class Adjacency;
class ChannelOrder;

// The ways that are left in one state of a pod: see FaultRouting, which makes it. Detours are found when a
// pair first asks, and kept. Not for two threads at once.
class SurvivingRouting : public Routing {
 public:
  SurvivingRouting(const Routing& base, const Adjacency& adjacency, const ChannelOrder& order,
                   std::size_t npus, bool npu_forwards, PodState state);
  ~SurvivingRouting() override;

  std::uint32_t path_count(NpuId src, NpuId dst) const override;  // 0: no way, or one of them is down
  void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const override;
  // The path of the pod without faults where it works, so that only what must move moves.
  void spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const override;
  std::size_t max_hops() const override { return Path::kMaxHops; }
  std::uint8_t lane_count() const override;

  const PodState& state() const { return state_; }
  bool whole() const { return whole_; }  // nothing is down
  // Whether path_count(src, dst) > 0, sooner known.
  bool reaches(NpuId src, NpuId dst) const;
  // No equal-cost way of the pod without faults is left.
  bool is_detoured(NpuId src, NpuId dst) const;

  static constexpr std::size_t kMostDetours = 64;  // of a pair

 private:
  bool works(const Path& path) const;
  std::uint32_t survivors(NpuId src, NpuId dst) const;
  bool up(NpuId src, NpuId dst) const;
  const std::vector<Path>& detours(NpuId src, NpuId dst) const;
  const std::vector<std::uint8_t>& distances_to(NpuId dst) const;
  void collect(NpuId src, NpuId dst, std::vector<Path>& found) const;

  const Routing& base_;
  const Adjacency& adjacency_;
  const ChannelOrder& order_;
  std::size_t npus_;
  bool npu_forwards_;
  PodState state_;
  bool whole_ = true;
  mutable std::unordered_map<std::uint32_t, std::vector<std::uint8_t>> distances_;  // by destination
  mutable std::unordered_map<std::uint64_t, std::vector<Path>> detours_;            // by pair
};

}  // namespace podsim::topology
