// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/eplb.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "podsim/base/error.h"
#include "podsim/base/random.h"

namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Loads = std::vector<std::int64_t>;

EplbShape shape(std::int64_t replicas, std::int64_t gpus, std::int64_t groups = 1, std::int64_t nodes = 1) {
  EplbShape result;
  result.replicas = replicas;
  result.gpus = gpus;
  result.groups = groups;
  result.nodes = nodes;
  return result;
}

EplbLayer balance(const Loads& loads, const EplbShape& s) {
  return rebalance_layer(Span<const std::int64_t>(loads), s);
}

double imbalance(const Loads& loads, const LayerPlacement& placement) {
  return load_imbalance(placement, Span<const std::int64_t>(loads));
}

void expect_error(const Loads& loads, const EplbShape& s, const std::string& part) {
  try {
    balance(loads, s);
    FAIL() << "expected an error with: " << part;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

// Every physical expert is listed once by the logical expert it is a copy of.
void expect_consistent(const EplbLayer& layer, std::size_t experts, const EplbShape& s) {
  ASSERT_EQ(layer.phy2log.size(), static_cast<std::size_t>(s.replicas));
  ASSERT_EQ(layer.log2phy.size(), experts);
  std::size_t listed = 0;
  for (std::size_t e = 0; e < experts; ++e) {
    const auto expert = static_cast<ExpertIndex>(e);
    EXPECT_GE(layer.logcnt(expert), 1U) << "expert " << e << " is nowhere";
    listed += layer.logcnt(expert);
    for (std::uint32_t p : layer.log2phy[e]) EXPECT_EQ(layer.phy2log.at(p), expert);
    EXPECT_EQ(std::set<std::uint32_t>(layer.log2phy[e].begin(), layer.log2phy[e].end()).size(),
              layer.logcnt(expert));
  }
  EXPECT_EQ(listed, layer.phy2log.size());
}

// Copies of an expert beyond one per GPU.
std::size_t doubled_copies(const EplbLayer& layer, std::size_t gpus) {
  const std::size_t slots = layer.phy2log.size() / gpus;
  std::size_t doubled = 0;
  for (const auto& copies : layer.log2phy) {
    std::set<std::size_t> homes;
    for (std::uint32_t p : copies) homes.insert(p / slots);
    doubled += copies.size() - homes.size();
  }
  return doubled;
}

// The example of deepseek-ai/EPLB, README.md at d52c72d: two layers of 12 experts, 16 replicas, 4 groups,
// 2 nodes, 8 GPUs.
TEST(Eplb, ReproducesThePublishedExample) {
  const std::vector<Loads> weight{{90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86},
                                  {20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27}};
  const std::vector<EplbLayer> layers = rebalance_experts(weight, 16, 4, 2, 8);
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_THAT(layers[0].phy2log, ElementsAre(5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1));
  EXPECT_THAT(layers[1].phy2log, ElementsAre(7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1));
  EXPECT_THAT(layers[0].log2phy[5], ElementsAre(0, 2));
  EXPECT_EQ(layers[0].logcnt(5), 2U);
  EXPECT_EQ(layers[0].logcnt(7), 1U);
}

TEST(Eplb, KeepsTheGroupsOfANodeTogether) {
  const Loads weight{90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86};
  const EplbLayer layer = balance(weight, shape(16, 8, 4, 2));
  std::vector<std::set<std::size_t>> nodes_of_group(4);
  for (std::size_t p = 0; p < layer.phy2log.size(); ++p) nodes_of_group[layer.phy2log[p] / 3].insert(p / 8);
  for (const auto& nodes : nodes_of_group) EXPECT_EQ(nodes.size(), 1U);
}

TEST(Eplb, BalancesGloballyWhenGroupsDoNotDivideOverNodes) {
  const Loads weight{10, 1, 1, 1, 1, 1};
  const EplbLayer layer = balance(weight, shape(8, 4, 3, 2));
  expect_consistent(layer, 6, shape(8, 4));
  EXPECT_EQ(layer.logcnt(0), 3U);  // 10 -> 5 -> 3.33 per copy, each time the highest
}

TEST(Eplb, GivesTheFurtherCopyToTheHighestLoadPerCopy) {
  const EplbLayer layer = balance({100, 60, 45, 1}, shape(6, 2));
  EXPECT_EQ(layer.logcnt(0), 2U);  // 100 first, then 60 before 100 / 2
  EXPECT_EQ(layer.logcnt(1), 2U);
  EXPECT_EQ(layer.logcnt(2), 1U);
  EXPECT_EQ(layer.logcnt(3), 1U);
}

// Copies of 3.5, 3.5, 7, 7, 3.5, 3.5: 2 and 3 open the GPUs, then each pair of equal loads 0, 1 follows in
// turn.
TEST(Eplb, BreaksTiesByTheLowerIndex) {
  const EplbLayer layer = balance({7, 7, 7, 7}, shape(6, 2));
  EXPECT_THAT(layer.phy2log, ElementsAre(2, 0, 0, 3, 1, 1));
}

TEST(Eplb, KeepsTheOrderWhenEachGpuTakesOneCopy) {
  EXPECT_THAT(balance({1, 5, 9}, shape(4, 4)).phy2log, ElementsAre(0, 1, 2, 2));
}

TEST(Eplb, PlacesExpertsWithoutAnyLoad) {
  expect_consistent(balance(Loads(8, 0), shape(12, 4)), 8, shape(12, 4));
}

struct SkewCase {
  std::size_t experts;
  EplbShape shape;
};

std::vector<SkewCase> skew_cases() {
  return {{256, shape(256, 16)}, {256, shape(288, 32)},       {256, shape(256, 16, 8, 2)},
          {64, shape(68, 4)},    {256, shape(320, 32, 8, 4)}, {384, shape(512, 256)}};
}

std::vector<Loads> skewed_loads(std::size_t experts) {
  std::vector<Loads> loads;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    loads.push_back(zipf_loads(experts, 0.6, seed, 0));
    loads.push_back(zipf_loads(experts, 1.2, seed, 1));
    loads.push_back(dirichlet_loads(experts, 0.5, seed, 2));
    loads.push_back(dirichlet_loads(experts, 2.0, seed, 3));
  }
  return loads;
}

TEST(Eplb, PlacesEveryExpertAndFillsEverySlot) {
  for (const SkewCase& c : skew_cases()) {
    for (const Loads& loads : skewed_loads(c.experts)) {
      expect_consistent(balance(loads, c.shape), c.experts, c.shape);
    }
  }
}

TEST(Eplb, IsNeverLessBalancedThanContiguousOnSkewedLoads) {
  for (const SkewCase& c : skew_cases()) {
    const auto gpus = static_cast<std::size_t>(c.shape.gpus);
    const LayerPlacement contiguous = contiguous_placement(c.experts, gpus);
    for (const Loads& loads : skewed_loads(c.experts)) {
      const LayerPlacement balanced = to_placement(balance(loads, c.shape), c.experts, gpus);
      EXPECT_LE(imbalance(loads, balanced), imbalance(loads, contiguous));
    }
  }
}

// The price of a greedy rule, so that nobody takes the property above for a law.
TEST(Eplb, CanLoseToContiguousOnLoadsMadeForIt) {
  const Loads loads{3, 3, 0, 2, 2, 2};
  EXPECT_DOUBLE_EQ(imbalance(loads, contiguous_placement(6, 2)), 1.0);
  EXPECT_DOUBLE_EQ(imbalance(loads, to_placement(balance(loads, shape(6, 2)), 6, 2)), 7.0 / 6.0);
}

TEST(Eplb, MoreReplicasLowerTheImbalanceOfASkewedLoad) {
  const Loads loads = zipf_loads(256, 1.2, 5, 0);
  const auto balanced = [&](std::int64_t replicas) {
    return imbalance(loads, to_placement(balance(loads, shape(replicas, 32)), 256, 32));
  };
  EXPECT_LT(balanced(288), 0.6 * balanced(256));
  EXPECT_LT(balanced(320), 1.05);
}

TEST(Eplb, ThePublishedRuleMayPutTwoCopiesOnOneGpu) {
  // Copies of 5 each beside one expert of 10: the lighter of two GPUs gets both.
  const EplbLayer layer = balance({10, 10, 1, 1, 1}, shape(6, 2));
  EXPECT_EQ(layer.logcnt(0), 2U);
  EXPECT_EQ(doubled_copies(layer, 2), 1U);
}

TEST(Eplb, SpreadReplicasNeverShareAGpu) {
  for (const SkewCase& c : skew_cases()) {
    EplbShape spread = c.shape;
    spread.spread_replicas = true;
    for (const Loads& loads : skewed_loads(c.experts)) {
      const EplbLayer layer = balance(loads, spread);
      expect_consistent(layer, c.experts, spread);
      EXPECT_EQ(doubled_copies(layer, static_cast<std::size_t>(c.shape.gpus)), 0U);
    }
  }
}

// Without any load to go by, GPUs fill one after the other, and the third copy of expert 0 finds room only
// beside the second.
TEST(Eplb, SpreadReplicasSwapTheirWayOutOfACorner) {
  EplbShape corner = shape(6, 3);
  corner.spread_replicas = true;
  const EplbLayer layer = balance({0, 0, 0, 0}, corner);
  expect_consistent(layer, 4, corner);
  EXPECT_EQ(layer.logcnt(0), 3U);
  EXPECT_EQ(doubled_copies(layer, 3), 0U);
}

TEST(Eplb, SpreadReplicasNeverShareAGpuInTightPlaces) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Random random(seed, "tight");
    const std::size_t gpus = 2 + random.below(6);
    const std::size_t experts = 2 + random.below(8);
    const std::size_t fewest = (experts + gpus - 1) / gpus;
    const std::size_t slots = fewest + random.below(experts - fewest + 1);
    EplbShape tight = shape(static_cast<std::int64_t>(slots * gpus), static_cast<std::int64_t>(gpus));
    tight.spread_replicas = true;
    Loads loads;
    for (std::size_t e = 0; e < experts; ++e) loads.push_back(static_cast<std::int64_t>(random.below(4)));
    const EplbLayer layer = balance(loads, tight);
    expect_consistent(layer, experts, tight);
    EXPECT_EQ(doubled_copies(layer, gpus), 0U) << "seed " << seed;
  }
}

TEST(Eplb, SpreadIsIgnoredWhereAGpuHasMoreSlotsThanThereAreExperts) {
  EplbShape full = shape(12, 4);
  full.spread_replicas = true;
  expect_consistent(balance({5, 1}, full), 2, full);
}

TEST(Eplb, SaysWhichNumbersDoNotDivide) {
  const Loads loads(12, 1);
  expect_error(loads, shape(15, 8), "15 replicas do not divide evenly over 8 gpus");
  expect_error(loads, shape(8, 8), "8 replicas for 12 experts");
  expect_error(loads, shape(15, 5, 4, 2), "5 gpus do not divide evenly over 2 nodes");
  expect_error(loads, shape(16, 8, 8, 2), "12 experts do not divide evenly into 8 groups");
  expect_error(loads, shape(16, 0), "0 gpus");
  expect_error({1, -2, 1}, shape(4, 2), "expert 1 has the load -2");
  expect_error({}, shape(4, 2), "0 experts");
}

TEST(SkewedLoads, ZipfFollowsItsExponent) {
  Loads loads = zipf_loads(64, 1.0, 7, 3);
  std::sort(loads.rbegin(), loads.rend());
  EXPECT_NEAR(static_cast<double>(loads[0]) / static_cast<double>(loads[1]), 2.0, 1e-6);
  EXPECT_NEAR(static_cast<double>(loads[0]) / static_cast<double>(loads[63]), 64.0, 1e-4);
  EXPECT_NEAR(static_cast<double>(std::accumulate(loads.begin(), loads.end(), std::int64_t{0})), 1e9, 64.0);
}

TEST(SkewedLoads, DirichletHasTheVariationAskedFor) {
  for (double cv : {0.2, 0.5, 1.5}) {
    const double mean = 1e9 / 512;
    double squares = 0;
    for (std::int64_t layer = 0; layer < 50; ++layer) {
      for (std::int64_t load : dirichlet_loads(512, cv, 3, layer)) {
        squares += (static_cast<double>(load) / mean - 1.0) * (static_cast<double>(load) / mean - 1.0);
      }
    }
    EXPECT_NEAR(std::sqrt(squares / (50 * 512)), cv, 0.05 * cv);
  }
}

TEST(SkewedLoads, AreThoseOfTheirSeedAndLayer) {
  EXPECT_EQ(zipf_loads(64, 1.0, 7, 3), zipf_loads(64, 1.0, 7, 3));
  EXPECT_NE(zipf_loads(64, 1.0, 7, 3), zipf_loads(64, 1.0, 7, 4));
  EXPECT_NE(dirichlet_loads(64, 1.0, 7, 3), dirichlet_loads(64, 1.0, 8, 3));
}

TEST(SkewedLoads, DirichletOfNoVariationIsEven) {
  EXPECT_THAT(dirichlet_loads(4, 0.0, 1, 0), ElementsAre(250'000'000, 250'000'000, 250'000'000, 250'000'000));
}

TEST(SkewedLoads, DirichletOfAlmostAllVariationStillHasALoad) {
  const Loads loads = dirichlet_loads(4, 1.7320508, 1, 0);
  EXPECT_GT(std::accumulate(loads.begin(), loads.end(), std::int64_t{0}), 900'000'000);
}

TEST(SkewedLoads, RefuseAVariationThatCannotBe) {
  EXPECT_THROW(dirichlet_loads(4, 1.8, 1, 0), ConfigError);  // one expert with everything has sqrt(3)
  EXPECT_THROW(dirichlet_loads(4, -0.1, 1, 0), ConfigError);
}

}  // namespace
}  // namespace podsim::moe
