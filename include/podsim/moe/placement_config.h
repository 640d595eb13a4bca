// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/moe/placement.h"
#include "podsim/moe/placement_files.h"

namespace podsim::moe {

enum class PlacementKind : std::uint8_t { Contiguous, File, Eplb };

// The loads that EPLB balances for.
enum class EplbLoads : std::uint8_t {
  Routing,   // those of the routing that is replayed, counted beforehand
  Zipf,      // seeded, independent of the routing
  Dirichlet  // seeded, independent of the routing
};

// EPLB as the placement of a workload; EplbShape says what the numbers mean.
struct EplbConfig {
  std::int64_t redundant_per_rank = 0;   // slots beyond ceil(experts / ranks)
  std::optional<std::int64_t> replicas;  // copies over all ranks, instead of redundant_per_rank
  std::int64_t groups = 1;
  std::int64_t nodes = 1;
  bool spread_replicas = false;
  EplbLoads loads = EplbLoads::Routing;
  double alpha = 1.0;  // of EplbLoads::Zipf
  double cv = 0.5;     // of EplbLoads::Dirichlet

  void describe(config::Fields& f);
};

// Where the experts live: the key "placement" of a workload. A file, once given, is what counts, whatever
// the kind was, so that `--set /workload/placement/file=PATH` is enough.
struct PlacementConfig {
  PlacementKind kind = PlacementKind::Contiguous;
  std::optional<std::string> file;
  PlacementFormat format = PlacementFormat::Auto;
  ReplicaOrder replica_order = ReplicaOrder::Blocked;  // of PlacementKind::Contiguous
  EplbConfig eplb;

  void describe(config::Fields& f);
};

// What is to be placed.
struct PlacementShape {
  std::size_t experts = 0;  // routed experts of a layer
  std::int64_t moe_layers = 0;
  std::size_t ranks = 0;  // cards of the expert-parallel group
};

// Gives the placement of each layer, computed when asked for. The same layer gives the same answer.
class PlacementSource {
 public:
  virtual ~PlacementSource() = default;
  // Throws ConfigError when there is no such layer, with both numbers.
  virtual LayerPlacement placement(std::int64_t layer) = 0;
  // Whether every layer has the same placement.
  virtual bool uniform() const { return false; }
};

// The load of each expert of a layer, in tokens: [experts].
using LoadFunction = std::function<std::vector<std::int64_t>(std::int64_t layer)>;

// `loads` is asked for EplbLoads::Routing and may be empty otherwise. Throws ConfigError when a file cannot
// be read or is for another number of ranks or experts, and when EPLB's numbers do not divide.
std::unique_ptr<PlacementSource> make_placement_source(const PlacementConfig& config,
                                                       const PlacementShape& shape, std::uint64_t seed,
                                                       const LoadFunction& loads = {});

}  // namespace podsim::moe

template <>
struct podsim::config::EnumNames<podsim::moe::PlacementKind> {
  static constexpr const char* kWhat = "placement";
  static constexpr std::array kNames{std::pair{moe::PlacementKind::Contiguous, "contiguous"},
                                     std::pair{moe::PlacementKind::File, "file"},
                                     std::pair{moe::PlacementKind::Eplb, "eplb"}};
};

template <>
struct podsim::config::EnumNames<podsim::moe::EplbLoads> {
  static constexpr const char* kWhat = "loads to balance for";
  static constexpr std::array kNames{std::pair{moe::EplbLoads::Routing, "routing"},
                                     std::pair{moe::EplbLoads::Zipf, "zipf"},
                                     std::pair{moe::EplbLoads::Dirichlet, "dirichlet"}};
};

template <>
struct podsim::config::EnumNames<podsim::moe::ReplicaOrder> {
  static constexpr const char* kWhat = "replica order";
  static constexpr std::array kNames{std::pair{moe::ReplicaOrder::Blocked, "blocked"},
                                     std::pair{moe::ReplicaOrder::Strided, "strided"}};
};
