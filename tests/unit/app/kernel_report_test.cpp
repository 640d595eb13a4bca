// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "podsim/app/kernel_die.h"
#include "podsim/base/error.h"

namespace podsim::app {
namespace {

using kernel::CoreKind;
using kernel::Pipe;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::int64_t kMicrosecond = 1'000'000;

core::CoreResult core_result(std::uint32_t number, CoreKind kind, std::int64_t active_us) {
  core::CoreResult core;
  core.core = number;
  core.kind = kind;
  core.blocks = 1;
  core.active = Picoseconds(active_us * kMicrosecond);
  return core;
}

core::PipeResult& pipe(core::CoreResult& core, Pipe which) {
  return core.pipes[static_cast<std::size_t>(which)];
}

// Two cube cores of 80 and 120 us in a launch of 125 us.
KernelView cube_view(std::int64_t first_busy_us, std::int64_t second_busy_us) {
  KernelView view;
  view.kernel = "matmul";
  view.dtype = "fp16";
  view.shape = {{"m", 512}, {"n", 256}};
  view.tiling = {{"base_m", "128"}};
  view.die = load_die("ascend910b1", {});
  view.mix = npu::CoreMix::Cube;
  view.blocks = 2;
  view.result.task_duration = Picoseconds(125 * kMicrosecond);
  view.result.cores = {core_result(0, CoreKind::Aic, 80), core_result(1, CoreKind::Aic, 120)};
  pipe(view.result.cores[0], Pipe::M).busy = Picoseconds(first_busy_us * kMicrosecond);
  pipe(view.result.cores[1], Pipe::M).busy = Picoseconds(second_busy_us * kMicrosecond);
  pipe(view.result.cores[0], Pipe::M).instructions = 10;
  pipe(view.result.cores[1], Pipe::M).instructions = 20;
  return view;
}

TEST(KernelReport, JsonHasTheNamesAndMeansOfTheProfiler) {
  KernelView view = cube_view(60, 100);
  view.flops = 125e6;
  view.memory.read_hits = {30, 30};
  view.memory.read_misses = {20, 0};
  view.memory.read_victims = {0, 20};
  view.memory.hbm_read_bytes = 125'000'000;
  view.memory.hbm.reads = 80;
  view.memory.hbm.writes = 20;
  view.memory.hbm.row_misses = 5;
  view.memory.hbm.row_conflicts = 10;
  const auto json = nlohmann::json::parse(kernel_json(view));
  EXPECT_EQ(json["task_duration_us"], 125.0);
  EXPECT_EQ(json["task_cycles"], 231250);  // at 1.85 GHz
  EXPECT_EQ(json["block_num"], 2);
  EXPECT_EQ(json["aicore_time_us"], 100.0);
  EXPECT_EQ(json["aic_total_cycles"], 370000);
  EXPECT_EQ(json["aic_mac_time_us"], 80.0);
  EXPECT_EQ(json["aic_mac_ratio"], 0.8);
  for (const char* name : {"aic_mte1", "aic_mte2", "aic_mte3", "aic_fixpipe", "aic_scalar"}) {
    EXPECT_EQ(json[std::string(name) + "_time_us"], 0.0) << name;
    EXPECT_EQ(json[std::string(name) + "_ratio"], 0.0) << name;
  }
  EXPECT_FALSE(json.contains("aiv_time_us")) << "no vector core ran";
  EXPECT_EQ(json["flop_per_s"], 1e12);
  EXPECT_DOUBLE_EQ(json["peak_flop_per_s"].get<double>(), 24 * 8192 * 1.85e9);
  EXPECT_EQ(json["memory"]["l2_hit_rate"], 0.6);
  EXPECT_EQ(json["memory"]["l2_read_miss_allocate"], 40);
  EXPECT_EQ(json["memory"]["hbm_row_hit_rate"], 0.85);
  EXPECT_EQ(json["memory"]["hbm_bytes_per_s"], 1e12);
  EXPECT_EQ(json["pipes"][0]["instructions"], 30);
  EXPECT_EQ(json["pipes"][0]["busy_max_us"], 100.0);
  EXPECT_EQ(kernel_json(view), kernel_json(view));
}

TEST(KernelReport, VectorCoresHaveTheirOwnColumns) {
  KernelView view = cube_view(0, 0);
  view.mix = npu::CoreMix::Vector;
  view.result.cores = {core_result(24, CoreKind::Aiv, 100)};
  pipe(view.result.cores[0], Pipe::V).busy = Picoseconds(11'806'513);
  pipe(view.result.cores[0], Pipe::Mte3).busy = Picoseconds(50 * kMicrosecond);
  const std::string text = kernel_json(view);
  EXPECT_THAT(text, HasSubstr("\"aiv_vec_time_us\": 11.806513,"));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["aiv_time_us"], 100.0);
  EXPECT_EQ(json["aiv_mte3_ratio"], 0.5);
  EXPECT_FALSE(json.contains("aicore_time_us"));
}

TEST(KernelReport, TextShowsEveryFigure) {
  KernelView view = cube_view(60, 100);
  view.flops = 125e6;
  view.compulsory_bytes = 1e6;
  pipe(view.result.cores[0], Pipe::M).wait_flag = Picoseconds(7 * kMicrosecond);
  pipe(view.result.cores[1], Pipe::M).wait_flag = Picoseconds(9 * kMicrosecond);
  const std::string text = kernel_text(view);
  EXPECT_THAT(text, AllOf(HasSubstr("matmul fp16 m=512 n=256 on Ascend 910B1"), HasSubstr("base_m=128"),
                          HasSubstr("125 us, 231,250 cycles"), HasSubstr("AIC 100 us, slowest 120 us"),
                          HasSubstr("AIC cube"), HasSubstr("80.0 %")));
  EXPECT_THAT(text,
              AllOf(HasSubstr("      8.000"), HasSubstr("1 TFLOP/s, 0.3 % of the 363.7 TFLOP/s peak"),
                    HasSubstr("hit rate"), HasSubstr("row hits"), HasSubstr("bound by matrix products")));
  EXPECT_THAT(text, Not(HasSubstr("mte1"))) << "an unused pipe has no row";
  EXPECT_THAT(text, Not(HasSubstr("check")));
  view.check = "element 3 is 7";
  EXPECT_THAT(kernel_text(view), HasSubstr("FAILED: element 3 is 7"));
  EXPECT_EQ(nlohmann::json::parse(kernel_json(view))["check"], "element 3 is 7");
  view.check = "";
  EXPECT_THAT(kernel_text(view), HasSubstr("check         passed"));
}

TEST(KernelReport, WaitsOfCopiesInFlightTogetherAreNoLongerThanTheCopies) {
  KernelView view = cube_view(1, 1);
  for (core::CoreResult& core : view.result.cores) {
    pipe(core, Pipe::Mte2).busy = Picoseconds(10 * kMicrosecond);
    pipe(core, Pipe::Mte2).wait_memory = Picoseconds(40 * kMicrosecond);
  }
  EXPECT_EQ(pipe_rows(view)[2].name, "AIC mte2");
  EXPECT_EQ(pipe_rows(view)[2].mean.wait_memory, Picoseconds(10 * kMicrosecond));
}

// --- the sentence
// -----------------------------------------------------------------------------------------------

TEST(KernelBound, ABusyCubeBounds) {
  EXPECT_THAT(kernel_bound(cube_view(70, 110)),
              AllOf(StartsWith("bound by matrix products: AIC cube is busy 90.0 %"),
                    HasSubstr("the slowest core takes 1.2 times the mean")));
}

TEST(KernelBound, CopiesThatWaitAreTheMemorys) {
  KernelView view = cube_view(10, 10);
  for (core::CoreResult& core : view.result.cores) {
    pipe(core, Pipe::Mte2).busy = core.active;
    pipe(core, Pipe::Mte2).wait_memory = core.active / 2;
  }
  EXPECT_THAT(kernel_bound(view), HasSubstr("for the latency and the paths of the memory"));
  view.memory.requests = 100;
  view.memory.conflicts = 50;
  EXPECT_THAT(kernel_bound(view), HasSubstr("for L2, where 50.0 % of the requests meet another core"));
  view.memory.hbm_read_bytes = 180'000'000;  // 1.44 TB/s of 1.638
  EXPECT_THAT(kernel_bound(view), HasSubstr("for HBM, which gives 87.9 % of its nominal bandwidth"));
}

TEST(KernelBound, CopiesAtTheirOwnRateAreThePaths) {
  KernelView view = cube_view(10, 10);
  for (core::CoreResult& core : view.result.cores) pipe(core, Pipe::Mte1).busy = core.active;
  EXPECT_THAT(kernel_bound(view),
              AllOf(HasSubstr("copies from L1 to the cube's buffers"), Not(HasSubstr("waits"))));
}

TEST(KernelBound, BankConflictsAreNamed) {
  KernelView view = cube_view(0, 0);
  view.result.cores = {core_result(24, CoreKind::Aiv, 100)};
  pipe(view.result.cores[0], Pipe::V).busy = Picoseconds(90 * kMicrosecond);
  EXPECT_THAT(kernel_bound(view),
              AllOf(HasSubstr("vector instructions: AIV vector"), Not(HasSubstr("bank"))));
  pipe(view.result.cores[0], Pipe::V).wait_bank = Picoseconds(45 * kMicrosecond);
  EXPECT_THAT(kernel_bound(view), HasSubstr("50.0 % of that in bank conflicts of the unified buffer"));
}

TEST(KernelBound, APipeThatIdlesSaysWhatItLacks) {
  KernelView view = cube_view(20, 40);
  pipe(view.result.cores[0], Pipe::M).wait_flag = Picoseconds(30 * kMicrosecond);
  EXPECT_THAT(kernel_bound(view), AllOf(HasSubstr("AIC cube, works 30.0 %"), HasSubstr("take turns")));
  pipe(view.result.cores[0], Pipe::M).wait_issue = Picoseconds(50 * kMicrosecond);
  EXPECT_THAT(kernel_bound(view), HasSubstr("the scalar unit has not issued yet"));
}

TEST(KernelBound, AShortKernelIsItsLaunch) {
  KernelView view = cube_view(70, 110);
  view.result.task_duration = Picoseconds(1000 * kMicrosecond);
  EXPECT_THAT(kernel_bound(view), HasSubstr("bound by the launch: the slowest core works 12.0 %"));
}

// --- the die
// ----------------------------------------------------------------------------------------------------

TEST(KernelDie, PeaksComeFromTheTables) {
  const npu::DieConfig a2 = load_die("ascend910b1", {});
  EXPECT_DOUBLE_EQ(peak_flops(a2, npu::CoreMix::Cube, "fp16"), 24 * 2 * 4096 * 1.85e9);
  EXPECT_DOUBLE_EQ(peak_flops(a2, npu::CoreMix::CubeAndTwoVectors, "int8"), 24 * 2 * 8192 * 1.85e9);
  EXPECT_DOUBLE_EQ(peak_flops(a2, npu::CoreMix::Vector, "fp32"), 48 * 64 * 1.85e9);
  EXPECT_EQ(peak_flops(a2, npu::CoreMix::Cube, "mxfp4"), 0.0) << "dav-2201 has no fp4";
  EXPECT_EQ(peak_flops(a2, npu::CoreMix::Cube, "anything"), 0.0);
  const npu::DieConfig a5 = load_die("ascend950pr", {});
  EXPECT_DOUBLE_EQ(peak_flops(a5, npu::CoreMix::Cube, "mxfp4"),
                   peak_flops(a5, npu::CoreMix::Cube, "fp16") * 4);
}

TEST(KernelDie, SetChangesItAndUnknownNamesListTheKnown) {
  EXPECT_EQ(load_die("ascend910b1", {"/cube_cores=20"}).cube_cores.value, 20);
  EXPECT_EQ(die_traits(load_die("ascend910b1", {"/cube_cores=20"})).vector_cores, 40);
  EXPECT_EQ(die_traits(load_die("ascend950pr", {})).architecture, 3510U);
  try {
    load_die("tpu", {});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("ascend910b1"), HasSubstr("ascend950pr")));
  }
}

}  // namespace
}  // namespace podsim::app
