// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Layers worked out by hand: two cards, four experts, every span of both cards. Each folder schedule_* holds
// the scenario, the expected spans in nanoseconds, and why they are what they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <tuple>

#include "podsim/pod/run.h"

namespace podsim {
namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string nanoseconds(Picoseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{}", time.count() / 1000)
                                  : fmt::format("{} ps", time.count());
}

std::vector<std::string> spans_of(const timeline::Timeline& timeline) {
  std::vector<timeline::Span> spans = timeline.spans;
  std::sort(spans.begin(), spans.end(), [](const timeline::Span& a, const timeline::Span& b) {
    return std::tie(a.card, a.track, a.start, a.name) < std::tie(b.card, b.track, b.start, b.name);
  });
  std::vector<std::string> lines;
  for (const timeline::Span& span : spans) {
    lines.push_back(fmt::format("card {} | {} | {} | {} - {}", span.card.value(), timeline.tracks[span.track],
                                span.name, nanoseconds(span.start), nanoseconds(span.end)));
  }
  return lines;
}

void expect_spans(const std::string& name) {
  const std::string folder = std::string(PODSIM_SOURCE_DIR) + "/tests/golden/" + name;
  const pod::RunResult result = pod::run(
      pod::load_scenario(folder + "/input.json", {"/workload/routing/file=" + folder + "/routes.jsonl"}), {});
  EXPECT_EQ(spans_of(result.timeline), lines_of(folder + "/expected.txt"));
}

TEST(ScheduleGolden, Serial) {
  expect_spans("schedule_serial");
}

TEST(ScheduleGolden, TwoBatch) {
  expect_spans("schedule_two_batch");
}

TEST(ScheduleGolden, StagePair) {
  expect_spans("schedule_stage_pair");
}

TEST(ScheduleGolden, ExpertPrefetch) {
  expect_spans("schedule_expert_prefetch");
}

TEST(ScheduleGolden, WaveFill) {
  expect_spans("schedule_wave_fill");
}

}  // namespace
}  // namespace podsim
