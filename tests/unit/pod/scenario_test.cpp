// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/pod/scenario.h"

#include <gmock/gmock.h>

#include "podsim/base/error.h"
#include "support/small_scenario.h"

namespace podsim::pod {
namespace {

using test::load_small;
using ::testing::HasSubstr;

template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Scenario, PodBringsItsChipStackAndProtocol) {
  const Scenario scenario = load_small({}).scenario;
  EXPECT_EQ(scenario.machine.chip->name, "Ascend 950DT");
  EXPECT_EQ(scenario.machine.stack->name, "CANN on Ascend 950DT");
  EXPECT_EQ(scenario.machine.protocol->name, "UnifiedBus 2.0");
}

TEST(Scenario, AnotherPodBringsItsOwnChip) {
  const Scenario scenario = load_small({"/machine/pod=configs/pods/cloudmatrix384.json"}).scenario;
  EXPECT_EQ(scenario.machine.chip->name, "Ascend 910C");
}

TEST(Scenario, ChipAndItsFieldsCanBeSetOnTheirOwn) {
  const Scenario other = load_small({"/machine/chip=configs/chips/ascend950pr.json"}).scenario;
  EXPECT_EQ(other.machine.chip->name, "Ascend 950PR");
  EXPECT_EQ(other.machine.pod->name, "atlas950_8192");
  const Scenario field = load_small({"/machine/chip/hbm/bandwidth=2TB/s"}).scenario;
  EXPECT_EQ(field.machine.chip->hbm.bandwidth.value, BytesPerSecond(2'000'000'000'000));
}

TEST(Scenario, OrderOfSetsDoesNotDecideWhetherThePodOrTheChipWins) {
  const Scenario scenario =
      load_small({"/machine/chip/hbm/bandwidth=2TB/s", "/machine/pod=configs/pods/cloudmatrix384.json"})
          .scenario;
  EXPECT_EQ(scenario.machine.chip->name, "Ascend 910C");
  EXPECT_EQ(scenario.machine.chip->hbm.bandwidth.value, BytesPerSecond(2'000'000'000'000));
}

TEST(Scenario, EffectiveConfigurationReadsBackTheSame) {
  const Scenario scenario = load_small({"/schedule/kind=serial"}).scenario;
  const auto written = config::write(scenario);
  const Scenario again = config::parse<Scenario>(written.dump(), "written");
  EXPECT_EQ(config::write(again), written);
}

TEST(Scenario, PartsThatDoNotFitAreNamedWithBothNumbers) {
  const auto run_small = [](const char* set) { return error_of([&] { run(load_small({set}), {}); }); };
  EXPECT_EQ(run_small("/workload/cards=8193"), "/workload/cards: got 8193, the pod atlas950_8192 has 8192");
  EXPECT_EQ(run_small("/workload/expert_parallel=5"),
            "/workload/expert_parallel: groups of 5 do not divide 16 cards");
  EXPECT_EQ(run_small("/workload/layers/first=43"),
            "/workload/layers: got layers 43 to 43, model deepseek_v4_flash has 43 MoE layers, from 0");
  EXPECT_EQ(run_small("/output/timeline_cards=[16]"),
            "/output/timeline_cards: got card 16, the run has 16 cards, from 0");
  EXPECT_THAT(run_small("/workload/types/dispatch=fp32"), HasSubstr("has no matrix rate for fp32"));
}

TEST(Scenario, UnknownScheduleListsTheKnownOnes) {
  const std::string error = error_of([] { load_small({"/schedule/kind=wave"}); });
  EXPECT_THAT(error, HasSubstr("serial"));
  EXPECT_THAT(error, HasSubstr("wave_fill"));
}

// Every constant of a preset that describes hardware or software says where it comes from.
TEST(Presets, HaveASourceForEveryConstant) {
  const std::string chips = std::string(PODSIM_SOURCE_DIR) + "/configs/chips/";
  for (const char* name : {"ascend910b2", "ascend910c", "ascend950dt", "ascend950dt_32", "ascend950pr",
                           "nvidia_a100", "nvidia_h800", "nvidia_sm100"}) {
    const auto chip = config::load<npu::ChipConfig>(chips + name + ".json");
    EXPECT_THAT(config::missing_sources(chip), ::testing::IsEmpty()) << name;
  }
  const std::string stacks = std::string(PODSIM_SOURCE_DIR) + "/configs/stacks/";
  for (const char* name : {"cann_910b", "cann_910c", "cann_950dt", "cuda"}) {
    const auto stack = config::load<npu::StackConfig>(stacks + name + ".json");
    EXPECT_THAT(config::missing_sources(stack), ::testing::IsEmpty()) << name;
  }
}

}  // namespace
}  // namespace podsim::pod
