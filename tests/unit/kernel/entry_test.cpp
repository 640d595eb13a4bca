// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;
using kernel::find_kernels;

TEST(Entry, KernelsAreFoundWithTheirCoreTypes) {
  const auto found = find_kernels(R"(
    // __global__ __aicore__ void not_this(GM_ADDR x) {}
    extern "C" __global__ __aicore__ void plain(GM_ADDR x, __gm__ float* y, uint32_t n) { f(); }
    extern "C" __global__ __aicore__ void marked(GM_ADDR x)
    {
      KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);
    }
    __global__ __aicore__ void declared(GM_ADDR x);
    __global__ __vector__ void on_vector(__gm__ float* x) { /* KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIC_ONLY); */ }
    __global__ __mix__(1, 2) void on_both(std::array<int, 3> a, float s) {}
    __global__ __cube__ void on_cube(void) {}
  )");
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].name, "plain");
  EXPECT_THAT(found[0].parameters, ::testing::ElementsAre("GM_ADDR x", "__gm__ float* y", "uint32_t n"));
  EXPECT_FALSE(found[0].type_given);
  EXPECT_EQ(found[0].type, KERNEL_TYPE_AIV_ONLY);
  EXPECT_EQ(found[1].name, "marked");
  EXPECT_EQ(found[1].type, KERNEL_TYPE_MIX_AIC_1_2);
  EXPECT_EQ(found[2].type, KERNEL_TYPE_AIV_ONLY);
  EXPECT_TRUE(found[2].type_given);
  EXPECT_EQ(found[3].name, "on_both");
  EXPECT_THAT(found[3].parameters, ::testing::ElementsAre("std::array<int, 3> a", "float s"));
  EXPECT_EQ(found[3].type, KERNEL_TYPE_MIX_AIC_1_2);
  EXPECT_EQ(found[4].type, KERNEL_TYPE_AIC_ONLY);
  EXPECT_TRUE(found[4].parameters.empty());
}

TEST(Entry, QualifiersMayComeFirstAndMacrosAreNoKernels) {
  const auto found = find_kernels(R"(
    #define MAKE(T) extern "C" __global__ __aicore__ void made_##T(GM_ADDR x) \
      { }
    MAKE(half)
    __mix__(1, 1) __global__ void first(GM_ADDR x) {}
    template <class T> __cube__ __global__ void second(GM_ADDR x) {}
  )");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "first");
  EXPECT_EQ(found[0].type, KERNEL_TYPE_MIX_AIC_1_1);
  EXPECT_EQ(found[1].type, KERNEL_TYPE_AIC_ONLY);
}

TEST(Entry, LaunchesBecomeCallsOnTheirLines) {
  using kernel::without_launches;
  EXPECT_EQ(without_launches("void go() { add<<<8, nullptr, stream>>>(x); }"),
            "void go() { add                        (x); }");
  EXPECT_EQ(without_launches("add<half><<<\n8, nullptr,\ns>>>(x);"), "add<half>   \n           \n    (x);");
  EXPECT_EQ(without_launches("// add<<<8, 0, s>>>(x);\nconst char* s = \"<<<1>>>\";"), std::nullopt);
  EXPECT_EQ(without_launches("int a = 1 << 2; A<B<C<int>>> d;"), std::nullopt);
}

TEST(Entry, UnknownCoreTypeListsTheKnown) {
  expect_refused([] { find_kernels("__global__ void k() { KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIX); }"); },
                 {"kernel k", "KERNEL_TYPE_AIX", "KERNEL_TYPE_MIX_AIC_1_2"});
}

struct Tiling {
  uint32_t a;
  float b;
  uint64_t c;
};
BEGIN_TILING_DATA_DEF(DefinedTiling)
TILING_DATA_FIELD_DEF(uint8_t, first)
TILING_DATA_FIELD_DEF(uint32_t, second)
TILING_DATA_FIELD_DEF_ARR(uint16_t, 3, third)
END_TILING_DATA_DEF;

class EntryTest : public KernelTest {};

TEST_F(EntryTest, TilingIsReadInEveryHabit) {
  const auto source = gm<uint32_t>({7, 0x3f800000, 9, 0});
  GM_ADDR tiling = reinterpret_cast<GM_ADDR>(source.GetPhyAddr(0));
  REGISTER_TILING_DEFAULT(Tiling);
  GET_TILING_DATA(data, tiling);
  EXPECT_EQ(data.a, 7U);
  EXPECT_EQ(data.b, 1.F);
  EXPECT_EQ(data.c, 9U);
  GET_TILING_DATA_MEMBER(Tiling, c, c, tiling);
  EXPECT_EQ(c, 9U);
  EXPECT_EQ(sizeof(DefinedTiling), 16U);
  core.place.tiling_key = 12;
  EXPECT_TRUE(TILING_KEY_IS(12));
  EXPECT_FALSE(TILING_KEY_IS(13));
  EXPECT_FALSE(core.accesses.empty());
}

TEST_F(EntryTest, PrintingAndAssertions) {
  AscendC::printf("%d %.1f %s\n", 3, half(1.5), "x");
  EXPECT_EQ(core.printed, "3 1.5 x\n");
  const auto t = ub<int32_t>(0, {1, 2, 3});
  t.Print(2);
  EXPECT_THAT(core.printed, ::testing::HasSubstr("[1, 2]"));
  expect_refused([] { ASSERT(1 > 2); }, {"1 > 2"});
}

TEST_F(EntryTest, ScalarAccessesAreAnnounced) {
  const auto t = ub<int16_t>(64, {1, 2, 3});
  EXPECT_EQ(t.GetValue(2), 3);
  t.SetValue(0, 9);
  EXPECT_EQ(t(0), 9);
  ASSERT_EQ(core.accesses.size(), 3U);
  EXPECT_EQ(core.accesses[0].second.address, 68U);
  EXPECT_TRUE(core.accesses[1].second.write);
  const auto g = gm<float>({1, 2});
  EXPECT_EQ(g.GetValue(1), 2);
  g.SetValue(0, 4);
  EXPECT_EQ(g(0), 4);
  EXPECT_EQ(core.accesses.back().second.memory, kernel::Memory::Gm);
  expect_refused([&] { t.GetValue(100000); }, {"GetValue", "196608"});
  expect_refused([] { LocalTensor<half>(TPosition::A1, 0, 16).GetValue(0); }, {"GetValue", "L1"});
}

TEST_F(EntryTest, ListOfTensorsBehindOnePointer) {
  const auto a = gm<float>({1, 2});
  const auto b = gm<float>({3});
  // Offset of the pointers; per tensor dimension and index, then sizes.
  const auto list =
      gm<uint64_t>({48, 2, 5, 6, (uint64_t{1} << 32U) | 1, 7, reinterpret_cast<uint64_t>(a.GetPhyAddr()),
                    reinterpret_cast<uint64_t>(b.GetPhyAddr())});
  ListTensorDesc desc(const_cast<uint64_t*>(list.GetPhyAddr()));
  EXPECT_EQ(desc.GetSize(), 2U);
  EXPECT_EQ(desc.GetDataPtr<float>(1), b.GetPhyAddr());
  uint64_t shape[4] = {};
  TensorDesc<float> one;
  one.SetShapeAddr(shape);
  desc.GetDesc(one, 0);
  EXPECT_EQ(one.GetDim(), 2U);
  EXPECT_EQ(shape[1], 6U);
}

TEST_F(EntryTest, GlobalMemoryIsFilled) {
  auto target = gm(std::vector<int32_t>(20000, 5));
  TPipe pipe;
  InitGlobalMemory(target, 19999, 3);
  EXPECT_EQ(held(target, 20000)[19998], 3);
  EXPECT_EQ(held(target, 20000)[19999], 5);
}

TEST_F(EntryTest, SystemCounterRunsAtItsOwnRate) {
  core.traits.core_hz = 1'000'000'000;
  for (int i = 0; i < 40; ++i) PipeBarrier<PIPE_V>();
  EXPECT_EQ(GetSystemCycle(), 2);  // 40 cycles of 1 GHz at 50 MHz
  EXPECT_EQ(GetUBSizeInBytes(), 192U * 1024U);
}

}  // namespace
}  // namespace podsim::test
