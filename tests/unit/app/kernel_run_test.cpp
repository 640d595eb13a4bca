// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "podsim/app/command_line.h"
#include "support/in_child.h"
#include "unit/app/kernel_sample_op.h"

namespace podsim::app {
namespace {

using test::add_one;
using testing::AllOf;
using testing::HasSubstr;

OpOptions options(const std::vector<std::string>& tiling = {}) {
  OpOptions made;
  made.common.chip = "ascend910b1";
  made.shape = {"n=393216"};
  made.tiling = tiling;
  return made;
}

std::string complaint(const OpOptions& options) {
  try {
    run_op(add_one(), options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no complaint";
}

std::string temporary(const std::string& name) {
  return testing::TempDir() + "podsim_" + testing::UnitTest::GetInstance()->current_test_info()->name() +
         name;
}

TEST(RunOp, TimingOnlyAndFunctionalTakeTheSameTime) {
  OpOptions timing = options();
  timing.cores = 24;
  OpOptions functional = timing;
  functional.check = true;
  const std::string duration = podsim::test::in_child(
      [&] { return std::to_string(run_op(add_one(), timing).result.task_duration.count()); });
  const KernelView view = run_op(add_one(), functional);
  EXPECT_EQ(std::to_string(view.result.task_duration.count()), duration);
  EXPECT_GT(view.result.task_duration, Picoseconds(1'000'000));
  EXPECT_EQ(view.check, "");
  EXPECT_TRUE(view.functional);
  EXPECT_EQ(view.blocks, 24);
  EXPECT_EQ(view.memory.read_bytes, 393216 * 4);
  EXPECT_EQ(view.memory.write_bytes, 393216 * 4);
  EXPECT_TRUE(view.result.hazards.empty());
}

TEST(RunOp, WrongOutputsFailTheCheck) {
  OpOptions wrong = options({"spoil=1"});
  wrong.check = true;
  wrong.common.quiet = true;
  const KernelView view = run_op(add_one(), wrong);
  EXPECT_EQ(view.check, "element 0 is 2");
  EXPECT_EQ(report_kernel(view, wrong.common), ExitCode::CheckFailed);
}

TEST(RunOp, WritesTraceAndFigures) {
  OpOptions all = options({"tile=1024"});
  all.common.trace = temporary(".trace");
  all.common.trace_cores = "1";
  all.common.json = temporary(".json");
  const KernelView view = run_op(add_one(), all);
  testing::internal::CaptureStdout();
  EXPECT_EQ(report_kernel(view, all.common), ExitCode::Done);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("add_one fp32 n=393216"), HasSubstr("tile=1024"), HasSubstr("timing only"),
                    HasSubstr("AIV mte2"), HasSubstr("bound by")));
  std::ifstream json(all.common.json);
  EXPECT_EQ(nlohmann::json::parse(json)["kernel"], "add_one");
  std::ifstream trace(all.common.trace);
  const auto events = nlohmann::json::parse(trace)["traceEvents"];
  std::size_t copies = 0;
  std::size_t arrows = 0;
  for (const auto& event : events) {
    copies += event["ph"] == "X" && event["name"] == "DataCopy" && event.contains("args") ? 1U : 0U;
    arrows += event["ph"] == "s" ? 1U : 0U;
  }
  EXPECT_EQ(copies, 2U * 2U * 8U) << "two vector cores, in and out, 393216 / 48 / 1024 tiles";
  EXPECT_GE(arrows, 32U) << "MTE2 to V and V to MTE3 for every tile";
}

TEST(RunOp, WrongRequestsSayWhatIsKnown) {
  OpOptions wrong = options();
  wrong.shape = {};
  EXPECT_THAT(complaint(wrong), AllOf(HasSubstr("--shape lacks n (elements)"), HasSubstr("default 2048")));
  wrong.shape = {"n=1,m=2"};
  EXPECT_THAT(complaint(wrong), HasSubstr("--shape m: add_one has no such key"));
  for (const char* size : {"n=0", "n=-1", "n=x", "n=1.5", "n=99999999999999999999"}) {
    wrong.shape = {size};
    EXPECT_THAT(complaint(wrong), HasSubstr("expected a whole number")) << size;
  }
  wrong = options({"tle=1"});
  EXPECT_THAT(complaint(wrong), HasSubstr("nearest is \"tile\""));
  wrong = options();
  wrong.dtype = "fp8";
  EXPECT_THAT(complaint(wrong), HasSubstr("known are \"fp32\""));
  wrong = options();
  wrong.common.trace_cores = "0";
  EXPECT_THAT(complaint(wrong), HasSubstr("--trace-cores goes with --trace"));
}

TEST(RunOp, PairsAreParted) {
  const std::map<std::string, std::string> expected{{"k", "3"}, {"m", "1"}, {"n", "a=b"}};
  EXPECT_EQ(parse_pairs({"m=1,n=a=b", "k=3"}, "--shape"), expected);
  for (const char* wrong : {"", "m", "m=", "=1", "m=1,", "m=1,m=2"})
    EXPECT_THROW(parse_pairs({wrong}, "--shape"), ConfigError) << wrong;
}

TEST(RunOp, TheListSaysWhatAnOperatorTakes) {
  EXPECT_THAT(op_list({add_one()}), AllOf(HasSubstr("add_one: y = x + 1"), HasSubstr("fp32 (default fp32)"),
                                          HasSubstr("elements of a copy (default 2048)")));
}

TEST(DeclaredKernel, IsFoundInTheText) {
  const std::string file = temporary(".cpp");
  KernelSource source;
  source.file = file;
  const auto declared = [&](const std::string& text, const std::string& entry) {
    std::ofstream(file) << text;
    source.entry = entry;
    return declared_kernel(source);
  };
  const std::string one = "extern \"C\" __global__ __aicore__ void one(GM_ADDR x, uint32_t n) { }\n";
  const std::string two = "__global__ __cube__ void two(GM_ADDR y) { }\n";
  EXPECT_EQ(declared(one, "").name, "one");
  EXPECT_THAT(declared(one, "").parameters, testing::ElementsAre("GM_ADDR x", "uint32_t n"));
  EXPECT_EQ(declared(one + two, "two").mix, npu::CoreMix::Cube);
  EXPECT_EQ(declared(one + two, "two<half>").name, "two<half>");
  const std::string made =
      "#include \"kernel_operator.h\"\n"
      "#define MAKE(T) extern \"C\" __global__ __aicore__ void made_##T(__gm__ T* x) { \\\n"
      "  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2); }\n"
      "MAKE(half)\nMAKE(float)\n";
  EXPECT_EQ(declared(made, "made_half").mix, npu::CoreMix::CubeAndTwoVectors);
  const auto refused = [&](const std::string& text, const std::string& entry) -> std::string {
    try {
      declared(text, entry);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no complaint";
  };
  EXPECT_THAT(refused(made, ""),
              AllOf(HasSubstr("made_half"), HasSubstr("made_float"), HasSubstr("--entry")));
  EXPECT_THAT(refused(one, "not_there"), AllOf(HasSubstr("not_there"), HasSubstr("one")));
  EXPECT_THROW(declared(one + two, ""), ConfigError);
  EXPECT_THROW(declared("int x;", ""), ConfigError);
}

TEST(KernelCommand, WhatIsMissingIsNamed) {
  const auto run = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"podsim", "kernel"});
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_command_line(static_cast<int>(arguments.size()), arguments.data()), 2);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(run({}), HasSubstr("podsim kernel list"));
  EXPECT_THAT(run({"no_such_operator", "--chip", "ascend910b1"}), HasSubstr("expected one of"));
  EXPECT_THAT(run({"run", "x.cpp"}), HasSubstr("--chip is required"));
  EXPECT_THAT(run({"run", "x.cpp", "--chip", "ascend910b1", "--mix", "2:1"}), HasSubstr("1:2"));
  EXPECT_THAT(run({"run", "no_such_file.cpp", "--chip", "ascend910b1"}), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace podsim::app
