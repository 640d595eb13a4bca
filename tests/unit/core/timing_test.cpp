// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/timing.h"

#include <gtest/gtest.h>

#include <ostream>

#include "podsim/base/error.h"
#include "podsim/config/verbs.h"
#include "support/instructions.h"

namespace podsim::core {
namespace {

using kernel::CubeWork;
using kernel::LocalMove;
using kernel::LocalPath;
using kernel::VectorOp;

CoreConfig preset(const std::string& name) {
  return config::load<CoreConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/cores/" + name + ".json");
}

class Preset : public testing::TestWithParam<const char*> {};

TEST_P(Preset, IsCompleteAndSaysItsSources) {
  const CoreConfig config = preset(GetParam());
  EXPECT_EQ(config::missing_sources(config), std::vector<std::string>());
  EXPECT_EQ(config.name, GetParam());
  EXPECT_EQ(config.scalar.issue.size(), 6U);
}
INSTANTIATE_TEST_SUITE_P(All, Preset, testing::Values("dav_2201", "dav_3510"));

struct CubeCase {
  const char* core;
  kernel::DataType type;
  std::uint32_t m, n, k;
  std::int64_t steps;
};
void PrintTo(const CubeCase& c, std::ostream* out) {
  *out << c.core << " " << config::enum_name(c.type) << " " << c.m << "x" << c.n << "x" << c.k;
}
class CubeRows : public testing::TestWithParam<CubeCase> {};

TEST_P(CubeRows, StepsAreAsPublished) {
  const CoreConfig config = preset(GetParam().core);
  const CubeTiming timing(config);
  CubeWork work;
  work.m = GetParam().m;
  work.n = GetParam().n;
  work.k = GetParam().k;
  work.a = work.b = GetParam().type;
  EXPECT_EQ(timing.steps(work), Cycles(GetParam().steps));
  EXPECT_EQ(timing(work).occupancy, Cycles(GetParam().steps + config.cube.issue_cycles.value));
  EXPECT_EQ(timing(work).total(), Cycles(GetParam().steps + config.cube.result_cycles.value));
}
using kernel::DataType;
INSTANTIATE_TEST_SUITE_P(Published, CubeRows,
                         testing::Values(CubeCase{"dav_2201", DataType::Fp16, 128, 256, 64, 512},
                                         CubeCase{"dav_2201", DataType::Bf16, 128, 256, 64, 512},
                                         CubeCase{"dav_2201", DataType::Fp16, 64, 64, 64, 64},
                                         CubeCase{"dav_2201", DataType::Fp16, 1, 1, 1, 1},
                                         CubeCase{"dav_2201", DataType::Fp16, 17, 16, 17, 4},
                                         CubeCase{"dav_2201", DataType::Int8, 128, 256, 128, 512},
                                         CubeCase{"dav_2201", DataType::Int4, 16, 16, 64, 1},
                                         CubeCase{"dav_2201", DataType::Fp32, 16, 16, 8, 2},
                                         CubeCase{"dav_2201", DataType::Hf32, 16, 16, 8, 1},
                                         CubeCase{"dav_3510", DataType::Fp16, 256, 256, 64, 1024},
                                         CubeCase{"dav_3510", DataType::Fp32, 16, 16, 8, 8},
                                         CubeCase{"dav_3510", DataType::Fp8E4m3, 256, 256, 128, 1024},
                                         CubeCase{"dav_3510", DataType::Fp4E2m1, 256, 256, 256, 1024}));

TEST(CubeTiming, ATypeWithoutARowIsRefused) {
  const CoreConfig config = preset("dav_2201");
  CubeWork work;
  work.a = work.b = DataType::Fp8E4m3;
  EXPECT_THROW(CubeTiming{config}.steps(work), ConfigError);
}

struct PathCase {
  const char* core;
  LocalMove move;
  std::int64_t cycles;
};
void PrintTo(const PathCase& c, std::ostream* out) {
  *out << c.core << " " << config::enum_name(c.move.path) << " " << c.move.bytes << " B, stride "
       << c.move.stride_w << ", repeats " << c.move.repeats;
}
class PathRows : public testing::TestWithParam<PathCase> {};

TEST_P(PathRows, CyclesAreAsPublished) {
  const CoreConfig config = preset(GetParam().core);
  EXPECT_EQ(LocalPathTiming{config}(GetParam().move).total(), Cycles(GetParam().cycles));
}
INSTANTIATE_TEST_SUITE_P(
    Published, PathRows,
    testing::Values(PathCase{"dav_2201", {LocalPath::L1ToL0a, 16384, 1, 1}, 64 + 28},
                    PathCase{"dav_2201", {LocalPath::L1ToL0b, 32768, 1, 1}, 256 + 28},
                    PathCase{"dav_2201", {LocalPath::L1ToL0bTranspose, 32768, 1, 1}, 256 + 28},
                    PathCase{"dav_2201", {LocalPath::L1ToL0aImage, 16384, 1, 1}, 64 + 50},
                    PathCase{"dav_2201", {LocalPath::L1ToL0aImage, 12800, 1, 2}, 100 + 50},   // 512 / 4
                    PathCase{"dav_2201", {LocalPath::L1ToL0bImage, 8500, 1, 2}, 100 + 50},    // 512 / 6 = 85
                    PathCase{"dav_2201", {LocalPath::L1ToL0aImage, 12800, 2, 1}, 100 + 50},   // 512 / 4
                    PathCase{"dav_2201", {LocalPath::L1ToL0aImage, 3200, 1, 100}, 100 + 50},  // not under 32
                    PathCase{
                        "dav_2201", {LocalPath::L1ToL0bImage, 2840, 1, 100}, 100 + 50},  // not under 28.4
                    PathCase{"dav_2201", {LocalPath::L1ToBiasTable, 1024, 1, 1}, 32 + 20},
                    PathCase{"dav_2201", {LocalPath::L1ToFixpipeBuffer, 1025, 1, 1}, 33 + 20},
                    PathCase{"dav_3510", {LocalPath::L1ToL0b, 32768, 1, 1}, 128 + 30},
                    PathCase{"dav_3510", {LocalPath::L1ToL0aTranspose, 32768, 1, 1}, 128 + 28},
                    PathCase{"dav_3510", {LocalPath::L1ToL0aScales, 512, 1, 1}, 16},
                    PathCase{"dav_3510", {LocalPath::L1ToFixpipeBuffer, 1024, 1, 1}, 32 + 26}));

TEST(LocalPathTiming, APathTheCoreHasNotIsRefused) {
  const CoreConfig config = preset("dav_2201");
  EXPECT_THROW(LocalPathTiming{config}({LocalPath::L1ToUnifiedBuffer, 32, 1, 1}), ConfigError);
}

TEST(FixpipeTiming, ElementsPerCycleAsPublished) {
  const CoreConfig old_core = preset("dav_2201");
  const CoreConfig new_core = preset("dav_3510");
  kernel::FixpipeMove move;
  move.destination = kernel::Memory::L1;
  move.layout = kernel::FixpipeMove::Layout::Nz;
  move.rows = 128;
  move.columns = 256;
  EXPECT_EQ(FixpipeTiming{old_core}(move).total(), Cycles(512 + 20));
  EXPECT_EQ(FixpipeTiming{new_core}(move).total(), Cycles(512 + 26));
  move.to = DataType::Fp32;
  EXPECT_EQ(FixpipeTiming{new_core}(move).total(), Cycles(1024 + 26));
  move.destination = kernel::Memory::UnifiedBuffer;
  EXPECT_EQ(FixpipeTiming{new_core}(move).total(), Cycles(1024 + 26));
  move.dual_destination = true;
  EXPECT_EQ(FixpipeTiming{new_core}(move).total(), Cycles(512 + 26));
  EXPECT_THROW(FixpipeTiming{old_core}(move), ConfigError);
}

kernel::VectorWork add(std::uint64_t to, std::uint64_t a, std::uint64_t b, std::uint32_t repeats) {
  return std::get<kernel::VectorWork>(test::add(to, a, b, repeats).work);
}
constexpr std::uint64_t kFar = 64 << 10;  // another bank of the same group on dav-2201

TEST(VectorTiming, RatesAsPublished) {
  const CoreConfig config = preset("dav_2201");
  const VectorTiming timing(config);
  kernel::VectorWork work = add(2 * kFar, 0, kFar + 256, 32);
  EXPECT_EQ(timing(work).occupancy, Cycles(32));
  EXPECT_EQ(timing(work).latency, Cycles(22));
  work.op = VectorOp::Transcendental;  // 32 elements per cycle of either width
  EXPECT_EQ(timing(work).occupancy, Cycles(32 * 4));
  work.op = VectorOp::ReduceRepeat;  // 128 elements in 7 cycles
  EXPECT_EQ(timing(work).occupancy, Cycles(32 * 7));
  work.op = VectorOp::Gather;  // 5 per cycle
  EXPECT_EQ(timing(work).occupancy, Cycles(820));
  work.op = VectorOp::Scatter;
  EXPECT_THROW(timing(work), ConfigError);
}

TEST(VectorTiming, TwoReadsOfOneGroupTakeTwoCyclesOn2201) {
  const CoreConfig config = preset("dav_2201");
  const VectorTiming timing(config);
  EXPECT_EQ(timing.bank_cycles(add(2 * kFar, 0, 512, 32)), Cycles(64));         // same groups
  EXPECT_EQ(timing.bank_cycles(add(2 * kFar, 0, kFar + 256, 32)), Cycles(32));  // the other eight groups
  EXPECT_EQ(timing(add(2 * kFar, 0, 512, 32)).bank, Cycles(32));
}

TEST(VectorTiming, AReadAndAWriteMeetInABankOnceWritesHaveBegun) {
  const CoreConfig config = preset("dav_2201");
  const VectorTiming timing(config);
  EXPECT_EQ(timing.bank_cycles(add(16384, 0, kFar + 256, 64)), Cycles(64 + 64 - 11));
  EXPECT_EQ(timing.bank_cycles(add(0, 0, kFar + 256, 64)), Cycles(64));  // in place
  EXPECT_EQ(timing.bank_cycles(add(16384, 0, kFar + 256, 8)), Cycles(8));
  EXPECT_EQ(timing.bank_cycles(add(16384, 0, 8192, 32)), Cycles(64));  // reads take turns: room for the write
}

TEST(VectorTiming, EightBlocksInOneGroupTakeEightCycles) {
  const CoreConfig config = preset("dav_2201");
  kernel::VectorWork work = add(kFar, 0, 0, 128);
  work.op = VectorOp::Move;
  work.sources = 1;
  work.destination.block_stride = 144;
  work.destination.repeat_stride = 1;
  EXPECT_EQ(VectorTiming{config}.bank_cycles(work), Cycles(8 * 128));
  work.destination.block_stride = 145;
  EXPECT_EQ(VectorTiming{config}.bank_cycles(work), Cycles(128));
}

TEST(VectorTiming, AnAdditionTakesTwoCyclesPerRepeatOn3510) {
  const CoreConfig config = preset("dav_3510");
  EXPECT_EQ(VectorTiming{config}.bank_cycles(add(3 * kFar, 0, kFar, 32)), Cycles(64));
  kernel::VectorWork unary = add(3 * kFar, 0, 0, 32);
  unary.sources = 1;
  EXPECT_EQ(VectorTiming{config}.bank_cycles(unary), Cycles(32));  // a read and a write
}

TEST(GlobalPathTiming, CostsOfTheCoresOwnEnd) {
  const CoreConfig config = preset("dav_2201");
  const GlobalPathTiming timing(config);
  kernel::GlobalMove move;
  move.row_bytes = 128;
  EXPECT_NEAR(timing(move).port_cycles, 18.7 + 2, 0.01);  // the smallest copy into the unified buffer
  move.local = kernel::Memory::L1;
  move.nd_to_nz = true;
  move.rows = 128;
  move.row_stride = 16384;
  EXPECT_NEAR(timing(move).port_cycles, 128 * 128 / 110.0, 0.01);
  EXPECT_FALSE(timing(move).one_at_a_time);
  move.row_stride = 16382;  // rows no longer start on 32 bytes: two cycles for each of four blocks
  EXPECT_NEAR(timing(move).port_cycles, 128 * (128 / 110.0 + 8), 0.01);
  move.write = true;
  EXPECT_THROW(timing(move), ConfigError);
}

TEST(LocalPathTiming, TheLatencyOfALoadDoesNotHoldTheNext) {
  const CoreConfig config = preset("dav_2201");
  const Duration load = LocalPathTiming{config}({LocalPath::L1ToL0b, 32768, 1, 1});
  EXPECT_EQ(load.occupancy, Cycles(256));
  EXPECT_EQ(load.latency, Cycles(28));
}

}  // namespace
}  // namespace podsim::core
