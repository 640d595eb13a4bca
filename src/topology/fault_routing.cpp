// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/fault_routing.h"

#include <algorithm>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/topology/surviving_routing.h"
#include "topology/adjacency.h"
#include "topology/channel_order.h"

namespace podsim::topology {

namespace {

Picoseconds known_from(const Fault& fault, Picoseconds detection) {
  return fault.at == Picoseconds() ? fault.at : fault.at + detection;
}

Picoseconds known_until(const Fault& fault, Picoseconds detection) {
  return fault.repaired >= Fault::kNever - detection ? Fault::kNever : fault.repaired + detection;
}

// The faults with the times at which senders hear of them.
std::vector<Fault> as_known(std::vector<Fault> faults, Picoseconds detection) {
  for (Fault& fault : faults) {
    const Picoseconds from = known_from(fault, detection);
    fault.repaired = known_until(fault, detection);
    fault.at = from;
  }
  return faults;
}

std::vector<Picoseconds> moments_of(const std::vector<Fault>& known) {
  std::vector<Picoseconds> moments{Picoseconds()};
  for (const Fault& fault : known) {
    moments.push_back(fault.at);
    if (fault.repaired != Fault::kNever) moments.push_back(fault.repaired);
  }
  std::sort(moments.begin(), moments.end());
  moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
  return moments;
}

}  // namespace

struct FaultRouting::Shared {
  Adjacency adjacency;
  ChannelOrder order;
  std::vector<Fault> known;
  IdVector<NodeId, char> fails;  // at any time
};

FaultRouting::FaultRouting(const Graph& graph, std::unique_ptr<Routing> base, bool npu_forwards,
                           std::vector<Fault> faults, Picoseconds detection)
    : graph_(graph),
      base_(std::move(base)),
      npu_forwards_(npu_forwards),
      faults_(std::move(faults)),
      detection_(detection) {
  Adjacency adjacency(graph_);
  ChannelOrder order(graph_, adjacency, *base_);
  shared_ = std::make_unique<Shared>(
      Shared{std::move(adjacency), std::move(order), as_known(faults_, detection_), {}});
  shared_->fails = IdVector<NodeId, char>(graph_.node_count(), 0);
  for (const Fault& fault : faults_) {
    for (const NodeId node : fault.nodes) shared_->fails[node] = 1;
  }
  moments_ = moments_of(shared_->known);
  states_.resize(moments_.size());
}

FaultRouting::~FaultRouting() = default;

const SurvivingRouting& FaultRouting::state(std::size_t index) const {
  std::unique_ptr<SurvivingRouting>& made = states_[index];
  if (!made) {
    if (++states_made_ > kKeptStates) {
      for (std::size_t i = 1; i < states_.size(); ++i) states_[i].reset();
      states_made_ = 1;
    }
    made =
        std::make_unique<SurvivingRouting>(*base_, shared_->adjacency, shared_->order, graph_.npu_count(),
                                           npu_forwards_, state_at(graph_, shared_->known, moments_[index]));
  }
  return *made;
}

const SurvivingRouting& FaultRouting::known_at(Picoseconds now) const {
  const auto after = std::upper_bound(moments_.begin(), moments_.end(), now);
  return state(static_cast<std::size_t>(after - moments_.begin()) - 1);
}

bool FaultRouting::is_certain(NpuId src, NpuId dst) const {
  return !shared_->fails[NodeId(src.value())] && !shared_->fails[NodeId(dst.value())] &&
         state(0).reaches(src, dst);
}

bool FaultRouting::will_know_way(NpuId src, NpuId dst, Picoseconds now) const {
  for (std::size_t i = 0; i < moments_.size(); ++i) {
    if (moments_[i] > now && state(i).path_count(src, dst) > 0) return true;
  }
  return false;
}

std::uint32_t FaultRouting::path_count(NpuId src, NpuId dst) const {
  return state(0).path_count(src, dst);
}

void FaultRouting::path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const {
  state(0).path(src, dst, choice, path);
}

void FaultRouting::spread_path(NpuId src, NpuId dst, std::uint32_t hash, Path& path) const {
  state(0).spread_path(src, dst, hash, path);
}

const FaultRouting& add_faults(Pod& pod, std::vector<Fault> faults, Picoseconds detection) {
  auto routing = std::make_unique<FaultRouting>(pod.graph, std::move(pod.routing), pod.config.npu_forwards,
                                                std::move(faults), detection);
  const FaultRouting& added = *routing;
  pod.routing = std::move(routing);
  return added;
}

}  // namespace podsim::topology
