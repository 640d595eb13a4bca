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

OpRequest decode(const std::string& contexts, std::int64_t heads, const std::string& dtype,
                 Options options = {}) {
  OpRequest request;
  request.shape = {{"heads", heads}};
  request.dtype = dtype;
  request.options = std::move(options);
  request.options["contexts"] = contexts;
  return request;
}

// Without automatic synchronisation: the kernel's own flags and barriers are all there are.
void expect_right(test::OpBench& bench, const OpRequest& request) {
  std::string said = request.dtype;
  for (const auto& [key, value] : request.shape) said += fmt::format(" {}={}", key, value);
  for (const auto& [key, value] : request.options) said += fmt::format(" {}={}", key, value);
  const test::OpBench::Outcome outcome = bench.run("mla_decode", request, true, true);
  EXPECT_EQ(outcome.wrong, "") << said;
  EXPECT_EQ(outcome.hazards, 0U) << said;
}

void expect_random_requests_right(const std::string& chip) {
  test::OpBench bench(chip);
  Random random(8, "mla_decode requests");
  for (const char* const dtype : {"bf16", "fp16"}) {
    for (const Options& options :
         std::vector<Options>{{}, {{"page", "0"}}, {{"page", "48"}, {"tile", "16"}}, {{"split", "none"}}}) {
      std::string contexts = std::to_string(1 + random.below(300));
      for (int r = 0; r < 3; ++r) contexts += ":" + std::to_string(1 + random.below(200));
      const auto heads = static_cast<std::int64_t>(1 + random.below(40));
      OpRequest request = decode(contexts, heads, dtype, options);
      request.shape["lora"] = static_cast<std::int64_t>(16 * (1 + random.below(20)));
      request.shape["rope"] = static_cast<std::int64_t>(16 * (1 + random.below(4)));
      expect_right(bench, request);
    }
  }
}

TEST(MlaDecode, IsRightForRandomRequestsOn2201) {
  expect_random_requests_right("ascend910b1");
}
TEST(MlaDecode, IsRightForRandomRequestsOn3510) {
  expect_random_requests_right("ascend950pr");
}

TEST(MlaDecode, IsRightForTheHeadsOfDeepSeekV3) {
  test::OpBench bench("ascend910b1");
  expect_right(bench, decode("100:1:64", 128, "bf16"));
  OpRequest one_core = decode("200:65", 128, "fp16");
  one_core.cores = 1;
  expect_right(bench, one_core);
}

// On a die of its own, whose L2 holds nothing yet.
std::int64_t picoseconds(const OpRequest& request, bool functional = false) {
  const std::string text = test::in_child([&] {
    test::OpBench bench("ascend910b1");
    return std::to_string(bench.run("mla_decode", request, functional).duration.count());
  });
  EXPECT_EQ(text.find_first_not_of("0123456789"), std::string::npos) << text;
  return std::strtoll(text.c_str(), nullptr, 10);
}

TEST(MlaDecode, TakesTheSameTimeWithAndWithoutData) {
  const OpRequest request = decode("300:70", 16, "bf16");
  EXPECT_EQ(picoseconds(request, true), picoseconds(request));
}

TEST(MlaDecode, SplittingOneLongContextUsesTheOtherCores) {
  const std::int64_t split = picoseconds(decode("32768", 128, "bf16"));
  const std::int64_t whole = picoseconds(decode("32768", 128, "bf16", {{"split", "none"}}));
  EXPECT_LT(12 * split, whole);
}

TEST(MlaDecode, TwiceTheContextTakesTwiceTheTime) {
  OpRequest once = decode("4096:4096", 128, "bf16");
  OpRequest twice = decode("8192:8192", 128, "bf16");
  once.cores = twice.cores = 2;
  const auto single = static_cast<double>(picoseconds(once));
  EXPECT_NEAR(static_cast<double>(picoseconds(twice)), 2 * single, 0.1 * single);
}

std::string refusal(const OpRequest& request) {
  test::OpBench bench("ascend910b1");
  try {
    bench.run("mla_decode", request, false);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(MlaDecodeRefuses, AnEmptyContext) {
  EXPECT_EQ(refusal(decode("12:0", 16, "bf16")), "a request has 0 tokens, expected 1 to 16777216");
}
TEST(MlaDecodeRefuses, PagesThatStepsDoNotFill) {
  EXPECT_EQ(refusal(decode("12", 16, "bf16", {{"page", "100"}, {"tile", "64"}})),
            "page is 100, expected a multiple of the tile of 64");
}
TEST(MlaDecodeRefuses, LatentsThatAreNoWholeFractals) {
  OpRequest request = decode("12", 16, "bf16");
  request.shape["lora"] = 500;
  EXPECT_EQ(refusal(request), "lora is 500, expected a multiple of 16");
}
TEST(MlaDecodeRefuses, SumsThatDoNotFitTheUnifiedBuffer) {
  OpRequest request = decode("12", 128, "bf16", {{"tile", "16"}});
  request.shape["lora"] = 1024;
  const std::string said = refusal(request);
  EXPECT_NE(said.find("sums of 64 heads x 1024 take"), std::string::npos) << said;
}
TEST(MlaDecodeRefuses, ContextsGivenTwice) {
  OpRequest request = decode("12", 16, "bf16");
  request.shape["context"] = 12;
  EXPECT_EQ(refusal(request),
            "contexts gives the tokens of every request: batch and context do not go with it");
}

}  // namespace
}  // namespace podsim
