// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;
using kernel::FlagWork;
using kernel::Pipe;

// "set MTE2_V 0" for each flag instruction.
std::vector<std::string> flags(const FakeCore& core) {
  std::vector<std::string> lines;
  for (const Recorded& r : core.instructions) {
    const auto* flag = std::get_if<FlagWork>(&r.instruction.work);
    if (flag == nullptr) continue;
    lines.push_back(std::string(flag->set ? "set " : "wait ") + kernel::pipe_name(flag->source) + "_" +
                    kernel::pipe_name(flag->destination) + " " + std::to_string(flag->event));
  }
  return lines;
}

class QueueTest : public KernelTest {};
class CubeQueueTest : public CubeTest {};

TEST_F(QueueTest, InputQueueSetsTheFlagsOfCopyAndVector) {
  TPipe pipe;
  TQue<TPosition::VECIN, 1> queue;
  pipe.InitBuffer(queue, 1, 100);
  auto first = queue.AllocTensor<half>();
  EXPECT_EQ(first.GetSize(), 64U);  // 100 B are rounded up to 128
  queue.EnQue(first);
  LocalTensor<half> second = queue.DeQue<half>();
  queue.FreeTensor(second);
  queue.AllocTensor<half>();
  EXPECT_THAT(flags(core),
              ::testing::ElementsAre("set MTE2_V 0", "wait MTE2_V 0", "set V_MTE2 0", "wait V_MTE2 0"));
}

TEST_F(QueueTest, FirstUseOfABufferWaitsForNothing) {
  TPipe pipe;
  TQue<TPosition::VECOUT, 2> queue;
  pipe.InitBuffer(queue, 2, 64);
  const auto a = queue.AllocTensor<float>();
  const auto b = queue.AllocTensor<float>();
  EXPECT_NE(a.GetPhyAddr(), b.GetPhyAddr());
  EXPECT_TRUE(flags(core).empty());
  queue.EnQue(a);
  queue.EnQue(b);
  EXPECT_EQ(queue.DeQue<float>().GetPhyAddr(), a.GetPhyAddr());
  EXPECT_THAT(flags(core), ::testing::ElementsAre("set V_MTE3 0", "set V_MTE3 1", "wait V_MTE3 0"));
}

TEST_F(QueueTest, BoundQueueCopiesThrough) {
  TPipe pipe;
  TQueBind<TPosition::VECIN, TPosition::VECOUT, 1> queue;
  pipe.InitBuffer(queue, 1, 64);
  auto tensor = queue.AllocTensor<half>();
  queue.EnQue(tensor);
  tensor = queue.DeQue<half>();
  queue.FreeTensor(tensor);
  EXPECT_THAT(flags(core), ::testing::ElementsAre("set MTE2_MTE3 0", "wait MTE2_MTE3 0", "set MTE3_MTE2 0"));
}

TEST_F(CubeQueueTest, EveryCubeQueueHasItsEvents) {
  TPipe pipe;  // takes M_MTE1 0 to 2 for itself
  const auto cycle = [&](auto queue) {
    core.instructions.clear();
    pipe.InitBuffer(queue, 1, 512);
    auto tensor = queue.template AllocTensor<half>();
    queue.EnQue(tensor);
    tensor = queue.template DeQue<half>();
    queue.FreeTensor(tensor);
    return flags(core);
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(cycle(TQue<TPosition::A1, 1>()),
              ElementsAre("set MTE2_MTE1 0", "wait MTE2_MTE1 0", "set MTE1_MTE2 0"));
  EXPECT_THAT(cycle(TQue<TPosition::A2, 1>()), ElementsAre("set MTE1_M 0", "wait MTE1_M 0", "set M_MTE1 3"));
  EXPECT_THAT(cycle(TQue<TPosition::B2, 1>()), ElementsAre("set MTE1_M 0", "wait MTE1_M 0", "set M_MTE1 4"));
  EXPECT_THAT(cycle(TQue<TPosition::C2, 1>()), ElementsAre("set MTE1_M 0", "wait MTE1_M 0", "set M_MTE1 5"));
  EXPECT_THAT(cycle(TQue<TPosition::CO1, 1>()), ElementsAre("set M_FIX 0", "wait M_FIX 0", "set FIX_M 0"));
  EXPECT_THAT(cycle(TQue<TPosition::C2PIPE2GM, 1>()),
              ElementsAre("set MTE1_FIX 0", "wait MTE1_FIX 0", "set FIX_MTE1 0"));
}

TEST_F(CubeQueueTest, PipeHoldsThreeFlagsOfTheCubeAndWaitsForThemAtItsEnd) {
  {
    TPipe pipe;
    EXPECT_THAT(flags(core), ::testing::ElementsAre("set M_MTE1 0", "set M_MTE1 1", "set M_MTE1 2"));
  }
  EXPECT_EQ(core.pending_flags(), 0U);
  EXPECT_TRUE(std::get<kernel::BarrierWork>(last().work).all_pipes);
}

TEST_F(QueueTest, DepthZeroPresetsTheFreeFlag) {
  {
    TPipe pipe;
    TQue<TPosition::VECIN, 0> queue;
    pipe.InitBuffer(queue, 1, 64);
    LocalTensor<half> tensor;
    for (int round = 0; round < 2; ++round) {
      queue.AllocTensor<half>(tensor);
      queue.EnQue(tensor);
      queue.DeQue<half>(tensor);
      queue.FreeTensor(tensor);
    }
    EXPECT_THAT(flags(core), ::testing::ElementsAre("set V_MTE2 0", "wait V_MTE2 0", "set MTE2_V 0",
                                                    "wait MTE2_V 0", "set V_MTE2 0", "wait V_MTE2 0",
                                                    "set MTE2_V 0", "wait MTE2_V 0", "set V_MTE2 0"));
  }
  EXPECT_EQ(core.pending_flags(), 0U);
}

TEST_F(QueueTest, HandWrittenAndQueueIdsShareOneSpace) {
  TPipe pipe;
  TQue<TPosition::VECIN, 1> queue;
  pipe.InitBuffer(queue, 1, 64);
  EXPECT_EQ(pipe.AllocEventID<HardEvent::MTE2_V>(), 0);
  EXPECT_EQ(pipe.FetchEventID(HardEvent::MTE2_V), 1);
  queue.EnQue(queue.AllocTensor<half>());
  EXPECT_THAT(flags(core), ::testing::ElementsAre("set MTE2_V 1"));
  pipe.ReleaseEventID<HardEvent::MTE2_V>(0);
  EXPECT_EQ(pipe.FetchEventID<HardEvent::MTE2_V>(), 0);
  queue.DeQue<half>();
}

TEST_F(QueueTest, MistakesAreNamed) {
  TPipe pipe;
  TQue<TPosition::VECIN, 1> queue;
  expect_refused([&] { queue.AllocTensor<half>(); }, {"AllocTensor", "InitBuffer"});
  pipe.InitBuffer(queue, 1, 64);
  auto tensor = queue.AllocTensor<half>();
  expect_refused([&] { queue.AllocTensor<half>(); }, {"AllocTensor", "FreeTensor comes first"});
  expect_refused([&] { queue.DeQue<half>(); }, {"DeQue", "empty"});
  queue.FreeTensor(tensor);
  expect_refused([&] { queue.FreeTensor(tensor); }, {"FreeTensor", "free already"});
  TBuf<> buffer;
  expect_refused([&] { buffer.Get<half>(); }, {"TBuf", "InitBuffer"});
  expect_refused([&] { pipe.InitBuffer(buffer, 200 * 1024); }, {"InitBuffer", "204800", "unified buffer"});
  expect_refused(
      [&] {
        for (int i = 0; i < 9; ++i) pipe.AllocEventID<HardEvent::V_V>();
      },
      {"AllocEventID", "V_V"});
}

TEST_F(QueueTest, PoolsStackUpwardsAndResetStartsAgain) {
  TPipe pipe;
  TBuf<TPosition::VECCALC> a;
  TBuf<TPosition::VECCALC> b;
  pipe.InitBuffer(a, 33);
  pipe.InitBuffer(b, 32);
  EXPECT_EQ(a.Get<uint8_t>().GetPhyAddr(), 0U);
  EXPECT_EQ(b.Get<uint8_t>().GetPhyAddr(), 64U);
  EXPECT_EQ(b.GetWithOffset<half>(4, 8).GetPhyAddr(), 72U);
  expect_refused([&] { b.Get<half>(17); }, {"TBuf::Get", "34"});
  pipe.Reset();
  pipe.InitBuffer(b, 32);
  EXPECT_EQ(b.Get<uint8_t>().GetPhyAddr(), 0U);
}

TEST_F(QueueTest, TensorsOutliveTheirBufferObject) {
  TPipe pipe;
  LocalTensor<int32_t> tensor;
  {
    TBuf<TPosition::VECCALC> local_buffer;
    pipe.InitBuffer(local_buffer, 64);
    tensor = local_buffer.Get<int32_t>();
  }
  tensor.SetValue(3, 17);
  EXPECT_EQ(tensor.GetValue(3), 17);
  EXPECT_EQ(GetTPipePtr(), &pipe);
}

TEST_F(QueueTest, SubPoolsShareMemoryWhenAsked) {
  TPipe pipe;
  TBufPool<TPosition::VECCALC> first;
  TBufPool<TPosition::VECCALC> second;
  pipe.InitBufPool(first, 1024);
  pipe.InitBufPool(second, 1024, first);
  TBuf<TPosition::VECCALC> a;
  TBuf<TPosition::VECCALC> b;
  first.InitBuffer(a, 64);
  second.InitBuffer(b, 64);
  EXPECT_EQ(a.Get<half>().GetPhyAddr(), b.Get<half>().GetPhyAddr());
  expect_refused([&] { first.InitBuffer(b, 1024); }, {"InitBuffer", "1024"});
}

TEST_F(QueueTest, FlagsOfTheOtherKindOfCoreDoNothing) {
  SetFlag<HardEvent::M_MTE1>(0);
  WaitFlag<HardEvent::MTE1_M>(1);
  PipeBarrier<PIPE_M>();
  EXPECT_TRUE(core.instructions.empty());
  set_flag(PIPE_MTE2, PIPE_V, EVENT_ID3);
  EXPECT_EQ(last_work<FlagWork>().event, 3);
  EXPECT_EQ(last().pipe, Pipe::Mte2);
  wait_flag(PIPE_MTE2, PIPE_V, EVENT_ID3);
  EXPECT_EQ(last().pipe, Pipe::V);
  expect_refused([] { SetFlag<HardEvent::V_S>(8); }, {"SetFlag", "8", "0 to 7"});
}

}  // namespace
}  // namespace podsim::test
