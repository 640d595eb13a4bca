// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "moe/distinct_draw.h"
#include "podsim/base/random.h"
#include "unit/moe/trace_support.h"

// What the routes of each kind look like in large numbers. Bounds are five standard deviations or more, so
// that a right generator fails for no seed that anybody will try.
namespace podsim::moe {
namespace {

RoutingSetup v4_setup(std::int64_t sources, std::int64_t tokens) {
  RoutingSetup setup;
  setup.experts = 384;
  setup.top_k = 6;
  setup.vocabulary = 129'280;
  setup.sources = sources;
  setup.group_ranks = sources;
  setup.tokens_per_source = tokens;
  return setup;
}

std::vector<double> loads_of(RoutingSource& routing, const RoutingSetup& setup, std::int64_t step,
                             std::int64_t layer) {
  const std::vector<std::int64_t> counts =
      count_routes(routing, setup, step, layer, 0, setup.sources, setup.tokens_per_source);
  return {counts.begin(), counts.end()};
}

double cv_of(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0.0;
  for (double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size())) / mean;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

// Sum of squared deviations over the variance: about `degrees`, with the variance 2 `degrees`.
void expect_chi_square(double chi_square, double degrees) {
  EXPECT_NEAR(chi_square, degrees, 8.0 * std::sqrt(2.0 * degrees));  // a long tail with few degrees
}

TEST(UniformRouting, LoadsEveryExpertAlike) {
  const RoutingSetup setup = v4_setup(64, 128);
  const auto routing = make_routing(UniformRouting{}, setup);
  const double tokens = 64.0 * 128.0;
  const double p = 6.0 / 384.0;
  double chi_square = 0.0;
  for (double load : loads_of(*routing, setup, 0, 0)) {
    chi_square += (load - tokens * p) * (load - tokens * p) / (tokens * p * (1.0 - p));
  }
  expect_chi_square(chi_square, 383.0);
}

TEST(UniformRouting, MakesEverySetOfExpertsAlikeInEveryOrder) {
  RoutingSetup setup = v4_setup(1, 60'000);
  setup.experts = 5;
  for (const std::int64_t top_k : {1, 3}) {  // both ways of drawing
    setup.top_k = top_k;
    const auto routing = make_routing(UniformRouting{}, setup);
    std::vector<ExpertIndex> rows(static_cast<std::size_t>(60'000 * top_k));
    routing->route({0, 0, 0, 60'000}, Span<ExpertIndex>(rows));
    std::map<std::vector<ExpertIndex>, double> seen;
    for (auto row = rows.begin(); row != rows.end(); row += top_k)
      ++seen[std::vector<ExpertIndex>(row, row + top_k)];
    const double kinds = top_k == 1 ? 5.0 : 60.0;
    EXPECT_EQ(static_cast<double>(seen.size()), kinds);
    double chi_square = 0.0;
    for (const auto& item : seen)
      chi_square += std::pow(item.second - 60'000.0 / kinds, 2.0) / (60'000.0 / kinds);
    expect_chi_square(chi_square, kinds - 1.0);
  }
}

TEST(BalancedRouting, GivesEveryExpertOfAGroupTheSameGiveOrTakeOne) {
  for (const std::int64_t tokens : {1, 2, 7, 128}) {
    for (const std::int64_t ranks : {1, 3, 64}) {
      RoutingSetup setup = v4_setup(2 * ranks, tokens);
      setup.group_ranks = ranks;
      const auto routing = make_routing(BalancedRouting{}, setup);
      for (const std::int64_t group : {0, 1}) {
        const auto counts = count_routes(*routing, setup, 5, 2, group * ranks, ranks, tokens);
        const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
        EXPECT_LE(*most - *least, 1) << tokens << " tokens, " << ranks << " ranks, group " << group;
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), tokens * ranks * 6);
      }
    }
  }
}

TEST(BalancedRouting, LeavesNoCardIdleEvenWithFewerRoutesThanExperts) {
  const RoutingSetup setup = v4_setup(32, 1);  // 192 routes, 384 experts, 12 on each card
  const auto routing = make_routing(BalancedRouting{}, setup);
  for (std::int64_t step = 0; step < 20; ++step) {
    const auto counts = count_routes(*routing, setup, step, 0, 0, 32, 1);
    for (std::size_t card = 0; card < 32; ++card) {
      const auto own = counts.begin() + static_cast<std::ptrdiff_t>(card * 12);
      EXPECT_EQ(std::accumulate(own, own + 12, std::int64_t{0}), 6) << "card " << card;
    }
  }
}

TEST(BalancedRouting, IsRandomInWhoMeetsWhom) {
  RoutingSetup setup = v4_setup(8, 128);
  setup.experts = 32;
  setup.top_k = 2;
  const auto routing = make_routing(BalancedRouting{}, setup);
  std::set<std::pair<ExpertIndex, ExpertIndex>> pairs;
  std::vector<ExpertIndex> rows(256);
  for (std::int64_t source = 0; source < 8; ++source) {
    routing->route({0, 0, source, 128}, Span<ExpertIndex>(rows));
    for (std::size_t i = 0; i < rows.size(); i += 2) pairs.insert(std::minmax(rows[i], rows[i + 1]));
  }
  EXPECT_GT(pairs.size(), 100U);  // of 496
}

TEST(ZipfRouting, LoadFallsWithTheRankToThePowerOfAlpha) {
  for (const double alpha : {0.6, 1.01}) {
    RoutingSetup setup = v4_setup(64, 1024);
    setup.top_k = 1;  // repeats flatten the top of the curve otherwise
    const auto routing = make_routing(ZipfRouting{alpha}, setup);
    std::vector<double> loads = loads_of(*routing, setup, 0, 0);
    std::sort(loads.rbegin(), loads.rend());
    // Least squares of log(load) over log(rank).
    double sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    const double n = 100.0;
    for (std::size_t rank = 1; rank <= 100; ++rank) {
      const double x = std::log(static_cast<double>(rank));
      const double y = std::log(loads[rank - 1]);
      sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    EXPECT_NEAR((n * sxy - sx * sy) / (n * sxx - sx * sx), -alpha, 0.03);
  }
}

TEST(ZipfRouting, HasOtherPopularExpertsInEveryLayerButTheSameInEveryStep) {
  RoutingSetup setup = v4_setup(16, 512);
  setup.top_k = 1;
  const auto routing = make_routing(ZipfRouting{1.0}, setup);
  const auto loads = loads_of(*routing, setup, 0, 0);
  EXPECT_GT(correlation(loads, loads_of(*routing, setup, 1, 0)), 0.95);
  double others = 0.0;  // one layer may by chance have the same favourite
  for (std::int64_t layer = 1; layer <= 8; ++layer)
    others += correlation(loads, loads_of(*routing, setup, 0, layer)) / 8.0;
  EXPECT_LT(others, 0.3);
}

TEST(ZipfRouting, OfAlphaZeroIsUniform) {
  const RoutingSetup setup = v4_setup(64, 128);
  const auto routing = make_routing(ZipfRouting{0.0}, setup);
  EXPECT_LT(cv_of(loads_of(*routing, setup, 0, 0)), 1.3 * std::sqrt(384.0 / (64.0 * 128.0 * 6.0)));
}

TEST(DirichletRouting, LoadsVaryAsMuchAsAsked) {
  for (const double cv : {0.25, 0.5, 1.0}) {
    RoutingSetup setup = v4_setup(32, 1024);
    setup.top_k = 1;
    const auto routing = make_routing(DirichletRouting{cv, 0.0}, setup);
    double sum = 0.0;
    for (std::int64_t layer = 0; layer < 20; ++layer) sum += cv_of(loads_of(*routing, setup, 0, layer));
    // Sampling noise adds sqrt(384 / 32,768) = 0.108 in quadrature.
    EXPECT_NEAR(sum / 20.0, std::sqrt(cv * cv + 0.0117), 0.05 * cv + 0.005);
  }
}

TEST(DirichletRouting, DriftLosesTheOldPopularityButKeepsTheSkew) {
  RoutingSetup setup = v4_setup(16, 1024);
  setup.top_k = 1;
  const auto routing = make_routing(DirichletRouting{1.0, 0.1}, setup);
  double near = 0.0, far = 0.0, cv = 0.0;
  for (std::int64_t layer = 0; layer < 10; ++layer) {
    const auto start = loads_of(*routing, setup, 0, layer);
    near += correlation(start, loads_of(*routing, setup, 1, layer)) / 10.0;
    const auto end = loads_of(*routing, setup, 10, layer);
    far += correlation(start, end) / 10.0;
    cv += cv_of(end) / 10.0;
  }
  EXPECT_NEAR(near, 0.9, 0.05);  // a little less: the loads are samples
  EXPECT_NEAR(far, std::pow(0.9, 10.0), 0.08);
  EXPECT_NEAR(cv, 1.0, 0.1);
}

TEST(DirichletRouting, WithoutDriftEveryStepHasTheSamePopularity) {
  RoutingSetup setup = v4_setup(16, 1024);
  setup.top_k = 1;
  const auto routing = make_routing(DirichletRouting{1.0, 0.0}, setup);
  EXPECT_GT(correlation(loads_of(*routing, setup, 0, 0), loads_of(*routing, setup, 50, 0)), 0.95);
}

TEST(HashRouting, SendsATokenIdToTheSameExpertsWhereverItIs) {
  RoutingSetup setup = small_setup();
  setup.vocabulary = 3;
  const auto routing = make_routing(HashRouting{0.0}, setup);
  for (std::int64_t layer = 0; layer < 4; ++layer) {
    std::set<std::vector<ExpertIndex>> rows_seen;
    for (std::int64_t i = 0; i < 20 * 4; ++i) {
      std::vector<ExpertIndex> rows(15);
      routing->route({i / 4, layer, i % 4, 5}, Span<ExpertIndex>(rows));
      for (auto row = rows.begin(); row != rows.end(); row += 3)
        rows_seen.insert(std::vector<ExpertIndex>(row, row + 3));
    }
    EXPECT_EQ(rows_seen.size(), 3U) << "layer " << layer;
  }
}

TEST(HashRouting, KeepsTokenIdsThroughTheLayers) {
  RoutingSetup setup = small_setup();
  setup.vocabulary = 3;
  const auto routing = make_routing(HashRouting{0.0}, setup);
  std::vector<ExpertIndex> first(15), second(15);
  routing->route({0, 0, 0, 5}, Span<ExpertIndex>(first));
  routing->route({0, 1, 0, 5}, Span<ExpertIndex>(second));
  EXPECT_NE(first, second);  // other tables
  for (std::size_t a = 0; a < 5; ++a) {
    for (std::size_t b = 0; b < 5; ++b) {  // but the same tokens are the same
      const auto same = [&](const std::vector<ExpertIndex>& rows) {
        return std::equal(rows.begin() + static_cast<std::ptrdiff_t>(3 * a),
                          rows.begin() + static_cast<std::ptrdiff_t>(3 * a + 3),
                          rows.begin() + static_cast<std::ptrdiff_t>(3 * b));
      };
      EXPECT_EQ(same(first), same(second)) << a << ", " << b;
    }
  }
}

TEST(HashRouting, FrequentTokensMakeFrequentExperts) {
  RoutingSetup setup = v4_setup(16, 1024);
  const double even = cv_of(loads_of(*make_routing(HashRouting{0.0}, setup), setup, 0, 0));
  const double zipf = cv_of(loads_of(*make_routing(HashRouting{1.0}, setup), setup, 0, 0));
  EXPECT_LT(even, 0.1);
  EXPECT_GT(zipf, 0.3);
}

// P(a, then b) = w_a / W * w_b / (W - w_a): the definition of successive sampling.
TEST(WeightedDraw, FollowsTheProductOfSharesAmongThoseLeft) {
  const std::vector<double> weights{5.0, 1.0, 3.0, 0.0, 1.0};
  const WeightedDraw draw(weights);
  Random random(11, "test.draw");
  const double draws = 200'000.0;
  std::map<std::vector<ExpertIndex>, double> seen;
  std::vector<ExpertIndex> picks(2);
  for (int i = 0; i < 200'000; ++i) {
    draw.draw(random, Span<ExpertIndex>(picks));
    ++seen[picks];
  }
  for (ExpertIndex a = 0; a < 5; ++a) {
    for (ExpertIndex b = 0; b < 5; ++b) {
      const double p = a == b ? 0.0 : weights[a] / 10.0 * weights[b] / (10.0 - weights[a]);
      EXPECT_NEAR(seen[std::vector<ExpertIndex>({a, b})] / draws, p, 5.0 * std::sqrt(p / draws) + 1e-9)
          << a << ", " << b;
    }
  }
}

TEST(WeightedDraw, KeepsTheProportionsBehindADominantItem) {
  const WeightedDraw draw({1e9, 1.0, 3.0, 0.0});
  Random random(11, "test.draw");
  int second_is_2 = 0;
  std::vector<ExpertIndex> picks(4);
  for (int i = 0; i < 20'000; ++i) {
    draw.draw(random, Span<ExpertIndex>(picks));
    EXPECT_EQ(picks[0], 0);
    EXPECT_EQ(picks[3], 3);  // weightless, so last
    if (picks[1] == 2) ++second_is_2;
  }
  EXPECT_NEAR(second_is_2, 15'000, 5.0 * 61.3);
}

}  // namespace
}  // namespace podsim::moe
