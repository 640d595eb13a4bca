// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/generators.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "podsim/base/random.h"
#include "unit/moe/trace_support.h"

// What all kinds of generated routing have in common.
namespace podsim::moe {
namespace {

using ::testing::HasSubstr;

using Rows = std::vector<ExpertIndex>;

Rows route(RoutingSource& routing, const RoutingSetup& setup, const RoutingRequest& request) {
  Rows rows(static_cast<std::size_t>(request.tokens * setup.top_k));
  routing.route(request, Span<ExpertIndex>(rows));
  return rows;
}

struct Kind {
  const char* name;
  RoutingConfig config;
};

class EveryGenerator : public ::testing::TestWithParam<Kind> {};

TEST_P(EveryGenerator, NamesKnownExpertsOnceARow) {
  for (const std::int64_t top_k : {1, 3, 15, 16}) {
    RoutingSetup setup = small_setup();
    setup.top_k = top_k;
    const auto routing = make_routing(GetParam().config, setup);
    for (std::int64_t step = 0; step < 20; ++step) {
      const Rows rows = route(*routing, setup, {step, step % 3, step % 4, 5});
      for (std::size_t at = 0; at < rows.size(); at += static_cast<std::size_t>(top_k)) {
        const std::set<ExpertIndex> distinct(rows.begin() + static_cast<std::ptrdiff_t>(at),
                                             rows.begin() + static_cast<std::ptrdiff_t>(at) + top_k);
        EXPECT_EQ(distinct.size(), static_cast<std::size_t>(top_k));
        EXPECT_LT(*distinct.rbegin(), 16);
      }
    }
  }
}

TEST_P(EveryGenerator, AnswersARequestAlikeWhateverCameBefore) {
  const RoutingSetup setup = small_setup();
  std::vector<RoutingRequest> requests;
  for (std::int64_t i = 0; i < 5 * 3 * 4; ++i) requests.push_back({i % 5, i / 5 % 3, i / 15, 5});
  const auto in_order = make_routing(GetParam().config, setup);
  std::vector<Rows> expected;
  for (const RoutingRequest& request : requests) expected.push_back(route(*in_order, setup, request));

  const auto in_disorder = make_routing(GetParam().config, setup);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < requests.size(); ++i) order.insert(order.end(), 2, i);
  Random(3, "test.order").shuffle(order);
  for (std::size_t i : order) EXPECT_EQ(route(*in_disorder, setup, requests[i]), expected[i]) << i;
}

// Of 40 steps: with an extreme skew a single one may be alike by chance.
Rows route_steps(RoutingSource& routing, const RoutingSetup& setup, RoutingRequest request) {
  Rows all;
  for (; request.step < 40; request.step += 2) {
    const Rows rows = route(routing, setup, request);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

TEST_P(EveryGenerator, AnotherSeedSourceLayerOrStepGivesOtherRoutes) {
  RoutingSetup setup = small_setup();
  const auto routing = make_routing(GetParam().config, setup);
  setup.seed = 8;
  const auto reseeded = make_routing(GetParam().config, setup);
  const Rows rows = route_steps(*routing, setup, {0, 0, 0, 5});
  EXPECT_NE(rows, route_steps(*reseeded, setup, {0, 0, 0, 5}));
  EXPECT_NE(rows, route_steps(*routing, setup, {0, 0, 1, 5}));
  EXPECT_NE(rows, route_steps(*routing, setup, {0, 1, 0, 5}));
  EXPECT_NE(rows, route_steps(*routing, setup, {1, 0, 0, 5}));
}

TEST_P(EveryGenerator, AnswersForNoTokensWithNothing) {
  const RoutingSetup setup = small_setup();
  EXPECT_EQ(route(*make_routing(GetParam().config, setup), setup, {0, 0, 0, 0}), Rows());
}

TEST_P(EveryGenerator, HoldsItsCallersToTheSetup) {
  const RoutingSetup setup = small_setup();
  const auto routing = make_routing(GetParam().config, setup);
  EXPECT_THROW(route(*routing, setup, {0, 0, 4, 5}), InternalError);  // of 4 sources
  EXPECT_THROW(route(*routing, setup, {0, 0, 0, 6}), InternalError);  // of 5 tokens
  Rows rows(14);
  EXPECT_THROW(routing->route({0, 0, 0, 5}, Span<ExpertIndex>(rows)), InternalError);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, EveryGenerator,
    ::testing::Values(Kind{"uniform", UniformRouting{}}, Kind{"balanced", BalancedRouting{}},
                      Kind{"zipf", ZipfRouting{1.2}}, Kind{"zipf_steep", ZipfRouting{9.0}},
                      Kind{"dirichlet", DirichletRouting{0.8, 0.25}},
                      Kind{"dirichlet_extreme", DirichletRouting{3.5, 1.0}}, Kind{"hash", HashRouting{1.0}}),
    [](const auto& kind) { return std::string(kind.param.name); });

RoutingConfig parse(const std::string& text) {
  return config::parse<RoutingConfig>(text, "routing.json");
}

TEST(RoutingConfig, ReadsEveryKindByItsName) {
  EXPECT_TRUE(std::holds_alternative<UniformRouting>(parse(R"({"kind": "uniform"})")));
  EXPECT_TRUE(std::holds_alternative<BalancedRouting>(parse(R"({"kind": "balanced"})")));
  EXPECT_EQ(std::get<ZipfRouting>(parse(R"({"kind": "zipf", "alpha": 1.2})")).alpha, 1.2);
  EXPECT_EQ(std::get<DirichletRouting>(parse(R"({"kind": "dirichlet", "cv": 2, "drift": 0.1})")).drift, 0.1);
  EXPECT_EQ(std::get<HashRouting>(parse(R"({"kind": "hash", "token_alpha": 0})")).token_alpha, 0.0);
  const auto trace =
      std::get<TraceRouting>(parse(R"({"kind": "trace", "file": "a.npy", "format": "vllm_npy"})"));
  EXPECT_EQ(trace.file, "a.npy");
  EXPECT_EQ(trace.format, TraceFormat::Vllm);
}

TEST(RoutingConfig, RefusesWhatNoRoutingCanBe) {
  EXPECT_THAT(error_of([] { parse(R"({"kind": "zipf", "alpha": -1})"); }), HasSubstr("alpha"));
  EXPECT_THAT(error_of([] { parse(R"({"kind": "dirichlet", "drift": 1.5})"); }), HasSubstr("drift"));
  EXPECT_THAT(error_of([] { parse(R"({"kind": "trace"})"); }), HasSubstr("file"));
  EXPECT_THAT(error_of([] { parse(R"({"kind": "unifrom"})"); }), HasSubstr("uniform"));
}

TEST(RoutingConfig, ASkewThatSoFewExpertsCannotHaveIsRefused) {
  const auto make = [] { make_routing(DirichletRouting{3.9, 0.0}, small_setup()); };
  EXPECT_EQ(error_of(make), "dirichlet routing with a cv of 3.9 over 16 experts, expected below 3.873");
}

}  // namespace
}  // namespace podsim::moe
