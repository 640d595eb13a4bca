// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "support/core_bench.h"

namespace podsim::test {
namespace {

constexpr std::int64_t kDelay = 200;  // dav_2201: cross_core_cycles

std::function<void()> late_then(std::uint32_t cycles, const std::function<void()>& rest) {
  return [cycles, rest] {
    kernel::scalar_unit().compute(cycles);
    rest();
  };
}

std::int64_t here() {
  return kernel::scalar_unit().cycles();
}

TEST(CrossCore, Mode0IsABarrierOfAllCoresOfAKind) {
  CoreBench bench(plain_core(), 0, 4);
  std::array<std::int64_t, 4> passed{};
  std::vector<std::function<void()>> kernels;
  for (std::uint32_t i = 0; i < 4; ++i) {
    kernels.push_back(late_then(100 * i, [&passed, i] {
      issue(cross(true, Pipe::Mte3, 0, 3));
      issue(cross(false, Pipe::S, 0, 3));
      passed[i] = here();
    }));
  }
  ASSERT_TRUE(bench.run(kernels));
  for (const std::int64_t at : passed) EXPECT_EQ(at, 300 + kDelay);
}

TEST(CrossCore, ASetWaitsForWhatIsBeforeItOnItsPipe) {
  CoreBench bench(plain_core(), 0, 2);
  std::int64_t passed = 0;
  ASSERT_TRUE(bench.run({[] {
                           issue(load(Memory::UnifiedBuffer, 0, 0, 6400));  // done at 200
                           issue(cross(true, Pipe::Mte2, 0, 0));
                         },
                         [&passed] {
                           issue(cross(true, Pipe::S, 0, 0));
                           issue(cross(false, Pipe::S, 0, 0));
                           passed = here();
                         }}));
  EXPECT_EQ(passed, 200 + kDelay);
}

TEST(CrossCore, Mode1JoinsTheVectorCoresOfABlock) {
  CoreBench bench(plain_core(), 2, 4);
  std::array<std::int64_t, 4> passed{};
  std::vector<std::function<void()>> kernels{[] {}, [] {}};
  for (std::uint32_t i = 0; i < 4; ++i) {
    kernels.push_back(late_then(100 * i, [&passed, i] {
      issue(cross(true, Pipe::V, 1, 0));
      issue(cross(false, Pipe::S, 1, 0));
      passed[i] = here();
    }));
  }
  ASSERT_TRUE(bench.run(kernels));
  EXPECT_EQ(passed, (std::array<std::int64_t, 4>{100 + kDelay, 100 + kDelay, 300 + kDelay, 300 + kDelay}));
}

TEST(CrossCore, Mode2GoesFromTheCubeToItsVectorCoresAndBackWhenBothHaveSet) {
  CoreBench bench(plain_core(), 1, 2);
  std::int64_t back = 0;
  std::array<std::int64_t, 2> told{};
  const auto vector = [&told](std::size_t i) {
    return [&told, i] {
      issue(cross(false, Pipe::S, 2, 1));
      told[i] = here();
      kernel::scalar_unit().compute(static_cast<std::uint32_t>(50 * (i + 1)));
      issue(cross(true, Pipe::Mte3, 2, 2));
    };
  };
  ASSERT_TRUE(bench.run({[&back] {
                           kernel::scalar_unit().compute(1000);
                           issue(cross(true, Pipe::Fix, 2, 1));
                           issue(cross(false, Pipe::S, 2, 2));
                           back = here();
                         },
                         vector(0), vector(1)}));
  EXPECT_EQ(told[0], 1000 + kDelay);
  EXPECT_EQ(told[1], 1000 + kDelay);
  EXPECT_EQ(back, 1000 + kDelay + 100 + kDelay);
}

TEST(CrossCore, Mode4ReachesOneVectorCore) {
  CoreBench bench(plain_core("dav_3510"), 1, 2);
  std::int64_t first = 0;
  std::int64_t back = 0;
  ASSERT_TRUE(bench.run({[&back] {
                           issue(cross(true, Pipe::Fix, 4, 16 + 5));  // vector core 1, its flag 5
                           issue(cross(false, Pipe::S, 4, 16 + 6));
                           back = here();
                         },
                         [] {},
                         [&first] {
                           issue(cross(false, Pipe::S, 4, 5));
                           first = here();
                           issue(cross(true, Pipe::S, 4, 6));
                         }}));
  EXPECT_EQ(first, kDelay);
  EXPECT_EQ(back, 2 * kDelay);
}

TEST(CrossCore, On3510AWaitStopsItsPipeOnly) {
  CoreBench bench(plain_core("dav_3510"), 0, 2);
  ASSERT_TRUE(bench.run({late_then(5000, [] { issue(cross(true, Pipe::S, 0, 0)); }), [] {
                           issue(cross(true, Pipe::S, 0, 0));
                           issue(cross(false, Pipe::Mte3, 0, 0));
                           issue(store(0, 0, 64));
                           issue(add(0, 512, 1024, 1));
                           EXPECT_EQ(here(), 0);
                         }}));
  EXPECT_EQ(cycle_of(bench.trace.of("Add")[0].start), 0);
  EXPECT_EQ(cycle_of(bench.trace.of("DataCopy")[0].start), 5000 + kDelay);
}

TEST(CrossCore, ACounterThatOverflowsIsRefused) {
  CoreBench bench(plain_core(), 0, 1);
  try {
    bench.run([] {
      for (int i = 0; i < 16; ++i) issue(cross(true, Pipe::S, 0, 7));
    });
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(
        error.what(),
        "CrossCoreSetFlag: counter of flag 7 on core 0 would pass 15: it is set more often than waited for");
  }
}

TEST(CrossCore, AWaitThatNobodyAnswersEndsWithAReport) {
  CoreBench bench(plain_core(), 0, 2);
  EXPECT_FALSE(bench.run({[] {}, [] { issue(cross(false, Pipe::S, 0, 1)); }}));
  EXPECT_EQ(bench.core(1).waiting(),
            "core 1 (AIV, block 1): scalar waits for a cross-core flag in CrossCoreWaitFlag at cycle 0");
}

// Copies reach the memory in order of time, and at one time in the order of the cores, whoever asks first.
TEST(CrossCore, MemoryIsAskedInOrderOfTime) {
  CoreBench bench(plain_core(), 0, 6);
  std::vector<std::function<void()>> kernels;
  for (std::uint32_t i = 0; i < 6; ++i) {
    kernels.push_back(late_then(60 - 10 * i, [i] {
      for (std::uint64_t n = 0; n < 50; ++n) {
        issue(load(Memory::UnifiedBuffer, 0, 0, 32 * (1 + (n * 7 + i) % 50)));
        issue(add(0, 512, 1024, 1 + static_cast<std::uint32_t>(n % 3)));
      }
    }));
  }
  ASSERT_TRUE(bench.run(kernels));
  EXPECT_EQ(bench.memory.starts.size(), 300U);
  EXPECT_TRUE(std::is_sorted(bench.memory.starts.begin(), bench.memory.starts.end()));
}

}  // namespace
}  // namespace podsim::test
