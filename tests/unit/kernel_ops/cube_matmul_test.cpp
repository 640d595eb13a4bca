// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "support/op_bench.h"

namespace podsim {
namespace {

using kernel::OpRequest;

OpRequest product(std::int64_t m, std::int64_t n, std::int64_t k, const std::string& dtype,
                  std::map<std::string, std::string> options = {}) {
  OpRequest request;
  request.shape = {{"m", m}, {"n", n}, {"k", k}};
  request.dtype = dtype;
  request.options = std::move(options);
  return request;
}

void expect_right(test::OpBench& bench, const OpRequest& request) {
  std::string said = request.dtype;
  for (const auto& [key, value] : request.shape) said += fmt::format(" {}={}", key, value);
  for (const auto& [key, value] : request.options) said += fmt::format(" {}={}", key, value);
  const test::OpBench::Outcome outcome = bench.run("matmul", request);
  EXPECT_EQ(outcome.wrong, "") << said;
  EXPECT_EQ(outcome.hazards, 0U) << said;
}

// Ragged sizes drawn at random.
void expect_random_shapes_right(const std::string& chip, const std::vector<std::string>& dtypes,
                                const std::map<std::string, std::string>& options, std::int64_t k_unit) {
  test::OpBench bench(chip);
  Random random(7, "matmul shapes");
  for (const std::string& dtype : dtypes) {
    for (int i = 0; i < 4; ++i) {
      const auto m = static_cast<std::int64_t>(1 + random.below(300));
      const auto n = static_cast<std::int64_t>(1 + random.below(400));
      const auto k = static_cast<std::int64_t>(1 + random.below(6)) * k_unit +
                     (k_unit == 1 ? static_cast<std::int64_t>(random.below(500)) : 0);
      expect_right(bench, product(m, n, k, dtype, options));
    }
  }
}

TEST(Matmul, IsRightForRandomShapesOn2201) {
  expect_random_shapes_right("ascend910b1", {"fp16", "bf16", "int8"}, {}, 1);
}
TEST(Matmul, IsRightForRandomShapesOn2201WithBTransposed) {
  expect_random_shapes_right("ascend910b1", {"fp16", "fp32", "int8"}, {{"b_transposed", "1"}}, 1);
}
TEST(Matmul, IsRightForRandomShapesOn3510) {
  expect_random_shapes_right("ascend950pr", {"fp16", "bf16", "int8", "fp8"}, {}, 1);
}
TEST(Matmul, IsRightForRandomShapesOn3510WithBTransposed) {
  expect_random_shapes_right("ascend950pr", {"fp16", "fp32", "fp8"}, {{"b_transposed", "1"}}, 1);
}
TEST(Matmul, IsRightForMicroscaledTypes) {
  expect_random_shapes_right("ascend950pr", {"mxfp8", "mxfp4"}, {}, 64);
}

TEST(Matmul, IsRightWithEveryTilingOption) {
  test::OpBench bench("ascend910b1");
  for (const std::map<std::string, std::string>& options : std::vector<std::map<std::string, std::string>>{
           {{"unit_flag", "0"}},
           {{"l1_buffers", "1"}, {"l0_buffers", "1"}},
           {{"base_m", "64"}, {"base_n", "64"}, {"base_k", "64"}, {"step_ka", "1"}, {"step_kb", "1"}},
           {{"base_m", "64"}, {"base_n", "128"}, {"step_ka", "4"}, {"step_kb", "2"}, {"unit_flag", "0"}},
           {{"swizzle", "1:0"}},
           {{"base_m", "32"}, {"base_n", "64"}, {"tail_split", "1"}},
           {{"library", "mdl"}},
           {{"swizzle", "2,1"}, {"k_stagger", "1"}},
           {{"single_m", "96"}, {"single_n", "160"}},
           {{"single_m", "64"}, {"single_n", "160"}, {"l2_parts", "2"}},
           {{"out", "fp32"}},
           {{"out", "fp32"}, {"split_k", "3"}},
           {{"a_format", "nz"}},
           {{"b_format", "nz"}},
           {{"b_format", "nz"}, {"b_transposed", "1"}, {"a_format", "nz"}}}) {
    expect_right(bench, product(190, 300, 700, "fp16", options));
  }
}

TEST(Matmul, IsRightWithScalesOfSeveralPackets) {
  test::OpBench bench("ascend950pr");
  const std::map<std::string, std::string> small{{"base_m", "64"}, {"base_n", "64"}, {"base_k", "64"}};
  for (const std::map<std::string, std::string>& steps : std::vector<std::map<std::string, std::string>>{
           {{"step_ka", "2"}, {"step_kb", "1"}, {"step_scales", "4"}},
           {{"step_ka", "1"}, {"step_kb", "1"}, {"step_scales", "8"}, {"l1_buffers", "1"}},
           {{"step_ka", "2"}, {"step_kb", "2"}, {"step_scales", "2"}, {"k_stagger", "1"}}}) {
    std::map<std::string, std::string> options = steps;
    options.insert(small.begin(), small.end());
    expect_right(bench, product(90, 200, 704, "mxfp4", options));
  }
}

// dav-2201 counts a copy's pitch in 16 bits.
TEST(Matmul, TakesRowsLongerThanOneCopyCanStride) {
  test::OpBench bench("ascend910b1");
  expect_right(bench,
               product(17, 20, 65544, "fp16", {{"b_transposed", "1"}, {"split_k", "8"}, {"out", "fp32"}}));
}

// The next tile's first product begins while the last one's results are on their way out.
TEST(Matmul, IsRightWhenTilesAreShorterThanTheirWayOut) {
  test::OpBench bench("ascend950pr");
  for (const std::int64_t k : {16, 75})
    expect_right(bench, product(256, 2048, k, "bf16", {{"unit_flag", "1"}}));
}

TEST(Matmul, UsesNoMoreCoresThanItHasTiles) {
  test::OpBench bench("ascend910b1");
  const auto blocks = [&](const OpRequest& request) { return bench.run("matmul", request, false).blocks; };
  EXPECT_EQ(blocks(product(128, 4096, 512, "fp16", {{"base_n", "256"}})), 16);
  EXPECT_EQ(blocks(product(128, 4096, 512, "fp16")), 24);  // with narrower tiles
  EXPECT_EQ(blocks(product(4096, 4096, 512, "fp16")), 24);
  OpRequest five = product(4096, 4096, 512, "fp16");
  five.cores = 5;
  EXPECT_EQ(blocks(five), 5);
}

TEST(Matmul, TwoBuffersAreFasterThanOne) {
  test::OpBench bench("ascend910b1");
  const OpRequest two = product(1024, 1024, 2048, "fp16");
  const OpRequest one = product(1024, 1024, 2048, "fp16", {{"l1_buffers", "1"}, {"l0_buffers", "1"}});
  EXPECT_LT(bench.run("matmul", two, false).duration, bench.run("matmul", one, false).duration);
}

TEST(Matmul, EveryOptimisationGains) {
  test::OpBench bench("ascend910b1");
  std::map<std::string, std::string> options{{"b_transposed", "1"}, {"base_m", "128"},   {"base_n", "256"},
                                             {"base_k", "64"},      {"step_ka", "1"},    {"step_kb", "1"},
                                             {"l1_buffers", "1"},   {"l0_buffers", "1"}, {"unit_flag", "0"}};
  const auto time = [&] {
    return bench.run("matmul", product(1024, 3072, 1024, "fp16", options), false).duration;
  };
  time();  // from now on everything is in L2
  Picoseconds before = time();
  for (const std::map<std::string, std::string>& step :
       std::vector<std::map<std::string, std::string>>{{{"l1_buffers", "2"}},
                                                       {{"step_ka", "8"}, {"step_kb", "4"}},
                                                       {{"l0_buffers", "2"}},
                                                       {{"unit_flag", "1"}}}) {
    for (const auto& [key, value] : step) options[key] = value;
    const Picoseconds now = time();
    EXPECT_LT(now, before) << step.begin()->first;
    before = now;
  }
}

std::string refusal(const OpRequest& request) {
  test::OpBench bench("ascend910b1");
  try {
    bench.run("matmul", request, false);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(MatmulRefuses, AnOptionItDoesNotKnow) {
  EXPECT_NE(refusal(product(16, 16, 16, "fp16", {{"base", "1"}}))
                .find("option \"base\" is not known, expected one of"),
            std::string::npos);
}
TEST(MatmulRefuses, ABlockThatDoesNotFitL0) {
  EXPECT_NE(refusal(product(999, 999, 999, "fp16", {{"base_m", "256"}, {"base_n", "256"}, {"base_k", "256"}}))
                .find("in L0A takes"),
            std::string::npos);
}
TEST(MatmulRefuses, ATypeTheArchitectureLacks) {
  EXPECT_EQ(refusal(product(16, 16, 64, "mxfp8")), "dtype mxfp8 needs architecture 3510, this die is 2201");
}
TEST(MatmulRefuses, ToSplitKIntoATypeThatRounds) {
  EXPECT_EQ(refusal(product(16, 16, 640, "fp16", {{"split_k", "2"}})),
            "split_k adds parts of fp32 in memory: out must be fp32");
}

}  // namespace
}  // namespace podsim
