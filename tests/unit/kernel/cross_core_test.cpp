// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;

TEST(CrossCore, SyncAllHoldsEveryVectorCoreBack) {
  kernel::DeviceMemory memory(1U << 20U);
  FakeMachine machine = FakeMachine::vector_cores(memory, 4);
  int before = 0;
  machine.run([&] {
    for (int64_t i = 0; i < GetBlockIdx() * 5; ++i) PipeBarrier<PIPE_V>();  // cores come at different times
    ++before;
    SyncAll();
    EXPECT_EQ(before, 4);
    SyncAll<true>();
  });
  EXPECT_TRUE(std::get<kernel::CrossCoreWork>(machine.core(0).of("SyncAll")[1].work).set);
}

std::vector<std::unique_ptr<FakeCore>> mixed_cores(kernel::DeviceMemory& memory, std::int64_t blocks) {
  std::vector<std::unique_ptr<FakeCore>> cores;
  for (std::int64_t block = 0; block < blocks; ++block) {
    for (std::int64_t i = 0; i < 3; ++i) {
      cores.push_back(
          std::make_unique<FakeCore>(memory, 2201, i == 0 ? kernel::CoreKind::Aic : kernel::CoreKind::Aiv));
      kernel::Placement& place = cores.back()->place;
      place.block = block;
      place.blocks = blocks;
      place.mixed = true;
      place.task_ratio = i == 0 ? 1 : 2;
      place.sub_block = i == 0 ? 0 : i - 1;
      place.sub_blocks = i == 0 ? 1 : 2;
    }
  }
  return cores;
}

TEST(CrossCore, MixedKernelNumbersItsCores) {
  kernel::DeviceMemory memory(1U << 20U);
  FakeMachine machine(mixed_cores(memory, 2));
  std::vector<int64_t> cube;
  std::vector<int64_t> vector;
  machine.run([&] {
    if ASCEND_IS_AIC {
      cube.push_back(GetBlockIdx());
    }
    if ASCEND_IS_AIV {
      vector.push_back(GetBlockIdx());
    }
    EXPECT_EQ(GetBlockNum(), 2);
  });
  EXPECT_THAT(cube, ::testing::ElementsAre(0, 1));
  EXPECT_THAT(vector, ::testing::ElementsAre(0, 1, 2, 3));
}

TEST(CrossCore, SyncAllOfAMixedKernelMeetsCubeAndVectorCores) {
  kernel::DeviceMemory memory(1U << 20U);
  FakeMachine machine(mixed_cores(memory, 3));
  int before = 0;
  machine.run([&] {
    for (int64_t i = 0; i < GetBlockIdx() * 3; ++i) PipeBarrier<PIPE_MTE2>();
    ++before;
    SyncAll<false>();
    EXPECT_EQ(before, 9);
  });
}

TEST(CrossCore, CubeAndItsVectorCoresHandOver) {
  kernel::DeviceMemory memory(1U << 20U);
  FakeMachine machine(mixed_cores(memory, 2));
  std::vector<int> order(2, 0);
  machine.run([&] {
    if ASCEND_IS_AIC {
      ++order[static_cast<std::size_t>(GetBlockIdx())];
      CrossCoreSetFlag<2, PIPE_FIX>(3);
      CrossCoreWaitFlag(4);
      EXPECT_EQ(order[static_cast<std::size_t>(GetBlockIdx())], 3);
    } else {
      CrossCoreWaitFlag(3);
      ++order[static_cast<std::size_t>(GetBlockIdx() / 2)];
      CrossCoreSetFlag<2, PIPE_MTE3>(4);
    }
  });
}

TEST(CrossCore, MemoryBarrierAndFlagWordsWorkInTimingOnlyRunsToo) {
  for (const bool functional : {true, false}) {
    kernel::DeviceMemory memory(1U << 20U);
    FakeMachine machine = FakeMachine::vector_cores(memory, 4, functional);
    auto* const counters = reinterpret_cast<int32_t*>(memory.allocate(4 * 32));
    auto* const words = reinterpret_cast<int32_t*>(memory.allocate(4 * 32));
    int before = 0;
    std::vector<int64_t> turns;
    machine.run([&] {
      GlobalTensor<int32_t> gm;
      gm.SetGlobalBuffer(counters);
      const LocalTensor<int32_t> held(TPosition::VECCALC, 0, 32);
      ++before;
      SyncAll(gm, held);
      EXPECT_EQ(before, 4);
      SyncAll(gm, held);  // counters go on
      GlobalTensor<int32_t> flags;
      flags.SetGlobalBuffer(words);
      const int32_t me = static_cast<int32_t>(GetBlockIdx());
      if (me < 3) IBWait(flags, held, me + 1, 0);  // from the last to the first
      turns.push_back(me);
      if (me > 0) IBSet(flags, held, me, 0);
    });
    EXPECT_THAT(turns, ::testing::ElementsAre(3, 2, 1, 0));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(words[8 * i], 0);
    EXPECT_EQ(counters[0], 2);
  }
}

TEST(CrossCore, BlocksTakeTurns) {
  kernel::DeviceMemory memory(1U << 20U);
  FakeMachine machine = FakeMachine::vector_cores(memory, 3);
  auto* const words = reinterpret_cast<int32_t*>(memory.allocate(3 * 32));
  std::vector<int64_t> turns;
  machine.run([&] {
    GlobalTensor<int32_t> gm;
    gm.SetGlobalBuffer(words);
    const LocalTensor<int32_t> held(TPosition::VECCALC, 0, 32);
    InitDetermineComputeWorkspace(gm, held);
    for (int round = 0; round < 2; ++round) {
      WaitPreBlock(gm, held);
      turns.push_back(GetBlockIdx());
      NotifyNextBlock(gm, held);
    }
  });
  EXPECT_THAT(turns, ::testing::ElementsAre(0, 1, 2, 0, 1, 2));
}

class CrossCoreTest : public KernelTest {};

TEST_F(CrossCoreTest, WaitIsOnTheScalarUnitOf2201AndOnThePipeOf3510) {
  CrossCoreWaitFlag<2, PIPE_MTE2>(5);
  EXPECT_EQ(last().pipe, kernel::Pipe::S);
  FakeCore a5(memory, 3510, kernel::CoreKind::Aiv);
  run_on(a5, [&] {
    CrossCoreWaitFlag<4, PIPE_MTE2>(5);
    EXPECT_EQ(a5.instructions.back().instruction.pipe, kernel::Pipe::Mte2);
  });
}

TEST_F(CrossCoreTest, ModeFourIsRefusedOn2201) {
  expect_refused([] { CrossCoreSetFlag<4, PIPE_MTE3>(1); }, {"CrossCoreSetFlag", "3510"});
}

}  // namespace
}  // namespace podsim::test
