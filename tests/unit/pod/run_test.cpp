// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/pod/run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "support/small_scenario.h"

namespace podsim::pod {
namespace {

using test::figure_of;
using test::in_child;
using test::latency_of;
using test::load_small;
using test::metrics_of;
using test::Sets;

TEST(Run, StatesOfACardAddUpToTheTimeOfTheRun) {
  const RunResult result = run(load_small({"/workload/layers/count=3"}), {});
  Picoseconds total;
  for (const LayerRow& layer : result.layers) total += layer.latency;
  ASSERT_EQ(result.cards.size(), 16U);
  for (const CardRow& card : result.cards) {
    EXPECT_EQ(card.overhead + card.compute + card.exposed + card.idle, total);
    EXPECT_LE(card.core_busy, card.compute);
    EXPECT_EQ(card.rows_returned, 3 * 32 * 6);
  }
}

TEST(Run, LayersFollowOneAnotherAndAreCountedAlone) {
  const RunResult result = run(load_small({"/workload/layers/count=3"}), {});
  ASSERT_EQ(result.layers.size(), 3U);
  EXPECT_EQ(result.layers[0].layer, 3);
  EXPECT_EQ(result.layers[2].layer, 5);
  EXPECT_GE(result.layers[1].start, result.layers[0].start + result.layers[0].latency);
  EXPECT_EQ(result.metrics.find("traffic.rows"), 3.0 * 16 * 32 * 6);
  EXPECT_EQ(result.metrics.find("fabric.messages_delivered"), 2 * 3.0 * 16 * 32 * 6);
}

TEST(Run, BytesDeliveredAreRowsAndResults) {
  const RunResult result = run(load_small({}), {});
  const double rows = 16 * 32 * 6;
  EXPECT_EQ(result.metrics.find("fabric.bytes_delivered"), rows * (4096 + 2 * 4096));
  EXPECT_EQ(result.metrics.find("traffic.dispatch_bytes"), rows * 4096);
  EXPECT_EQ(result.metrics.find("traffic.combine_bytes"), rows * 2 * 4096);
}

TEST(Run, SameSeedGivesTheSameBytesAndAnotherSeedDoesNot) {
  const std::string once = metrics_of({});
  EXPECT_EQ(metrics_of({}), once);
  EXPECT_NE(metrics_of({"/seed=2"}), once);
  RunOptions options;
  options.seed = 2;
  EXPECT_EQ(metrics_of({}, options), metrics_of({"/seed=2"}));
}

TEST(Run, ProgressReportsChangeNothing) {
  RunOptions options;
  options.progress = [](const ProgressReport&) {};
  EXPECT_EQ(metrics_of({}, options), metrics_of({}));
}

// Under its bound, a simulated time fails a check inside run().
TEST(Run, NoScheduleBeatsItsBoundAnywhere) {
  for (const char* schedule : {"serial", "wave_fill"}) {
    for (const char* spread : {"first", "hash", "backlog"}) {
      for (const char* tokens : {"0", "1", "32", "300"}) {
        const Sets sets{std::string("/schedule/kind=") + schedule,
                        std::string("/fabric/path_spread=") + spread,
                        std::string("/workload/tokens_per_card=") + tokens, "/workload/layers/count=2",
                        "/workload/routing={\"kind\": \"zipf\", \"alpha\": 1.0}"};
        const std::string metrics = metrics_of(sets);
        EXPECT_GE(figure_of(metrics, "moe_layer.over_bound"), 1.0) << schedule << spread << tokens;
      }
    }
  }
}

TEST(Run, NoScheduleBeatsItsBoundWithSharedExpertsCopiesSlowCardsOrReplicas) {
  for (const char* schedule : {"serial", "wave_fill"}) {
    for (const char* set :
         {"/workload/shared_expert=true", "/workload/dispatch_copies=per_card",
          R"(/machine/pod/cards=[{"npus": [3], "compute_scale": 0.5}, {"npus": [4], "compute_scale": 2.0}])",
          R"(/workload/placement={"kind": "eplb", "eplb": {"redundant_per_rank": 2}})"}) {
      const std::string metrics = metrics_of({std::string("/schedule/kind=") + schedule, set});
      EXPECT_GE(figure_of(metrics, "moe_layer.over_bound"), 1.0) << schedule << set;
    }
  }
}

TEST(Run, BoundWithoutEventsIsTheBoundBesideASimulation) {
  const std::string simulated = metrics_of({});
  RunOptions options;
  options.fidelity = fabric::Fidelity::Bound;
  const std::string bound = metrics_of({}, options);
  for (const char* name :
       {"bound.moe_layer.latency_us", "bound.dispatch.latency_us", "bound.combine.latency_us",
        "bound.compute_us", "bound.hbm_us", "bound.transfer_us"})
    EXPECT_EQ(figure_of(bound, name), figure_of(simulated, name)) << name;
}

TEST(Run, SlowerPartsMakeALayerSlower) {
  const double before = latency_of({});
  EXPECT_GT(latency_of({"/machine/chip/hbm/bandwidth=1TB/s"}), before);
  EXPECT_GT(latency_of({"/machine/stack/barrier=20us"}), before);
  EXPECT_GT(latency_of({"/machine/pod/dimensions/0/link/bandwidth=2GB/s"}), before);
  EXPECT_GT(latency_of({"/machine/chip/cube_peak/fp8=100TFLOP/s"}), before);
  EXPECT_GT(latency_of({"/machine/pod/cards=[{\"npus\": [3], \"compute_scale\": 0.1}]"}), before);
}

TEST(Run, OverlapIsFasterThanAKernelPerStage) {
  EXPECT_LT(latency_of({}), latency_of({"/schedule/kind=serial"}));
}

TEST(Run, TokenForTwoExpertsOfACardTravelsOnceWhenSaidSo) {
  const std::string per_expert = metrics_of({});
  const std::string per_card = metrics_of({"/workload/dispatch_copies=per_card"});
  EXPECT_LT(figure_of(per_card, "traffic.dispatch_bytes"), figure_of(per_expert, "traffic.dispatch_bytes"));
  EXPECT_EQ(figure_of(per_card, "traffic.rows"), figure_of(per_expert, "traffic.rows"));
  EXPECT_EQ(figure_of(per_card, "traffic.combine_bytes"), figure_of(per_expert, "traffic.combine_bytes"));
}

TEST(Run, InterruptedRunIsMarkedPartialAndKeepsTheLayersThatAreDone) {
  int asked = 0;
  RunOptions options;
  options.interrupted = [&asked] { return ++asked > 40; };
  const RunResult result =
      run(load_small({"/workload/layers/count=40", "/workload/tokens_per_card=64"}), options);
  EXPECT_TRUE(result.partial);
  EXPECT_LT(result.layers.size(), 40U);
  EXPECT_EQ(result.metrics.find("layers.count"), static_cast<double>(result.layers.size()));
  EXPECT_THAT(result.notes, ::testing::Contains(::testing::HasSubstr("interrupted")));
}

// Only link rows of what had happened by then: none was busy for longer than the run had lasted.
TEST(Run, InterruptedRunHasLinksThatWereBusyForAShareOfItsTime) {
  int asked = 0;
  RunOptions options;
  options.interrupted = [&asked] { return ++asked > 16 + 6; };  // 16 cards in the bound, then six slices
  const RunResult result = run(load_small({"/workload/tokens_per_card=2000"}), options);
  ASSERT_TRUE(result.partial);
  ASSERT_FALSE(result.links.empty());
  double most = 0.0;
  for (const LinkRow& link : result.links) most = std::max(most, link.utilisation);
  EXPECT_GT(most, 0.0);
  EXPECT_LE(most, 1.0);
  EXPECT_EQ(result.metrics.find("fabric.busiest_link_utilisation"), most);
  EXPECT_TRUE(result.busiest_links.sampled);
  EXPECT_THAT(result.busiest_links.users_of,
              ::testing::StartsWith("rows and results of layer 3, which was under way, one message in "));
}

TEST(Run, InterruptEndsTheBoundToo) {
  for (const char* workload :
       {"/workload/tokens_per_card=64", R"(/workload={"kind": "all_to_all", "row": "7168B", "cards": 64})"}) {
    const std::string cards = in_child([workload] {
      int asked = 0;
      RunOptions options;
      options.fidelity = fabric::Fidelity::Bound;
      options.interrupted = [&asked] { return ++asked > 3; };
      const RunResult result = run(load_small({workload}), options);
      return fmt::format("{} {} {}", asked, result.partial,
                         result.metrics.find("bound.transfer_us").has_value());
    });
    EXPECT_EQ(cards, "4 true false") << workload;
  }
}

TEST(Run, UsersOfABusyLinkHaveSharesThatAddUpToOne) {
  const RunResult result = run(load_small({"/workload/layers/count=3"}), {});
  ASSERT_EQ(result.busiest_links.uses.size(), 5U);
  EXPECT_THAT(result.busiest_links.users_of, ::testing::EndsWith(", the slowest"));
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
  for (const LinkUse& use : result.busiest_links.uses) {
    EXPECT_LE(result.links[use.row].stats.busy_ps, last);
    last = result.links[use.row].stats.busy_ps;
    for (const LinkUse::Cards* cards : {&use.from, &use.to}) {
      ASSERT_EQ(cards->count, cards->most.size());  // a group has 8 cards
      double sum = 0.0;
      for (const LinkUse::Share& user : cards->most) sum += user.share;
      EXPECT_NEAR(sum, 1.0, 1e-12);
    }
  }
}

TEST(Run, UsersOfLinksAreNotKnownWhenPathsDependOnBacklog) {
  const RunResult result = run(load_small({"/fabric/path_spread=backlog"}), {});
  ASSERT_FALSE(result.busiest_links.uses.empty());
  EXPECT_EQ(result.busiest_links.uses.front().from.count, 0U);
  EXPECT_THAT(result.busiest_links.users_of, ::testing::StartsWith("unknown"));
}

TEST(Run, RecordsSpansOfTheChosenCardsOnly) {
  const RunResult result = run(load_small({"/output/timeline_cards=[5]"}), {});
  ASSERT_FALSE(result.timeline.spans.empty());
  for (const timeline::Span& span : result.timeline.spans) {
    EXPECT_EQ(span.card, NpuId(5));
    EXPECT_LE(span.start, span.end);
  }
}

TEST(Run, NotesSayWhatIsAssumed) {
  const RunResult result = run(load_small({}), {});
  EXPECT_THAT(result.notes, ::testing::Contains(::testing::HasSubstr("are assumed")));
  EXPECT_THAT(result.words.front(), ::testing::StartsWith("bound by "));
}

TEST(AllToAll, EveryCardGetsARowFromEveryOther) {
  const RunResult result =
      run(load_small({"/workload={\"kind\": \"all_to_all\", \"row\": \"7168B\", \"cards\": 64}"}), {});
  EXPECT_EQ(result.metrics.find("fabric.messages_delivered"), 64.0 * 63);
  for (const CardRow& card : result.cards) EXPECT_EQ(card.rows_received, 63);
  EXPECT_GE(*result.metrics.find("all_to_all.over_bound"), 1.0);
  EXPECT_LT(*result.metrics.find("all_to_all.over_bound"), 1.3);
}

TEST(AllToAll, OrderThatAllCardsShareIsSlowerThanTheRotatedOne) {
  const auto with = [](const std::string& order) {
    const Sets sets{"/machine/pod=configs/pods/dgx_h800.json",
                    R"(/workload={"kind": "all_to_all", "row": "65536B", "order": ")" + order + R"("})"};
    return figure_of(metrics_of(sets), "all_to_all.latency_us");
  };
  EXPECT_LT(with("rotated"), with("ascending"));
}

}  // namespace
}  // namespace podsim::pod
