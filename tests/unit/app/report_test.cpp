// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "unit/app/sample_run.h"

namespace podsim::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Report, SaysWhatRanOnWhat) {
  EXPECT_THAT(run_report(sample_scenario(), sample_result()),
              testing::StartsWith("sample: DeepSeek-V4-Pro on 8,192 cards of atlas950_8192, 128 tokens a "
                                  "card, EP 64, uniform routing,\n"
                                  "        serial, fidelity packet\n"));
}

TEST(Report, SetsTheLatencyBesideItsBound) {
  EXPECT_THAT(run_report(sample_scenario(), sample_result()),
              HasSubstr("  layer latency               412 us   bound     400 us   3.0 % above it\n"));
}

TEST(Report, SaysHowFarACombineLiesAboveItsBoundOnlyWhereStagesDoNotOverlap) {
  pod::RunResult result = sample_result();
  result.metrics.set(pod::kCombineLatency, us(60));
  result.metrics.set(pod::kBoundCombine, us(40));
  pod::Scenario scenario = sample_scenario();
  EXPECT_THAT(run_report(scenario, result),
              HasSubstr("  combine                      60 us   bound      40 us   50.0 % above it\n"));
  scenario.schedule = npu::WaveFillSchedule();
  EXPECT_THAT(run_report(scenario, result),
              HasSubstr("  combine                      60 us   bound      40 us\n"));
}

TEST(Report, GivesTheBreakdownOverCards) {
  const std::string report = run_report(sample_scenario(), sample_result());
  EXPECT_THAT(report, HasSubstr("  dispatch                  123.4 us      130 us      130 us\n"));
  EXPECT_THAT(report, HasSubstr("  exposed communication         7 us        9 us        9 us\n"));
  EXPECT_THAT(report, Not(HasSubstr("activation")));  // a figure that this run does not have
}

TEST(Report, ListsTheFiveBusiestLinksBusiestFirst) {
  const std::string report = run_report(sample_scenario(), sample_result());
  EXPECT_LT(report.find("npu 6 -> switch 3 (up)"), report.find("npu 5 -> switch 3 (up)"));
  EXPECT_THAT(report, HasSubstr("npu 2 -> switch 3 (up)"));
  EXPECT_THAT(report, Not(HasSubstr("npu 1 -> switch 3 (up)")));
}

TEST(Report, SaysWhoUsesTheBusiestLinks) {
  pod::RunResult result = sample_result();
  EXPECT_THAT(
      run_report(sample_scenario(), result),
      HasSubstr("    from npu 258 (31 %), npu 266 (12 %), 14 others; to npu 7 (100 %), npu 9 (<1 %)\n"));
  EXPECT_THAT(run_report(sample_scenario(), result), HasSubstr("  users: rows and results of layer 3\n"));
  result.busiest_links.sampled = true;
  EXPECT_THAT(run_report(sample_scenario(), result), HasSubstr("npu 266 (12 %), others; to npu 7"));
}

TEST(Report, SaysWhatBoundsTheRunAndWhatWasAssumed) {
  const std::string report = run_report(sample_scenario(), sample_result());
  EXPECT_THAT(report, HasSubstr("  why         link dimension up: 93 % busy\n"));
  EXPECT_THAT(report, HasSubstr("  note        placement generated\n"));
}

TEST(Report, SaysWhatTheRunCost) {
  EXPECT_THAT(run_report(sample_scenario(), sample_result()),
              HasSubstr("took 3.4 s, 31 M hop events at 9.1 M/s, 800 MB of memory at most"));
}

TEST(Report, ALongNoteIsWrappedAndTheScreenIsKept) {
  pod::RunResult result = sample_result();
  for (int i = 0; i < 40; ++i) result.notes.front() += " and something more";
  std::istringstream lines(run_report(sample_scenario(), result));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_LE(count, 50U);
}

TEST(Report, ARunOfSeveralLayersNamesTheSlowest) {
  pod::RunResult result = sample_result();
  for (std::int64_t i = 0; i < 5; ++i) {
    pod::LayerRow layer;
    layer.layer = i;
    layer.latency = us(100 + 10 * (i % 4));
    layer.bound_by = "hbm";
    result.layers.push_back(layer);
  }
  result.metrics.set(pod::kLayersTotal, us(560));
  const std::string report = run_report(sample_scenario(), result);
  EXPECT_THAT(report, HasSubstr("all 5 layers                560 us\n"));
  EXPECT_THAT(report, HasSubstr("slowest: layer 3            130 us"));
  EXPECT_THAT(report, Not(HasSubstr("slowest: layer 0")));
}

TEST(Report, AnInterruptedRunSaysSo) {
  pod::RunResult result = sample_result();
  EXPECT_THAT(run_report(sample_scenario(), result), Not(HasSubstr("PARTIAL")));
  result.partial = true;
  EXPECT_THAT(run_report(sample_scenario(), result), HasSubstr("PARTIAL"));
}

TEST(Report, ARunWithoutFiguresIsStillAReport) {
  pod::RunResult result = sample_result();
  result.metrics = stats::Metrics(pod::catalogue());
  result.links.clear();
  result.busiest_links = {};
  const std::string report = run_report(sample_scenario(), result);
  EXPECT_THAT(report, Not(HasSubstr("layer latency")));
  EXPECT_THAT(report, Not(HasSubstr("busiest links")));
  EXPECT_THAT(report, Not(HasSubstr("time of a card")));
}

}  // namespace
}  // namespace podsim::app
