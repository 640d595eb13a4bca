// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/die.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "podsim/base/error.h"
#include "podsim/config/verbs.h"
#include "support/core_bench.h"
#include "support/in_child.h"

namespace podsim::npu {
namespace {

using namespace literals;
using namespace test;

DieConfig preset(const std::string& name) {
  return config::load<DieConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/dies/" + name + ".json");
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(PODSIM_SOURCE_DIR) + "/configs/dies"))
    found.push_back(entry.path().stem().string());
  std::sort(found.begin(), found.end());
  return found;
}

class DiePreset : public testing::TestWithParam<std::string> {};

TEST_P(DiePreset, IsCompleteAndSaysItsSources) {
  const DieConfig config = preset(GetParam());
  EXPECT_EQ(config::missing_sources(config), std::vector<std::string>());
  EXPECT_EQ(config.vector_cores.value, 2);
}
INSTANTIATE_TEST_SUITE_P(All, DiePreset, testing::ValuesIn(names()),
                         [](const auto& chosen) { return chosen.param; });

// Two cube cores with two vector cores each at 1 GHz; starting costs 100 ns, the next core 10 ns later.
DieConfig small() {
  DieConfig config = preset("ascend910b1");
  config.clock.value = 1_GHz;
  config.cube_cores.value = 2;
  *config.core = plain_core();
  config.launch.task.value = 100_ns;
  config.launch.mixed.value = 30_ns;
  config.launch.cube_core_start.value = 10_ns;
  config.launch.vector_core_start.value = 5_ns;
  config.launch.next_block.value = 20_ns;
  return config;
}

KernelLaunch of(std::function<void()> function, CoreMix mix, std::int64_t blocks) {
  KernelLaunch launch;
  launch.function = std::move(function);
  launch.mix = mix;
  launch.blocks = blocks;
  return launch;
}

TEST(Die, ALaunchTakesItsCostsAndItsSlowestCore) {
  FixedMemory memory;
  Die die("die", small(), memory);
  const LaunchResult result = die.launch(of([] { kernel::scalar_unit().compute(1000); }, CoreMix::Vector, 3));
  EXPECT_EQ(result.task_duration, 100_ns + 10_ns + 1000_ns);
  EXPECT_EQ(result.mean_core_time(kernel::CoreKind::Aiv), 1000_ns);
  EXPECT_EQ(result.mean_busy(kernel::CoreKind::Aiv, Pipe::S), 1000_ns);
  ASSERT_EQ(result.cores.size(), 3U);
  EXPECT_EQ(result.cores[0].core, 2U);  // after the cube cores
}

TEST(Die, MoreBlocksThanCoresRunInRounds) {
  FixedMemory memory;
  Die die("die", small(), memory);
  std::vector<std::int64_t> blocks;
  const LaunchResult result = die.launch(of(
      [&blocks] {
        blocks.push_back(kernel::scalar_unit().placement().block);
        kernel::scalar_unit().compute(kernel::scalar_unit().placement().block == 0 ? 500 : 100);
      },
      CoreMix::Cube, 5));
  EXPECT_EQ(blocks, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(result.cores[0].blocks, 1);
  EXPECT_EQ(result.cores[1].blocks, 4);  // the other core is still at its first
  EXPECT_EQ(result.task_duration, 100_ns + 500_ns);
}

TEST(Die, MixedBlocksHaveACubeCoreAndItsVectorCores) {
  FixedMemory memory;
  Die die("die", small(), memory);
  std::vector<std::string> seen;
  die.launch(of(
      [&seen] {
        const kernel::Placement& here = kernel::scalar_unit().placement();
        seen.push_back(fmt::format("{} {} {}/{} ratio {}", config::enum_name(here.kind), here.block,
                                   here.sub_block, here.sub_blocks, here.task_ratio));
      },
      CoreMix::CubeAndTwoVectors, 2));
  EXPECT_EQ(seen, (std::vector<std::string>{"AIC 0 0/1 ratio 1", "AIV 0 0/2 ratio 2", "AIV 0 1/2 ratio 2",
                                            "AIC 1 0/1 ratio 1", "AIV 1 0/2 ratio 2", "AIV 1 1/2 ratio 2"}));
}

TEST(Die, AMixedKernelStartsLater) {
  FixedMemory memory;
  Die die("die", small(), memory);
  const auto duration = [&die](CoreMix mix) {
    return die.launch(of([] { kernel::scalar_unit().compute(100); }, mix, 1)).task_duration;
  };
  EXPECT_EQ(duration(CoreMix::Cube), 100_ns + 100_ns);
  EXPECT_EQ(duration(CoreMix::CubeAndOneVector), 130_ns + 100_ns);
  EXPECT_EQ(duration(CoreMix::Cube), 100_ns + 100_ns);
}

TEST(Die, LaunchesFollowOneAnother) {
  FixedMemory memory;
  Die die("die", small(), memory);
  const KernelLaunch launch = of([] { issue(load(Memory::UnifiedBuffer, 0, 0, 6400)); }, CoreMix::Vector, 4);
  KernelLaunch on_gm = launch;
  on_gm.device_bytes = 1 << 20;
  const LaunchResult first = die.launch(on_gm);
  const LaunchResult second = die.launch(on_gm);
  EXPECT_EQ(second.start, first.start + first.task_duration);
  EXPECT_EQ(second.task_duration, first.task_duration);
  EXPECT_EQ(second.mean_busy(kernel::CoreKind::Aiv, Pipe::Mte2), 200_ns);
}

std::string error_of(Die& die, const KernelLaunch& launch) {
  try {
    die.launch(launch);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Die, ADeadlockNamesWhoWaitsForWhat) {
  FixedMemory memory;
  Die die("die", small(), memory);
  const KernelLaunch launch = of(
      [] {
        if (kernel::scalar_unit().placement().block == 1) {
          wait_flag(Pipe::Mte2, Pipe::S, 4);
        } else {
          issue(cross(true, Pipe::S, 0, 0));
          issue(cross(false, Pipe::S, 0, 0));
        }
      },
      CoreMix::Vector, 2);
  EXPECT_EQ(error_of(die, launch),
            "deadlock: 2 cores wait and nothing is left that could wake them\n"
            "core 2 (AIV, block 0): scalar waits for a cross-core flag in CrossCoreWaitFlag at cycle 0\n"
            "core 3 (AIV, block 1): scalar waits for a flag in WaitFlag at cycle 0");
  EXPECT_EQ(error_of(die, launch), "the die cannot launch again after a launch that failed");
}

TEST(Die, ABarrierOfMoreBlocksThanCoresIsADeadlockAsOnHardware) {
  FixedMemory memory;
  Die die("die", small(), memory);
  const std::string error = error_of(die, of(
                                              [] {
                                                issue(cross(true, Pipe::S, 0, 0));
                                                issue(cross(false, Pipe::S, 0, 0));
                                              },
                                              CoreMix::Cube, 3));
  EXPECT_EQ(error.substr(0, 23), "deadlock: 2 cores wait ");
}

TEST(Die, AnErrorInAKernelSaysTheCore) {
  FixedMemory memory;
  Die die("die", small(), memory);
  EXPECT_EQ(error_of(die, of(
                              [] {
                                kernel::scalar_unit().compute(10);
                                if (kernel::scalar_unit().placement().block == 1)
                                  throw ConfigError("no such tile");
                              },
                              CoreMix::Cube, 2)),
            "core 1 (AIC, block 1), cycle 10: no such tile");
}

TEST(Die, WrongLaunchesAreRefused) {
  FixedMemory memory;
  Die die("die", small(), memory);
  EXPECT_EQ(error_of(die, of([] {}, CoreMix::Cube, 0)), "0 blocks, expected at least 1");
  EXPECT_EQ(error_of(die, of({}, CoreMix::Cube, 1)), "the launch has no kernel");
}

// On the die's own memory, in processes of their own: the same to the picosecond, whatever happened before.
TEST(Die, TheSameLaunchTakesTheSameTime) {
  const auto run = [](bool functional) {
    return in_child([functional] {
      Die die("die", preset("ascend910b1"));
      KernelLaunch launch = of(
          [] {
            const auto block = static_cast<std::uint64_t>(kernel::scalar_unit().placement().block);
            for (std::uint64_t i = 0; i < 20; ++i) {
              issue(load(Memory::UnifiedBuffer, (block * 20 + i) * 8192, (i % 4) * 8192, 8192));
              set_flag(Pipe::Mte2, Pipe::Mte3, 0);
              wait_flag(Pipe::Mte2, Pipe::Mte3, 0);
              issue(store((1 << 26) + (block * 20 + i) * 8192, (i % 4) * 8192, 8192));
            }
          },
          CoreMix::Vector, 48);
      launch.functional = functional;
      launch.device_bytes = 1ULL << 32U;
      const LaunchResult result = die.launch(launch);
      std::string text = to_string(result.task_duration);
      for (const core::CoreResult& core : result.cores) text += " " + to_string(core.pipe(Pipe::Mte2).busy);
      return text;
    });
  };
  const std::string once = run(false);
  EXPECT_EQ(once.find("error"), std::string::npos) << once;
  EXPECT_EQ(once, run(false));
  EXPECT_EQ(once, run(true));
}

}  // namespace
}  // namespace podsim::npu
