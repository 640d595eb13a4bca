// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "podsim/base/random.h"
#include "support/op_bench.h"

namespace podsim {
namespace {

using kernel::OpRequest;

// Operators whose keys may have any size.
constexpr const char* kNames[] = {"copy_stream",  "elementwise_chain", "gather_rows",  "gelu",
                                  "reduce_sum",   "rms_norm",          "scatter_rows", "softmax",
                                  "swiglu_quant", "vector_add"};

// A size for every key: rows of up to 4,800 columns, some thousand elements, whole blocks or not.
OpRequest random_request(const kernel::Op& op, const std::string& dtype, Random& random) {
  OpRequest request;
  request.dtype = dtype;
  request.seed = random.below(1'000'000);
  for (const kernel::OpKey& key : op.shape) {
    const std::uint64_t most = key.name == "n" ? 40'000 : key.name == "columns" ? 150 : 90;
    request.shape[key.name] = static_cast<std::int64_t>(1 + random.below(most));
    if (key.name == "columns" && random.below(2) == 0) request.shape[key.name] *= 32;
  }
  return request;
}

void expect_right(const std::string& chip) {
  test::OpBench bench(chip);
  Random random(11, "vector shapes");
  for (const char* const name : kNames) {
    const kernel::Op& op = kernel::find_op(name);
    for (const std::string& dtype : op.dtypes) {
      for (int i = 0; i < 3; ++i) {
        const OpRequest request = random_request(op, dtype, random);
        std::string said = op.name + " " + dtype;
        for (const auto& [key, value] : request.shape) said += fmt::format(" {}={}", key, value);
        const test::OpBench::Outcome outcome = bench.run(op.name, request);
        EXPECT_EQ(outcome.wrong, "") << said;
        EXPECT_EQ(outcome.hazards, 0U) << said;
      }
    }
  }
}

TEST(VectorOps, AreRightForRandomShapesOn2201) {
  expect_right("ascend910b1");
}
TEST(VectorOps, AreRightForRandomShapesOn3510) {
  expect_right("ascend950pr");
}

TEST(VectorAdd, TwoBuffersAreFasterThanOne) {
  test::OpBench bench("ascend910b1");
  OpRequest request;
  request.shape = {{"n", 1 << 20}};
  request.options = {{"buffers", "2"}, {"tile", "4096"}};
  const Picoseconds two = bench.run("vector_add", request, false).duration;
  request.options["buffers"] = "1";
  EXPECT_LT(two, bench.run("vector_add", request, false).duration);
}

}  // namespace
}  // namespace podsim
