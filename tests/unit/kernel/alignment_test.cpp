// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Every buffer at an address that its instructions cannot take: the call, the operand, the address and the
// multiple that was expected are named; the next address that fits is taken.
#include "support/kernel_bench.h"

namespace podsim::test {
namespace {

using namespace AscendC;

class VectorAlignment : public KernelTest {};
class CubeAlignment : public CubeTest {};

// `call` of an address: refused off `multiple`, with the words, and taken on it.
template <class Call>
void expect_aligned(const Call& call, std::uint32_t step, std::uint32_t multiple, const char* name,
                    const char* operand) {
  for (const std::uint32_t address : {step, multiple / 2, multiple - step}) {
    const std::string at = "at byte " + std::to_string(address) + ",";
    const std::string expected = "expected a multiple of " + std::to_string(multiple);
    expect_refused([&] { call(address); }, {name, operand, at.c_str(), expected.c_str()});
  }
  call(multiple);
}

TEST_F(VectorAlignment, OfTheUnifiedBuffer) {
  const GlobalTensor<half> data = gm(small<half>(256));
  expect_aligned([&](std::uint32_t at) { DataCopy(ub<half>(at, 32), data, 32); }, 2, 32, "DataCopy",
                 "the destination");
  expect_aligned([&](std::uint32_t at) { DataCopy(data, ub<half>(at, 32), 32); }, 2, 32, "DataCopy",
                 "the source");
  expect_aligned(
      [&](std::uint32_t at) { Add(ub<half>(at, 128), ub<half>(1024, 128), ub<half>(2048, 128), 128); }, 2, 32,
      "Add", "destination");
  expect_aligned(
      [&](std::uint32_t at) { Add(ub<half>(4096, 128), ub<half>(at, 128), ub<half>(2048, 128), 128); }, 2, 32,
      "Add", "source");
  expect_aligned([&](std::uint32_t at) { Duplicate(ub<half>(at, 128), half(1), 128); }, 2, 32, "Duplicate",
                 "destination");
}

TEST_F(CubeAlignment, OfL1) {
  const GlobalTensor<half> data = gm(small<half>(256));
  expect_aligned([&](std::uint32_t at) { DataCopy(LocalTensor<half>(TPosition::A1, at, 32), data, 32); }, 2,
                 32, "DataCopy", "the destination");
}

TEST_F(CubeAlignment, OfL0AAndL0BAndL0C) {
  const auto product = [](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    Mmad(LocalTensor<float>(TPosition::CO1, c, 256), LocalTensor<half>(TPosition::A2, a, 256),
         LocalTensor<half>(TPosition::B2, b, 256), MmadParams(16, 16, 16, 0, false, true));
  };
  expect_aligned([&](std::uint32_t at) { product(at, 0, 0); }, 32, 512, "Mmad", "the left matrix");
  expect_aligned([&](std::uint32_t at) { product(0, at, 0); }, 32, 512, "Mmad", "the right matrix");
  expect_aligned([&](std::uint32_t at) { product(0, 0, at); }, 64, 1024, "Mmad", "the result");
}

TEST_F(CubeAlignment, OfL0CAsASourceOfFixpipe) {
  const GlobalTensor<float> out = gm(std::vector<float>(256));
  const auto fixpipe_from = [&](std::uint32_t at) {
    FixpipeParamsV220 params;
    params.nSize = 16;
    params.mSize = 16;
    params.srcStride = 16;
    params.dstStride = 16;
    params.quantPre = QuantMode_t::NoQuant;
    Fixpipe(out, LocalTensor<float>(TPosition::CO1, at, 256), params);
  };
  expect_aligned(fixpipe_from, 4, 64, "Fixpipe", "the source");
}

TEST_F(CubeAlignment, OfTheBiasTable) {
  const LocalTensor<float> source(TPosition::C1, 0, 32);
  const auto copy_to = [&](std::uint32_t at) {
    DataCopy(LocalTensor<float>(TPosition::C2, at, 16), source, DataCopyParams{1, 1, 0, 0});
  };
  expect_aligned(copy_to, 4, 64, "DataCopy", "the destination");
}

}  // namespace
}  // namespace podsim::test
