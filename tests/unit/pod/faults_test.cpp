// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "podsim/base/error.h"
#include "podsim/pod/run.h"
#include "support/small_scenario.h"

// Faults from the scenario file to the results. Each run in a process of its own.
namespace podsim::pod {
namespace {

using test::figure_of;
using test::in_child;
using ::testing::HasSubstr;

// One all-to-all in a cabinet of the Atlas 950 pod.
std::string scenario(const std::string& faults, const std::string& pod = "atlas950_8192",
                     const std::string& row = "7168B") {
  return fmt::format(
      R"({{"name": "faulty", "machine": {{"pod": "configs/pods/{}.json"}},
          "workload": {{"kind": "all_to_all", "cards": 64, "row": "{}"}}{}}})",
      pod, row, faults.empty() ? "" : R"(, "faults": )" + faults);
}

std::string part(const std::string& what, const std::string& which, const std::string& at = "start") {
  return fmt::format(R"({{"what": "{}", "which": "{}", "at": "{}"}})", what, which, at);
}

std::string parts(const std::string& list) {
  return fmt::format(R"({{"parts": [{}]}})", list);
}

std::string metrics_of(const std::string& text, const RunOptions& options = {}) {
  return in_child([&] { return run(parse_scenario(text, "test", {}), options).metrics.to_json(0); });
}

TEST(PodFaults, ALinkDownSlowsARunAndItsRowsGoRound) {
  const std::string whole = metrics_of(scenario("", "atlas950_8192", "64KiB"));
  const std::string metrics =
      metrics_of(scenario(parts(part("link", "npu 0 -> npu 1 (x)")), "atlas950_8192", "64KiB"));
  EXPECT_EQ(figure_of(metrics, "faults.without_us"), figure_of(whole, "all_to_all.latency_us"));
  EXPECT_EQ(figure_of(metrics, "faults.slowdown"),
            figure_of(metrics, "all_to_all.latency_us") / figure_of(whole, "all_to_all.latency_us"));
  EXPECT_GT(figure_of(metrics, "faults.rerouted_messages"), 0.0);
  EXPECT_LT(figure_of(metrics, "faults.rerouted_messages"), 0.02);
  EXPECT_EQ(figure_of(metrics, "faults.virtual_lanes"), 2.0);
  EXPECT_EQ(figure_of(metrics, "faults.messages_failed"), 0.0);
  EXPECT_EQ(figure_of(metrics, "fabric.messages_delivered"), 64.0 * 63);
}

TEST(PodFaults, ADeadCardIsLeftOutOfAnAllToAll) {
  const std::string metrics = metrics_of(scenario(parts(part("card", "npu 9"))));
  EXPECT_EQ(figure_of(metrics, "faults.messages_failed"), 2.0 * 63);
  EXPECT_EQ(figure_of(metrics, "fabric.messages_delivered"), 63.0 * 62);
}

TEST(PodFaults, ACardThatDiesOnTheWayEndsTheRunAllTheSame) {
  const std::string metrics =
      metrics_of(scenario(parts(part("card", "npu 9", "5us")), "atlas950_8192", "64KiB"));
  const double failed = figure_of(metrics, "faults.messages_failed");
  EXPECT_GT(failed, 0.0);
  EXPECT_LT(failed, 2.0 * 63);
  EXPECT_EQ(figure_of(metrics, "fabric.messages_delivered") + failed, 64.0 * 63);
}

TEST(PodFaults, ASpareTakesTheCardsPlaceAndSaysSo) {
  const auto [metrics, note] = [] {
    const std::string both = in_child([] {
      const RunResult result =
          run(parse_scenario(scenario(parts(part("card", "npu 9")), "ub_mesh_8k"), "t", {}), {});
      return result.metrics.to_json(0) + "\n#" + fmt::format("{}", fmt::join(result.notes, "\n"));
    });
    return std::pair(both.substr(0, both.find("\n#")), both.substr(both.find("\n#") + 2));
  }();
  EXPECT_EQ(figure_of(metrics, "faults.spares_used"), 1.0);
  EXPECT_EQ(figure_of(metrics, "fabric.messages_delivered"), 64.0 * 63);
  EXPECT_GE(figure_of(metrics, "faults.slowdown"), 1.0);
  EXPECT_THAT(note, HasSubstr("a spare of cabinet 0 stands in for npu 9"));
}

TEST(PodFaults, AnMoeLayerNeedsAllItsCards) {
  const auto error = [](const std::string& faults) {
    std::string text = test::small_scenario();
    text.insert(text.rfind('}'), R"(, "faults": )" + faults);
    return metrics_of(text);
  };
  EXPECT_THAT(error(parts(part("card", "npu 3"))), HasSubstr("npu 3 is down from the start"));
  EXPECT_THAT(error(parts(part("card", "npu 3", "10us"))), HasSubstr("messages were given up"));
  // A cable is another matter, at the start and on the way.
  EXPECT_GE(figure_of(error(parts(part("link", "npu 0 -> npu 1 (x)"))), "faults.slowdown"), 0.9);
  EXPECT_GE(figure_of(error(parts(part("link", "npu 0 -> npu 1 (x)", "20us"))), "faults.slowdown"), 0.9);
}

TEST(PodFaults, ACutIsTheUsersErrorAndNamed) {
  std::string list;
  for (int peer = 1; peer < 8; ++peer) list += part("link", fmt::format("npu 0 -> npu {} (x)", peer)) + ", ";
  for (int row = 1; row < 8; ++row) list += part("link", fmt::format("npu 0 -> npu {} (y)", 8 * row)) + ", ";
  for (int plane = 0; plane < 4; ++plane)
    list += part("port", fmt::format("npu 0 up:{}", plane)) + (plane < 3 ? ", " : "");
  const std::string error = metrics_of(scenario(parts(list)));
  EXPECT_THAT(error, HasSubstr("cut the pod apart: npu 0 cannot reach npu 1 to npu 63"));
  EXPECT_THAT(error, HasSubstr("link npu 0 -> npu 40 (y) and 6 more"));
}

TEST(PodFaults, TheBoundIsOnWhatIsLeft) {
  RunOptions bound;
  bound.fidelity = fabric::Fidelity::Bound;
  const std::string metrics =
      metrics_of(scenario(parts(part("card", "npu 9") + ", " + part("link", "npu 0 -> npu 1 (x)"))), bound);
  EXPECT_GE(figure_of(metrics, "faults.slowdown"), 1.0);
}

TEST(PodFaults, SameSeedSameBytes) {
  const std::string rates =
      R"({"rates": {"link": 5e6, "horizon": "20us", "repair": "5us"}, "compare": false})";
  const std::string once = metrics_of(scenario(rates, "atlas950_1024", "64KiB"));
  EXPECT_GT(figure_of(once, "faults.count"), 10.0);
  EXPECT_EQ(metrics_of(scenario(rates, "atlas950_1024", "64KiB")), once);
}

}  // namespace
}  // namespace podsim::pod
