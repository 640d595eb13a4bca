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
using Options = std::map<std::string, std::string>;

OpRequest experts(const std::string& rows, std::int64_t n, std::int64_t k, Options options = {}) {
  OpRequest request;
  request.shape = {{"n", n}, {"k", k}};
  request.options = std::move(options);
  request.options["rows"] = rows;
  return request;
}

OpRequest product(std::int64_t m, std::int64_t n, std::int64_t k, const std::string& dtype,
                  Options options = {}) {
  OpRequest request;
  request.shape = {{"m", m}, {"n", n}, {"k", k}};
  request.dtype = dtype;
  request.options = std::move(options);
  return request;
}

// Without automatic synchronisation: the kernel's own flags and barriers are all there are.
void expect_right(test::OpBench& bench, const std::string& op, const OpRequest& request) {
  std::string said = request.dtype;
  for (const auto& [key, value] : request.shape) said += fmt::format(" {}={}", key, value);
  for (const auto& [key, value] : request.options) said += fmt::format(" {}={}", key, value);
  const test::OpBench::Outcome outcome = bench.run(op, request, true, true);
  EXPECT_EQ(outcome.wrong, "") << said;
  EXPECT_EQ(outcome.hazards, 0U) << said;
}

// Some experts get no token at all.
void expect_random_experts_right(const std::string& chip, const std::vector<Options>& ways) {
  test::OpBench bench(chip);
  Random random(5, "fused matmul shapes");
  for (const char* const activation : {"none", "gelu", "faster_gelu", "swiglu"}) {
    for (const char* const out : {"fp16", "bf16", "fp32", "int8"}) {
      for (Options options : ways) {
        options["activation"] = activation;
        options["out"] = out;
        std::string rows = std::to_string(1 + random.below(150));
        for (int g = 0; g < 3; ++g) rows += ":" + std::to_string(random.below(3) == 0 ? 0 : random.below(90));
        const auto n = static_cast<std::int64_t>(2 + 2 * random.below(130));
        const auto k = static_cast<std::int64_t>(1 + random.below(200));
        expect_right(bench, "quant_grouped_matmul", experts(rows, n, k, options));
      }
    }
  }
}

TEST(QuantGroupedMatmul, IsRightForRandomExpertsOn2201) {
  expect_random_experts_right("ascend910b1", {{}, {{"vectors", "1"}, {"ring", "2"}}});
}
TEST(QuantGroupedMatmul, IsRightForRandomExpertsOn3510) {
  expect_random_experts_right("ascend950pr",
                              {{}, {{"via", "unified_buffer"}, {"base_m", "64"}, {"base_n", "96"}}});
}

TEST(QuantGroupedMatmul, IsRightWithWeightsInFractalsAndBlocksOfTiles) {
  test::OpBench bench("ascend910b1");
  for (const char* const activation : {"faster_gelu", "swiglu"}) {
    expect_right(bench, "quant_grouped_matmul",
                 experts("37:0:130:1", 320, 150,
                         {{"activation", activation},
                          {"b_format", "nz"},
                          {"single_m", "64"},
                          {"single_n", "96"},
                          {"base_m", "32"},
                          {"base_n", "32"},
                          {"ring", "3"}}));
  }
}

TEST(QuantGroupedMatmul, OneVectorCoreTakesTilesOutOfTheUnifiedBuffer) {
  test::OpBench bench("ascend950pr");
  for (const char* const ring : {"2", "3"}) {
    expect_right(bench, "quant_grouped_matmul",
                 experts("33:70", 200, 90,
                         {{"via", "unified_buffer"},
                          {"vectors", "1"},
                          {"base_m", "32"},
                          {"base_n", "64"},
                          {"ring", ring}}));
  }
}

TEST(MatmulGelu, IsRightForRandomShapes) {
  Random random(6, "matmul_gelu shapes");
  for (const char* const chip : {"ascend910b1", "ascend950pr"}) {
    const std::string text = test::in_child([&] {
      test::OpBench bench(chip);
      std::string wrong;
      for (const char* const dtype : {"fp16", "bf16"}) {
        for (const char* const via : {"gm", "unified_buffer"}) {
          if (std::string(via) != "gm" && std::string(chip) != "ascend950pr") continue;
          OpRequest request =
              product(static_cast<std::int64_t>(1 + random.below(200)),
                      static_cast<std::int64_t>(1 + random.below(300)),
                      static_cast<std::int64_t>(1 + random.below(200)), dtype, {{"via", via}});
          const test::OpBench::Outcome outcome = bench.run("matmul_gelu", request, true, true);
          if (outcome.hazards != 0) wrong += "hazards; ";
          wrong += outcome.wrong;
        }
      }
      return wrong + "done";
    });
    EXPECT_EQ(text, "done") << chip;
  }
}

// On a die of its own, whose L2 holds nothing yet.
std::int64_t picoseconds(const char* chip, const char* op, const OpRequest& request,
                         bool functional = false) {
  const std::string text = test::in_child([&] {
    test::OpBench bench(chip);
    return std::to_string(bench.run(op, request, functional).duration.count());
  });
  EXPECT_EQ(text.find_first_not_of("0123456789"), std::string::npos) << text;
  return std::strtoll(text.c_str(), nullptr, 10);
}

TEST(QuantGroupedMatmul, TakesTheSameTimeWithAndWithoutData) {
  for (const char* const activation : {"faster_gelu", "swiglu"}) {
    const OpRequest request = experts("37:0:130:1", 200, 150, {{"activation", activation}, {"out", "int8"}});
    EXPECT_EQ(picoseconds("ascend910b1", "quant_grouped_matmul", request, true),
              picoseconds("ascend910b1", "quant_grouped_matmul", request));
  }
  const OpRequest direct =
      experts("37:0:130:1", 200, 150, {{"via", "unified_buffer"}, {"base_m", "64"}, {"base_n", "96"}});
  EXPECT_EQ(picoseconds("ascend950pr", "quant_grouped_matmul", direct, true),
            picoseconds("ascend950pr", "quant_grouped_matmul", direct));
}

TEST(QuantGroupedMatmul, GainsFromADeeperRingAndASecondVectorCore) {
  const auto time = [](const char* ring, const char* vectors) {
    OpRequest request = experts("512:512", 2048, 1024, {{"ring", ring}, {"vectors", vectors}});
    request.cores = 4;
    return picoseconds("ascend910b1", "quant_grouped_matmul", request);
  };
  EXPECT_LT(time("4", "1"), time("1", "1"));
  EXPECT_LT(time("4", "2"), time("4", "1"));
}

TEST(QuantGroupedMatmul, TheWayPastMemoryIsFasterThanTheOneThroughIt) {
  const auto time = [](const char* via) {
    OpRequest request = experts("512:512", 2048, 1024, {{"via", via}, {"ring", "1"}});
    request.cores = 4;
    return picoseconds("ascend950pr", "quant_grouped_matmul", request);
  };
  EXPECT_LT(time("unified_buffer"), time("gm"));
}

std::string refusal(const char* chip, const char* op, const OpRequest& request) {
  test::OpBench bench(chip);
  try {
    bench.run(op, request, false);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(QuantGroupedMatmulRefuses, TheUnifiedBufferAsAWayOn2201) {
  EXPECT_EQ(
      refusal("ascend910b1", "quant_grouped_matmul", experts("12", 64, 64, {{"via", "unified_buffer"}})),
      "via is \"unified_buffer\", which needs architecture 3510, this die is 2201");
}
TEST(QuantGroupedMatmulRefuses, HalvesOfAnOddNumberOfColumns) {
  EXPECT_EQ(refusal("ascend910b1", "quant_grouped_matmul", experts("12", 65, 64, {{"activation", "swiglu"}})),
            "n is 65, expected a multiple of 2: gates and values are halves of it");
}
TEST(QuantGroupedMatmulRefuses, ARingOfOneTileForGateAndValue) {
  EXPECT_EQ(refusal("ascend910b1", "quant_grouped_matmul",
                    experts("12", 64, 64, {{"activation", "swiglu"}, {"ring", "1"}})),
            "ring is 1, expected 2 to 15");
}
TEST(QuantGroupedMatmulRefuses, ARingThatFillsTheUnifiedBuffer) {
  const std::string said =
      refusal("ascend950pr", "quant_grouped_matmul",
              experts("256", 512, 64, {{"via", "unified_buffer"}, {"ring", "2"}, {"base_n", "256"}}));
  EXPECT_NE(said.find("a tile of 256 x 256 with a ring of 2 leaves no room"), std::string::npos) << said;
}
TEST(QuantGroupedMatmulRefuses, AnActivationItDoesNotKnow) {
  EXPECT_EQ(refusal("ascend910b1", "quant_grouped_matmul", experts("12", 64, 64, {{"activation", "relu"}})),
            "activation is \"relu\", expected one of none, gelu, faster_gelu, swiglu");
}

}  // namespace
}  // namespace podsim
