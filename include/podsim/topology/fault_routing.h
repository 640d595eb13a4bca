// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "podsim/topology/faults.h"
#include "podsim/topology/graph.h"
#include "podsim/topology/routing.h"

namespace podsim::topology {

class SurvivingRouting;

// Routing of a pod with faults: what its senders know of them, moment by moment. UB-Mesh's all-path routing
// (arXiv 2503.20377), as far as faults ask for it:
//   1. of a pair's equal-cost choices those remain whose parts work;
//   2. a pair that has none left takes the shortest ways of what is left: in a full mesh one hop more over
//   any
//      third member, then over other dimensions, switches of an outer dimension among them.
// As a Routing it answers for the start of a run. Virtual lanes: docs/components/faults.md.
class FaultRouting : public Routing {
 public:
  // Takes the pod's own routing in. A fault or a repair during the run is known to senders `detection` after
  // it happened, one at the start from the start.
  FaultRouting(const Graph& graph, std::unique_ptr<Routing> base, bool npu_forwards,
               std::vector<Fault> faults, Picoseconds detection);
  ~FaultRouting() override;

  std::uint32_t path_count(NpuId src, NpuId dst) const override;  // 0: no way, or one of them is down
  void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const override;
  void spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const override;
  std::size_t max_hops() const override { return Path::kMaxHops; }
  std::uint8_t lane_count() const override { return kMostLanes; }

  // What senders know at `now`; good until another moment is asked about.
  const SurvivingRouting& known_at(Picoseconds now) const;
  // Whether they will know of a way at some later moment.
  bool will_know_way(NpuId src, NpuId dst, Picoseconds now) const;
  const Routing& healthy() const { return *base_; }
  const std::vector<Fault>& faults() const { return faults_; }
  const Graph& graph() const { return graph_; }
  bool npu_forwards() const { return npu_forwards_; }
  // False where a card fails at some time, or has no way to the other at the start: what they send each other
  // may be given up.
  bool is_certain(NpuId src, NpuId dst) const;
  // Moments from which senders know something new, from 0 on.
  const std::vector<Picoseconds>& moments() const { return moments_; }

  static constexpr std::uint8_t kMostLanes = 16;  // UB Base Specification 2.0.1

 private:
  struct Shared;
  const SurvivingRouting& state(std::size_t index) const;

  Graph graph_;
  std::unique_ptr<Routing> base_;
  bool npu_forwards_;
  std::vector<Fault> faults_;
  Picoseconds detection_;
  std::vector<Picoseconds> moments_;
  std::unique_ptr<Shared> shared_;
  static constexpr std::size_t kKeptStates = 64;
  mutable std::size_t states_made_ = 0;                            // and kept
  mutable std::vector<std::unique_ptr<SurvivingRouting>> states_;  // by moment, made when asked for
};

// Puts a FaultRouting in place of the pod's routing; it stays the pod's.
const FaultRouting& add_faults(Pod& pod, std::vector<Fault> faults, Picoseconds detection);

// What an examination of all routes, of all moments together, found. Not only minimal routes count here, but
// that each takes what works, ends where it should, and that packets of all of them, in flight together,
// cannot wait in a circle.
struct FaultCheck {
  std::uint64_t pairs = 0;  // source, destination and moment
  std::uint64_t routes = 0;
  std::uint64_t detours = 0;  // of these, longer than without faults or on other links
  std::uint64_t cut_off = 0;  // pairs without a way
  std::size_t lanes_used = 0;
  std::vector<std::string> cycle;     // of channels; empty: free of deadlock
  std::vector<std::string> findings;  // the first 20
  bool passed() const { return cycle.empty() && findings.empty(); }
};
// All pairs up to kFaultCheckAll NPUs, above that a seeded sample and the cards next to faults; of more than
// kFaultCheckMoments moments those, evenly spread.
FaultCheck check_fault_routing(const FaultRouting& routing, std::uint64_t seed);
constexpr std::size_t kFaultCheckAll = 256;
constexpr std::size_t kFaultCheckMoments = 32;

}  // namespace podsim::topology
