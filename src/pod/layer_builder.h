// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "podsim/moe/traffic.h"
#include "podsim/npu/schedule.h"
#include "podsim/pod/scenario.h"
#include "podsim/topology/pod.h"

namespace podsim::pod {

// Everything about one layer that does not depend on time. Stays where it was made: works point into it.
struct LayerData {
  std::int64_t layer = 0;
  npu::LayerShape shape;
  npu::Tiling tiling;
  std::unique_ptr<moe::LayerPlacement> placement;
  std::vector<moe::LayerTraffic> groups;
  std::vector<npu::LayerWork> works;                         // [cards], views into the others
  std::vector<npu::SendRow> sends;                           // of all cards, in order of card
  std::vector<std::vector<std::uint32_t>> first_batch_rows;  // [groups] of two micro-batches

  std::int64_t rows() const;
  std::int64_t local_rows() const;
  std::int64_t messages() const;  // dispatch messages
  double imbalance() const;       // rows of the busiest card over the mean of all cards
};

// Makes the layers of an MoE workload: routes tokens, places experts, works out who sends what to whom.
class LayerBuilder {
 public:
  // Throws ConfigError when the parts of the scenario do not fit together.
  LayerBuilder(const Scenario& scenario, const MoeWorkload& workload, const topology::Pod& pod,
               const npu::Schedule& schedule, std::uint64_t seed);
  ~LayerBuilder();

  std::size_t cards() const { return cards_; }
  std::size_t group_size() const { return group_size_; }
  std::size_t groups() const { return cards_ / group_size_; }
  const moe::Model& model() const { return model_; }  // with the served types
  std::unique_ptr<LayerData> build(std::int64_t layer);

 private:
  npu::LayerShape shape_of(const moe::LayerPlacement& placement) const;
  const moe::NearestReplicas* nearest(const moe::LayerPlacement& placement, std::size_t group);
  std::vector<std::int64_t> expert_loads(std::int64_t layer);
  void add_group(LayerData& data, std::size_t group);
  void add_works(LayerData& data) const;

  const Scenario& scenario_;
  const MoeWorkload& workload_;
  const topology::Pod& pod_;
  const npu::Schedule& schedule_;
  std::uint64_t seed_;
  moe::Model model_;
  std::size_t cards_ = 0;
  std::size_t group_size_ = 0;
  std::unique_ptr<moe::RoutingSource> routing_;
  std::unique_ptr<moe::PlacementSource> placement_;
  std::vector<std::unique_ptr<moe::NearestReplicas>> nearest_;  // [groups], of the present layer's placement
};

// The model as it is served: its own element types unless `types` names others.
moe::Model served_model(const moe::Model& model, const ServedTypes& types);

}  // namespace podsim::pod
