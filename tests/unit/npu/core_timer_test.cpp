// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/core_timer.h"

#include <gtest/gtest.h>

#include <numeric>
#include <sstream>

#include "podsim/base/error.h"
#include "podsim/base/temporary_folder.h"
#include "podsim/config/verbs.h"
#include "podsim/npu/composed_gemm.h"

namespace podsim::npu {
namespace {

using namespace literals;
using moe::DataType;

ChipConfig chip(const std::string& name) {
  return config::load<ChipConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/chips/" + name + ".json");
}

// A core model by hand: every core starts 1 us late; a tile takes 100 ns a row, half of that behind an
// M-block of its group; vector instructions 1 ns per element.
KernelTiming by_hand(const DieConfig& die, const KernelJob& job) {
  KernelTiming timing;
  timing.blocks = die.cube_cores.value;
  if (job.kernel != "grouped_matmul") {
    timing.vector_busy = 7_us + 1_ns * (job.shape.at("rows") * job.shape.at("columns"));
    return timing;
  }
  const std::int64_t block_m = std::stoll(job.options.at("base_m"));
  const std::int64_t block_n = std::stoll(job.options.at("base_n"));
  const std::int64_t tiles = (job.shape.at("n") + block_n - 1) / block_n;
  timing.cube_time = 1_us * timing.blocks;
  std::istringstream rows(job.options.at("rows"));
  for (std::string group; std::getline(rows, group, ':');) {
    const std::int64_t first = std::min(std::stoll(group), static_cast<long long>(block_m));
    timing.cube_time += (100_ns * first + 50_ns * (std::stoll(group) - first)) * tiles;
    timing.vector_busy += 2_ns * (first * job.shape.at("n"));
  }
  return timing;
}

class CoreTimerTest : public testing::Test {
 protected:
  CoreTimer timer(const std::string& name, double scale = 1.0, DataType type = DataType::Fp8) {
    return CoreTimer(chip(name), CoreTimerConfig(), type, timings_, scale);
  }

  TemporaryFolder folder_{"timer"};
  std::size_t calls_ = 0;
  KernelTimings timings_{KernelStore(folder_.path()),
                         [this](const DieConfig& die, const std::vector<KernelJob>& jobs) {
                           ++calls_;
                           std::vector<KernelTiming> all;
                           for (const KernelJob& job : jobs) all.push_back(by_hand(die, job));
                           return all;
                         }};
};

GemmTile tile(std::int64_t m, bool in_l2 = false, DataType type = DataType::Fp8) {
  return {m, 128, 7168, type, type, 192, 6144, in_l2};
}

TEST_F(CoreTimerTest, TilesAreDifferencesAndFillIsTheRest) {
  const CoreTimer made = timer("ascend950dt");
  EXPECT_EQ(made.cores(), 36);
  EXPECT_EQ(made.gemm_tile(tile(192)), 19'200_ns);
  EXPECT_EQ(made.gemm_tile(tile(16)), 1600_ns);
  EXPECT_EQ(made.gemm_tile(tile(1)), 1600_ns) << "whole fractals";
  EXPECT_EQ(made.gemm_tile(tile(17)), 3200_ns);
  EXPECT_EQ(made.gemm_tile(tile(17, true)), 1600_ns) << "weights in L2";
  EXPECT_EQ(made.gemm_fill(tile(64)), 1_us);
  EXPECT_EQ(calls_, 1U) << "all sizes together";
}

// As by_hand, but memory lets all cores of the die together have one tile in 1 us.
TEST_F(CoreTimerTest, WhereMemorySetsTheTimeATileIsShortOnItsCoreAndLongAtTheMemory) {
  ChipConfig slow = chip("ascend950dt");
  slow.hbm.bandwidth.value = BytesPerSecond(100'000'000'000);
  const TemporaryFolder folder("slow");
  KernelTimings timings(KernelStore(folder.path()),
                        [](const DieConfig& die, const std::vector<KernelJob>& jobs) {
                          std::vector<KernelTiming> all;
                          for (const KernelJob& job : jobs) {
                            KernelTiming timing = by_hand(die, job);
                            if (job.cores == 0) timing.cube_time = timing.cube_time * 10;
                            all.push_back(timing);
                          }
                          return all;
                        });
  const CoreTimer made(slow, CoreTimerConfig(), DataType::Fp8, timings, 1.0);
  EXPECT_EQ(made.gemm_tile(tile(16)), 8_us) << "as long as behind an M-block, which its core needs anyway";
  EXPECT_EQ(made.gemm_memory(tile(16)), 16_us / 36);
  EXPECT_EQ(made.gemm_memory(tile(16, true)), 0_us);
  EXPECT_EQ(timer("ascend950dt").gemm_memory(tile(16)), 0_us) << "memory has time to spare";
}

TEST_F(CoreTimerTest, ASlowCardTakesLonger) {
  EXPECT_EQ(timer("ascend950dt", 0.5).gemm_tile(tile(16)), 3200_ns);
  EXPECT_EQ(timer("ascend950dt", 0.5).gemm_fill(tile(16)), 2_us);
}

TEST_F(CoreTimerTest, APackageOfTwoDiesHasTheCoresOfBoth) {
  const CoreTimer made = timer("ascend910c", 1.0, DataType::Int8);
  EXPECT_EQ(made.cores(), 48);
  EXPECT_EQ(made.gemm_tile(tile(16, false, DataType::Int8)), 1600_ns) << "one core of one die";
}

TEST_F(CoreTimerTest, EveryChipOfOursFitsItsDie) {
  for (const char* name : {"ascend910b2", "ascend910c", "ascend950dt", "ascend950dt_32", "ascend950pr"})
    EXPECT_NO_THROW(timer(name)) << name;
}

TEST_F(CoreTimerTest, VectorPassesAreInstructionsOfACubeCoresVectorUnits) {
  const CoreTimer made = timer("ascend950dt");
  EXPECT_EQ(made.vector_pass(VectorOp::SwiGlu, 1000), 500_ns) << "two vector cores";
  EXPECT_EQ(made.vector_pass(VectorOp::WeightedSum, 1000), 500_ns);
  EXPECT_EQ(made.vector_pass(VectorOp::Cast, 1000), 0_ns) << "Fixpipe converts";
  EXPECT_EQ(timer("ascend950dt", 1.0, DataType::Int8).vector_pass(VectorOp::Cast, 1000), 1_us)
      << "vector cores dequantise";
}

TEST_F(CoreTimerTest, RefusesAChipWithoutADieAndWithOtherCores) {
  const auto complaint = [this](const ChipConfig& wrong) -> std::string {
    try {
      CoreTimer(wrong, CoreTimerConfig(), DataType::Fp8, timings_, 1.0);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(complaint(chip("nvidia_h800")).find("names no die"), std::string::npos);
  ChipConfig wrong = chip("ascend950dt");
  wrong.cores.value = 40;
  EXPECT_NE(complaint(wrong).find("40 cores"), std::string::npos);
  EXPECT_THROW(timer("ascend950dt").gemm_tile(tile(16, false, DataType::Fp4)), ConfigError);
}

TEST_F(CoreTimerTest, AGroupedGemmIsComposedOfTilesOnTheCores) {
  ChipConfig ample = chip("ascend950dt");
  ample.hbm.bandwidth.value = BytesPerSecond(1'000'000'000'000'000);
  DieConfig die = **ample.die;
  die.launch.task.value = 5_us;
  die.launch.cube_core_start.value = 0_ns;
  ample.die->value = die;
  const CoreTimer made(ample, CoreTimerConfig(), DataType::Fp8, timings_, 1.0);
  GroupedGemm gemm;
  gemm.rows = {0, 208};
  gemm.columns = 36 * 128;
  gemm.k = 7168;
  gemm.block_m = 192;
  // A tile of 192 rows on every core, then one of 16 with the weights in L2.
  EXPECT_EQ(composed_time(gemm, ample, made), 5_us + 1_us + 19'200_ns + 800_ns);
}

}  // namespace
}  // namespace podsim::npu
