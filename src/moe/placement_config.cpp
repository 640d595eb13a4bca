// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/placement_config.h"

#include "podsim/base/error.h"
#include "podsim/moe/eplb.h"

namespace podsim::moe {
namespace {

void check_layer(std::int64_t layer, std::int64_t layers, const std::string& whose) {
  if (layer >= 0 && layer < layers) return;
  throw ConfigError(fmt::format("{}: MoE layer {} asked for, expected 0 to {} (it has {})", whose, layer,
                                layers - 1, layers));
}

class ContiguousSource : public PlacementSource {
 public:
  ContiguousSource(const PlacementShape& shape, ReplicaOrder order)
      : moe_layers_(shape.moe_layers), placement_(contiguous_placement(shape.experts, shape.ranks, order)) {}
  LayerPlacement placement(std::int64_t layer) override {
    check_layer(layer, moe_layers_, "contiguous placement");
    return placement_;
  }
  bool uniform() const override { return true; }

 private:
  std::int64_t moe_layers_;
  LayerPlacement placement_;
};

class FileSource : public PlacementSource {
 public:
  FileSource(const PlacementConfig& config, const PlacementShape& shape)
      : path_(*config.file), file_(read_placement_file(path_, config.format, shape.ranks)) {
    if (file_.ranks() != shape.ranks) {
      throw ConfigError(fmt::format("{}: placement for {} ranks, but the expert-parallel group has {}", path_,
                                    file_.ranks(), shape.ranks));
    }
    if (file_.experts() != shape.experts) {
      throw ConfigError(fmt::format("{}: placement of {} experts, but the model has {}", path_,
                                    file_.experts(), shape.experts));
    }
  }
  LayerPlacement placement(std::int64_t layer) override {
    check_layer(layer, static_cast<std::int64_t>(file_.layers.size()), path_);
    return file_.layers[static_cast<std::size_t>(layer)];
  }

 private:
  std::string path_;
  PlacementFile file_;
};

class EplbSource : public PlacementSource {
 public:
  EplbSource(const EplbConfig& config, const PlacementShape& shape, std::uint64_t seed, LoadFunction loads)
      : config_(config), shape_(shape), seed_(seed), loads_(std::move(loads)) {
    if (config.loads == EplbLoads::Routing && !loads_) {
      throw ConfigError("eplb placement: loads 'routing' need a routing to count, use 'zipf' or 'dirichlet'");
    }
    const auto ranks = static_cast<std::int64_t>(shape.ranks);
    const auto experts = static_cast<std::int64_t>(shape.experts);
    const std::int64_t slots = (experts + ranks - 1) / ranks + config.redundant_per_rank;
    eplb_.replicas = config.replicas.value_or(slots * ranks);
    eplb_.groups = config.groups;
    eplb_.nodes = config.nodes;
    eplb_.gpus = ranks;
    eplb_.spread_replicas = config.spread_replicas;
    check_eplb_shape(shape.experts, eplb_);
    if (config.loads == EplbLoads::Dirichlet) loads_of(0);  // too large a cv is found here, not in layer 0
  }
  LayerPlacement placement(std::int64_t layer) override {
    check_layer(layer, shape_.moe_layers, "eplb placement");
    const std::vector<std::int64_t> loads = loads_of(layer);
    return to_placement(rebalance_layer(Span<const std::int64_t>(loads), eplb_), shape_.experts,
                        shape_.ranks);
  }

 private:
  std::vector<std::int64_t> loads_of(std::int64_t layer) const {
    if (config_.loads == EplbLoads::Zipf) return zipf_loads(shape_.experts, config_.alpha, seed_, layer);
    if (config_.loads == EplbLoads::Dirichlet)
      return dirichlet_loads(shape_.experts, config_.cv, seed_, layer);
    std::vector<std::int64_t> loads = loads_(layer);
    PODSIM_CHECK(loads.size() == shape_.experts, "{} loads for {} experts", loads.size(), shape_.experts);
    return loads;
  }

  EplbConfig config_;
  PlacementShape shape_;
  std::uint64_t seed_;
  LoadFunction loads_;
  EplbShape eplb_;
};

}  // namespace

void EplbConfig::describe(config::Fields& f) {
  f.value_or("redundant_per_rank", redundant_per_rank, 0, "slots of a rank beyond ceil(experts / ranks)")
      .between(0, 1024);
  f.optional("replicas", replicas, "copies of experts over all ranks, instead of redundant_per_rank")
      .between(1, 16'777'216);
  f.value_or("groups", groups, 1, "expert groups; hierarchical balancing when they divide over the nodes")
      .positive();
  f.value_or("nodes", nodes, 1, "nodes that the ranks are spread over, consecutive ranks together")
      .positive();
  f.value_or("spread_replicas", spread_replicas, false,
             "beyond the published algorithm: never two copies of an expert on one rank");
  f.value_or("loads", loads, EplbLoads::Routing, "the expert loads to balance for");
  f.value_or("alpha", alpha, 1.0, "loads zipf: exponent, 0 is even").between(0.0, 10.0);
  f.value_or("cv", cv, 0.5, "loads dirichlet: standard deviation over mean of an expert's load")
      .between(0.0, 255.0);
  f.check(!replicas || redundant_per_rank == 0,
          "'replicas' and 'redundant_per_rank' given, expected one of them");
}

void PlacementConfig::describe(config::Fields& f) {
  f.value_or("kind", kind, PlacementKind::Contiguous,
             "where the experts live; a given 'file' goes before it");
  f.optional("file", file,
             "a placement file: omni-infer .txt or .npy, vllm-ascend expert_map.json, EPLB JSON")
      .non_empty();
  f.value_or("format", format, PlacementFormat::Auto, "format of the file");
  f.value_or("replica_order", replica_order, ReplicaOrder::Blocked,
             "kind contiguous, more ranks than experts: replicas side by side or every expert in turn");
  f.value_or("eplb", eplb, EplbConfig{}, "kind eplb: the balancer's numbers");
  f.check(kind != PlacementKind::File || file, "kind is 'file' but no 'file' is given");
  if (file) kind = PlacementKind::File;
}

std::unique_ptr<PlacementSource> make_placement_source(const PlacementConfig& config,
                                                       const PlacementShape& shape, std::uint64_t seed,
                                                       const LoadFunction& loads) {
  if (shape.ranks == 0) throw ConfigError("a placement on 0 ranks, expected at least 1");
  if (config.file) return std::make_unique<FileSource>(config, shape);
  switch (config.kind) {
    case PlacementKind::Eplb:
      return std::make_unique<EplbSource>(config.eplb, shape, seed, loads);
    case PlacementKind::File:
      throw ConfigError("placement kind 'file' without a file");
    case PlacementKind::Contiguous:
      break;
  }
  return std::make_unique<ContiguousSource>(shape, config.replica_order);
}

}  // namespace podsim::moe
