// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/metrics.h"

#include <gtest/gtest.h>

#include <limits>

#include "podsim/base/error.h"

namespace podsim::stats {
namespace {

constexpr MetricDef kMetrics[] = {
    {"moe_layer.latency_us", "us", "from the first dispatch to the last sum"},
    {"fabric.hop_events", "", "packet-at-link services"},
    {"fabric.bytes_delivered", "bytes", "payload that arrived"},
    {"dispatch.span_us", "us", "a card's time in dispatch", Kind::Distribution},
    {"rows.received", "", "rows a card received", Kind::Distribution},
    {"layer.<layer>.latency_us", "us", "latency of one layer"},
    {"efficiency", "1", "a ratio"},
};
const MetricDef& kLatency = kMetrics[0];
const MetricDef& kHops = kMetrics[1];
const MetricDef& kDelivered = kMetrics[2];
const MetricDef& kSpan = kMetrics[3];
const MetricDef& kRows = kMetrics[4];
const MetricDef& kLayerLatency = kMetrics[5];
const MetricDef& kEfficiency = kMetrics[6];

Metrics empty_metrics() {
  return Metrics(MetricCatalogue().add("a run", kMetrics));
}

TEST(Metrics, WritesInOrderOfNameWhateverTheOrderOfSetting) {
  Metrics metrics = empty_metrics();
  metrics.set(kLatency, Picoseconds(1'500'000));
  metrics.set(kHops, 7);
  metrics.set(kEfficiency, 0.1);
  EXPECT_EQ(metrics.to_json(0),
            "{\n"
            "  \"efficiency\": 0.1,\n"
            "  \"fabric.hop_events\": 7,\n"
            "  \"moe_layer.latency_us\": 1.5\n"
            "}");
}

TEST(Metrics, NoneIsAnEmptyObject) {
  EXPECT_EQ(empty_metrics().to_json(2), "{}");
}

TEST(Metrics, ATimeInMicrosecondsKeepsEveryPicosecond) {
  Metrics metrics = empty_metrics();
  metrics.set(kLatency, Picoseconds(123'456'789'012));
  EXPECT_EQ(metrics.to_json(0), "{\n  \"moe_layer.latency_us\": 123456.789012\n}");
}

TEST(Metrics, ADistributionIsFiveFigures) {
  Metrics metrics = empty_metrics();
  metrics.set(kRows, distribution_of({1, 2, 6}));
  metrics.set(kSpan, distribution_of({1'000'000, 2'000'000}));
  EXPECT_EQ(metrics.find("rows.received.p50"), 2.0);
  EXPECT_EQ(metrics.find("rows.received.mean"), 3.0);
  EXPECT_EQ(metrics.find("rows.received.min"), 1.0);
  EXPECT_EQ(metrics.find("rows.received.p99"), 6.0);
  EXPECT_EQ(metrics.find("dispatch.span_us.max"), 2.0);
  EXPECT_EQ(metrics.find("dispatch.span_us.mean"), 1.5);
  EXPECT_EQ(metrics.find("rows.received"), std::nullopt);
}

TEST(Metrics, AFamilyHasAValueForEveryKey) {
  Metrics metrics = empty_metrics();
  metrics.set({kLayerLatency, 3}, Picoseconds(1'000'000));
  metrics.set({kLayerLatency, "Pod Up"}, Picoseconds(2'000'000));
  EXPECT_EQ(metrics.find("layer.3.latency_us"), 1.0);
  EXPECT_EQ(metrics.find("layer.pod_up.latency_us"), 2.0);
}

TEST(Metrics, AnUndeclaredMetricIsOurBug) {
  constexpr MetricDef kStranger{"stranger.latency_us", "us", "nobody declared it"};
  Metrics metrics = empty_metrics();
  EXPECT_THROW(metrics.set(kStranger, 1.0), InternalError);
}

TEST(Metrics, AMetricSetTwiceIsOurBug) {
  Metrics metrics = empty_metrics();
  metrics.set(kHops, 1);
  EXPECT_THROW(metrics.set(kHops, 1), InternalError);
}

TEST(Metrics, AValueOfAnotherUnitIsOurBug) {
  Metrics metrics = empty_metrics();
  EXPECT_THROW(metrics.set(kHops, Picoseconds(1)), InternalError);
  EXPECT_THROW(metrics.set(kLatency, Bytes(1)), InternalError);
  EXPECT_THROW(metrics.set(kDelivered, BytesPerSecond(1)), InternalError);
  EXPECT_THROW(metrics.set(kLatency, distribution_of({1})), InternalError);
  EXPECT_THROW(metrics.set(kRows, 1), InternalError);
}

TEST(Metrics, WhatIsNoFiniteNumberIsOurBug) {
  Metrics metrics = empty_metrics();
  EXPECT_THROW(metrics.set(kEfficiency, std::numeric_limits<double>::quiet_NaN()), InternalError);
  EXPECT_THROW(metrics.set(kEfficiency, std::numeric_limits<double>::infinity()), InternalError);
  EXPECT_THROW(metrics.set(kHops, std::numeric_limits<std::uint64_t>::max()), InternalError);
}

TEST(Metrics, AKeyWhereNoneBelongsOrNoneWhereOneBelongsIsOurBug) {
  Metrics metrics = empty_metrics();
  EXPECT_THROW(metrics.set({kHops, 3}, 1), InternalError);
  EXPECT_THROW(metrics.set(kLayerLatency, Picoseconds(1)), InternalError);
  EXPECT_THROW(Metric(kLayerLatency, ""), InternalError);
}

TEST(MetricText, ADoubleIsTheShortestTextThatReadsBackAndLooksLikeADouble) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(3.0), "3.0");
  EXPECT_EQ(to_text(-0.0), "-0.0");
  EXPECT_EQ(to_text(1e20), "1e+20");
  EXPECT_EQ(to_text(1.0 / 3.0), "0.3333333333333333");
  EXPECT_EQ(to_text(5e-324), "5e-324");
}

TEST(MetricCatalogue, RefusesANameDeclaredTwice) {
  constexpr MetricDef kAgain[] = {{"fabric.hop_events", "", "again"}};
  constexpr MetricDef kTwins[] = {{"twin", "", "one"}, {"twin", "", "other"}};
  MetricCatalogue catalogue;
  catalogue.add("a run", kMetrics);
  EXPECT_THROW(catalogue.add("again", kAgain), InternalError);
  EXPECT_THROW(catalogue.add("twins", kTwins), InternalError);
}

}  // namespace
}  // namespace podsim::stats
