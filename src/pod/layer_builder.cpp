// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/layer_builder.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::pod {
namespace {

std::size_t card_count(const MoeWorkload& workload, const topology::Pod& pod) {
  const auto all = static_cast<std::int64_t>(pod.graph.npu_count());
  const std::int64_t cards = workload.cards.value_or(all);
  if (cards > all)
    throw ConfigError(fmt::format("/workload/cards: got {}, the pod {} has {}", cards, pod.config.name, all));
  return static_cast<std::size_t>(cards);
}

std::size_t group_cards(const MoeWorkload& workload, std::size_t cards) {
  const auto size =
      static_cast<std::size_t>(workload.expert_parallel.value_or(static_cast<std::int64_t>(cards)));
  if (cards % size != 0) {
    throw ConfigError(
        fmt::format("/workload/expert_parallel: groups of {} do not divide {} cards", size, cards));
  }
  return size;
}

void check_layers(const LayerRange& range, const moe::Model& model) {
  if (range.first + range.count <= model.moe_layers()) return;
  throw ConfigError(fmt::format("/workload/layers: got layers {} to {}, model {} has {} MoE layers, from 0",
                                range.first, range.first + range.count - 1, model.name, model.moe_layers()));
}

}  // namespace

moe::Model served_model(const moe::Model& model, const ServedTypes& types) {
  moe::Model served = model;
  if (types.weights) served.weight_type = {*types.weights, "workload/types"};
  if (types.dispatch) served.dispatch_type = {*types.dispatch, "workload/types"};
  if (types.combine) served.combine_type = {*types.combine, "workload/types"};
  return served;
}

std::int64_t LayerData::rows() const {
  std::uint64_t sum = 0;
  for (const moe::LayerTraffic& group : groups) sum += group.total_rows();
  return static_cast<std::int64_t>(sum);
}

std::int64_t LayerData::local_rows() const {
  std::uint64_t sum = 0;
  for (const moe::LayerTraffic& group : groups) sum += group.local_rows();
  return static_cast<std::int64_t>(sum);
}

std::int64_t LayerData::messages() const {
  return static_cast<std::int64_t>(sends.size());
}

double LayerData::imbalance() const {
  std::uint64_t most = 0;
  for (const moe::LayerTraffic& group : groups) {
    for (std::size_t rank = 0; rank < group.ranks(); ++rank) most = std::max(most, group.rows_of(rank));
  }
  const auto total = static_cast<double>(rows());
  return total > 0 ? static_cast<double>(most) * static_cast<double>(works.size()) / total : 1.0;
}

LayerBuilder::LayerBuilder(const Scenario& scenario, const MoeWorkload& workload, const topology::Pod& pod,
                           const npu::Schedule& schedule, std::uint64_t seed)
    : scenario_(scenario),
      workload_(workload),
      pod_(pod),
      schedule_(schedule),
      seed_(seed),
      model_(served_model(*workload.model, workload.types)),
      cards_(card_count(workload, pod)),
      group_size_(group_cards(workload, cards_)),
      nearest_(groups()) {
  check_layers(workload.layers, model_);
  const auto setup =
      moe::routing_setup(model_, static_cast<std::int64_t>(cards_), static_cast<std::int64_t>(group_size_),
                         std::max<std::int64_t>(1, workload.tokens_per_card), seed);
  routing_ = moe::make_routing(workload.routing, setup);
  const moe::PlacementShape shape{static_cast<std::size_t>(model_.experts.value), model_.moe_layers(),
                                  group_size_};
  placement_ = moe::make_placement_source(workload.placement, shape, seed,
                                          [this](std::int64_t layer) { return expert_loads(layer); });
}

LayerBuilder::~LayerBuilder() = default;

std::vector<std::int64_t> LayerBuilder::expert_loads(std::int64_t layer) {
  moe::TrafficRequest request;
  request.layer = layer;
  request.top_k = model_.top_k.value;
  request.tokens = workload_.tokens();
  return moe::count_expert_loads(request, *routing_, cards_, static_cast<std::size_t>(model_.experts.value));
}

npu::LayerShape LayerBuilder::shape_of(const moe::LayerPlacement& placement) const {
  npu::LayerShape shape;
  shape.hidden = model_.hidden.value;
  shape.expert_width = model_.expert_width.value;
  shape.weight_type = model_.weight_type.value;
  shape.dispatch_type = model_.dispatch_type.value;
  shape.combine_type = model_.combine_type.value;
  shape.dispatch_row = model_.dispatch_row();
  shape.combine_row = model_.combine_row();
  shape.expert_weights = model_.expert_weights();
  shape.tokens = workload_.tokens();
  shape.top_k = model_.top_k.value;
  shape.shared_experts = workload_.shared_expert ? model_.shared_experts.value : 0;
  shape.ranks = static_cast<std::int64_t>(group_size_);
  shape.total_slots = static_cast<std::int64_t>(placement.total_slots());
  for (std::size_t rank = 0; rank < placement.ranks(); ++rank)
    shape.slots = std::max(shape.slots, static_cast<std::int64_t>(placement.slots(rank).size()));
  if (shape.slots > npu::kMaxSlots)
    throw ConfigError(
        fmt::format("a card would hold {} experts, {} is the most", shape.slots, npu::kMaxSlots));
  return shape;
}

// Distance in hops, from the first group's cards to their like.
const moe::NearestReplicas* LayerBuilder::nearest(const moe::LayerPlacement& placement, std::size_t group) {
  const bool replicas = placement.total_slots() > placement.experts();
  if (!replicas || workload_.replica_choice != moe::ReplicaChoice::Nearest) return nullptr;
  if (nearest_[group] == nullptr || !placement_->uniform()) {
    const std::size_t first = group * group_size_;
    const auto hops = [this, first](std::uint32_t from, std::uint32_t to) -> std::uint32_t {
      if (from == to) return 0;
      topology::Path path;
      pod_.routing->path(NpuId(first + from), NpuId(first + to), 0, path);
      return path.hops;
    };
    nearest_[group] = std::make_unique<moe::NearestReplicas>(placement, hops);
  }
  return nearest_[group].get();
}

std::unique_ptr<LayerData> LayerBuilder::build(std::int64_t layer) {
  auto made = std::make_unique<LayerData>();
  LayerData& data = *made;
  data.layer = layer;
  data.placement = std::make_unique<moe::LayerPlacement>(placement_->placement(layer));
  data.shape = shape_of(*data.placement);
  data.tiling = schedule_.tiling(data.shape, scenario_.machine.chip->cores.value);
  if (data.tiling.batches > 1 && data.shape.slots > npu::kTagBatchBit)
    throw ConfigError(fmt::format("a card would hold {} experts, {} is the most under {}", data.shape.slots,
                                  npu::kTagBatchBit, schedule_.name()));
  data.groups.reserve(groups());
  for (std::size_t group = 0; group < groups(); ++group) add_group(data, group);
  add_works(data);
  return made;
}

void LayerBuilder::add_group(LayerData& data, std::size_t group) {
  moe::TrafficRequest request;
  request.layer = data.layer;
  request.top_k = data.shape.top_k;
  request.tokens = data.shape.tokens;
  for (std::size_t rank = 0; rank < group_size_; ++rank)
    request.cards.push_back(static_cast<std::uint32_t>(group * group_size_ + rank));
  request.copies = workload_.dispatch_copies;
  request.nearest = nearest(*data.placement, group);
  // Without replicas there is no choice; nearest would only want distances.
  const bool no_choice =
      workload_.replica_choice == moe::ReplicaChoice::Nearest && request.nearest == nullptr;
  request.replica = no_choice ? moe::ReplicaChoice::RoundRobin : workload_.replica_choice;
  request.seed = seed_;
  data.groups.push_back(moe::build_traffic(request, *routing_, *data.placement));
  if (data.groups.back().total_rows() >= npu::kMaxRows)
    throw ConfigError(fmt::format("a group of {} cards has {} rows, fewer than {} are possible", group_size_,
                                  data.groups.back().total_rows(), npu::kMaxRows));
}

void LayerBuilder::add_works(LayerData& data) const {
  std::vector<std::size_t> first_send;
  std::size_t messages = 0;
  for (const moe::LayerTraffic& group : data.groups) messages += group.total_messages();
  data.sends.reserve(messages);
  for (std::size_t card = 0; card < cards_; ++card) {
    first_send.push_back(data.sends.size());
    const std::size_t rank = card % group_size_;
    npu::append_sends(data.groups[card / group_size_], rank, NpuId(card - rank), data.tiling, data.sends);
  }
  first_send.push_back(data.sends.size());
  const auto slots = static_cast<std::size_t>(data.shape.slots);
  for (const moe::LayerTraffic& group : data.groups) {
    if (data.tiling.batches > 1) data.first_batch_rows.push_back(npu::count_first_batch_rows(group, slots));
  }
  for (std::size_t card = 0; card < cards_; ++card) {
    npu::LayerWork work;
    work.shape = &data.shape;
    work.traffic = &data.groups[card / group_size_];
    work.rank = card % group_size_;
    work.first_card = NpuId(card - work.rank);
    work.experts = data.placement->slots(work.rank);
    work.tiling = data.tiling;
    work.sends = {data.sends.data() + first_send[card], first_send[card + 1] - first_send[card]};
    if (data.tiling.batches > 1)
      work.first_batch_rows = {data.first_batch_rows[card / group_size_].data() + work.rank * slots, slots};
    data.works.push_back(work);
  }
}

}  // namespace podsim::pod
