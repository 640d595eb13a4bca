// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;
using kernel::CubeWork;
using kernel::FixpipeMove;
using kernel::LocalMove;
using kernel::LocalPath;
using kernel::Memory;
using kernel::Pipe;

constexpr std::size_t up(std::size_t n, std::size_t unit) {
  return (n + unit - 1) / unit * unit;
}

class CubeCallTest : public CubeTest {};
class Cube3510Test : public CubeTest {
 protected:
  Cube3510Test() : CubeTest(3510) {}
};

// C = A B of row-major matrices through the whole path of 2201: GM -> L1 -> L0 -> L0C -> GM.
template <class T, class C, class F>
void check_product(F&& bench, std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t c0 = 32 / sizeof(T);
  const std::vector<T> a = bench.template values<T>(m * k);
  const std::vector<T> b = bench.template values<T>(n * k);  // transposed: n rows of k
  const auto ga = bench.global(a);
  const auto gb = bench.global(b);
  const auto mp = static_cast<uint16_t>(up(m, 16));
  const auto np = static_cast<uint16_t>(up(n, 16));
  const auto kp = up(k, c0);
  const LocalTensor<T> a1(TPosition::A1, 0, static_cast<uint32_t>(mp * kp));
  const LocalTensor<T> b1(TPosition::B1, 256 * 1024, static_cast<uint32_t>(np * kp));
  DataCopy(a1, ga, Nd2NzParams(1, m, k, 0, k, mp, 1, 0));
  DataCopy(b1, gb, Nd2NzParams(1, n, k, 0, k, np, 1, 0));
  const LocalTensor<T> a2(TPosition::A2, 0, static_cast<uint32_t>(mp * kp));
  const LocalTensor<T> b2(TPosition::B2, 0, static_cast<uint32_t>(np * kp));
  // A: rows of fractals, each gathered from the columns of fractals in L1. B lies as it is needed.
  for (std::size_t row = 0; row < mp / 16U; ++row) {
    LoadData(a2[static_cast<uint32_t>(row * kp * 16)], a1,
             LoadData2DParams(row, kp / c0, mp / 16, 0, 0, false, 0));
  }
  LoadData(b2, b1, LoadData2DParams(0, kp / c0 * (np / 16U), 1, 0, 0, false, 0));
  const LocalTensor<C> c1(TPosition::CO1, 0, static_cast<uint32_t>(mp * np));
  Mmad(c1, a2, b2, MmadParams(m, n, k, 0, false, true));
  const auto gc = bench.global(std::vector<C>(m * n, C(-1)));
  Fixpipe<C, C, CFG_ROW_MAJOR>(gc, c1, FixpipeParamsV220(n, m, mp, n, false));
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      C sum = 0;
      for (std::size_t l = 0; l < k; ++l) sum += static_cast<C>(a[i * k + l]) * static_cast<C>(b[j * k + l]);
      ASSERT_EQ(gc.GetPhyAddr()[i * n + j], sum) << i << " " << j;
    }
  }
}

class ProductTest : public CubeTest {
 public:
  template <class T>
  std::vector<T> values(std::size_t count) {
    return small<T>(count);
  }
  template <class T>
  GlobalTensor<T> global(const std::vector<T>& v) {
    return gm(v);
  }
};

TEST_F(ProductTest, HalvesRaggedShapes) {
  check_product<half, float>(*this, 16, 16, 16);
  check_product<half, float>(*this, 33, 20, 50);
  check_product<half, float>(*this, 7, 1, 3);
}
TEST_F(ProductTest, OtherTypes) {
  check_product<bfloat16_t, float>(*this, 20, 35, 40);
  check_product<float, float>(*this, 18, 17, 13);
  check_product<int8_t, int32_t>(*this, 33, 40, 70);
}

TEST_F(CubeCallTest, OneRowIsAMatrixVectorProduct) {
  const auto a = local<half>(TPosition::A2, 0, small<half>(64));
  const auto b = local<half>(TPosition::B2, 0, small<half>(64 * 16));
  const LocalTensor<float> c(TPosition::CO1, 0, 256);
  Mmad(c, a, b, MmadParams(1, 16, 64, 0, false, true));
  EXPECT_TRUE(last_work<CubeWork>().vector);
  const auto x = held(a, 64);
  const auto y = held(b, 64 * 16);
  for (std::size_t n = 0; n < 16; ++n) {
    float sum = 0;
    for (std::size_t k = 0; k < 64; ++k)
      sum += static_cast<float>(x[k]) * static_cast<float>(y[k / 16 * 256 + n * 16 + k % 16]);
    EXPECT_EQ(held(c, 16)[n], sum);
  }
}

TEST_F(CubeCallTest, ResultsStartFromZeroFromThemselvesOrFromBias) {
  const auto a = local<half>(TPosition::A2, 0, std::vector<half>(256, half(1)));
  const auto b = local<half>(TPosition::B2, 0, std::vector<half>(256, half(2)));
  const LocalTensor<float> c(TPosition::CO1, 0, 256);
  Mmad(c, a, b, MmadParams(16, 16, 16, 0, false, true));
  EXPECT_EQ(held(c, 1)[0], 32);
  Mmad(c, a, b, MmadParams(16, 16, 16, 2, false, false));
  EXPECT_EQ(held(c, 1)[0], 64);
  EXPECT_EQ(last_work<CubeWork>().unit_flag, 2);
  std::vector<float> bias(16);
  for (std::size_t i = 0; i < 16; ++i) bias[i] = static_cast<float>(i);
  const auto table = local<float>(TPosition::C2, 0, bias);
  Mmad(c, a, b, table, MmadParams(16, 16, 16, 0, true, false));
  EXPECT_EQ(held(c, 16)[5], 37);
  const auto& work = last_work<CubeWork>();
  EXPECT_EQ(work.m, 16U);
  EXPECT_EQ(last().pipe, Pipe::M);
  EXPECT_EQ(last().touches[3].memory, Memory::BiasTable);
}

TEST_F(CubeCallTest, IllegalProductsAreNamed) {
  const LocalTensor<half> a(TPosition::A2, 0, 256);
  const LocalTensor<half> b(TPosition::B2, 0, 256);
  const LocalTensor<float> c(TPosition::CO1, 0, 256);
  expect_refused(
      [&] {
        Mmad(c, a, LocalTensor<bfloat16_t>(TPosition::B2, 0, 256), MmadParams(16, 16, 16, 0, false, true));
      },
      {"Mmad", "half times bfloat16_t", "2201"});
  expect_refused(
      [&] {
        Mmad(LocalTensor<float>(TPosition::CO1, 512, 256), a, b, MmadParams(16, 16, 16, 0, false, true));
      },
      {"Mmad", "the result", "512", "1024"});
  expect_refused([&] { Mmad(c, a, b, MmadParams(4096, 16, 16, 0, false, true)); },
                 {"Mmad", "m is 4096", "4095"});
  expect_refused([&] { Mmad(c, a, b, MmadParams(512, 512, 512, 0, false, true)); }, {"Mmad", "L0A"});
  expect_refused(
      [&] { Mmad(c, LocalTensor<half>(TPosition::A1, 0, 256), b, MmadParams(16, 16, 16, 0, false, true)); },
      {"Mmad", "L1", "expected L0A"});
  expect_refused([&] { Mmad(c, a, b, MmadParams(16, 16, 16, 1, false, true)); }, {"Mmad", "unitFlag", "1"});
  expect_refused([&] { MmadMx(c, a, b, MmadParams(16, 16, 16, 0, false, true)); }, {"MmadMx", "3510"});
  expect_refused(
      [&] {
        LoadData(a, LocalTensor<half>(TPosition::A1, 512 * 1024 - 512, 256),
                 LoadData2DParams(0, 2, 1, 0, 0, false, 0));
      },
      {"LoadData", "L1"});
  expect_refused(
      [&] {
        Add(LocalTensor<half>(TPosition::VECIN, 0, 16), LocalTensor<half>(TPosition::VECIN, 0, 16),
            LocalTensor<half>(TPosition::VECIN, 0, 16), 16);
      },
      {"Add", "vector core"});
}

TEST_F(CubeCallTest, LoadsTransposeFractalsAndSquares) {
  const auto l1 = local<half>(TPosition::B1, 0, small<half>(512, 1, 100));
  const LocalTensor<half> l0(TPosition::B2, 0, 1024);
  LoadData(l0, l1, LoadData2DParams(0, 2, 1, 0, 1, true, 0));
  const auto x = held(l1, 512);
  auto z = held(l0, 1024);
  for (std::size_t i = 0; i < 256; ++i) {
    EXPECT_EQ(z[i % 16 * 16 + i / 16], x[i]);
    EXPECT_EQ(z[512 + i % 16 * 16 + i / 16], x[256 + i]);  // one fractal of gap
  }
  EXPECT_EQ(last_work<LocalMove>().path, LocalPath::L1ToL0bTranspose);
  EXPECT_EQ(last_work<LocalMove>().bytes, 1024U);
  const auto b1 = local<int8_t>(TPosition::B1, 4096, small<int8_t>(1024, -100, 100));
  const LocalTensor<int8_t> b2(TPosition::B2, 0, 2048);
  LoadDataWithTranspose(b2, b1, LoadData2dTransposeParams(0, 1, 1, 0, 1, 0));
  const auto from = held(b1, 1024);
  const auto to = held(b2, 2048);
  for (std::size_t r = 0; r < 32; ++r) {
    for (std::size_t c = 0; c < 32; ++c) {
      // (r, c) of the source square, rows of 32 in two stacked fractals, is (c, r) of the target's; one
      // fractal apart.
      ASSERT_EQ(to[c / 16 * 1024 + c % 16 * 32 + r], from[r / 16 * 512 + r % 16 * 32 + c]);
    }
  }
}

TEST_F(CubeCallTest, ImageLoadMatchesAPlainLoop) {
  constexpr int kH = 5;
  constexpr int kW = 6;
  const auto image = local<half>(TPosition::A1, 0, small<half>(2 * kH * kW * 16, 1, 100));  // 32 channels
  const LocalTensor<half> l0(TPosition::A2, 0, 16384);
  const uint8_t padding[4] = {1, 1, 1, 1};
  // 3 x 3 filter, stride 2: 3 x 3 pixels; columns 16 to 303.
  constexpr int kPixels = 9;
  constexpr int kColumns = 2 * 9 * 16 - 16;
  LoadData(l0, image,
           LoadData3DParamsV2<half>(padding, kH, kW, 32, kColumns, 16, 16, 0, 2, 2, 3, 3, 1, 1, false, false,
                                    half(7)));
  const auto x = held(image, 2 * kH * kW * 16);
  const auto z = held(l0, 16384);
  for (int m = 0; m < kPixels; ++m) {
    for (int j = 0; j < kColumns; ++j) {
      const int k = j + 16;
      const int tap = k / 16 % 9;
      const int y = m / 3 * 2 + tap / 3 - 1;
      const int xx = m % 3 * 2 + tap % 3 - 1;
      const bool inside = y >= 0 && y < kH && xx >= 0 && xx < kW;
      const half expected =
          inside ? x[static_cast<std::size_t>(((k / 16 / 9 * kH + y) * kW + xx) * 16 + k % 16)] : half(7);
      ASSERT_EQ(z[static_cast<std::size_t>(j / 16 * 256 + m * 16 + j % 16)], expected) << m << " " << j;
    }
  }
  EXPECT_EQ(last_work<LocalMove>().path, LocalPath::L1ToL0aImage);
  EXPECT_EQ(last_work<LocalMove>().stride_w, 2U);
}

TEST_F(CubeCallTest, FixpipeConvertsScalesAndClips) {
  const auto c = local<float>(TPosition::CO1, 0, small<float>(512, -300, 300));  // 16 x 32
  const auto x = held(c, 512);
  const auto at = [&](std::size_t m, std::size_t n) { return x[n / 16 * 256 + m * 16 + n % 16]; };
  const auto as_half = gm(std::vector<half>(16 * 40));
  Fixpipe<half, float, CFG_ROW_MAJOR>(as_half, c, FixpipeParamsV220(32, 16, 16, 40, true, F322F16));
  for (std::size_t m = 0; m < 16; ++m) {
    for (std::size_t n = 0; n < 32; ++n)
      EXPECT_EQ(static_cast<float>(held(as_half, 640)[m * 40 + n]), std::max(0.F, at(m, n)));
  }
  const auto& move = last_work<FixpipeMove>();
  EXPECT_EQ(last().pipe, Pipe::Fix);
  EXPECT_EQ(move.global.rows, 16U);
  EXPECT_EQ(move.global.row_bytes, 64U);
  EXPECT_EQ(move.global.row_stride, 80U);
  const float scale = 0.5F;
  uint64_t word = 0;
  std::memcpy(&word, &scale, 4);
  word |= uint64_t{0x1ff} << 37U;  // offset -1
  const auto as_int8 = gm(std::vector<int8_t>(512));
  Fixpipe<int8_t, float, CFG_NZ>(as_int8, c, FixpipeParamsV220(32, 16, 16, 16, false, QF322B8_PRE, word));
  for (std::size_t m = 0; m < 16; ++m) {
    for (std::size_t n = 0; n < 32; ++n) {  // 32 columns wide
      const float exact = std::nearbyint(at(m, n) * 0.5F) - 1;
      EXPECT_EQ(held(as_int8, 512)[m * 32 + n], std::clamp(exact, -128.F, 127.F));
    }
  }
  EXPECT_EQ(last_work<FixpipeMove>().layout, FixpipeMove::Layout::Nz);
  SetAtomicAdd<float>();
  const auto sum = gm(std::vector<float>(512, 1000.F));
  Fixpipe<float, float, CFG_ROW_MAJOR>(sum, c, FixpipeParamsV220(32, 16, 16, 32, false));
  SetAtomicNone();
  EXPECT_EQ(held(sum, 1)[0], 1000 + at(0, 0));
  EXPECT_TRUE(last_work<FixpipeMove>().global.atomic);
  expect_refused(
      [&] {
        Fixpipe<half, float, CFG_ROW_MAJOR>(as_half, c, FixpipeParamsV220(32, 16, 16, 40, false, NoQuant));
      },
      {"Fixpipe", "NoQuant", "float into half"});
}

TEST_F(CubeCallTest, FixpipeScalesPerColumn) {
  const auto c = local<int32_t>(TPosition::CO1, 0, small<int32_t>(256));
  std::vector<uint64_t> words(16);
  for (std::size_t i = 0; i < 16; ++i) {
    const float scale = i % 2 == 0 ? 2.F : 0.25F;
    std::memcpy(&words[i], &scale, 4);
  }
  const auto scales = local<uint64_t>(TPosition::C2PIPE2GM, 0, words);
  const auto out = gm(std::vector<half>(256));
  Fixpipe<half, int32_t, CFG_ROW_MAJOR>(out, c, scales, FixpipeParamsV220(16, 16, 16, 16, false, VDEQF16));
  for (std::size_t i = 0; i < 256; ++i)
    EXPECT_EQ(static_cast<float>(held(out, 256)[i]),
              static_cast<float>(held(c, 256)[i]) * (i % 2 == 0 ? 2.F : 0.25F));
}

TEST_F(CubeCallTest, FillRepeatsAValue) {
  const auto l1 = local<half>(TPosition::A1, 0, std::vector<half>(128, half(1)));
  Fill(l1, InitConstValueParams<half>(2, 1, 1, half(5)));
  const auto z = held(l1, 64);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(static_cast<float>(z[i]), i / 16 % 2 == 0 ? 5 : 1);
}

TEST_F(Cube3510Test, RectangleLoadsAndNzOperandGiveTheProduct) {
  constexpr std::size_t kM = 32;
  constexpr std::size_t kN = 48;
  constexpr std::size_t kK = 64;
  const auto a = small<half>(kM * kK);
  const auto b = small<half>(kK * kN);  // k rows of n: needs the transpose
  const LocalTensor<half> a1(TPosition::A1, 0, kM * kK);
  const LocalTensor<half> b1(TPosition::B1, 65536, kK * kN);
  DataCopy(a1, gm(a), Nd2NzParams(1, kM, kK, 0, kK, kM, 1, 0));
  DataCopy(b1, gm(b), Nd2NzParams(1, kK, kN, 0, kN, kK, 1, 0));
  const LocalTensor<half> a2(TPosition::A2, 0, kM * kK);
  const LocalTensor<half> b2(TPosition::B2, 0, kK * kN);
  LoadData(a2, a1, LoadData2DParamsV2(0, 0, kM / 16, kK / 16, kM / 16, kM / 16, false, 0));
  LoadData(b2, b1, LoadData2DParamsV2(0, 0, kK / 16, kN / 16, kK / 16, kN / 16, true, 0));
  const LocalTensor<float> c(TPosition::CO1, 0, kM * kN);
  Mmad(c, a2, b2, MmadParams(kM, kN, kK, 0, false, true));
  const auto out = gm(std::vector<float>(kM * kN));
  FixpipeParamsArch3510<CO2Layout::COLUMN_MAJOR> params(kN, kM, kM, kM);
  Fixpipe<float, float, CFG_COLUMN_MAJOR>(out, c, params);
  for (std::size_t m = 0; m < kM; ++m) {
    for (std::size_t n = 0; n < kN; ++n) {
      float sum = 0;
      for (std::size_t k = 0; k < kK; ++k)
        sum += static_cast<float>(a[m * kK + k]) * static_cast<float>(b[k * kN + n]);
      ASSERT_EQ(held(out, kM * kN)[n * kM + m], sum);
    }
  }
}

TEST_F(Cube3510Test, MicroscaledProductUsesAScalePer32) {
  constexpr std::size_t kK = 64;
  std::vector<uint8_t> ones(16 * kK, 0x38);  // 1.0 in e4m3
  const LocalTensor<fp8_e4m3fn_t> a1(TPosition::A1, 0, 16 * kK);
  std::memcpy(core.local(Memory::L1), ones.data(), ones.size());
  std::vector<uint8_t> scales(32);
  for (std::size_t row = 0; row < 16; ++row) {
    scales[row * 2] = static_cast<uint8_t>(127 + row % 4);
    scales[row * 2 + 1] = 127;
  }
  std::memcpy(core.local(Memory::L1) + 4096, scales.data(), 32);
  const LocalTensor<fp8_e8m0_t> s1(TPosition::A1, 4096, 32);
  const LocalTensor<fp8_e4m3fn_t> a2(TPosition::A2, 0, 16 * kK);
  const LocalTensor<fp8_e4m3fn_t> b2(TPosition::B2, 0, 16 * kK);
  LoadData(a2, a1, s1, LoadData2DParamsV2(0, 0, 1, 2, 1, 1, false, 0), LoadData2DMxParams(0, 0, 1, 1, 1, 1));
  EXPECT_EQ(last_work<LocalMove>().path, LocalPath::L1ToL0aScales);
  LoadData(b2, a1, s1, LoadData2DParamsV2(0, 0, 1, 2, 1, 1, false, 0), LoadData2DMxParams(0, 0, 1, 1, 1, 1));
  const LocalTensor<float> c(TPosition::CO1, 0, 256);
  MmadMx(c, a2, b2, MmadParams(16, 16, kK, 0, false, true));
  EXPECT_TRUE(last_work<CubeWork>().microscaled);
  for (std::size_t m = 0; m < 16; ++m) {
    for (std::size_t n = 0; n < 16; ++n)
      EXPECT_EQ(held(c, 256)[m * 16 + n], 32.F * static_cast<float>((1 << m % 4) * (1 << n % 4)) + 32.F);
  }
}

TEST_F(Cube3510Test, FixpipeReachesBothUnifiedBuffers) {
  std::vector<std::unique_ptr<FakeCore>> vector;
  FakeCore pair[2] = {{memory, 3510, kernel::CoreKind::Aiv}, {memory, 3510, kernel::CoreKind::Aiv}};
  core.peers[Memory::UnifiedBuffer] = pair;
  const auto c = local<float>(TPosition::CO1, 0, small<float>(512));  // 32 x 16
  const LocalTensor<float> out(TPosition::VECIN, 64, 256);
  FixpipeParamsArch3510<CO2Layout::ROW_MAJOR> params(16, 32, 32, 16);
  params.dualDstCtl = 1;
  static constexpr FixpipeConfig kToUb = {CO2Layout::ROW_MAJOR, true};
  Fixpipe<float, float, kToUb>(out, c, params);
  const auto x = held(c, 512);
  for (std::size_t half_of = 0; half_of < 2; ++half_of) {
    std::vector<float> z(256);
    std::memcpy(z.data(), pair[half_of].local(Memory::UnifiedBuffer) + 64, 1024);
    for (std::size_t i = 0; i < 256; ++i) ASSERT_EQ(z[i], x[half_of * 256 + i]);
  }
  EXPECT_TRUE(last_work<FixpipeMove>().dual_destination);
}

}  // namespace
}  // namespace podsim::test
