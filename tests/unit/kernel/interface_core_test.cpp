// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The other calls of the published interface: copies, pipe and queues, synchronisation, system, and the cube
// path.
#include "support/call_table.h"

#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

namespace podsim::test {
namespace {

using namespace AscendC;

class InterfaceAiv : public KernelTest {};
class InterfaceAic : public CubeTest {};
class Interface3510Aic : public CubeTest {
 protected:
  Interface3510Aic() : CubeTest(3510) {}
};

template <class T>
LocalTensor<T> in(TPosition position, std::uint32_t address, std::uint32_t count = 4096) {
  return LocalTensor<T>(position, address, count);
}

TEST_F(InterfaceAiv, Copies) {
  const auto g = gm(std::vector<float>(4096, 1.F));
  const auto t = ub<float>(0, 1024);
  const auto bytes = gm(std::vector<uint8_t>(64));
  const auto flags = ub<uint8_t>(8192, 64);
  DataCopyParams blocks = {2, 4, 0, 0};
  blocks.srcGap = 1;
  DataCopyExtParams ext{2, 12, 4, 0, 0};
  DataCopyPadExtParams<float> pad{true, 1, 2, 0};
  run_table(core,
            {PODSIM_CALL("DataCopy", DataCopy(t, g, 64)), PODSIM_CALL("DataCopy", DataCopy(t, g[8], blocks)),
             PODSIM_CALL("DataCopy", DataCopy(g, t, uint64_t{64})),
             PODSIM_CALL("DataCopy", DataCopy(g, t, {1, 8, 0, 0})),
             PODSIM_CALL("DataCopy", DataCopy(g, t, blocks, DataCopyEnhancedParams())),
             PODSIM_CALL("DataCopyPad", DataCopyPad(t, g, ext, pad)),
             PODSIM_CALL("DataCopyPad", DataCopyPad(t, g[1], {1, 20, 0, 0, 0}, {false, 0, 0, 0})),
             PODSIM_CALL("DataCopyPad", DataCopyPad(g[3], t, ext)),
             PODSIM_CALL("DataCopyPad", DataCopyPad<uint8_t>(bytes, flags, DataCopyExtParams{1, 3, 0, 0, 0})),
             PODSIM_CALL("DataCopyPad",
                         DataCopyPad(t, g, DataCopyParams{1, 20, 0, 0}, DataCopyPadParams{false, 0, 0, 0})),
             PODSIM_CALL("DataCopyPad", DataCopyPad(g, t, DataCopyParams{1, 20, 0, 0})),
             PODSIM_CALL("", SetPadValue(0.F)), PODSIM_CALL("", SetAtomicAdd<float>()),
             PODSIM_CALL("", SetAtomicMax<half>()), PODSIM_CALL("", SetAtomicMin<int32_t>()),
             PODSIM_CALL("", SetAtomicType<int8_t>()), PODSIM_CALL("", SetAtomicNone())});
  DataCopyEnhancedParams matrix;
  matrix.blockMode = BlockMode::BLOCK_MODE_MATRIX;
  expect_refused([&] { DataCopy(g, t, blocks, matrix); }, {"DataCopy", "DataCopyEnhancedParams", "Fixpipe"});
}

TEST_F(InterfaceAiv, TensorsPipeAndQueues) {
  TPipe pipe;
  TQue<QuePosition::VECIN, 2> in_queue;
  TQueBind<TPosition::VECIN, TPosition::VECOUT, 1> through;
  TQue<TPosition::VECOUT, 0> in_place;
  TBuf<> buffer;
  TBufPool<TPosition::VECCALC> pool;
  LocalTensor<float> t;
  TEventID id = 0;
  run_table(core, {PODSIM_CALL("", pipe.InitBuffer(in_queue, 2, 1000)),
                   PODSIM_CALL("", pipe.InitBuffer(through, 1, 1024)),
                   PODSIM_CALL("", pipe.InitBuffer(in_place, 1, 1024)),
                   PODSIM_CALL("", pipe.InitBuffer(buffer, 4096U)),
                   PODSIM_CALL("", pipe.InitBufPool(pool, 4096)),
                   PODSIM_CALL("", t = in_queue.AllocTensor<float>()),
                   PODSIM_CALL("", EXPECT_EQ(t.GetSize(), 256U)),
                   PODSIM_CALL("EnQue", in_queue.EnQue(t)),
                   PODSIM_CALL("", EXPECT_TRUE(in_queue.HasTensorInQue())),
                   PODSIM_CALL("", in_queue.VacantInQue()),
                   PODSIM_CALL("", EXPECT_EQ(in_queue.GetTensorCountInQue(), 1)),
                   PODSIM_CALL("DeQue", t = in_queue.template DeQue<float>()),
                   PODSIM_CALL("FreeTensor", in_queue.FreeTensor<float>(t)),
                   PODSIM_CALL("", in_queue.HasIdleBuffer()),
                   PODSIM_CALL("AllocTensor", in_queue.FreeAllEvent()),
                   PODSIM_CALL("", through.AllocTensor<float>(t)),
                   PODSIM_CALL("EnQue", through.EnQue<float>(t)),
                   PODSIM_CALL("", through.DeQue<float>(t)),
                   PODSIM_CALL("", through.FreeTensor(t)),
                   PODSIM_CALL("", t = buffer.Get<float>()),
                   PODSIM_CALL("", t = buffer.Get<float>(16)),
                   PODSIM_CALL("", t = buffer.GetWithOffset<float>(16, 64)),
                   PODSIM_CALL("", EXPECT_EQ(GetTPipePtr(), AscendC::GetTPipePtr())),
                   PODSIM_CALL("", id = pipe.AllocEventID<HardEvent::MTE2_V>()),
                   PODSIM_CALL("", pipe.ReleaseEventID<HardEvent::MTE2_V>(id)),
                   PODSIM_CALL("", pipe.FetchEventID(HardEvent::V_S)),
                   PODSIM_CALL("", pipe.FetchEventID<HardEvent::V_S>()),
                   PODSIM_CALL("", t.SetValue(0, 1)),
                   PODSIM_CALL("", EXPECT_EQ(t.GetValue(0), 1.F)),
                   PODSIM_CALL("", t(1) = 2),
                   PODSIM_CALL("", EXPECT_EQ(t[4].GetPhyAddr(), t.GetPhyAddr(4))),
                   PODSIM_CALL("", EXPECT_EQ(t.ReinterpretCast<half>().GetSize(), 32U)),
                   PODSIM_CALL("", t.InitBuffer(64, 8)),
                   PODSIM_CALL("", EXPECT_EQ(t.GetPhyAddr(), 64U)),
                   PODSIM_CALL("", EXPECT_EQ(t.GetSize(), 8U)),
                   PODSIM_CALL("", t.SetSize(4)),
                   PODSIM_CALL("", LocalMemAllocator().Alloc<TPosition::VECIN, float, 64>()),
                   PODSIM_CALL("", (PopStackBuffer<float, TPosition::LCM>(t))),
                   PODSIM_CALL("", pipe.Reset())});
}

TEST_F(InterfaceAiv, SynchronisationAndSystem) {
  const auto words = gm(std::vector<int32_t>(256));
  const auto t = ub<int32_t>(0, 256);
  TQueSync<PIPE_MTE2, PIPE_V> pair;
  run_table(
      core,
      {PODSIM_CALL("SetFlag", SetFlag<HardEvent::MTE2_V>(EVENT_ID1)),
       PODSIM_CALL("WaitFlag", WaitFlag<HardEvent::MTE2_V>(1)),
       PODSIM_CALL("set_flag", set_flag(PIPE_V, PIPE_MTE3, EVENT_ID0)),
       PODSIM_CALL("wait_flag", wait_flag(PIPE_V, PIPE_MTE3, static_cast<event_t>(0))),
       PODSIM_CALL("TQueSync::SetFlag", pair.SetFlag(0)),
       PODSIM_CALL("TQueSync::WaitFlag", pair.WaitFlag(0)),
       PODSIM_CALL("PipeBarrier", PipeBarrier<PIPE_V>()),
       PODSIM_CALL("", PipeBarrier<PIPE_ALL>()),
       PODSIM_CALL("", pipe_barrier(PIPE_ALL)),
       PODSIM_CALL("pipe_barrier", pipe_barrier(PIPE_MTE2)),
       PODSIM_CALL("IBSet", IBSet(words, t, 0, 0)),
       PODSIM_CALL("IBWait", IBWait(words, t, 0, 0)),
       PODSIM_CALL("", InitDetermineComputeWorkspace(words, t)),
       PODSIM_CALL("", WaitPreBlock(words, t)),
       PODSIM_CALL("", NotifyNextBlock(words, t)),
       PODSIM_CALL("", SetSyncBaseAddr(0)),
       PODSIM_CALL("", DataSyncBarrier<MemDsbT::ALL>()),
       PODSIM_CALL("", WaitPreTaskEnd()),
       PODSIM_CALL("", SetNextTaskStart()),
       PODSIM_CALL("", GetBlockIdx()),
       PODSIM_CALL("", GetBlockNum()),
       PODSIM_CALL("", GetSubBlockIdx()),
       PODSIM_CALL("", GetSubBlockNum()),
       PODSIM_CALL("", GetTaskRatio()),
       PODSIM_CALL("", GetTaskRation()),
       PODSIM_CALL("", GetSystemCycle()),
       PODSIM_CALL("", GetUBSizeInBytes()),
       PODSIM_CALL("", GetArchVersion()),
       PODSIM_CALL("", InitSocState()),
       PODSIM_CALL("", (DataCacheCleanAndInvalid<int32_t, CacheLine::SINGLE_CACHE_LINE>(words))),
       PODSIM_CALL(
           "",
           (DataCacheCleanAndInvalid<int32_t, CacheLine::ENTIRE_DATA_CACHE, DcciDst::CACHELINE_OUT>(words))),
       PODSIM_CALL("", ICachePreLoad(2)),
       PODSIM_CALL("", ReadGmByPassDCache(words.GetPhyAddr(0))),
       PODSIM_CALL("", WriteGmByPassDCache(words.GetPhyAddr(0), 0)),
       PODSIM_CALL("", PRINTF("%d %s\n", 1, "x")),
       PODSIM_CALL("", AscendC::printf("%f\n", half(1))),
       PODSIM_CALL("", DumpTensor(t, 1, 8)),
       PODSIM_CALL("", DumpTensor(words, 1, 8)),
       PODSIM_CALL("", PrintTimeStamp(1)),
       PODSIM_CALL("", ASSERT(true)),
       PODSIM_CALL("", ASCENDC_ASSERT(true, { KERNEL_LOG(KERNEL_ERROR, "no"); })),
       PODSIM_CALL("", EXPECT_TRUE(ASCEND_IS_AIV && ASCEND_IS_NOT_AIC)),
       PODSIM_CALL("", EXPECT_TRUE(g_coreType == AIV)),
       PODSIM_CALL("", EXPECT_TRUE(TILING_KEY_IS(0))),
       PODSIM_CALL("", EXPECT_EQ(NumericLimits<half>::Max(), half(65504)))});
}

TEST_F(InterfaceAic, TheCubePath) {
  const auto g = gm(std::vector<half>(8192, half(1)));
  const auto out = gm(std::vector<half>(4096));
  const auto scales = gm(std::vector<uint64_t>(256, 0x3f800000));
  const auto a1 = in<half>(TPosition::A1, 0);
  const auto a2 = in<half>(TPosition::A2, 0);
  const auto b2 = in<half>(TPosition::B2, 0);
  const auto c = in<float>(TPosition::CO1, 0);
  const auto ci = in<int32_t>(TPosition::CO1, 65536);
  const auto c1 = in<half>(TPosition::C1, 65536);
  const auto c2 = in<float>(TPosition::C2, 0, 64);
  const auto q1 = in<uint64_t>(TPosition::C1, 131072, 64);
  const auto fb = in<uint64_t>(TPosition::C2PIPE2GM, 0, 64);
  const uint8_t none[4] = {};
  LoadData3DParamsV2<half> image;
  image.l1H = 1, image.l1W = 32, image.channelSize = 32, image.kExtension = 32, image.mExtension = 32;
  MmadParams mmad(32, 32, 32, 0, false, true);
  auto fix = FixpipeParamsV220(32, 32, 32, 32, false);
  fix.quantPre = QuantMode_t::F322F16;
  DataCopyCO12DstParams older(32, 32, 32, 32, QuantMode_t::F322F16, 0, false, true);
  run_table(core,
            {PODSIM_CALL("DataCopy", DataCopy(a1, g, Nd2NzParams(1, 32, 32, 0, 32, 32, 1, 0))),
             PODSIM_CALL("DataCopy", DataCopy(a1, g, 256)),
             PODSIM_CALL("DataCopy", DataCopy(g, a1, {1, 8, 0, 0})),
             PODSIM_CALL("DataCopy", DataCopy(q1, scales, 64)),
             PODSIM_CALL("Fill", Fill(a1, {1, 16, 0, half(0)})),
             PODSIM_CALL("Fill", InitConstValue(a2, {1, 2, 0, half(1)})),
             PODSIM_CALL("LoadData", LoadData(a2, a1, LoadData2dParams(0, 4, 1, 0, 0, false, 0))),
             PODSIM_CALL("LoadData", LoadData(b2, a1, LoadData2DParams{0, 4, 1, 0, 0, true, 0})),
             PODSIM_CALL("LoadData", LoadData(b2, g, LoadData2DParams{0, 4, 1, 0, 0, false, 0})),
             PODSIM_CALL("LoadDataWithTranspose",
                         LoadDataWithTranspose(b2, a1, LoadData2dTransposeParams(0, 4, 1, 0, 0, 0))),
             PODSIM_CALL("", SetFmatrix(1, 32, none, FmatrixMode::FMATRIX_LEFT)),
             PODSIM_CALL("", SetLoadDataPaddingValue(half(0))),
             PODSIM_CALL("", SetLoadDataRepeat({0, 1, 0})),
             PODSIM_CALL("", SetLoadDataBoundary(0)),
             PODSIM_CALL("LoadData", LoadData(a2, a1, image)),
             PODSIM_CALL("DataCopy", DataCopy(c2, c1, DataCopyParams(1, 1, 0, 0))),
             PODSIM_CALL("Mmad", Mmad(c, a2, b2, mmad)),
             PODSIM_CALL("Mmad", Mmad(c, a2, b2, c2, mmad)),
             PODSIM_CALL("Mmad", Mmad(c, a2, b2, {16, 16, 16, false, 0, false, false, false})),
             PODSIM_CALL("Mmad", Mmad(ci, a2.ReinterpretCast<int8_t>(), b2.ReinterpretCast<int8_t>(), mmad)),
             PODSIM_CALL("", SetHF32Mode(false)),
             PODSIM_CALL("", SetHF32TransMode(false)),
             PODSIM_CALL("", SetMMRowMajor()),
             PODSIM_CALL("", SetMMColumnMajor()),
             PODSIM_CALL("", SetMMLayoutTransform(true)),
             PODSIM_CALL("Fixpipe", (Fixpipe<half, float, CFG_ROW_MAJOR>(out, c, fix))),
             PODSIM_CALL("Fixpipe", (Fixpipe<half, float, CFG_NZ>(out, c, fix))),
             PODSIM_CALL("Fixpipe", (Fixpipe<half, float, CFG_NZ>(a1, c, fix))),
             PODSIM_CALL("DataCopy", DataCopy(fb, q1, DataCopyParams(1, 8, 0, 0))),
             PODSIM_CALL("", fix.quantPre = QuantMode_t::VDEQF16),
             PODSIM_CALL("Fixpipe", Fixpipe(out, ci, fb, fix)),
             PODSIM_CALL("", SetFixpipeNz2ndFlag(1, 0, 0)),
             PODSIM_CALL("DataCopy", DataCopy(out, c, older)),
             PODSIM_CALL("", older.nz2ndEn = false),
             PODSIM_CALL("DataCopy", DataCopy(a1, c, older)),
             PODSIM_CALL("", SetFixpipePreQuantFlag(0x3f800000)),
             PODSIM_CALL("", SetFixPipeConfig(fb, false)),
             PODSIM_CALL("", older.quantPre = VDEQF16),
             PODSIM_CALL("DataCopy", DataCopy(out, ci, older)),
             PODSIM_CALL("SetFlag", SetFlag<HardEvent::M_FIX>(EVENT_ID0)),
             PODSIM_CALL("PipeBarrier", PipeBarrier<PIPE_M>()),
             PODSIM_CALL("PipeBarrier", PipeBarrier<PIPE_FIX>())});
  expect_refused(
      [] {
        SetLoadDataRepeat({16, 4, 0});
      },
      {"SetLoadDataRepeat", "repeatTime is 4", "expected 1"});
}

TEST_F(Interface3510Aic, TheCubePathOfTheNewerChip) {
  const auto g = gm(std::vector<half>(4096, half(1)));
  const auto a1 = in<half>(TPosition::A1, 0);
  const auto a2 = in<half>(TPosition::A2, 0);
  const auto b2 = in<half>(TPosition::B2, 0);
  const auto c = in<float>(TPosition::CO1, 0);
  const auto f8 = in<fp8_e4m3fn_t>(TPosition::A1, 0);
  const auto left = in<fp8_e4m3fn_t>(TPosition::A2, 0);
  const auto right = in<fp8_e4m3fn_t>(TPosition::B2, 0);
  const auto scales = in<fp8_e8m0_t>(TPosition::A1, 65536);
  const LoadData2DParamsV2 rectangle(0, 0, 2, 2, 2, 2, false, 0);
  const LoadData2DMxParams mx(0, 0, 2, 1, 1, 1);
  FixpipeParamsC310<CO2Layout::ROW_MAJOR> fix(32, 32, 32, 32);
  FixpipeParamsArch3510<CO2Layout::COLUMN_MAJOR> turned(32, 32, 32, 32);
  fix.quantPre = turned.quantPre = QuantMode_t::F322F16;
  run_table(core, {PODSIM_CALL("DataCopy", DataCopy(a1, g, Dn2NzParams(1, 32, 32, 0, 32, 32, 1, 0))),
                   PODSIM_CALL("LoadData", LoadData(a2, a1, rectangle)),
                   PODSIM_CALL("LoadData", LoadData(left, f8, scales, rectangle, mx)),
                   PODSIM_CALL("LoadData", LoadData(right, f8, scales, rectangle, mx)),
                   PODSIM_CALL("LoadDataWithTranspose",
                               LoadDataWithTranspose(b2, a1, LoadData2dTransposeParamsV2(0, 4, 1, 0, 0, 0))),
                   PODSIM_CALL("MmadMx", MmadMx(c, left, right, MmadParams(32, 32, 64, 0, false, true))),
                   PODSIM_CALL("Fixpipe", (Fixpipe<half, float, CFG_ROW_MAJOR>(g, c, fix))),
                   PODSIM_CALL("Fixpipe", (Fixpipe<half, float, CFG_COLUMN_MAJOR>(g, c, turned)))});
}

// 8 bits: a square is two fractals, which V2 may find apart.
TEST_F(Interface3510Aic, TransposeWithGapsBetweenSourceFractals) {
  std::vector<int8_t> near(1024);
  for (std::size_t k = 0; k < near.size(); ++k) near[k] = static_cast<int8_t>(k * 7);
  std::vector<int8_t> apart(1536);
  std::copy_n(near.begin(), 512, apart.begin());
  std::copy_n(near.begin() + 512, 512, apart.begin() + 1024);
  const auto a = local<int8_t>(TPosition::B1, 0, near);
  const auto b = local<int8_t>(TPosition::B1, 4096, apart);
  const auto x = in<int8_t>(TPosition::B2, 0, 1024);
  const auto y = in<int8_t>(TPosition::B2, 4096, 1024);
  LoadDataWithTranspose(x, a, LoadData2dTransposeParams(0, 1, 1, 0, 0, 0));
  LoadDataWithTranspose(y, b, LoadData2dTransposeParamsV2(0, 1, 1, 0, 0, 1));
  EXPECT_EQ(held(x, 1024), held(y, 1024));
  EXPECT_EQ(held(x, 1024)[1], near[32]);  // row 0 of the transpose is column 0
}

// The older spelling of the way out of L0C gives what Fixpipe gives.
TEST_F(InterfaceAic, DataCopyWithCO12ParamsIsFixpipe) {
  std::vector<float> values(32 * 16);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k);
  const auto c = local<float>(TPosition::CO1, 0, values);
  const auto x = gm(std::vector<half>(1024));
  const auto y = gm(std::vector<half>(1024));
  FixpipeParamsV220 fix(16, 32, 32, 20, true);
  fix.quantPre = F322F16;
  Fixpipe<half, float, CFG_ROW_MAJOR>(x, c, fix);
  DataCopy(y, c, DataCopyCO12DstParams(16, 32, 20, 32, F322F16, 1, false, true));
  EXPECT_EQ(held(x, 1024), held(y, 1024));
  EXPECT_EQ(held(y, 1024)[21], half(17));
  expect_refused([&] { DataCopy(y, c, DataCopyCO12DstParams(16, 32, 20, 32, F322F16, 2, false, true)); },
                 {"DataCopy", "reluPre", "2"});
}

}  // namespace
}  // namespace podsim::test
