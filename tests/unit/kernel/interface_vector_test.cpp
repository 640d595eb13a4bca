// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Every vector call of the published interface, in its documented order of arguments.
#include "support/call_table.h"

// Kernels are not held to our warnings, and these rows are written as kernels are.
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

namespace podsim::test {
namespace {

using namespace AscendC;

// Tensors of every type, a few blocks each, none overlapping.
struct Operands {
  template <class T>
  static LocalTensor<T> at(int place) {
    return LocalTensor<T>(TPosition::VECCALC, static_cast<std::uint32_t>(place) * 2048, 2048 / sizeof(T));
  }
  LocalTensor<float> f = at<float>(0), g = at<float>(1), h = at<float>(2), tmp = at<float>(3);
  LocalTensor<half> x = at<half>(4), y = at<half>(5), z = at<half>(6);
  LocalTensor<int32_t> i = at<int32_t>(7), j = at<int32_t>(8);
  LocalTensor<int16_t> s = at<int16_t>(9), t = at<int16_t>(10);
  LocalTensor<uint16_t> w = at<uint16_t>(11);
  LocalTensor<uint32_t> u = at<uint32_t>(12), v = at<uint32_t>(13);
  LocalTensor<uint8_t> bits = at<uint8_t>(14);
  LocalTensor<int8_t> c = at<int8_t>(15);
  LocalTensor<int64_t> l = at<int64_t>(16);
  LocalTensor<bfloat16_t> b = at<bfloat16_t>(17);
  LocalTensor<int4b_t> q = at<int8_t>(18).ReinterpretCast<int4b_t>();
  uint64_t mask[2] = {~0ULL, ~0ULL};
  BinaryRepeatParams two{1, 1, 1, 8, 8, 8};
  UnaryRepeatParams one{1, 1, 8, 8};
};

class InterfaceVector : public KernelTest {
 protected:
  InterfaceVector() {
    for (int place = 0; place < 20; ++place) Duplicate(Operands::at<int32_t>(place), 1, 512);
    ArithProgression(Operands::at<int32_t>(12), 0, 4, 512);
  }
};
class Interface3510Vector : public KernelTest {
 protected:
  Interface3510Vector() : KernelTest(kernel::CoreKind::Aiv, 3510) {
    for (int place = 0; place < 20; ++place) Duplicate(Operands::at<int32_t>(place), 1, 512);
  }
};

TEST_F(InterfaceVector, BinaryCallsInThreeForms) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  LocalTensor<float> d = f;
#define FORMS(Name)                                                                               \
  PODSIM_CALL(#Name, Name(f, g, h, 64)), PODSIM_CALL(#Name, Name(f, g, h, uint64_t{64}, 2, two)), \
      PODSIM_CALL(#Name, Name(f, g, h, mask, 2, two)),                                            \
      PODSIM_CALL(#Name, Name<float, false>(f, g, h, MASK_PLACEHOLDER, 1, {1, 1, 1, 8, 8, 8}))
  run_table(core, {FORMS(Add),
                   FORMS(Sub),
                   FORMS(Mul),
                   FORMS(Div),
                   FORMS(Max),
                   FORMS(Min),
                   FORMS(AddRelu),
                   FORMS(SubRelu),
                   PODSIM_CALL("And", And(s, s, t, 64)),
                   PODSIM_CALL("Or", Or(w, w, w, 128, 1, two)),
                   PODSIM_CALL("MulAddDst", MulAddDst(f, g, h, 64)),
                   PODSIM_CALL("MulAddDst", MulAddDst(f, x, y, 64, 1, {1, 1, 1, 8, 4, 4})),
                   PODSIM_CALL("FusedMulAdd", FusedMulAdd(f, g, h, 64)),
                   PODSIM_CALL("MulAddRelu", MulAddRelu(f, g, h, 64)),
                   PODSIM_CALL("FusedMulAddRelu", FusedMulAddRelu(f, g, h, mask, 1, two)),
                   PODSIM_CALL("Add", d = g + h),
                   PODSIM_CALL("Sub", d = g - h),
                   PODSIM_CALL("Mul", d = g * h),
                   PODSIM_CALL("Div", d = g / h),
                   PODSIM_CALL("Compare", bits = g < h)});
#undef FORMS
}

TEST_F(InterfaceVector, FusedCallsThatConvert) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  run_table(core,
            {PODSIM_CALL("AddReluCast", AddReluCast(z, f, g, 64)),
             PODSIM_CALL("AddReluCast", AddReluCast(c, x, y, 128, 1, {1, 1, 1, 4, 8, 8})),
             PODSIM_CALL("AddReluCast", AddReluCast(c, s, t, mask, 1, {1, 1, 1, 4, 8, 8})),
             PODSIM_CALL("SubReluCast", SubReluCast(z, f, g, 64)),
             PODSIM_CALL("MulCast", MulCast(c, x, y, 64)), PODSIM_CALL("MulCast", MulCast(bits, x, y, 64)),
             PODSIM_CALL("", SetDeqScale(half(0.5))), PODSIM_CALL("AddDeqRelu", AddDeqRelu(z, i, j, 64)),
             PODSIM_CALL("AddDeqRelu", AddDeqRelu(z, i, j, 64, 1, {1, 1, 1, 4, 8, 8}))});
}

TEST_F(InterfaceVector, CallsWithAScalarAndUnaryCalls) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
#define SCALAR(Name)                                                                               \
  PODSIM_CALL(#Name, Name(f, g, 2, 64)), PODSIM_CALL(#Name, Name(f, g, 0.5, 64, 2, {1, 1, 8, 8})), \
      PODSIM_CALL(#Name, Name(x, y, half(2), mask, 1, one)), PODSIM_CALL(#Name, Name<float>(f, g, 2.F, 64))
#define UNARY(Name)                                                                        \
  PODSIM_CALL(#Name, Name(f, g, 64)), PODSIM_CALL(#Name, Name(f, g, 64, 2, {1, 1, 8, 8})), \
      PODSIM_CALL(#Name, Name(x, y, mask, 1, one)),                                        \
      PODSIM_CALL(#Name, Name<float, false>(f, g, MASK_PLACEHOLDER, 1, one))
  run_table(core, {SCALAR(Adds),
                   SCALAR(Muls),
                   SCALAR(Maxs),
                   SCALAR(Mins),
                   SCALAR(LeakyRelu),
                   SCALAR(Subs),
                   SCALAR(Divs),
                   PODSIM_CALL("Ands", Ands(s, t, 1, 64)),
                   PODSIM_CALL("Ors", Ors(w, w, 1, 64)),
                   PODSIM_CALL("Axpy", Axpy(f, g, 2.0, 64)),
                   PODSIM_CALL("Axpy", Axpy(f, x, half(2), 64)),
                   PODSIM_CALL("Axpy", Axpy(f, g, 2, 64, 1, one)),
                   PODSIM_CALL("ShiftLeft", ShiftLeft(u, v, 2, 64)),
                   PODSIM_CALL("ShiftRight", ShiftRight(i, j, 2, 64)),
                   PODSIM_CALL("ShiftRight", ShiftRight(i, j, 2, 64, 1, one, true)),
                   UNARY(Exp),
                   UNARY(Ln),
                   UNARY(Abs),
                   UNARY(Sqrt),
                   UNARY(Rsqrt),
                   UNARY(Reciprocal),
                   UNARY(Relu),
                   PODSIM_CALL("Not", Not(s, t, 64))});
#undef SCALAR
#undef UNARY
}

TEST_F(InterfaceVector, CastsOfEveryLegalPairAndScalarOnes) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  const auto none = RoundMode::CAST_NONE;
  const auto rint = RoundMode::CAST_RINT;
  run_table(core,
            {PODSIM_CALL("Cast", Cast(x, q, none, 64)),
             PODSIM_CALL("Cast", Cast(x, c, none, 64)),
             PODSIM_CALL("Cast", Cast(x, bits, none, 64)),
             PODSIM_CALL("Cast", Cast(x, s, none, 64)),
             PODSIM_CALL("Cast", Cast(f, s, none, 64)),
             PODSIM_CALL("Cast", Cast(q, x, rint, 64)),
             PODSIM_CALL("Cast", Cast(c, x, rint, 64)),
             PODSIM_CALL("Cast", Cast(bits, x, rint, 64)),
             PODSIM_CALL("Cast", Cast(s, x, rint, 64)),
             PODSIM_CALL("Cast", Cast(i, x, RoundMode::CAST_FLOOR, 64)),
             PODSIM_CALL("Cast", Cast(f, x, none, 64)),
             PODSIM_CALL("Cast", Cast(f, b, none, 64)),
             PODSIM_CALL("Cast", Cast(i, b, RoundMode::CAST_CEIL, 64)),
             PODSIM_CALL("Cast", Cast(f, i, none, 64)),
             PODSIM_CALL("Cast", Cast(s, i, none, 64)),
             PODSIM_CALL("Cast", Cast(l, i, none, 64)),
             PODSIM_CALL("Cast", Cast(x, i, none, 64)),
             PODSIM_CALL("Cast", Cast(x, f, RoundMode::CAST_ODD, 64)),
             PODSIM_CALL("Cast", Cast(b, f, rint, 64)),
             PODSIM_CALL("Cast", Cast(s, f, rint, 64)),
             PODSIM_CALL("Cast", Cast(i, f, RoundMode::CAST_TRUNC, 64)),
             PODSIM_CALL("Cast", Cast(l, f, RoundMode::CAST_ROUND, 64)),
             PODSIM_CALL("Cast", Cast(g, f, rint, 64)),
             PODSIM_CALL("Cast", Cast(i, l, none, 64)),
             PODSIM_CALL("Cast", Cast(f, l, rint, 64)),
             PODSIM_CALL("Cast", Cast(f, x, none, 64, 2, {1, 1, 8, 4})),
             PODSIM_CALL("Cast", Cast<half, float>(x, f, none, mask, 1, {1, 1, 4, 8})),
             PODSIM_CALL("Cast", Cast<half, float, false>(x, f, none, MASK_PLACEHOLDER, 1, {1, 1, 4, 8})),
             PODSIM_CALL("", EXPECT_EQ((Cast<float, int32_t, RoundMode::CAST_FLOOR>(1.5F)), 1)),
             PODSIM_CALL("", EXPECT_EQ((ScalarCast<float, int32_t, RoundMode::CAST_CEIL>(1.5F)), 2)),
             PODSIM_CALL("", EXPECT_EQ(ToFloat(ToBfloat16(1.5F)), 1.5F)),
             PODSIM_CALL("", SetSaturationFlag(true)),
             PODSIM_CALL("", AscendCUtils::SetOverflow(1)),
             PODSIM_CALL("", SetCtrlSpr<48, 48>(0)),
             PODSIM_CALL("", EXPECT_EQ(GetBitCount<1>(5), 2)),
             PODSIM_CALL("", EXPECT_EQ(CountLeadingZero(1), 63)),
             PODSIM_CALL("", EXPECT_EQ(GetSFFValue<0>(3), 2)),
             PODSIM_CALL("", EXPECT_EQ(CeilDivision(7, 2), 4U))});
}

TEST_F(InterfaceVector, CompareSelectAndGather) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  const auto select = SELMODE::VSEL_TENSOR_TENSOR_MODE;
  uint64_t kept = 0;
  run_table(
      core,
      {PODSIM_CALL("Compare", Compare(bits, f, g, CMPMODE::LT, 64)),
       PODSIM_CALL("Compare", Compare(bits, i, j, CMPMODE::EQ, 64, 1, two)),
       PODSIM_CALL("Compares", Compares(bits, f, 0, CMPMODE::GE, 64)),
       PODSIM_CALL("Compares", CompareScalar(bits, f, 0.F, CMPMODE::NE, mask, 1, one)),
       PODSIM_CALL("Compare", Compare(f, g, CMPMODE::LE, 64, two)),
       PODSIM_CALL("Compare", Compare(f, g, CMPMODE::GT, mask, two)),
       PODSIM_CALL("GetCmpMask", GetCmpMask(bits)), PODSIM_CALL("SetCmpMask", SetCmpMask(bits)),
       PODSIM_CALL("Select", Select(f, bits, g, h, select, 64)),
       PODSIM_CALL("Select", Select(f, w, g, 0, SELMODE::VSEL_TENSOR_SCALAR_MODE, 64)),
       PODSIM_CALL("Select", Select(f, bits, g, h, SELMODE::VSEL_CMPMASK_SPR, 64, 1, two)),
       PODSIM_CALL("Select", Select(f, bits, g, 1.F, SELMODE::VSEL_TENSOR_SCALAR_MODE, mask, 1, two)),
       PODSIM_CALL("GatherMask", GatherMask(f, g, 1, false, 0, {1, 1, 8, 0}, kept)),
       PODSIM_CALL("GatherMask", GatherMask(f, g, u, true, 64, {1, 1, 8, 8}, kept)),
       PODSIM_CALL("Gather", Gather(f, g, u, 0, 64)), PODSIM_CALL("Gather", Gather(f, g, u, 0, 64, 1, 8)),
       PODSIM_CALL("Gather", Gather(f, g, u, 0, mask, 1, 8)),
       PODSIM_CALL("Gatherb", Gatherb(f, g, u[0], 1, {1, 8}))});
}

TEST_F(InterfaceVector, FillMaskAndReorder) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  uint64_t to[16];
  uint64_t from[16];
  for (std::uint64_t k = 0; k < 16; ++k) to[k] = (from[k] = k * 32) + 2048;
  run_table(core, {PODSIM_CALL("Duplicate", Duplicate(f, 0, 64)),
                   PODSIM_CALL("Duplicate", Duplicate<float>(f, 0.5, 64)),
                   PODSIM_CALL("Duplicate", Duplicate(x, half(1), 128, 1, 1, 8)),
                   PODSIM_CALL("Duplicate", Duplicate(b, bfloat16_t(1), mask, 1, 1, 8)),
                   PODSIM_CALL("CreateVecIndex", CreateVecIndex(i, 0, 64)),
                   PODSIM_CALL("CreateVecIndex", CreateVecIndex(f, 0, 64, 2, 1, 8)),
                   PODSIM_CALL("ArithProgression", ArithProgression(f, 0.F, 1.F, 64)),
                   PODSIM_CALL("Brcb", Brcb(f, g, 1, {1, 8})),
                   PODSIM_CALL("Transpose", Transpose(x, y)),
                   PODSIM_CALL("TransDataTo5HD", TransDataTo5HD<half>(to, from, {false, false, 1, 0, 0})),
                   PODSIM_CALL("Copy", Copy(f, g, 64, 1, {1, 1, 8, 8})),
                   PODSIM_CALL("Copy", Copy(f, g, mask, 1, CopyRepeatParams(1, 1, 8, 8))),
                   PODSIM_CALL("DataCopy", DataCopy(f, g, 64)),
                   PODSIM_CALL("DataCopy", DataCopy(f, g, {1, 8, 0, 0})),
                   PODSIM_CALL("", SetMaskCount()),
                   PODSIM_CALL("", SetVectorMask<float, MaskMode::COUNTER>(64)),
                   PODSIM_CALL("", SetMaskNorm()),
                   PODSIM_CALL("", SetVectorMask<half, MaskMode::NORMAL>(~0ULL, ~0ULL)),
                   PODSIM_CALL("", AscendCUtils::SetMask<float>(64)),
                   PODSIM_CALL("", AscendCUtils::SetMask<half>(0, ~0ULL)),
                   PODSIM_CALL("", AscendCUtils::ResetMask()),
                   PODSIM_CALL("", ResetMask())});
}

TEST_F(InterfaceVector, Reductions) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  float value = 0;
  float index = 0;
  run_table(core, {PODSIM_CALL("ReduceSum", ReduceSum(f, g, tmp, 64)),
                   PODSIM_CALL("ReduceSum", ReduceSum(f, g, tmp, 64, 2, 8)),
                   PODSIM_CALL("ReduceSum", ReduceSum<float, true>(f, g, tmp, mask, 2, 8)),
                   PODSIM_CALL("ReduceMax", ReduceMax(f, g, tmp, 64)),
                   PODSIM_CALL("ReduceMax", ReduceMax(f, g, tmp, 64, true)),
                   PODSIM_CALL("ReduceMin", ReduceMin(f, g, tmp, 64, 2, 8)),
                   PODSIM_CALL("ReduceMin", ReduceMin(f, g, tmp, mask, 2, 8, true)),
                   PODSIM_CALL("WholeReduceSum", WholeReduceSum(f, g, 64, 2, 1, 1, 8)),
                   PODSIM_CALL("WholeReduceMax",
                               WholeReduceMax(f, g, 64, 2, 1, 1, 8, ReduceOrder::ORDER_ONLY_VALUE)),
                   PODSIM_CALL("WholeReduceMin", WholeReduceMin(f, g, mask, 2, 1, 1, 8)),
                   PODSIM_CALL("WholeReduceMax", ReduceRepeat<ReduceType::MAX>(f, g, 64, 2, 1, 1, 8)),
                   PODSIM_CALL("BlockReduceSum", BlockReduceSum(f, g, 2, 64, 1, 1, 8)),
                   PODSIM_CALL("BlockReduceMax", BlockReduceMax(f, g, 2, mask, 1, 1, 8)),
                   PODSIM_CALL("BlockReduceMin", ReduceDataBlock<ReduceType::MIN>(f, g, 64, 2, 1, 1, 8)),
                   PODSIM_CALL("PairReduceSum", PairReduceSum(f, g, 2, 64, 1, 1, 8)),
                   PODSIM_CALL("PairReduceSum", ReducePairElem<ReduceType::SUM>(f, g, 64, 2, 1, 1, 8)),
                   PODSIM_CALL("WholeReduceSum", RepeatReduceSum(f, g, 2, 64, 0, 1, 1, 8)),
                   PODSIM_CALL("", GetReduceRepeatSumSpr<float>()),
                   PODSIM_CALL("", GetAccVal<float>()),
                   PODSIM_CALL("", GetReduceRepeatMaxMinSpr(value, index)),
                   PODSIM_CALL("", GetReduceMaxMinCount<float>(value, index))});
}

TEST_F(InterfaceVector, Sorting) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  uint16_t counts[4] = {32, 32, 32, 32};
  uint32_t sorted[4];
  run_table(
      core,
      {PODSIM_CALL("Sort32", Sort32(f, g, u, 1)),
       PODSIM_CALL("MrgSort", MrgSort(h, {f, f[64], f[128], f[192]}, MrgSort4Info(counts, false, 15, 1))),
       PODSIM_CALL("MrgSort", MrgSort<float, true>(h, {f, f[64], f[128], f[192]}, counts, sorted, 3, 1)),
       PODSIM_CALL("", GetMrgSortResult(counts[0], counts[1], counts[2], counts[3])),
       PODSIM_CALL("", Concat(tmp, g, h, 2)), PODSIM_CALL("Sort32", (Sort<float, true>(f, g, u, h, 2))),
       PODSIM_CALL("Extract", Extract(f, u, g, 1)), PODSIM_CALL("", EXPECT_EQ(GetSortLen<half>(32), 128U)),
       PODSIM_CALL("", EXPECT_EQ(GetSortOffset<float>(32), 64U))});
}

TEST_F(Interface3510Vector, CallsOfTheNewerChip) {
  Operands o;
  auto& [f, g, h, tmp, x, y, z, i, j, s, t, w, u, v, bits, c, l, b, q, mask, two, one] = o;
  run_table(core, {PODSIM_CALL("Interleave", Interleave(f, g, h, tmp, 64)),
                   PODSIM_CALL("DeInterleave", DeInterleave(x, y, z, b.ReinterpretCast<half>(), 64)),
                   PODSIM_CALL("Truncate", Truncate<float, RoundMode::CAST_FLOOR>(f, g, 64)),
                   PODSIM_CALL("Scatter", Scatter(f, g, u, 0, 1)), PODSIM_CALL("Neg", Neg(i, j, 64)),
                   PODSIM_CALL("ExpSub", ExpSub(f, g, h, 64)), PODSIM_CALL("AbsSub", AbsSub(f, g, h, 64)),
                   PODSIM_CALL("Duplicate", Duplicate(f, g, 64)), PODSIM_CALL("Copy", Copy(f, g, 64)),
                   PODSIM_CALL("Add", Add(b, b, b, 64)),
                   PODSIM_CALL("Cast", Cast(x, b, RoundMode::CAST_RINT, 64))});
}

TEST_F(InterfaceVector, FusedConversionsRoundTwice) {
  const auto a = ub<float>(0, std::vector<float>(64, 1.5F));
  const auto b = ub<float>(256, std::vector<float>(64, -4.F));
  const auto to = ub<half>(512, 64);
  AddReluCast(to, a, a, 64);
  EXPECT_EQ(static_cast<float>(held(to, 64)[63]), 3.F);
  AddReluCast(to, a, b, 64);
  EXPECT_EQ(static_cast<float>(held(to, 64)[0]), 0.F);
  SubReluCast(to, a, b, 64);
  EXPECT_EQ(static_cast<float>(held(to, 64)[5]), 5.5F);
  const auto i = ub<int32_t>(1024, std::vector<int32_t>(64, 6));
  SetDeqScale(half(0.25));
  AddDeqRelu(to, i, i, 64);
  EXPECT_EQ(static_cast<float>(held(to, 64)[1]), 3.F);
  const auto x = ub<half>(2048, std::vector<half>(64, half(20)));
  const auto bytes = ub<int8_t>(2560, 64);
  MulCast(bytes, x, x, 64);
  EXPECT_EQ(held(bytes, 64)[7], 127);  // integers saturate
}

TEST_F(Interface3510Vector, InterleavingGoesBothWays) {
  std::vector<int32_t> low(64);
  std::vector<int32_t> high(64);
  for (int k = 0; k < 64; ++k) low[k] = k, high[k] = 100 + k;
  const auto a = ub<int32_t>(0, low);
  const auto b = ub<int32_t>(256, high);
  const auto c = ub<int32_t>(512, 64);
  const auto d = ub<int32_t>(768, 64);
  Interleave(c, d, a, b, 64);
  EXPECT_EQ(held(c, 4), (std::vector<int32_t>{0, 100, 1, 101}));
  EXPECT_EQ(held(d, 2), (std::vector<int32_t>{32, 132}));
  DeInterleave(c, d, c, d, 64);
  EXPECT_EQ(held(c, 64), low);
  EXPECT_EQ(held(d, 64), high);
  expect_refused([&] { Interleave(c, d, a, b, 3); }, {"Interleave", "count is 3", "even"});
  const auto x = ub<float>(1024, std::vector<float>(64, -1.5F));
  Truncate<float, RoundMode::CAST_CEIL>(x, x, 64);
  EXPECT_EQ(held(x, 1)[0], -1.F);
}

}  // namespace
}  // namespace podsim::test
