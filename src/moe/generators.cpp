// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/generators.h"

#include "moe/routing_kinds.h"
#include "moe/trace_rows.h"
#include "podsim/base/error.h"

namespace podsim::moe {

void UniformRouting::describe(config::Fields& /*f*/) {}

void BalancedRouting::describe(config::Fields& /*f*/) {}

void ZipfRouting::describe(config::Fields& f) {
  f.value_or("alpha", alpha, 1.0, "the n-th most popular expert has a popularity of 1 / n^alpha")
      .between(0.0, 10.0);
}

void DirichletRouting::describe(config::Fields& f) {
  f.value_or("cv", cv, 0.5, "coefficient of variation of the experts' popularity").between(0.0, 100.0);
  f.value_or("drift", drift, 0.0, "share of each expert's popularity that is drawn anew from step to step")
      .between(0.0, 1.0);
}

void HashRouting::describe(config::Fields& f) {
  f.value_or("token_alpha", token_alpha, 1.0,
             "the n-th most frequent token id has a share of 1 / n^token_alpha; 1 is Zipf's law of texts, 0 "
             "makes all alike")
      .between(0.0, 10.0);
}

void TraceRouting::describe(config::Fields& f) {
  f.required("file", file, "a routing trace: routes of tokens, or loads of experts").non_empty();
  f.optional("format", format, "format of the file; recognised by its content if absent");
  f.optional("first_layer", first_layer,
             "the trace's number of the first MoE layer; its lowest layer if absent")
      .at_least(0);
}

RoutingSetup routing_setup(const Model& model, std::int64_t sources, std::int64_t group_ranks,
                           std::int64_t tokens_per_source, std::uint64_t seed) {
  RoutingSetup setup;
  setup.experts = model.experts.value;
  setup.top_k = model.top_k.value;
  setup.vocabulary = model.vocabulary.value;
  setup.sources = sources;
  setup.group_ranks = group_ranks;
  setup.tokens_per_source = tokens_per_source;
  setup.seed = seed;
  return setup;
}

std::unique_ptr<RoutingSource> make_routing(const RoutingConfig& config, const RoutingSetup& setup) {
  PODSIM_CHECK(
      setup.experts >= 1 && setup.experts <= kMostExperts && setup.top_k >= 1 && setup.top_k <= setup.experts,
      "top {} of {} experts", setup.top_k, setup.experts);
  PODSIM_CHECK(setup.sources >= 1 && setup.group_ranks >= 1 && setup.tokens_per_source >= 0,
               "{} sources in groups of {}, {} tokens each", setup.sources, setup.group_ranks,
               setup.tokens_per_source);
  struct Make {
    const RoutingSetup& setup;
    std::unique_ptr<RoutingSource> operator()(const UniformRouting& c) {
      return make_uniform_routing(c, setup);
    }
    std::unique_ptr<RoutingSource> operator()(const BalancedRouting& c) {
      return make_balanced_routing(c, setup);
    }
    std::unique_ptr<RoutingSource> operator()(const ZipfRouting& c) { return make_zipf_routing(c, setup); }
    std::unique_ptr<RoutingSource> operator()(const DirichletRouting& c) {
      return make_dirichlet_routing(c, setup);
    }
    std::unique_ptr<RoutingSource> operator()(const HashRouting& c) { return make_hash_routing(c, setup); }
    std::unique_ptr<RoutingSource> operator()(const TraceRouting& c) { return make_trace_routing(c, setup); }
  };
  return std::visit(Make{setup}, config);
}

std::size_t check_request(const RoutingRequest& request, const RoutingSetup& setup,
                          Span<ExpertIndex> experts) {
  PODSIM_CHECK(
      request.step >= 0 && request.layer >= 0 && request.source >= 0 && request.source < setup.sources,
      "step {}, layer {}, source {} of {}", request.step, request.layer, request.source, setup.sources);
  PODSIM_CHECK(request.tokens >= 0 && request.tokens <= setup.tokens_per_source,
               "{} tokens, at most {} were announced", request.tokens, setup.tokens_per_source);
  PODSIM_CHECK(experts.size() == static_cast<std::size_t>(request.tokens * setup.top_k),
               "room for {} experts, {} tokens with top {}", experts.size(), request.tokens, setup.top_k);
  return static_cast<std::size_t>(setup.top_k);
}

std::vector<std::int64_t> count_routes(RoutingSource& routing, const RoutingSetup& setup, std::int64_t step,
                                       std::int64_t layer, std::int64_t first, std::int64_t count,
                                       std::int64_t tokens) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(setup.experts), 0);
  std::vector<ExpertIndex> rows(static_cast<std::size_t>(tokens * setup.top_k));
  for (std::int64_t source = first; source < first + count; ++source) {
    routing.route({step, layer, source, tokens}, Span<ExpertIndex>(rows));
    for (ExpertIndex expert : rows) ++counts[expert];
  }
  return counts;
}

}  // namespace podsim::moe
