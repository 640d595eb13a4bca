// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// What holds for every operator of the library on every die: the same time with data as without, right
// results, and no hazards, with automatic synchronisation and without.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/in_child.h"
#include "support/op_bench.h"

namespace podsim {
namespace {

using kernel::Op;
using kernel::OpRequest;

std::vector<std::string> dies() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(PODSIM_SOURCE_DIR) + "/configs/dies"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

// Small sizes, ragged where nothing forbids it. A size of another name is 64.
OpRequest small_request(const Op& op, const std::string& dtype) {
  static const std::map<std::string, std::int64_t> sizes{
      {"m", 48},      {"n", 96},       {"k", 128},   {"groups", 3}, {"rows", 37},    {"columns", 96},
      {"tokens", 37}, {"experts", 32}, {"top_k", 4}, {"batch", 3},  {"context", 200}};
  OpRequest request;
  request.dtype = dtype;
  request.seed = 3;
  for (const kernel::OpKey& key : op.shape) {
    if (!key.fallback.empty() && sizes.count(key.name) == 0) continue;
    const auto found = sizes.find(key.name);
    request.shape[key.name] = found == sizes.end() ? 64 : found->second;
  }
  // One-dimensional operators: some tiles on every core, the last one cut short.
  if (op.shape.size() == 1) request.shape.begin()->second = 50'021;
  // Elements of 32 bits are not turned on the way to L0B.
  const bool turns = std::any_of(op.options.begin(), op.options.end(),
                                 [](const kernel::OpKey& key) { return key.name == "b_transposed"; });
  if (turns && dtype == "fp32") request.options["b_transposed"] = "1";
  return request;
}

struct Mode {
  bool functional;
  bool strict;
};

// What automatic synchronisation orders, and operators therefore do not: the vector unit's own results, and
// the scalar unit's accesses.
bool left_to_the_compiler(const core::Hazard& hazard) {
  using kernel::Pipe;
  const bool scalar = hazard.first_pipe == Pipe::S || hazard.second_pipe == Pipe::S;
  return scalar || (hazard.first_pipe == Pipe::V && hazard.second_pipe == Pipe::V);
}

// What a launch on a die of its own said: its time, or what was wrong with it. L2 is as a launch before left
// it, so launches that are compared need a die each.
std::string outcome(const std::string& die, const Op& op, const std::string& dtype, Mode mode) {
  return test::in_child([&]() -> std::string {
    const npu::DieConfig config = app::load_die(die, {});
    npu::Die on("die", config);
    kernel::DeviceMemory memory;
    const auto run = op.prepare(app::die_traits(config), small_request(op, dtype), memory);
    if (mode.functional) run->fill();
    npu::KernelLaunch launch;
    launch.function = [&run] { run->kernel(); };
    launch.mix = app::core_mix(run->mix());
    launch.blocks = run->blocks();
    launch.functional = mode.functional;
    launch.strict = mode.strict;
    launch.device_memory = memory.base();
    launch.device_bytes = memory.size();
    const npu::LaunchResult result = on.launch(launch);
    std::string said;
    for (const core::Hazard& hazard : result.hazards) {
      if (!mode.strict || !left_to_the_compiler(hazard)) said += "hazard: " + hazard.text() + "\n";
    }
    // In strict mode what is left to the compiler goes wrong, in the data too.
    if (mode.functional && !mode.strict) said += run->check();
    if (!said.empty()) return said;
    for (const core::CoreResult& core : result.cores) {
      said += fmt::format("core {}: active {}", core.core, to_string(core.active));
      for (const core::PipeResult& pipe : core.pipes)
        said += fmt::format(" {} {}", pipe.instructions, to_string(pipe.busy));
      said += "\n";
    }
    return "task " + to_string(result.task_duration) + "\n" + said;
  });
}

// A type that a generation lacks is refused, with the type and the architecture named.
bool refused_for_architecture(const std::string& said) {
  return said.rfind("error: ", 0) == 0 && said.find("architecture") != std::string::npos;
}

class EveryOp : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(On, EveryOp, testing::ValuesIn(dies()), [](const auto& made) { return made.param; });

TEST_P(EveryOp, TakesTheSameTimeWithAndWithoutDataAndIsRight) {
  for (const Op& op : kernel::op_library()) {
    std::size_t ran = 0;
    for (const std::string& dtype : op.dtypes) {
      SCOPED_TRACE(op.name + " " + dtype);
      const std::string with_data = outcome(GetParam(), op, dtype, {true, false});
      if (refused_for_architecture(with_data)) continue;
      ++ran;
      ASSERT_EQ(with_data.rfind("task ", 0), 0U) << with_data;
      EXPECT_EQ(outcome(GetParam(), op, dtype, {false, false}), with_data);
    }
    EXPECT_GT(ran, 0U) << op.name;
  }
}

// Strict mode sees more than the default: copies of one pipe that write over each other. Between pipes, and
// on cube cores altogether, an operator orders everything itself.
TEST_P(EveryOp, LeavesNothingElseToTheCompiler) {
  for (const Op& op : kernel::op_library()) {
    for (const std::string& dtype : op.dtypes) {
      SCOPED_TRACE(op.name + " " + dtype);
      const std::string said = outcome(GetParam(), op, dtype, {true, true});
      if (refused_for_architecture(said)) continue;
      EXPECT_EQ(said.rfind("task ", 0), 0U) << said;
    }
  }
}

}  // namespace
}  // namespace podsim
