// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "support/core_bench.h"

namespace podsim::test {
namespace {

constexpr std::uint64_t kFar = 64 << 10;

TEST(Pipes, BackToBackProductsFollowAfterTheIssueGapAndTheLastNeedsItsResult) {
  CoreBench bench(plain_core(), 1, 0);
  ASSERT_TRUE(bench.run([] {
    for (int i = 0; i < 4; ++i) issue(mmad(128, 256, 64));
  }));
  const auto products = bench.trace.of("Mmad");
  EXPECT_EQ(cycle_of(products[1].start), 512 + 9);
  EXPECT_EQ(cycle_of(products[3].start), 3 * (512 + 9));
  EXPECT_EQ(bench.end_cycle(), 3 * (512 + 9) + 512 + 62);
}

TEST(Pipes, AProductThatSomebodyWaitsForTakesItsResultTime) {
  CoreBench bench(plain_core(), 1, 0);
  ASSERT_TRUE(bench.run([] {
    for (int i = 0; i < 3; ++i) {
      issue(mmad(64, 64, 64));
      issue(barrier(Pipe::M));
    }
  }));
  EXPECT_EQ(cycle_of(bench.trace.of("Mmad")[2].start), 2 * (64 + 62));
}

struct Producer {
  Pipe pipe;
  Instruction instruction;
  std::int64_t cycles;
};

std::vector<Producer> producers(bool cube) {
  if (cube) {
    return {{Pipe::M, mmad(64, 64, 64), 64 + 62},
            {Pipe::Mte1, to_l0(false, 0, 0, 16384), 64 + 28},
            {Pipe::Fix, fixpipe(64, 64), 64 + 20},
            {Pipe::Mte2, load(Memory::L1, 0, 0, 12800), 38 + 200}};
  }
  return {{Pipe::V, add(2 * kFar, 0, kFar + 256, 32), 32 + 22},
          {Pipe::Mte2, load(Memory::UnifiedBuffer, 0, 0, 6400), 0},
          {Pipe::Mte3, store(0, 0, 10800), 0}};
}

// In all pairs: what waits starts with the result of what was set after, not a cycle before.
TEST(Pipes, AWaitEndsWithTheResultBeforeTheSet) {
  CoreBench bench(plain_core(), 1, 1);
  const auto kernel = [](bool cube) {
    return [cube] {
      std::uint8_t event = 0;
      for (const Producer& from : producers(cube)) {
        for (const Producer& to : producers(cube)) {
          if (from.pipe == to.pipe) continue;
          issue(from.instruction);
          set_flag(from.pipe, to.pipe, event);
          wait_flag(from.pipe, to.pipe, event);
          issue(to.instruction);
          issue(barrier(Pipe::S, true));
          event = static_cast<std::uint8_t>((event + 1) % 8);
        }
      }
    };
  };
  ASSERT_TRUE(bench.run({kernel(true), kernel(false)}));
  ASSERT_EQ(bench.trace.flows.size(), 12U + 6U);
  std::size_t pairs = 0;
  for (const core::TraceFlow& flow : bench.trace.flows) {
    EXPECT_EQ(flow.set, flow.waited);
    for (const core::TraceSlice& slice : bench.trace.slices) {
      if (slice.core != flow.core || slice.start != flow.waited || slice.pipe != flow.to) continue;
      ++pairs;
      break;
    }
    bool ended = false;
    for (const core::TraceSlice& slice : bench.trace.slices)
      ended = ended || (slice.core == flow.core && slice.pipe == flow.from && slice.end == flow.set);
    EXPECT_TRUE(ended);
  }
  EXPECT_EQ(pairs, 18U);
}

TEST(Pipes, FlagsOfTheScalarUnitHoldIssue) {
  CoreBench bench;
  std::int64_t after = 0;
  ASSERT_TRUE(bench.run([&after] {
    issue(add(2 * kFar, 0, kFar + 256, 32));
    set_flag(Pipe::V, Pipe::S, 3);
    wait_flag(Pipe::V, Pipe::S, 3);
    after = kernel::scalar_unit().cycles();
    set_flag(Pipe::S, Pipe::Mte3, 0);
    wait_flag(Pipe::S, Pipe::Mte3, 0);
    issue(store(0, 0, 64));
  }));
  EXPECT_EQ(after, 32 + 22);
  EXPECT_EQ(cycle_of(bench.trace.of("DataCopy")[0].start), 32 + 22);
}

TEST(Pipes, AFullQueueHoldsTheScalarUnitUntilTheFirstHasStarted) {
  CoreBench bench(plain_core(), 1, 0);
  std::vector<std::int64_t> issued;
  ASSERT_TRUE(bench.run([&issued] {
    for (int i = 0; i < 35; ++i) {
      issue(to_l0(false, 0, 0, 16384));
      issued.push_back(kernel::scalar_unit().cycles());
    }
  }));
  // 32 wait: the 33rd enters when the first starts, the 34th when the second does.
  EXPECT_EQ(issued[31], 0);
  EXPECT_EQ(issued[32], 0);
  EXPECT_EQ(issued[33], 64);
  EXPECT_EQ(issued[34], 2 * 64);
  EXPECT_EQ(bench.core().result().pipe(Pipe::S).wait_queue, 128_ns);
}

TEST(Pipes, UnitFlagLetsFixpipeFollowTheLastProductPieceByPiece) {
  CoreBench bench(plain_core(), 1, 0);
  ASSERT_TRUE(bench.run([] {
    issue(mmad(128, 256, 64, 0, 0, 2));
    issue(mmad(128, 256, 64, 0, 0, 3));
    issue(fixpipe(128, 256, Memory::L1, 0, 3));
    issue(mmad(128, 256, 64, 0, 0, 3));  // the next tile in the same place
  }));
  const auto products = bench.trace.of("Mmad");
  const auto out = bench.trace.of("Fixpipe")[0];
  const std::int64_t second = 512 + 9;
  EXPECT_GT(cycle_of(out.start), second);
  EXPECT_LT(out.start, products[1].end);
  EXPECT_GT(out.end, products[1].end);
  EXPECT_GT(products[2].start, out.start);
  EXPECT_LT(products[2].start, out.end);
  EXPECT_GT(products[2].end, out.end);
}

TEST(Pipes, WithoutUnitFlagFixpipeWaitsForTheResult) {
  CoreBench bench(plain_core(), 1, 0);
  ASSERT_TRUE(bench.run([] {
    issue(mmad(128, 256, 64));
    set_flag(Pipe::M, Pipe::Fix, 0);
    wait_flag(Pipe::M, Pipe::Fix, 0);
    issue(fixpipe(128, 256));
  }));
  EXPECT_EQ(cycle_of(bench.trace.of("Fixpipe")[0].start), 512 + 62);
}

void add_twice() {
  issue(add(2 * kFar, 0, kFar + 256, 32));
  issue(add(2 * kFar, 0, kFar + 256, 32));
}

TEST(Pipes, ADependentVectorInstructionWaitsForTheResult) {
  CoreBench bench;
  ASSERT_TRUE(bench.run(add_twice));
  EXPECT_EQ(cycle_of(bench.trace.of("Add")[1].start), 32 + 22);
}

TEST(Pipes, InStrictModeNothingHoldsIt) {
  CoreBench bench;
  bench.strict = true;
  ASSERT_TRUE(bench.run(add_twice));
  EXPECT_EQ(cycle_of(bench.trace.of("Add")[1].start), 32);
}

TEST(Pipes, AScalarReadWaitsForTheInstructionThatWrites) {
  CoreBench bench;
  std::int64_t after = 0;
  ASSERT_TRUE(bench.run([&after] {
    issue(add(2 * kFar, 0, kFar + 256, 32));
    kernel::scalar_unit().access("GetValue", bytes_at(Memory::UnifiedBuffer, false, 128, 2));  // of a source
    EXPECT_EQ(kernel::scalar_unit().cycles(), 11);
    kernel::scalar_unit().access("GetValue", bytes_at(Memory::UnifiedBuffer, false, 2 * kFar, 2));
    after = kernel::scalar_unit().cycles();
  }));
  EXPECT_EQ(after, 32 + 22 + 11);
}

TEST(Pipes, CopiesOverlapInTheMemoryAndEndInOrder) {
  CoreBench bench;
  ASSERT_TRUE(bench.run([] {
    issue(load(Memory::UnifiedBuffer, 0, 0, 6400));
    issue(load(Memory::UnifiedBuffer, 8192, 8192, 6400));
  }));
  const auto copies = bench.trace.of("DataCopy");
  EXPECT_EQ(cycle_of(copies[0].end), 100 + 100);
  EXPECT_EQ(cycle_of(copies[1].start), 118);  // 18.7 + 100 of its own path
  EXPECT_EQ(cycle_of(copies[1].end), 118 + 100 + 100);
}

TEST(Pipes, TimeIsAccountedFor) {
  CoreBench bench;
  ASSERT_TRUE(bench.run([] {
    issue(load(Memory::UnifiedBuffer, 0, 0, 6400));
    set_flag(Pipe::Mte2, Pipe::V, 0);
    wait_flag(Pipe::Mte2, Pipe::V, 0);
    issue(add(2 * kFar, 0, 512, 32));
  }));
  const core::CoreResult result = bench.core().result();
  EXPECT_EQ(cycle_of(result.pipe(Pipe::Mte2).busy), 200);
  EXPECT_EQ(cycle_of(result.pipe(Pipe::Mte2).wait_memory), 81);
  EXPECT_EQ(cycle_of(result.pipe(Pipe::V).wait_flag), 200);
  EXPECT_EQ(cycle_of(result.pipe(Pipe::V).busy), 64 + 22);
  EXPECT_EQ(cycle_of(result.pipe(Pipe::V).wait_bank), 32);
  EXPECT_EQ(result.pipe(Pipe::V).instructions, 1);
}

template <class Kernel>
std::string error_of(CoreBench& bench, const Kernel& kernel) {
  try {
    bench.run(kernel);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Pipes, ABufferThatOverflowsIsRefusedWithItsCall) {
  CoreBench bench;
  EXPECT_EQ(error_of(bench, [] { issue(load(Memory::UnifiedBuffer, 0, 196608 - 32, 64)); }),
            "DataCopy: bytes 196576 to 196640 of unified_buffer, expected at most 196608 B on dav_2201");
}

TEST(Pipes, APipeOfTheOtherKindOfCoreIsRefused) {
  CoreBench bench;
  EXPECT_EQ(error_of(bench, [] { issue(mmad(16, 16, 16)); }), "Mmad: pipe cube is not on a AIV core");
}

TEST(Pipes, AnEventThatIsOnlySetOverflows) {
  CoreBench bench;
  EXPECT_EQ(error_of(bench,
                     [] {
                       for (int i = 0; i < 16; ++i) set_flag(Pipe::Mte2, Pipe::V, 0);
                     }),
            "SetFlag: event 0 from mte2 to vector is set 16 times without a wait, expected at most 15");
}

TEST(Pipes, AWaitWithoutASetEndsWithAReportInsteadOfAHang) {
  CoreBench bench;
  EXPECT_FALSE(bench.run([] {
    wait_flag(Pipe::Mte2, Pipe::V, 5);
    issue(add(0, 0, 0, 1));
  }));
  EXPECT_EQ(bench.core().waiting(),
            "core 0 (AIV, block 0): scalar waits for the pipes in end of kernel at cycle 0; "
            "vector: WaitFlag of event 5 from mte2, 1 more queued");
}

}  // namespace
}  // namespace podsim::test
