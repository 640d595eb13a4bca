// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/ops/copy_walk.h"
#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "support/in_child.h"
#include "support/op_bench.h"

// Copy streams, gather and scatter of rows, the gate and sums, with every option they have.
namespace podsim {
namespace {

using kernel::OpRequest;
using testing::HasSubstr;

const std::vector<std::string> kChips{"ascend910b1", "ascend950pr"};

std::string words(const std::string& op, const OpRequest& request) {
  std::string said = op + " " + request.dtype;
  for (const auto& [key, value] : request.shape) said += fmt::format(" {}={}", key, value);
  for (const auto& [key, value] : request.options) said += fmt::format(" {}={}", key, value);
  return said;
}

// On a die of its own, in a process of its own: verdict, hazards and picoseconds.
std::string outcome(const std::string& chip, const std::string& op, const OpRequest& request,
                    bool functional) {
  return test::in_child([&] {
    test::OpBench bench(chip);
    const test::OpBench::Outcome result = bench.run(op, request, functional);
    return fmt::format("{}|{} hazards|{}", result.wrong, result.hazards, result.duration.count());
  });
}
// Right, without hazards, and of the same duration as without data.
void expect_right(const std::string& chip, const std::string& op, const OpRequest& request) {
  const std::string functional = outcome(chip, op, request, true);
  EXPECT_THAT(functional, testing::StartsWith("|0 hazards|")) << chip << " " << words(op, request);
  EXPECT_EQ(outcome(chip, op, request, false), functional) << chip << " " << words(op, request);
}
std::int64_t picoseconds(const std::string& chip, const std::string& op, const OpRequest& request) {
  const std::string text = outcome(chip, op, request, false);
  return std::strtoll(text.substr(text.rfind('|') + 1).c_str(), nullptr, 10);
}
std::string refusal(const std::string& chip, const std::string& op, const OpRequest& request) {
  kernel::DeviceMemory memory;
  try {
    kernel::find_op(op).prepare(app::die_traits(app::load_die(chip, {})), request, memory);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// Before a launch there is no result, and the comparison with the reference must say so.
TEST(MovingOps, ComparisonsFindThatNothingWasDone) {
  const kernel::DieTraits die = app::die_traits(app::load_die("ascend910b1", {}));
  const std::map<std::string, std::map<std::string, std::int64_t>> shapes{
      {"copy_stream", {{"rows", 9}, {"columns", 40}}},
      {"reduce_sum", {{"rows", 9}, {"columns", 40}}},
      {"gather_rows", {{"tokens", 9}, {"columns", 40}}},
      {"scatter_rows", {{"tokens", 9}, {"columns", 40}}},
      {"topk_gate", {{"tokens", 9}, {"experts", 40}}}};
  for (const auto& [name, shape] : shapes) {
    for (const char* const direction : {"in", "out", "through"}) {
      kernel::DeviceMemory memory;
      OpRequest request;
      request.shape = shape;
      if (name == "copy_stream") request.options = {{"direction", direction}};
      const std::unique_ptr<kernel::OpRun> run = kernel::find_op(name).prepare(die, request, memory);
      run->fill();
      EXPECT_NE(run->check(), "") << words(name, request);
    }
  }
}

OpRequest matrix(std::int64_t rows, std::int64_t columns, std::map<std::string, std::string> options) {
  OpRequest request;
  request.shape = {{"rows", rows}, {"columns", columns}};
  request.options = std::move(options);
  return request;
}

// --- copy_stream
// --------------------------------------------------------------------------------------------------

class CopyStreamOp : public testing::TestWithParam<std::string> {};

TEST_P(CopyStreamOp, IsRightInEveryDirectionAndOrder) {
  Random random(5, "copies");
  for (const char* const direction : {"in", "out", "through"}) {
    for (const char* const order : {"split", "same", "rotated"}) {
      for (const char* const dtype : {"fp16", "fp32", "int8"}) {
        const auto rows = static_cast<std::int64_t>(1 + random.below(70));
        const auto columns = static_cast<std::int64_t>(4 * (1 + random.below(200)));
        OpRequest request = matrix(rows, columns, {{"direction", direction}, {"order", order}});
        request.dtype = dtype;
        request.options["stride"] = std::to_string(columns + static_cast<std::int64_t>(random.below(50)));
        request.options["parts"] = random.below(2) == 0 ? "1" : "4";
        request.options["tile_rows"] = std::to_string(1 + random.below(static_cast<std::uint64_t>(rows)));
        request.options["offset"] = std::to_string(4 * random.below(20));
        request.cores = static_cast<std::int64_t>(1 + random.below(6));
        expect_right(GetParam(), "copy_stream", request);
      }
    }
  }
}
TEST_P(CopyStreamOp, IsRightIntoL1) {
  Random random(6, "copies");
  for (const char* const dtype : {"fp16", "fp32", "int8"}) {
    for (const char* const order : {"split", "same", "rotated"}) {
      OpRequest request =
          matrix(static_cast<std::int64_t>(1 + random.below(150)),
                 static_cast<std::int64_t>(1 + random.below(700)), {{"memory", "l1"}, {"order", order}});
      request.dtype = dtype;
      expect_right(GetParam(), "copy_stream", request);
      request.shape["columns"] = 320;
      request.options["layout"] = "nd";
      request.options["tile_columns"] = "128";
      expect_right(GetParam(), "copy_stream", request);
    }
  }
}
TEST_P(CopyStreamOp, HintsAndPassesChangeTheTimeOnly) {
  for (const char* const hint : {"normal", "bypass", "last", "persistent"}) {
    expect_right(GetParam(), "copy_stream", matrix(64, 512, {{"l2", hint}, {"passes", "3"}}));
  }
}
TEST_P(CopyStreamOp, RefusesWhatCannotBe) {
  const auto said = [](const OpRequest& request) { return refusal(GetParam(), "copy_stream", request); };
  EXPECT_THAT(said(matrix(64, 100, {{"parts", "3"}})), HasSubstr("100 columns are not divided by 3 parts"));
  EXPECT_THAT(said(matrix(64, 64, {{"layout", "nz"}})),
              HasSubstr("layout nz exists on the way into L1 only"));
  EXPECT_THAT(said(matrix(64, 64, {{"offset", "3"}})), HasSubstr("offset is 3, expected a multiple"));
  EXPECT_THAT(said(matrix(4000, 4096, {{"tile_rows", "4000"}, {"tile_columns", "4096"}})),
              HasSubstr("bytes of the unified buffer, which has"));
  EXPECT_THAT(said(matrix(64, 60, {{"memory", "l1"}, {"layout", "nd"}})),
              HasSubstr("copied in whole blocks"));
  EXPECT_THAT(said(matrix(64, 64, {{"tile_rows", "65"}})), HasSubstr("tile_rows"));
  EXPECT_THAT(said(matrix(64, 64, {{"stride", "60"}})), HasSubstr("stride"));
  EXPECT_THAT(said(matrix(64, 64, {{"order", "random"}})), HasSubstr("split, same, rotated"));
}
INSTANTIATE_TEST_SUITE_P(Chips, CopyStreamOp, testing::ValuesIn(kChips));

TEST(CopyStreamOp, L1HasAWayBackOn2201Only) {
  for (const char* const direction : {"out", "through"}) {
    const OpRequest request =
        matrix(100, 256, {{"memory", "l1"}, {"direction", direction}, {"tile_columns", "96"}});
    expect_right("ascend910b1", "copy_stream", request);
    EXPECT_THAT(refusal("ascend950pr", "copy_stream", request), HasSubstr("no copy from L1 to GM"));
  }
}
TEST(CopyStreamOp, ReadsWhatL2HoldsFasterThanPastIt) {
  const auto time = [](const char* hint) {
    return picoseconds("ascend950pr", "copy_stream", matrix(8192, 512, {{"passes", "4"}, {"l2", hint}}));
  };
  EXPECT_LT(time("normal"), time("bypass"));
}

// --- order of the tiles
// -------------------------------------------------------------------------------------------

std::vector<std::uint64_t> offsets(kernel::ops::CopyOrder order, std::uint64_t cores, std::uint64_t core) {
  kernel::ops::CopyMatrix matrix;
  matrix.rows = 4;
  matrix.columns = 6;
  matrix.stride = 10;
  matrix.tile_rows = 2;
  matrix.tile_columns = 2;
  matrix.parts = 2;
  matrix.passes = 2;
  matrix.order = order;
  kernel::ops::CopyWalk walk(matrix, cores, core);
  std::vector<std::uint64_t> found;
  for (kernel::ops::CopyTile tile; walk.next(tile);) found.push_back(tile.offset);
  return found;
}
// A part is 4 rows of 3 columns: tiles at columns 0 and 2 of rows 0 and 2.
TEST(CopyWalk, GoesThroughEveryPartAsOftenAsItShall) {
  using kernel::ops::CopyOrder;
  using testing::ElementsAre;
  EXPECT_THAT(offsets(CopyOrder::Same, 3, 2),
              ElementsAre(0, 2, 20, 22, 0, 2, 20, 22, 3, 5, 23, 25, 3, 5, 23, 25));
  EXPECT_THAT(offsets(CopyOrder::Rotated, 3, 1),
              ElementsAre(2, 20, 22, 0, 2, 20, 22, 0, 5, 23, 25, 3, 5, 23, 25, 3));
  EXPECT_THAT(offsets(CopyOrder::Split, 3, 0), ElementsAre(0, 0, 3, 3));
  EXPECT_THAT(offsets(CopyOrder::Split, 3, 2), ElementsAre(20, 22, 20, 22, 23, 25, 23, 25));
  EXPECT_THAT(offsets(CopyOrder::Split, 5, 0), ElementsAre());
}

// --- reduce_sum
// ---------------------------------------------------------------------------------------------------

TEST(ReduceSum, IsRightForLongRowsAndBothMethods) {
  Random random(8, "sums");
  for (const std::string& chip : kChips) {
    for (const char* const method : {"halves", "repeats"}) {
      for (const char* const dtype : {"fp32", "fp16", "bf16"}) {
        OpRequest request = matrix(static_cast<std::int64_t>(1 + random.below(60)),
                                   static_cast<std::int64_t>(1 + random.below(20'000)), {{"method", method}});
        request.dtype = dtype;
        expect_right(chip, "reduce_sum", request);
        request.options["tile_columns"] = "1";
        request.shape["columns"] = 3;
        expect_right(chip, "reduce_sum", request);
      }
    }
  }
}
TEST(ReduceSum, HalvesAreFasterThanRepeatsOn2201) {
  EXPECT_LT(picoseconds("ascend910b1", "reduce_sum", matrix(1, 30'000, {})),
            picoseconds("ascend910b1", "reduce_sum", matrix(1, 30'000, {{"method", "repeats"}})));
}

// --- gather_rows, scatter_rows
// ------------------------------------------------------------------------------------

OpRequest random_rows(Random& random, std::map<std::string, std::string> options) {
  OpRequest request;
  request.shape = {{"tokens", static_cast<std::int64_t>(1 + random.below(80))},
                   {"columns", static_cast<std::int64_t>(1 + random.below(900))},
                   {"rows", static_cast<std::int64_t>(1 + random.below(200))}};
  request.options = std::move(options);
  request.seed = random.below(1000);
  return request;
}

TEST(GatherRows, IsRightForEveryPattern) {
  Random random(21, "gather");
  for (const std::string& chip : kChips) {
    for (const char* const pattern : {"uniform", "sequential", "same", "distinct"}) {
      for (const char* const dtype : {"bf16", "fp16", "fp32", "int8"}) {
        OpRequest request =
            random_rows(random, {{"pattern", pattern}, {"l2", random.below(2) == 0 ? "normal" : "bypass"}});
        request.dtype = dtype;
        if (std::string(pattern) == "distinct")
          request.shape["rows"] = std::min(request.shape["rows"], request.shape["tokens"]);
        expect_right(chip, "gather_rows", request);
      }
    }
  }
}
TEST(GatherRows, CutsRowsThatDoNotFit) {
  OpRequest request;
  request.shape = {{"tokens", 5}, {"columns", 200'000}, {"rows", 7}};
  expect_right("ascend910b1", "gather_rows", request);
  request.shape["columns"] = 777;
  request.options = {{"tile_columns", "100"}, {"tile_rows", "3"}, {"buffers", "1"}};
  request.cores = 2;
  expect_right("ascend950pr", "gather_rows", request);
}
TEST(GatherRows, RefusesWhatCannotBe) {
  OpRequest request;
  request.shape = {{"tokens", 5}, {"columns", 16}, {"rows", 7}};
  request.options = {{"pattern", "distinct"}};
  EXPECT_THAT(refusal("ascend910b1", "gather_rows", request), HasSubstr("7 distinct rows out of 5"));
  request.options = {{"tile_columns", "17"}};
  EXPECT_THAT(refusal("ascend910b1", "gather_rows", request), HasSubstr("tile_columns"));
}

TEST(ScatterRows, IsRightWithWeightsAndAccumulation) {
  Random random(22, "scatter");
  for (const std::string& chip : kChips) {
    for (const char* const weights : {"0", "1"}) {
      for (const char* const dtype : {"bf16", "fp16", "fp32"}) {
        OpRequest request = random_rows(random, {{"weights", weights}, {"accumulate", "1"}});
        request.dtype = dtype;
        expect_right(chip, "scatter_rows", request);
        request = random_rows(random, {{"weights", weights}, {"accumulate", "0"}});
        request.shape["rows"] = std::min(request.shape["rows"], request.shape["tokens"]);
        request.dtype = dtype;
        expect_right(chip, "scatter_rows", request);
      }
    }
  }
}
TEST(ScatterRows, CutsRowsThatDoNotFit) {
  OpRequest request;
  request.shape = {{"tokens", 3}, {"columns", 100'001}, {"rows", 6}};
  request.options = {{"weights", "1"}};
  expect_right("ascend910b1", "scatter_rows", request);
}
TEST(ScatterRows, RefusesRowsThatMeet) {
  OpRequest request;
  request.shape = {{"tokens", 5}, {"columns", 16}, {"rows", 7}};
  request.options = {{"accumulate", "0"}};
  EXPECT_THAT(refusal("ascend910b1", "scatter_rows", request), HasSubstr("may meet in one place"));
  request.shape["rows"] = 5;
  request.options["pattern"] = "uniform";
  EXPECT_THAT(refusal("ascend910b1", "scatter_rows", request), HasSubstr("may meet in one place"));
}

// --- topk_gate
// ----------------------------------------------------------------------------------------------------

struct Gate {
  std::int64_t experts;
  std::int64_t top_k;
  std::map<std::string, std::string> options;
};

OpRequest gate_request(const Gate& gate, std::int64_t tokens, const std::string& dtype, std::uint64_t seed) {
  OpRequest request;
  request.shape = {{"tokens", tokens}, {"experts", gate.experts}, {"top_k", gate.top_k}};
  request.options = gate.options;
  request.dtype = dtype;
  request.seed = seed;
  return request;
}

TEST(TopkGate, IsRightForTheGatesOfKnownModels) {
  const std::vector<Gate> gates{
      {256, 8, {{"groups", "8"}, {"kept_groups", "4"}, {"scale", "2.5"}}},  // DeepSeek-V3
      {160,
       6,
       {{"score", "softmax"}, {"groups", "8"}, {"kept_groups", "3"}, {"scale", "16"}}},  // DeepSeek-V2
      {384, 8, {{"scale", "2.827"}}},                                                    // Kimi K2
      {128, 8, {{"score", "softmax"}, {"normalise", "1"}}},                              // Qwen3
      {8, 2, {{"score", "softmax"}}},
      {1, 1, {}},
  };
  Random random(31, "gates");
  for (const std::string& chip : kChips) {
    for (const Gate& gate : gates) {
      for (const char* const dtype : {"fp32", "fp16", "bf16"}) {
        expect_right(
            chip, "topk_gate",
            gate_request(gate, static_cast<std::int64_t>(1 + random.below(120)), dtype, random.below(1000)));
      }
    }
  }
}
TEST(TopkGate, IsRightForRandomGates) {
  Random random(32, "gates");
  for (int i = 0; i < 40; ++i) {
    const auto groups = static_cast<std::int64_t>(1 + random.below(12));
    const auto size =
        static_cast<std::int64_t>(2 + random.below(1024 / static_cast<std::uint64_t>(groups) - 1));
    const auto kept = static_cast<std::int64_t>(1 + random.below(static_cast<std::uint64_t>(groups)));
    const auto most = static_cast<std::uint64_t>(std::min<std::int64_t>(32, kept * size));
    const Gate gate{groups * size,
                    static_cast<std::int64_t>(1 + random.below(most)),
                    {{"groups", std::to_string(groups)},
                     {"kept_groups", std::to_string(kept)},
                     {"score", random.below(2) == 0 ? "sigmoid" : "softmax"},
                     {"bias", std::to_string(random.below(2))},
                     {"normalise", std::to_string(random.below(2))}}};
    expect_right(
        kChips[random.below(2)], "topk_gate",
        gate_request(gate, static_cast<std::int64_t>(1 + random.below(20)), "fp32", random.below(1000)));
  }
}
TEST(TopkGate, RefusesWhatCannotBe) {
  const auto said = [](const Gate& gate) {
    return refusal("ascend910b1", "topk_gate", gate_request(gate, 4, "fp32", 1));
  };
  EXPECT_THAT(said({256, 8, {{"groups", "7"}}}), HasSubstr("256 experts are not divided by 7 groups"));
  EXPECT_THAT(said({16, 3, {{"groups", "8"}, {"kept_groups", "1"}}}), HasSubstr("top_k is 3"));
  EXPECT_THAT(said({256, 33, {}}), HasSubstr("top_k is 33"));
  EXPECT_THAT(said({8, 2, {{"groups", "8"}}}), HasSubstr("expected at least 2 experts in a group"));
  EXPECT_THAT(said({8, 2, {{"scale", "many"}}}), HasSubstr("scale is \"many\""));
  EXPECT_THAT(said({2000, 8, {}}), HasSubstr("experts is 2000"));
}

}  // namespace
}  // namespace podsim
