// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;
using kernel::GlobalMove;
using kernel::Memory;
using kernel::Pipe;

class CopyTest : public KernelTest {};
class CubeCopyTest : public CubeTest {};

TEST_F(CopyTest, CountIsRoundedDownToWholeBlocks) {
  const auto source = gm(small<half>(100));
  const auto target = ub<half>(64, std::vector<half>(100, half(99)));
  DataCopy(target, source, 37);  // 74 B: two blocks
  auto expected = held(source, 32);
  expected.resize(100, half(99));
  EXPECT_EQ(held(target, 100), expected);
  const auto& move = last_work<GlobalMove>();
  EXPECT_EQ(last().pipe, Pipe::Mte2);
  EXPECT_EQ(move.row_bytes, 64U);
  EXPECT_EQ(move.address, memory.address(source.GetPhyAddr()));
  ASSERT_EQ(last().touch_count, 2);
  EXPECT_EQ(last().touches[1].address, 64U);
  EXPECT_TRUE(last().touches[1].write);
}

TEST_F(CopyTest, BlocksAndGapsCountIn32Bytes) {
  const auto source = gm(small<float>(128));
  const auto target = ub<float>(0, std::vector<float>(128, 0.5F));
  DataCopy(target, source, {3, 2, 1, 2});
  const auto from = held(source, 128);
  const auto to = held(target, 128);
  for (std::size_t piece = 0; piece < 3; ++piece) {
    for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(to[piece * 32 + i], from[piece * 24 + i]);
    EXPECT_EQ(to[piece * 32 + 16], 0.5F);
  }
  EXPECT_EQ(last_work<GlobalMove>().row_stride, 96U);
  EXPECT_EQ(last().touches[1].stride, 128U);
}

TEST_F(CopyTest, NothingToCopyIssuesNothing) {
  const auto source = gm(small<float>(16));
  DataCopy(ub<float>(0, 16), source, 7);
  DataCopy(ub<float>(0, 16), source, DataCopyParams{0, 1, 0, 0});
  DataCopy(source, ub<float>(0, 16), DataCopyParams{1, 0, 0, 0});
  EXPECT_TRUE(core.instructions.empty());
}

TEST_F(CopyTest, PadPlacesEveryPieceOnItsOwnBlocks) {
  const auto source = gm<int16_t>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  const auto target = ub<int16_t>(0, std::vector<int16_t>(64, -1));
  DataCopyPad(target, source[1], DataCopyExtParams{2, 6, 4, 1, 0},
              DataCopyPadExtParams<int16_t>{true, 1, 2, 77});
  const auto to = held(target, 64);
  const std::vector<int16_t> first(to.begin(), to.begin() + 6);
  const std::vector<int16_t> second(to.begin() + 32, to.begin() + 38);  // one block of gap
  EXPECT_THAT(first, ::testing::ElementsAre(77, 2, 3, 4, 77, 77));
  EXPECT_THAT(second, ::testing::ElementsAre(77, 7, 8, 9, 77, 77));
  EXPECT_EQ(to[16], -1);
  EXPECT_EQ(last_work<GlobalMove>().row_bytes, 6U);
  EXPECT_EQ(last_work<GlobalMove>().row_stride, 10U);
}

TEST_F(CopyTest, UnpaddedPieceEndsWithItsFirstElement) {
  const auto source = gm<float>({5, 6, 7});
  const auto target = ub<float>(0, std::vector<float>(16, -1.F));
  DataCopyPad(target, source, DataCopyExtParams{1, 12, 0, 0, 0}, DataCopyPadExtParams<float>{false, 0, 0, 0});
  EXPECT_THAT(held(target, 9), ::testing::ElementsAre(5, 6, 7, 5, 5, 5, 5, 5, -1));
}

TEST_F(CopyTest, PadStoresOnlyItsBytes) {
  const auto source = ub<uint8_t>(32, small<uint8_t>(128, 1, 9));
  const auto target = gm(std::vector<uint8_t>(64, 0));
  DataCopyPad<uint8_t>(target[3], source, DataCopyExtParams{2, 5, 1, 2, 0});
  const auto from = held(source, 128);
  std::vector<uint8_t> expected(64, 0);
  for (std::size_t i = 0; i < 5; ++i) {
    expected[3 + i] = from[i];
    expected[10 + i] = from[64 + i];
  }
  EXPECT_EQ(held(target, 64), expected);
  EXPECT_EQ(last().pipe, Pipe::Mte3);
  // The older parameters mean the same.
  DataCopyPad(target, source, DataCopyParams{1, 3, 0, 0});
  EXPECT_EQ(last_work<GlobalMove>().row_bytes, 3U);
}

TEST_F(CopyTest, CompactPadPacksPiecesOn3510) {
  expect_refused(
      [&] {
        DataCopyPad<int32_t, PaddingMode::Compact>(gm<int32_t>({1}), ub<int32_t>(0, 8),
                                                   DataCopyExtParams{1, 4, 0, 0, 0});
      },
      {"exists on architecture"});
  FakeCore a5(memory, 3510, kernel::CoreKind::Aiv);
  run_on(a5, [&] {
    const auto source = gm<int32_t>({1, 2, 3, 4, 5, 6});
    const LocalTensor<int32_t> target(TPosition::VECIN, 0, 16);
    DataCopyPad<int32_t, PaddingMode::Compact>(target, source, DataCopyExtParams{2, 8, 4, 0, 0},
                                               DataCopyPadExtParams<int32_t>{true, 0, 0, 9});
    const auto* const to = reinterpret_cast<const int32_t*>(a5.local(Memory::UnifiedBuffer));
    EXPECT_THAT(std::vector<int32_t>(to, to + 8), ::testing::ElementsAre(1, 2, 4, 5, 9, 9, 9, 9));
  });
}

TEST_F(CopyTest, AtomicsCombineWithMemory) {
  const auto source = ub<float>(0, {1, 2, 3, 4, 5, 6, 7, 8});
  const auto target = gm(std::vector<float>(8, 4.F));
  SetAtomicAdd<float>();
  DataCopy(target, source, 8);
  EXPECT_THAT(held(target, 8), ::testing::ElementsAre(5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_TRUE(last_work<GlobalMove>().atomic);
  SetAtomicMax<float>();
  DataCopy(target, ub<float>(32, std::vector<float>(8, 9.F)), 8);
  EXPECT_THAT(held(target, 8), ::testing::ElementsAre(9, 9, 9, 9, 9, 10, 11, 12));
  SetAtomicMin<float>();
  DataCopy(target, source, 8);
  EXPECT_THAT(held(target, 8), ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  SetAtomicNone();
  DataCopy(target, ub<float>(32, std::vector<float>(8, 9.F)), 8);
  EXPECT_EQ(held(target, 1)[0], 9);
  EXPECT_FALSE(last_work<GlobalMove>().atomic);
}

TEST_F(CopyTest, CopyWithinTheUnifiedBufferIsVectorWork) {
  const auto source = ub<half>(0, small<half>(64));
  const auto target = ub<half>(1024, std::vector<half>(64, half(0)));
  DataCopy(target, source, 48);
  EXPECT_EQ(held(target, 48), held(source, 48));
  EXPECT_EQ(last().pipe, Pipe::V);
}

TEST_F(CopyTest, CacheHintTravelsWithTheTensor) {
  auto source = gm(small<half>(64));
  source.SetL2CacheHint(CacheMode::CACHE_MODE_DISABLE);
  DataCopy(ub<half>(0, 64), source[16], 32);
  EXPECT_EQ(last_work<GlobalMove>().hint, kernel::CacheHint::Disable);
}

TEST_F(CopyTest, RulesAreNamedWithTheirNumbers) {
  const auto source = gm(small<half>(64));
  expect_refused([&] { DataCopy(ub<half>(16, 32), source, 32); },
                 {"DataCopy", "the destination", "16", "32"});
  expect_refused([&] { DataCopy(ub<half>(192 * 1024 - 32, 64), source, 32); },
                 {"DataCopy", "unified buffer", "196608"});
  GlobalTensor<half> foreign;
  half somewhere[32];
  foreign.SetGlobalBuffer(somewhere, 32);
  expect_refused([&] { DataCopy(ub<half>(0, 32), foreign, 32); },
                 {"DataCopy", "the source", "device memory"});
  expect_refused(
      [&] {
        DataCopy(ub<half>(0, 32), source, DataCopyParams{4096, 1, 0, 0});
      },
      {"blockCount", "4096", "4095"});
  expect_refused(
      [&] {
        DataCopyPad(ub<half>(0, 64), source, DataCopyExtParams{1, 2, 0, 0, 0},
                    DataCopyPadExtParams<half>{true, 17, 0, 0});
      },
      {"leftPadding", "34"});
  expect_refused(
      [&] {
        DataCopyPad(ub<int64_t>(0, 8), gm<int64_t>({1}), DataCopyExtParams{1, 8, 0, 0, 0},
                    DataCopyPadExtParams<int64_t>{true, 0, 1, 5});
      },
      {"paddingValue", "64-bit"});
  expect_refused([&] { DataCopy(LocalTensor<half>(TPosition::A1, 0, 32), source, 32); },
                 {"DataCopy", "needs a cube core"});
  core.place.mixed = true;  // on the other kind of core of a mixed kernel calls do nothing
  DataCopy(LocalTensor<half>(TPosition::A1, 0, 32), source, 32);
  EXPECT_TRUE(core.instructions.empty());
}

TEST_F(CopyTest, TimingOnlyRunsTouchNoDataAndIssueTheSame) {
  FakeCore timing(memory, 2201, kernel::CoreKind::Aiv, false);
  const auto source = gm(small<half>(64));
  const auto target = gm(std::vector<half>(64, half(3)));
  const auto program = [&] {
    const LocalTensor<half> tensor(TPosition::VECIN, 0, 64);
    DataCopy(tensor, source, 64);
    Add(tensor, tensor, tensor, 50);
    DataCopyPad(target, tensor, DataCopyExtParams{1, 10, 0, 0, 0});
    EXPECT_NO_THROW(tensor.SetValue(0, half(1)));
  };
  program();
  run_on(timing, program);
  EXPECT_EQ(timing.instructions.size(), core.instructions.size());
  for (const Recorded& r : timing.instructions) EXPECT_FALSE(r.has_effect);
}

TEST_F(CubeCopyTest, RowsBecomeFractals) {
  constexpr std::size_t kRows = 5;
  constexpr std::size_t kColumns = 37;
  constexpr std::size_t kPitch = 40;
  const auto source = gm(small<half>(2 * kRows * kPitch, 1, 60));
  const LocalTensor<half> target(TPosition::A1, 0, 4096);
  DataCopy(target, source, Nd2NzParams{2, kRows, kColumns, kRows * kPitch, kPitch, 16, 1, 2048});
  const auto from = held(source, 2 * kRows * kPitch);
  const auto to = held(target, 4096);
  for (std::size_t t = 0; t < 2; ++t) {
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < 48; ++j) {
        const auto expected = j < kColumns ? from[(t * kRows + i) * kPitch + j] : half(0);
        EXPECT_EQ(to[t * 2048 + j / 16 * 16 * 16 + i * 16 + j % 16], expected) << t << i << j;
      }
    }
  }
  const auto& move = last_work<GlobalMove>();
  EXPECT_TRUE(move.nd_to_nz);
  EXPECT_EQ(move.rows, kRows);
  EXPECT_EQ(move.row_bytes, kColumns * 2);
  EXPECT_EQ(move.row_stride, kPitch * 2);
  EXPECT_EQ(move.matrices, 2U);
  EXPECT_EQ(move.local, Memory::L1);
}

TEST_F(CubeCopyTest, BiasTableTakesWidenedHalves) {
  const auto source = local<half>(TPosition::C1, 0, small<half>(32));
  const LocalTensor<float> table(TPosition::C2, 0, 32);
  DataCopy(table, source, DataCopyParams{1, 1, 0, 0});  // a block is 64 B here
  const auto from = held(source, 32);
  const auto to = held(table, 32);
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(to[i], static_cast<float>(from[i]));
  EXPECT_EQ(last().pipe, Pipe::Mte1);
  EXPECT_EQ(last_work<kernel::LocalMove>().path, kernel::LocalPath::L1ToBiasTable);
  expect_refused(
      [&] { DataCopy(LocalTensor<half>(TPosition::A2, 0, 16), LocalTensor<half>(TPosition::A1, 0, 16), 16); },
      {"L1", "L0A", "not connected"});
}

}  // namespace
}  // namespace podsim::test
