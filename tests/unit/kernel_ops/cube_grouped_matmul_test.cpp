// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "support/in_child.h"
#include "support/op_bench.h"

namespace podsim {
namespace {

using kernel::OpRequest;

// Options as the request takes them, with the rows of every group among them.
OpRequest experts(const std::string& rows, std::int64_t n, std::int64_t k, const std::string& dtype,
                  std::map<std::string, std::string> options = {}) {
  OpRequest request;
  request.shape = {{"n", n}, {"k", k}};
  request.dtype = dtype;
  request.options = std::move(options);
  request.options["rows"] = rows;
  return request;
}

void expect_right(test::OpBench& bench, const OpRequest& request) {
  std::string said = request.dtype;
  for (const auto& [key, value] : request.shape) said += fmt::format(" {}={}", key, value);
  for (const auto& [key, value] : request.options) said += fmt::format(" {}={}", key, value);
  const test::OpBench::Outcome outcome = bench.run("grouped_matmul", request);
  EXPECT_EQ(outcome.wrong, "") << said;
  EXPECT_EQ(outcome.hazards, 0U) << said;
}

// Some experts get no token at all.
void expect_random_groups_right(const std::string& chip, const std::vector<std::string>& dtypes) {
  test::OpBench bench(chip);
  Random random(11, "grouped matmul shapes");
  for (const std::string& dtype : dtypes) {
    for (const char* const transposed : {"0", "1"}) {
      std::string rows = std::to_string(1 + random.below(200));
      for (int g = 0; g < 4; ++g) rows += "," + std::to_string(random.below(3) == 0 ? 0 : random.below(150));
      const auto n = static_cast<std::int64_t>(1 + random.below(300));
      const auto k = static_cast<std::int64_t>(1 + random.below(300));
      expect_right(bench, experts(rows, n, k, dtype, {{"b_transposed", transposed}}));
    }
  }
}

TEST(GroupedMatmul, IsRightForRandomGroupsOn2201) {
  expect_random_groups_right("ascend910b1", {"fp16", "bf16", "int8"});
}
TEST(GroupedMatmul, IsRightForRandomGroupsOn3510) {
  expect_random_groups_right("ascend950pr", {"fp16", "int8", "fp8"});
}

TEST(GroupedMatmul, IsRightWithEveryOptionOfInt8) {
  test::OpBench bench("ascend910b1");
  for (const std::map<std::string, std::string>& options :
       std::vector<std::map<std::string, std::string>>{{{"ring", "1"}},
                                                       {{"ring", "2"}, {"base_m", "32"}, {"base_n", "64"}},
                                                       {{"vectors", "1"}},
                                                       {{"single_m", "64"}, {"single_n", "96"}},
                                                       {{"out", "bf16"}},
                                                       {{"dequant", "fixpipe"}},
                                                       {{"out", "int32"}},
                                                       {{"b_format", "nz"}},
                                                       {{"b_format", "nz"}, {"b_transposed", "1"}},
                                                       {{"unit_flag", "0"}, {"swizzle", "2,1"}}}) {
    expect_right(bench, experts("37,0,130,1", 200, 150, "int8", options));
  }
}

TEST(GroupedMatmul, ManyTilesOnOneCoreUseTheRingAgainAndAgain) {
  test::OpBench bench("ascend910b1");
  OpRequest request = experts("100,60", 300, 64, "int8", {{"base_m", "16"}, {"base_n", "32"}, {"ring", "3"}});
  request.cores = 2;
  expect_right(bench, request);
}

// On a die of its own, whose L2 holds nothing yet.
std::int64_t picoseconds(const OpRequest& request, bool functional = false) {
  const std::string text = test::in_child([&] {
    test::OpBench bench("ascend910b1");
    return std::to_string(bench.run("grouped_matmul", request, functional).duration.count());
  });
  EXPECT_EQ(text.find_first_not_of("0123456789"), std::string::npos) << text;
  return std::strtoll(text.c_str(), nullptr, 10);
}

TEST(GroupedMatmul, TakesTheSameTimeWithAndWithoutData) {
  for (const char* const dtype : {"fp16", "int8"}) {
    const OpRequest request = experts("37,0,130,1", 200, 150, dtype);
    EXPECT_EQ(picoseconds(request, true), picoseconds(request)) << dtype;
  }
}

TEST(GroupedMatmul, AGroupWithoutRowsCostsNothing) {
  const auto full = static_cast<double>(picoseconds(experts("64,64", 1024, 512, "fp16")));
  // What lies behind its weights lies elsewhere, in other banks and channels.
  for (const char* const rows : {"64,0,64", "64,64,0", "0,64,64"})
    EXPECT_NEAR(static_cast<double>(picoseconds(experts(rows, 1024, 512, "fp16"))), full, 0.05 * full);
}

// With K this short the vector cores are the slower side.
TEST(GroupedMatmul, ADeeperRingIsFaster) {
  const auto time = [](const char* ring) {
    OpRequest request = experts("512,512", 2048, 256, "int8", {{"ring", ring}});
    request.cores = 4;
    return picoseconds(request);
  };
  EXPECT_LT(time("4"), time("1"));
}

TEST(GroupedMatmul, GroupsOfOneSizeAreGivenByTwoNumbers) {
  OpRequest uniform = experts("", 256, 128, "fp16");
  uniform.options.clear();
  uniform.shape["groups"] = 3;
  uniform.shape["m"] = 40;
  EXPECT_EQ(picoseconds(uniform), picoseconds(experts("40,40,40", 256, 128, "fp16")));
}

std::string refusal(const OpRequest& request) {
  test::OpBench bench("ascend910b1");
  try {
    bench.run("grouped_matmul", request, false);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(GroupedMatmulRefuses, GroupsWithoutAnyRow) {
  EXPECT_EQ(refusal(experts("0,0", 16, 16, "fp16")), "no group has rows");
}
TEST(GroupedMatmulRefuses, RowsThatAreNoNumbers) {
  EXPECT_EQ(refusal(experts("12,x", 16, 16, "fp16")), "rows is \"x\", expected a whole number");
}
TEST(GroupedMatmulRefuses, VectorCoresForFloats) {
  EXPECT_EQ(refusal(experts("12", 16, 16, "fp16", {{"dequant", "vector"}})),
            "dequant is \"vector\", which needs dtype int8 and out fp16 or bf16");
}
}  // namespace
}  // namespace podsim
