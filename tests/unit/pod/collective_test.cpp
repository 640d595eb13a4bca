// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "support/small_scenario.h"

namespace podsim::test {
namespace {

using testing::HasSubstr;

// Cards in a full mesh with round figures: 1 GB/s and 1 us a link, 1 us between card and port either way, no
// headers; memory moves 4 GB/s; a launch takes 10 us, a flag 0.5. So 1,000 B are there 4 us after they may
// leave, 2,000 B after 5; to write them takes 0.25 and 0.5 us, to write and add them 1 and 2.
std::string scenario(int cards, const std::string& workload) {
  return fmt::format(R"({{"name": "collective", "machine": {{
    "pod": {{"name": "mesh", "source": "a test", "chip": "configs/chips/ascend910c.json",
            "stack": "configs/stacks/cann_910c.json",
            "dimensions": [{{"kind": "full_mesh", "name": "x", "source": "a test", "size": {},
                            "link": {{"bandwidth": "1GB/s", "latency": "1us", "medium": "board", "lanes": 4}}}}]}},
    "protocol": {{"name": "bare", "flit": "1B", "block_flits": 4096, "block_overhead": "0B",
                 "packet_overhead": "0B", "mtu": "1MiB", "send_latency": "1us", "receive_latency": "1us"}}}},
    "workload": {{"kind": "collective", {}}}}})",
                     cards, workload);
}

const Sets kRound = {R"(/machine/chip/hbm/bandwidth="4GB/s")", "/machine/chip/hbm/efficiency=1.0",
                     R"(/machine/stack/kernel_launch="10us")", R"(/machine/stack/flag_poll="500ns")"};

std::string run(int cards, const std::string& workload, Sets sets = {}) {
  sets.insert(sets.begin(), kRound.begin(), kRound.end());
  return in_child([&] {
    return pod::run(pod::parse_scenario(scenario(cards, workload), "collective", sets), {})
        .metrics.to_json(0);
  });
}

double latency(int cards, const std::string& workload, const Sets& sets = {}) {
  return figure_of(run(cards, workload, sets), "collective.latency_us");
}

TEST(Collective, MeshAllReduceOfTwo) {
  // 10 + 4 there, 1 added, 0.5 seen; 4 there, 0.25 written, 0.5 seen.
  EXPECT_DOUBLE_EQ(latency(2, R"("operation": "all_reduce", "bytes": "2000B")"), 20.25);
}

TEST(Collective, RingAllReduceOfThree) {
  // 10, twice 4 + 1 + 0.5, twice 4 + 0.25 + 0.5.
  EXPECT_DOUBLE_EQ(latency(3, R"("operation": "all_reduce", "algorithm": "ring", "bytes": "3000B")"), 30.5);
}

TEST(Collective, MeshAllGatherOfFourWritesThreeChunks) {
  // All three come at 14.
  EXPECT_DOUBLE_EQ(latency(4, R"("operation": "all_gather", "bytes": "4000B")"), 14 + 3 * 0.25 + 0.5);
}

TEST(Collective, MeshReduceScatterOfFourAddsThreeChunks) {
  EXPECT_DOUBLE_EQ(latency(4, R"("operation": "reduce_scatter", "bytes": "4000B")"), 14 + 3 * 1.0 + 0.5);
}

TEST(Collective, HalvingDoublingAllReduceOfFour) {
  // Halves of 2,000 and 1,000 B, then 1,000 and 2,000 B back.
  EXPECT_DOUBLE_EQ(
      latency(4, R"("operation": "all_reduce", "algorithm": "halving_doubling", "bytes": "4000B")"),
      10 + (5 + 2 + 0.5) + (4 + 1 + 0.5) + (4 + 0.25 + 0.5) + (5 + 0.5 + 0.5));
}

TEST(Collective, HierarchicalAllReduceOfTwoPairs) {
  EXPECT_DOUBLE_EQ(
      latency(4, R"("operation": "all_reduce", "algorithm": "hierarchical", "group": 2, "bytes": "4000B")"),
      10 + (5 + 2 + 0.5) + (4 + 1 + 0.5) + (4 + 0.25 + 0.5) + (5 + 0.5 + 0.5));
}

TEST(Collective, RingAllToAllHandsRowsOn) {
  // Two rows, one of which is handed on.
  EXPECT_DOUBLE_EQ(latency(3, R"("operation": "all_to_all", "algorithm": "ring", "bytes": "3000B")"),
                   10 + (5 + 0.5 + 0.5) + (4 + 0.25 + 0.5));
}

TEST(Collective, PiecesAreAddedWhileTheNextOneIsOnItsWay) {
  // Pieces of 1,000 B are there at 14 and 15, added at 15 and 16; written at 20.75 and 21.75.
  EXPECT_DOUBLE_EQ(latency(2, R"("operation": "all_reduce", "bytes": "4000B", "piece": "1000B")"),
                   16.5 + 5 + 0.25 + 0.5);
  // In one piece: there at 15, added at 17.
  EXPECT_DOUBLE_EQ(latency(2, R"("operation": "all_reduce", "bytes": "4000B")"), 17.5 + 5 + 0.5 + 0.5);
}

TEST(Collective, CopiesOfTheFirstAndTheLastSliceAreExposed) {
  const Sets slices = {R"(/machine/stack/window_copy="1GB/s")", R"(/machine/stack/window_slice="500B")"};
  // 0.5 us before and after.
  EXPECT_DOUBLE_EQ(latency(2, R"("operation": "all_reduce", "bytes": "2000B")", slices), 20.25 + 1);
  // Nor is it faster than all the copying, 8 us each way behind the launch.
  const Sets slow = {R"(/machine/stack/window_copy="250MB/s")", R"(/machine/stack/window_slice="250B")"};
  EXPECT_DOUBLE_EQ(latency(2, R"("operation": "all_reduce", "bytes": "2000B")", slow), 10 + 16);
}

TEST(Collective, OneCardHasItsResultWhenItIsLaunched) {
  EXPECT_DOUBLE_EQ(latency(2, R"("operation": "all_reduce", "cards": 1, "bytes": "4000B")"), 10.0);
}

TEST(Collective, RepeatsAreAlike) {
  EXPECT_DOUBLE_EQ(latency(4, R"("operation": "all_reduce", "bytes": "4000B", "repeats": 5)"),
                   latency(4, R"("operation": "all_reduce", "bytes": "4000B")"));
}

TEST(Collective, ChainOfStepsIsTightWhereTransfersAreAlone) {
  const std::string metrics = run(3, R"("operation": "all_reduce", "algorithm": "ring", "bytes": "3000B")");
  EXPECT_DOUBLE_EQ(figure_of(metrics, "bound.collective.steps_us"), 30.5);
  EXPECT_DOUBLE_EQ(figure_of(metrics, "collective.over_bound"), 1.0);
  EXPECT_EQ(figure_of(metrics, "collective.steps"), 4);
  EXPECT_NEAR(figure_of(metrics, "collective.bus_bandwidth_gb_per_s"), 3000e-3 / 30.5 * 4 / 3, 1e-6);
}

TEST(Collective, BoundNeedsNoSimulation) {
  const Sets bound = {R"(/fabric/fidelity="bound")"};
  const std::string metrics = run(4, R"("operation": "all_reduce", "bytes": "4000B")", bound);
  // 2 x 3/4 x 4,000 B through three ports of 1 GB/s, a launch and a path.
  EXPECT_NEAR(figure_of(metrics, "bound.collective.textbook_us"), 10 + 3 + 2, 1e-3);
  EXPECT_THAT(metrics, Not(HasSubstr("\"collective.latency_us\"")));
}

TEST(Collective, RefusesWhatDoesNotFit) {
  EXPECT_THAT(
      run(8, R"("operation": "all_reduce", "algorithm": "hierarchical", "group": 3, "bytes": "4000B")"),
      HasSubstr("8 cards are no whole number of groups of 3"));
  EXPECT_THAT(run(8, R"("operation": "all_reduce", "bytes": "4001B")"), HasSubstr("16 bits"));
  EXPECT_THAT(run(8, R"("operation": "all_reduce", "bytes": "4000B", "cards": 9)"),
              HasSubstr("the pod mesh has 8"));
}

// Never under its bounds, which the run checks, for every algorithm, at both fidelities, on the links of
// UnifiedBus.
class CollectiveOnTwoMeshes
    : public testing::TestWithParam<std::tuple<const char*, const char*, const char*>> {};

TEST_P(CollectiveOnTwoMeshes, StaysAboveItsBounds) {
  const auto& [operation, algorithm, fidelity] = GetParam();
  if (std::string(operation) == "all_to_all" && std::string(algorithm) == "halving_doubling") return;
  const std::string text = fmt::format(R"({{"name": "mesh", "machine": {{
        "pod": {{"name": "mesh", "source": "a test", "chip": "configs/chips/ascend950dt.json",
          "stack": "configs/stacks/cann_950dt.json", "protocol": "configs/protocols/unified_bus.json",
          "dimensions": [
            {{"kind": "full_mesh", "name": "x", "source": "a test", "size": 4,
              "link": {{"bandwidth": "56GB/s", "latency": "87500ps", "medium": "board", "lanes": 4}}}},
            {{"kind": "full_mesh", "name": "y", "source": "a test", "size": 4,
              "link": {{"bandwidth": "56GB/s", "latency": "87500ps", "medium": "copper", "lanes": 4}}}}]}}}},
        "fabric": {{"fidelity": "{}"}},
        "workload": {{"kind": "collective", "operation": "{}", "algorithm": "{}", "bytes": "1000002B"}}}})",
                                       fidelity, operation, algorithm);
  const std::string metrics =
      in_child([&] { return pod::run(pod::parse_scenario(text, "mesh", {}), {}).metrics.to_json(0); });
  EXPECT_GE(figure_of(metrics, "collective.over_bound"), 1.0) << text;
  EXPECT_LT(figure_of(metrics, "collective.over_bound"), 4.0) << text;
}

INSTANTIATE_TEST_SUITE_P(All, CollectiveOnTwoMeshes,
                         testing::Combine(testing::Values("all_to_all", "all_gather", "reduce_scatter",
                                                          "all_reduce"),
                                          testing::Values("mesh", "ring", "halving_doubling", "hierarchical"),
                                          testing::Values("packet", "link")));

}  // namespace
}  // namespace podsim::test
