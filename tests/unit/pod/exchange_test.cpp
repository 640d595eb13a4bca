// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "podsim/base/error.h"
#include "support/small_scenario.h"

namespace podsim::pod {
namespace {

using test::figure_of;
using test::latency_of;
using test::metrics_of;
using test::Sets;

Sets with(Sets sets, const Sets& more) {
  sets.insert(sets.end(), more.begin(), more.end());
  return sets;
}

const Sets kLowLatency{"/schedule/kind=serial", "/workload/exchange=low_latency"};

TEST(Exchange, VectorCoresThatCommunicateSlowTheActivationBesideThem) {
  // An activation that takes longer than the products of its tile.
  const Sets sets{"/schedule/kind=expert_prefetch", "/machine/stack/swiglu_ops/value=10000"};
  const double all = latency_of(with(sets, {"/machine/stack/communication_cores/value=0"}));
  const double half = latency_of(with(sets, {"/machine/stack/communication_cores/value=36"}));
  EXPECT_GT(half, 1.3 * all);
  const Sets serial{"/schedule/kind=serial", "/machine/stack/swiglu_ops/value=10000"};
  EXPECT_EQ(latency_of(with(serial, {"/machine/stack/communication_cores/value=0"})),
            latency_of(with(serial, {"/machine/stack/communication_cores/value=36"})))
      << "nothing communicates while the activation runs";
}

TEST(Exchange, FewTokensAreFasterWithoutExchangeOfCountsAndBarriers) {
  EXPECT_LT(latency_of(kLowLatency), latency_of({"/schedule/kind=serial"}));
}

TEST(Exchange, ResultsAddedUpOnTheCardAreFewerBytes) {
  const Sets sets{"/schedule/kind=serial", "/workload/dispatch_copies=per_card"};
  const std::string all = metrics_of(sets);
  const std::string sums = metrics_of(with(sets, {"/workload/combine_copies=per_card"}));
  const double rows = figure_of(sums, "traffic.dispatch_bytes") / 4096;
  EXPECT_EQ(figure_of(sums, "traffic.combine_bytes"), rows * 2 * 4096);
  EXPECT_LT(figure_of(sums, "traffic.combine_bytes"), figure_of(all, "traffic.combine_bytes"));
}

TEST(Exchange, WithoutComputeNothingIsOnTheCores) {
  for (const Sets& sets : {kLowLatency, Sets{"/schedule/kind=serial"}}) {
    const std::string metrics = metrics_of(with(sets, {"/schedule/compute=false"}));
    EXPECT_EQ(figure_of(metrics, "compute.busy_us"), 0.0);
    EXPECT_LT(figure_of(metrics, "dispatch.latency_us") + figure_of(metrics, "combine.latency_us"),
              1.01 * figure_of(metrics, "moe_layer.latency_us"));
  }
}

TEST(Exchange, SlotsMustFitInMemory) {
  const std::string said = metrics_of(with(kLowLatency, {"/machine/chip/hbm/capacity/value=1MiB"}));
  EXPECT_THAT(said, ::testing::HasSubstr("/workload/exchange: low_latency needs a slot for every row"));
}

TEST(Exchange, LowLatencyNeedsARowPerExpert) {
  EXPECT_THROW(test::load_small(with(kLowLatency, {"/workload/dispatch_copies=per_card"})), ConfigError);
  EXPECT_THROW(test::load_small({"/schedule/kind=serial", "/workload/combine_copies=per_card"}), ConfigError);
}

TEST(Exchange, ShortSegmentsOfStoresCostHeaders) {
  const Sets sets{"/schedule/kind=serial", "/schedule/compute=false"};
  EXPECT_GT(latency_of(with(sets, {"/machine/stack/write_segment=256B"})), latency_of(sets));
}

}  // namespace
}  // namespace podsim::pod
