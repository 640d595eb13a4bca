// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/moe/model.h"
#include "podsim/moe/routing.h"
#include "podsim/moe/trace.h"
#include "podsim/moe/trace_counts.h"

// Where routing comes from: six kinds, chosen by the key "kind" of a scenario.
namespace podsim::moe {

// Every token picks top_k of the experts, all sets alike. What published benchmarks use
// (deepseek-ai/DeepGEMM PR #316).
struct UniformRouting {
  static constexpr const char* kKind = "uniform";
  void describe(config::Fields& f);
};

// Random, but over the tokens that an expert-parallel group has in a step every expert gets the same number,
// give or take one; with fewer routes than experts they are spread over the ranks, so that none idles while
// another has two (contiguous placement).
struct BalancedRouting {
  static constexpr const char* kKind = "balanced";
  void describe(config::Fields& f);
};

// Expert popularity 1 / rank^alpha; which expert has which rank is a seeded permutation per layer. A token
// draws top_k experts one after the other without repeats.
struct ZipfRouting {
  static constexpr const char* kKind = "zipf";
  double alpha = 1.0;
  void describe(config::Fields& f);
};

// Expert popularity from a symmetric Dirichlet distribution per layer, with a given coefficient of variation
// (standard deviation over mean). The load's is a little lower, because a token takes an expert only once.
// `drift` is the share of each expert's popularity that is drawn anew from step to step: a random walk whose
// every step has the same distribution, with the correlation (1 - drift)^n over n steps.
struct DirichletRouting {
  static constexpr const char* kKind = "dirichlet";
  double cv = 0.5;
  double drift = 0.0;
  void describe(config::Fields& f);
};

// Hash layers: a seeded table per layer maps each token id to its experts (the tid2eid of DeepSeek-V4, report
// section 4.2.1). The token ids are seeded too; a token has the same id in every layer.
struct HashRouting {
  static constexpr const char* kKind = "hash";
  double token_alpha = 1.0;  // the n-th most frequent id has the share 1 / n^token_alpha; 0: all alike
  void describe(config::Fields& f);
};

// Routes of a file, token by token, or loads of a file turned into routes.
struct TraceRouting {
  static constexpr const char* kKind = "trace";
  std::string file;
  std::optional<TraceFormat> format;
  std::optional<std::int64_t> first_layer;  // the trace's number of MoE layer 0; its lowest one if absent
  void describe(config::Fields& f);
};

using RoutingConfig =
    std::variant<UniformRouting, BalancedRouting, ZipfRouting, DirichletRouting, HashRouting, TraceRouting>;

// What a routing source has to know of the run.
struct RoutingSetup {
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
  std::int64_t vocabulary = 0;
  std::int64_t sources = 1;            // cards that ask
  std::int64_t group_ranks = 1;        // expert-parallel group: sources g * group_ranks .. + group_ranks - 1
  std::int64_t tokens_per_source = 1;  // the most that a request may have
  std::uint64_t seed = 1;
};
RoutingSetup routing_setup(const Model& model, std::int64_t sources, std::int64_t group_ranks,
                           std::int64_t tokens_per_source, std::uint64_t seed);

// Throws ConfigError for a trace that cannot be opened or is of another shape, and for parameters that the
// setup does not allow (a cv that so few experts cannot have). Requests of the result are answered alike in
// any order.
std::unique_ptr<RoutingSource> make_routing(const RoutingConfig& config, const RoutingSetup& setup);

// An open trace as a routing source; `first_layer` as TraceRouting has it. The setup's shape is the trace's.
std::unique_ptr<RoutingSource> replay_routing(std::unique_ptr<TraceReader> trace, const RoutingSetup& setup,
                                              std::optional<std::int64_t> first_layer = {});
std::unique_ptr<RoutingSource> replay_routing(std::unique_ptr<CountReader> counts, const RoutingSetup& setup,
                                              std::optional<std::int64_t> first_layer = {});

// Routes of each expert [experts] over the sources first .. first + count - 1 of a step and layer, each with
// `tokens` tokens.
std::vector<std::int64_t> count_routes(RoutingSource& routing, const RoutingSetup& setup, std::int64_t step,
                                       std::int64_t layer, std::int64_t first, std::int64_t count,
                                       std::int64_t tokens);

}  // namespace podsim::moe
