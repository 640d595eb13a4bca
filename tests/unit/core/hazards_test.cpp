// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/core_bench.h"

namespace podsim::test {
namespace {

using core::Hazard;
constexpr std::uint64_t kFar = 64 << 10;
constexpr std::uint64_t kTile = 6800 / 32 * 32;

// The hazards of a kernel in strict mode.
std::vector<Hazard> hazards(const std::function<void()>& kernel, bool strict = true) {
  CoreBench bench;
  bench.strict = strict;
  bench.functional = true;
  EXPECT_TRUE(bench.run(kernel));
  return bench.core().hazards();
}

// z = x + y over `tiles` tiles in two buffers each, with all flags that it takes, except one if asked.
void double_buffered_add(int tiles, int left_out = -1) {
  const auto sync = [left_out](int which, bool set, Pipe from, Pipe to, std::uint8_t event) {
    if (which != left_out) issue(flag(set, from, to, event));
  };
  for (std::uint8_t b = 0; b < 2; ++b) {
    sync(1, true, Pipe::V, Pipe::Mte2, b);
    sync(3, true, Pipe::Mte3, Pipe::V, b);
  }
  for (int i = 0; i < tiles; ++i) {
    const auto b = static_cast<std::uint8_t>(i % 2);
    const std::uint64_t x = b * 8192ULL;
    const std::uint64_t y = kFar + 256 + b * 8192ULL;
    const std::uint64_t z = 2 * kFar + b * 8192ULL;
    const std::uint64_t gm = static_cast<std::uint64_t>(i) * 8192;
    sync(1, false, Pipe::V, Pipe::Mte2, b);
    issue(load(Memory::UnifiedBuffer, gm, x, 8192));
    issue(load(Memory::UnifiedBuffer, (1 << 20) + gm, y, 8192));
    sync(0, true, Pipe::Mte2, Pipe::V, b);
    sync(0, false, Pipe::Mte2, Pipe::V, b);
    sync(3, false, Pipe::Mte3, Pipe::V, b);
    issue(add(z, x, y, 32));
    sync(1, true, Pipe::V, Pipe::Mte2, b);
    sync(2, true, Pipe::V, Pipe::Mte3, b);
    sync(2, false, Pipe::V, Pipe::Mte3, b);
    issue(store((2 << 20) + gm, z, 8192));
    sync(3, true, Pipe::Mte3, Pipe::V, b);
  }
  for (std::uint8_t b = 0; b < 2; ++b) {
    sync(1, false, Pipe::V, Pipe::Mte2, b);
    sync(3, false, Pipe::Mte3, Pipe::V, b);
  }
}

TEST(Hazards, QuietWhenAllFlagsAreThere) {
  EXPECT_TRUE(hazards([] { double_buffered_add(9); }).empty());
}

class MissingFlag : public testing::TestWithParam<int> {};

TEST_P(MissingFlag, IsFound) {
  const std::vector<Hazard> found = hazards([] { double_buffered_add(9, GetParam()); });
  ASSERT_FALSE(found.empty());
  const std::array kinds{Hazard::Kind::ReadAfterWrite, Hazard::Kind::WriteAfterRead,
                         Hazard::Kind::ReadAfterWrite, Hazard::Kind::WriteAfterRead};
  const std::array pipes{std::pair{Pipe::Mte2, Pipe::V}, std::pair{Pipe::V, Pipe::Mte2},
                         std::pair{Pipe::V, Pipe::Mte3}, std::pair{Pipe::Mte3, Pipe::V}};
  const auto which = static_cast<std::size_t>(GetParam());
  bool named = false;
  for (const Hazard& hazard : found) {
    named = named || (hazard.kind == kinds[which] && hazard.first_pipe == pipes[which].first &&
                      hazard.second_pipe == pipes[which].second);
  }
  EXPECT_TRUE(named) << found[0].text();
}
INSTANTIATE_TEST_SUITE_P(OfFour, MissingFlag, testing::Values(0, 1, 2, 3));

TEST(Hazards, BothCallsAndTheirCyclesAreNamed) {
  const auto found = hazards([] {
    issue(load(Memory::UnifiedBuffer, 0, 0, kTile));
    kernel::scalar_unit().compute(7);
    issue(add(kFar, 0, 512, 1));
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(
      found[0].text(),
      "core 0 block 0: read after write in unified_buffer at byte 0: DataCopy on mte2 (cycle 0), then Add on "
      "vector (cycle 7), with no flag or barrier between them");
}

TEST(Hazards, WriteAfterWriteBetweenPipes) {
  const auto found = hazards([] {
    issue(load(Memory::UnifiedBuffer, 0, 0, kTile));
    issue(add(0, kFar, kFar + 256, 1));
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, Hazard::Kind::WriteAfterWrite);
}

void dependent_adds() {
  issue(add(kFar, 0, 512, 4));
  issue(add(2 * kFar, kFar, 512, 4));
}

TEST(Hazards, DependentVectorInstructionsNeedABarrierInStrictMode) {
  EXPECT_EQ(hazards(dependent_adds).size(), 1U);
}

TEST(Hazards, AutomaticSynchronisationPutsThatBarrier) {
  EXPECT_TRUE(hazards(dependent_adds, false).empty());
}

TEST(Hazards, ABarrierOrdersAPipe) {
  EXPECT_TRUE(hazards([] {
                issue(add(kFar, 0, 512, 4));
                issue(barrier(Pipe::V));
                issue(add(2 * kFar, kFar, 512, 4));
              }).empty());
}

TEST(Hazards, ABarrierOfAllPipesOrdersEverything) {
  EXPECT_TRUE(hazards([] {
                issue(load(Memory::UnifiedBuffer, 0, 0, kTile));
                issue(barrier(Pipe::S, true));
                issue(add(kFar, 0, 512, 1));
                issue(barrier(Pipe::S, true));
                issue(store(0, kFar, 256));
              }).empty());
}

void scalar_read_of_a_result() {
  issue(add(kFar, 0, 512, 4));
  kernel::scalar_unit().access("GetValue", bytes_at(Memory::UnifiedBuffer, false, kFar, 2));
}

TEST(Hazards, AScalarReadNeedsAFlagInStrictModeOnly) {
  EXPECT_EQ(hazards(scalar_read_of_a_result).size(), 1U);
}

TEST(Hazards, AScalarReadIsOrderedAutomatically) {
  EXPECT_TRUE(hazards(scalar_read_of_a_result, false).empty());
}

TEST(Hazards, AFlagThroughTheScalarUnitOrdersWhatIsIssuedLater) {
  EXPECT_TRUE(hazards([] {
                issue(load(Memory::UnifiedBuffer, 0, 0, kTile));
                set_flag(Pipe::Mte2, Pipe::S, 0);
                wait_flag(Pipe::Mte2, Pipe::S, 0);
                issue(add(kFar, 0, 512, 1));
              }).empty());
}

TEST(Hazards, OrderPassesThroughAThirdPipe) {
  EXPECT_TRUE(hazards([] {
                issue(load(Memory::UnifiedBuffer, 0, 0, kTile));
                set_flag(Pipe::Mte2, Pipe::V, 0);
                wait_flag(Pipe::Mte2, Pipe::V, 0);
                set_flag(Pipe::V, Pipe::Mte3, 0);
                wait_flag(Pipe::V, Pipe::Mte3, 0);
                issue(store(1 << 20, 0, 256));
              }).empty());
}

TEST(Hazards, AnEventSetTwiceWithoutAWaitBetween) {
  const auto found = hazards([] {
    set_flag(Pipe::Mte2, Pipe::V, 1);
    set_flag(Pipe::Mte2, Pipe::V, 1);
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, Hazard::Kind::EventSetTwice);
}

// As queues do: the wait is issued but the vector unit has not come to it.
TEST(Hazards, AnEventMayBeSetAgainOnceItsWaitIsIssued) {
  EXPECT_TRUE(hazards([] {
                issue(add(kFar, 0, 512, 64));
                for (int i = 0; i < 3; ++i) {
                  set_flag(Pipe::Mte2, Pipe::V, 1);
                  wait_flag(Pipe::Mte2, Pipe::V, 1);
                }
              }).empty());
}

TEST(Hazards, StridedAccessesThatInterleaveDoNotMeet) {
  const kernel::Footprint even{Memory::UnifiedBuffer, true, 16, 0, 32, 64};
  kernel::Footprint odd = even;
  odd.address = 32;
  EXPECT_FALSE(core::overlap(even, odd));
  odd.bytes = 33;
  EXPECT_TRUE(core::overlap(even, odd));
  EXPECT_FALSE(core::overlap(even, bytes_at(Memory::UnifiedBuffer, false, 32, 32)));
  EXPECT_TRUE(core::overlap(even, bytes_at(Memory::UnifiedBuffer, false, 32, 33)));
  EXPECT_FALSE(core::overlap(even, bytes_at(Memory::UnifiedBuffer, false, 16 * 64 - 32, 64)));
  EXPECT_FALSE(core::overlap(even, bytes_at(Memory::L1, false, 0, 64)));
}

// Effects happen with their instructions: without the flag the sum is made before its operands are there,
// unless a compiler is to take care of that.
std::vector<int> order_of_effects(bool flag, bool strict) {
  CoreBench bench;
  bench.functional = true;
  bench.strict = strict;
  std::vector<int> order;
  EXPECT_TRUE(bench.run([&order, flag] {
    issue(load(Memory::UnifiedBuffer, 0, 0, 8192), [&order] { order.push_back(0); });
    if (flag) {
      set_flag(Pipe::Mte2, Pipe::V, 0);
      wait_flag(Pipe::Mte2, Pipe::V, 0);
    }
    issue(add(kFar, 0, 512, 4), [&order] { order.push_back(1); });
  }));
  return order;
}

TEST(Effects, ComeInOrderWithAFlag) {
  EXPECT_EQ(order_of_effects(true, true), (std::vector<int>{0, 1}));
}

TEST(Effects, ComeInTheWrongOrderWithoutItInStrictMode) {
  EXPECT_EQ(order_of_effects(false, true), (std::vector<int>{1, 0}));
}

TEST(Effects, ComeInProgramOrderWithoutItUnderAutomaticSynchronisation) {
  EXPECT_EQ(order_of_effects(false, false), (std::vector<int>{0, 1}));
}

TEST(Effects, UnwrittenBuffersAreNotNumbers) {
  CoreBench bench;
  bench.functional = true;
  ASSERT_TRUE(bench.run(
      [] { EXPECT_EQ(kernel::scalar_unit().local(Memory::UnifiedBuffer)[196607], std::byte{0xFF}); }));
}

TEST(Effects, TimingOnlyRunsHaveNoStorageAndTheSameCycles) {
  CoreBench bench;
  std::vector<std::int64_t> cycles;
  for (const bool functional : {true, false}) {
    bench.functional = functional;
    const Picoseconds start = sim::now();
    ASSERT_TRUE(bench.run([functional] {
      EXPECT_EQ(kernel::scalar_unit().local(Memory::UnifiedBuffer) != nullptr, functional);
      double_buffered_add(20);
    }));
    cycles.push_back((sim::now() - start).count());
  }
  EXPECT_EQ(cycles[0], cycles[1]);
  EXPECT_GT(cycles[0], 20 * 2 * 120'000);
}

}  // namespace
}  // namespace podsim::test
