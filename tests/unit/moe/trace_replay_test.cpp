// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "moe/dealing.h"
#include "podsim/moe/trace_counts.h"
#include "unit/moe/trace_support.h"

// How a trace answers a run whose shape is not its own.
namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A trace of top-1 routes: expert 100 * step + 10 * layer + source for the first token, one more for every
// further one.
std::string listed_trace(const std::vector<TraceRecord>& records) {
  std::string text = "{\"v\":1,\"experts\":1000,\"layers\":64}\n";
  for (const TraceRecord& r : records) {
    const std::int64_t first = 100 * r.key.step + 10 * r.key.layer + r.key.source;
    std::string rows;
    for (std::int64_t t = 0; t < r.tokens; ++t) rows += fmt::format("{}[{}]", t > 0 ? "," : "", first + t);
    text += fmt::format("{{\"step\":{},\"layer\":{},\"src\":{},\"n\":{},\"k\":1,\"ids\":[{}]}}\n", r.key.step,
                        r.key.layer, r.key.source, r.tokens, rows);
  }
  return text;
}

RoutingSetup top_1(std::int64_t sources, std::int64_t tokens) {
  RoutingSetup setup;
  setup.experts = 1000;
  setup.top_k = 1;
  setup.sources = sources;
  setup.group_ranks = sources;
  setup.tokens_per_source = tokens;
  return setup;
}

std::vector<ExpertIndex> route(RoutingSource& routing, const RoutingRequest& request,
                               std::int64_t top_k = 1) {
  std::vector<ExpertIndex> rows(static_cast<std::size_t>(request.tokens * top_k));
  routing.route(request, Span<ExpertIndex>(rows));
  return rows;
}

TEST(Replay, GivesEverySourceItsOwnTokensAndStepsInTurn) {
  const auto routing = replay_routing(
      open_text(listed_trace({{{4, 1, 0}, 2}, {{4, 1, 1}, 2}, {{6, 1, 0}, 2}, {{6, 1, 1}, 2}})), top_1(2, 2));
  EXPECT_THAT(route(*routing, {0, 0, 0, 2}), ElementsAre(410, 411));
  EXPECT_THAT(route(*routing, {0, 0, 1, 2}), ElementsAre(411, 412));
  EXPECT_THAT(route(*routing, {1, 0, 0, 2}), ElementsAre(610, 611));
  EXPECT_THAT(route(*routing, {2, 0, 0, 2}), ElementsAre(410, 411));  // again from the beginning
}

TEST(Replay, TakesTheLayerOfThatNumberOrItsLayersInTurn) {
  const std::string content = listed_trace({{{0, 3, 0}, 1}, {{0, 4, 0}, 1}, {{0, 9, 0}, 1}});
  const auto lowest_first = replay_routing(open_text(content), top_1(1, 1));
  EXPECT_THAT(route(*lowest_first, {0, 0, 0, 1}), ElementsAre(30));
  EXPECT_THAT(route(*lowest_first, {0, 1, 0, 1}), ElementsAre(40));
  EXPECT_THAT(route(*lowest_first, {0, 6, 0, 1}), ElementsAre(90));  // 3 + 6
  EXPECT_THAT(route(*lowest_first, {0, 4, 0, 1}), ElementsAre(40));  // no 7: 4 modulo 3 layers
  const auto as_numbered = replay_routing(open_text(content), top_1(1, 1), 0);
  EXPECT_THAT(route(*as_numbered, {0, 9, 0, 1}), ElementsAre(90));
}

TEST(Replay, DealsTheTokensOfATraceWithoutRanksInOrderAndRoundAgain) {
  const auto routing = replay_routing(open_text(listed_trace({{{0, 0, 0}, 7}})), top_1(3, 2));
  EXPECT_THAT(route(*routing, {0, 0, 0, 2}), ElementsAre(0, 1));
  EXPECT_THAT(route(*routing, {0, 0, 1, 2}), ElementsAre(2, 3));
  EXPECT_THAT(route(*routing, {0, 0, 2, 2}), ElementsAre(4, 5));
  EXPECT_THAT(route(*routing, {1, 0, 0, 2}), ElementsAre(6, 0));
  EXPECT_THAT(route(*routing, {1, 0, 2, 2}), ElementsAre(3, 4));
}

TEST(Replay, LetsFurtherSourcesShareTheRecordsInTurn) {
  const auto routing = replay_routing(open_text(listed_trace({{{0, 0, 0}, 4}, {{0, 0, 1}, 4}})), top_1(4, 2));
  EXPECT_THAT(route(*routing, {0, 0, 0, 2}), ElementsAre(0, 1));
  EXPECT_THAT(route(*routing, {0, 0, 2, 2}), ElementsAre(2, 3));  // the second two of source 0
  EXPECT_THAT(route(*routing, {0, 0, 3, 2}), ElementsAre(3, 4));  // of source 1
}

TEST(Replay, PassesOverSourcesWithoutTokens) {
  const auto routing = replay_routing(open_text(listed_trace({{{0, 0, 0}, 0}, {{0, 0, 1}, 3}})), top_1(2, 3));
  EXPECT_THAT(route(*routing, {0, 0, 0, 3}), ElementsAre(1, 2, 3));
  EXPECT_THAT(route(*routing, {0, 0, 1, 3}), ElementsAre(1, 2, 3));
}

TEST(Replay, SaysWhereTheTraceHasNoTokens) {
  const auto routing = replay_routing(open_text(listed_trace({{{0, 0, 0}, 1}, {{5, 1, 0}, 1}})), top_1(1, 1));
  EXPECT_EQ(error_of([&] { route(*routing, {1, 0, 0, 1}); }), "trace: no tokens for step 5, layer 0");
}

TEST(Replay, IsARoutingKindThatFindsItsFile) {
  const TemporaryFile file("replay.routes");
  file.write(written_trace(TraceFormat::Packed));
  TraceRouting config;
  config.file = file.path();
  const auto routing = make_routing(config, small_setup());
  const auto expected = make_routing(UniformRouting{}, small_setup());
  EXPECT_EQ(route(*routing, {1, 2, 3, 5}, 3), route(*expected, {1, 2, 3, 5}, 3));
  config.file = "no/such/trace";
  EXPECT_EQ(error_of([&] { make_routing(config, small_setup()); }),
            "cannot read no/such/trace: No such file or directory");
  config.file = file.path();
  RoutingSetup other = small_setup();
  other.top_k = 4;
  EXPECT_THAT(error_of([&] { make_routing(config, other); }),
              HasSubstr("routes to the top 3 experts, expected the top 4"));
}

// --- loads -------------------------------------------------------------------------------------------------

RoutingSetup of_counts(std::int64_t experts, std::int64_t top_k, std::int64_t ranks, std::int64_t tokens) {
  RoutingSetup setup;
  setup.experts = experts;
  setup.top_k = top_k;
  setup.sources = 2 * ranks;
  setup.group_ranks = ranks;
  setup.tokens_per_source = tokens;
  return setup;
}

std::unique_ptr<CountReader> open_loads(const std::vector<double>& loads) {
  return open_counts(
      bytes_of(fmt::format("{{\"step\":0,\"layer\":0,\"load\":[{}]}}\n", fmt::join(loads, ",")), "loads"));
}

TEST(CountRouting, GivesEveryExpertExactlyItsLoadWhenTheRunHasAsManyTokens) {
  // 4 ranks of 8 tokens, top 2: 64 routes.
  const std::vector<double> loads{32, 0, 1, 5, 7, 3, 16, 0};
  const RoutingSetup setup = of_counts(8, 2, 4, 8);
  const auto routing = replay_routing(open_loads(loads), setup);
  for (const std::int64_t group : {0, 1}) {
    const auto counts = count_routes(*routing, setup, 0, 0, 4 * group, 4, 8);
    EXPECT_EQ(std::vector<double>(counts.begin(), counts.end()), loads) << "group " << group;
  }
  const auto rows = route(*routing, {0, 0, 0, 8}, 2);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), 0), 8);  // expert 0: every token has it
}

TEST(CountRouting, ScalesLoadsToTheRunWithinOneRoute) {
  std::vector<double> loads;
  for (int e = 0; e < 64; ++e) loads.push_back(1000.0 / (e + 8));
  const double sum = std::accumulate(loads.begin(), loads.end(), 0.0);
  const RoutingSetup setup = of_counts(64, 4, 16, 32);
  const auto routing = replay_routing(open_loads(loads), setup);
  const auto counts = count_routes(*routing, setup, 0, 0, 0, 16, 32);
  for (std::size_t e = 0; e < 64; ++e)
    EXPECT_NEAR(static_cast<double>(counts[e]), loads[e] / sum * 2048.0, 1.0) << e;
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), 2048);
}

TEST(CountRouting, NamesNoExpertTwiceInARow) {
  const RoutingSetup setup = of_counts(8, 3, 4, 8);
  const auto routing = replay_routing(open_loads({32, 32, 6, 5, 7, 3, 5, 6}), setup);
  for (std::int64_t source = 0; source < 8; ++source) {
    auto rows = route(*routing, {0, 0, source, 8}, 3);
    for (auto row = rows.begin(); row != rows.end(); row += 3) {
      std::sort(row, row + 3);
      EXPECT_EQ(std::adjacent_find(row, row + 3), row + 3);
    }
  }
}

TEST(CountRouting, SaysWhichLoadsNoRoutingCanHave) {
  const RoutingSetup setup = of_counts(4, 2, 4, 8);
  const auto complaint = [&](const std::vector<double>& loads) {
    const auto routing = replay_routing(open_loads(loads), setup);
    return error_of([&] { route(*routing, {0, 0, 0, 8}, 2); });
  };
  EXPECT_EQ(
      complaint({33, 10, 10, 11}),
      "loads: step 0, layer 0: expert 0 has the load 33 of 64 in all, more than one route of every token");
  EXPECT_EQ(complaint({0, 0, 0, 0}), "loads: step 0, layer 0: the loads add up to 0, expected more than 0");
}

TEST(Apportion, GivesWhatIsLeftToThoseThatLostMost) {
  const std::vector<double> loads{1.0, 1.0, 1.0};
  const std::vector<ExpertIndex> order{2, 0, 1};
  EXPECT_THAT(apportion(Span<const double>(loads), 4, 4, Span<const ExpertIndex>(order), "x"),
              ElementsAre(1, 1, 2));
  EXPECT_THAT(apportion(Span<const double>(loads), 5, 4, Span<const ExpertIndex>(order), "x"),
              ElementsAre(2, 1, 2));
  const std::vector<double> uneven{2.6, 1.3, 1.1};
  EXPECT_THAT(apportion(Span<const double>(uneven), 5, 5, Span<const ExpertIndex>(order), "x"),
              ElementsAre(3, 1, 1));
}

TEST(Apportion, ReturnsWholeLoadsOfAnySizeAsTheyAre) {
  const std::vector<double> loads{3.0, 1e9 + 1.0, 7.0, 123456789.0};
  std::vector<ExpertIndex> order{0, 1, 2, 3};
  const auto total = static_cast<std::int64_t>(std::accumulate(loads.begin(), loads.end(), 0.0));
  const auto counts = apportion(Span<const double>(loads), total, total, Span<const ExpertIndex>(order), "x");
  EXPECT_EQ(std::vector<double>(counts.begin(), counts.end()), loads);
}

}  // namespace
}  // namespace podsim::moe
