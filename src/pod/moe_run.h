// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "pod/layer_bound.h"
#include "pod/layer_builder.h"
#include "pod/super_pod.h"
#include "podsim/npu/core_timer.h"
#include "podsim/npu/moe_card.h"
#include "podsim/npu/roofline_timer.h"
#include "podsim/npu/shared_timer.h"
#include "podsim/stats/distribution.h"

namespace podsim::pod {

// The MoE layers of a scenario, one after the other: a layer starts on all cards when the last card has ended
// the one before.
class MoeRun {
 public:
  MoeRun(const Scenario& scenario, const MoeWorkload& workload, const topology::Pod& pod, std::uint64_t seed,
         npu::KernelTimings* kernels, RunResult& result);
  ~MoeRun();

  // No events: the bound of every layer.
  void run_bound(const RunOptions& options);
  // In time. Returns when all layers are done or the user has had enough (RunResult::partial).
  void run_packets(const RunOptions& options);

 private:
  void add_links();
  void make_parts();
  npu::SendCores::Config send_cores() const;
  std::int64_t communication_cores() const;
  void check_windows(const LayerData& data) const;
  std::unique_ptr<npu::KernelTimer> make_timer(double compute_scale) const;
  void make_cards();
  bool run_layer(const LayerData& data, const RunOptions& options, std::int64_t index);
  void add_layer(const LayerData& data, const LayerBound& bound, Picoseconds start, Picoseconds end);
  void add_card(std::size_t card, Picoseconds end, Picoseconds group_combine_begin);
  LayerRow layer_row(const LayerData& data, const LayerBound& bound) const;
  std::optional<LayerBound> bound_of(const LayerData& data, const PlanOf& plan_of, const RunOptions& options);
  void add_drains();
  void add_bound(const LayerData& data, const LayerBound& bound);
  void add_traffic(const LayerData& data);
  void set_metrics();
  void set_bound_metrics();
  void add_words();
  void add_notes();
  void add_placement_note();
  Picoseconds mean(Picoseconds sum) const { return sum / layers_done(); }
  std::int64_t layers_done() const { return static_cast<std::int64_t>(result_.layers.size()); }

  const Scenario scenario_;  // as the stack's stores travel
  std::function<Picoseconds(NpuId, NpuId)> round_trip_;
  const MoeWorkload& workload_;
  const topology::Pod& pod_;
  std::uint64_t seed_;
  npu::KernelTimings* kernels_;  // of the core timer
  RunResult& result_;
  std::unique_ptr<npu::Schedule> schedule_;
  LayerBuilder builder_;
  LayerBounder bounder_;
  std::map<double, std::unique_ptr<npu::KernelTimer>> timers_;  // by compute scale
  std::vector<npu::CardParts> parts_;                           // [cards]

  std::unique_ptr<SuperPod> pod_module_;
  std::vector<std::unique_ptr<npu::GroupBarrier>> barriers_;
  std::vector<std::unique_ptr<npu::MoeCard>> cards_;
  std::vector<const npu::Card*> card_views_;
  Picoseconds end_;                   // of the last layer that is done
  std::unique_ptr<LayerData> shown_;  // the slowest layer, or the one under way while none is done
  Picoseconds shown_latency_;

  // Sums over the layers that are done.
  LayerBound bounds_{};
  std::map<std::string, std::int64_t> transfer_limits_;  // layers by what their transfers wait for
  Picoseconds latency_, dispatch_, combine_, dispatch_drain_, combine_drain_, core_busy_, exposed_;
  std::int64_t result_messages_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t local_rows_ = 0;
  std::int64_t messages_ = 0;
  double imbalance_ = 0.0;
  // Per layer and card, in ps.
  struct Samples {
    std::vector<std::int64_t> dispatch, l1, activation, l2, combine, compute, overhead, exposed, idle;
  };
  Samples samples_;
};

}  // namespace podsim::pod
