// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Functions of register instructions on dav-3510.
#include "podsim/core/vector_function.h"

#include <gtest/gtest.h>

#include "podsim/config/verbs.h"
#include "support/instructions.h"

namespace podsim::test {
namespace {

using core::VectorFunctionTiming;
using core::VectorTiming;
using kernel::VectorOp;
using kernel::VectorWork;

constexpr std::uint64_t kX = 0;
constexpr std::uint64_t kY = 64 << 10;
constexpr std::uint64_t kZ = 128 << 10;
constexpr std::uint32_t kRepeats = 32;
constexpr std::int64_t kStart = 35;

class VectorFunctionTest : public testing::Test {
 protected:
  // Of one source each: to = op(from), float.
  std::int64_t call(VectorOp op, std::uint64_t to, std::uint64_t from, std::uint32_t function = 1) {
    VectorWork work = std::get<VectorWork>(add(to, from, from, kRepeats, kernel::DataType::Fp32).work);
    work.op = op;
    work.sources = 1;
    work.function = function;
    return function_(work).total().count();
  }
  std::int64_t sum(std::uint64_t to, std::uint64_t a, std::uint64_t b) {
    VectorWork work = std::get<VectorWork>(add(to, a, b, kRepeats, kernel::DataType::Fp32).work);
    work.function = 1;
    return function_(work).total().count();
  }

  const core::CoreConfig config_ =
      config::load<core::CoreConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/cores/dav_3510.json");
  const VectorTiming timing_{config_};
  VectorFunctionTiming function_{config_, timing_};
};

TEST_F(VectorFunctionTest, OneStartUpForAllCalls) {
  EXPECT_EQ(call(VectorOp::Mul, kY, kX), kStart + kRepeats);
  EXPECT_EQ(call(VectorOp::Mul, kY, kY), kRepeats);
  EXPECT_EQ(call(VectorOp::Mul, kY, kY), kRepeats);
}

TEST_F(VectorFunctionTest, AnotherFunctionStartsAnew) {
  call(VectorOp::Mul, kY, kX);
  EXPECT_EQ(call(VectorOp::Mul, kY, kX, 2), kStart + kRepeats);
  function_.reset();
  EXPECT_EQ(call(VectorOp::Mul, kY, kX, 2), kStart + kRepeats);
}

TEST_F(VectorFunctionTest, UnitsWorkSideBySide) {
  EXPECT_EQ(call(VectorOp::Transcendental, kY, kX), kStart + 4 * kRepeats);  // 16 per cycle
  EXPECT_EQ(call(VectorOp::Divide, kY, kY), 0);                              // as long, beside it
  for (int i = 0; i < 4; ++i) EXPECT_EQ(call(VectorOp::Add, kY, kY), 0);
  EXPECT_EQ(call(VectorOp::Add, kY, kY), kRepeats);  // five additions are longer than four cycles
}

TEST_F(VectorFunctionTest, OnlyWhatEntersOrIsNewTouchesTheUnifiedBuffer) {
  EXPECT_EQ(sum(kZ, kX, kY), kStart + kRepeats * 3 / 2);  // two loads and a store, two per cycle
  EXPECT_EQ(sum(kZ, kZ, kX), kRepeats / 2);               // no access more: two additions are longer
  EXPECT_EQ(sum(kZ, kZ, kY), kRepeats);
}

TEST_F(VectorFunctionTest, PartsOfKnownBytesAreInRegisters) {
  VectorWork whole = std::get<VectorWork>(add(kY, kX, kX, kRepeats, kernel::DataType::Fp32).work);
  whole.function = 1;
  whole.sources = 1;
  const std::int64_t first = function_(whole).total().count();
  EXPECT_EQ(first, kStart + kRepeats);  // a load and a store per cycle
  VectorWork half = std::get<VectorWork>(add(kY, kX + 256, kX, 1, kernel::DataType::Fp32).work);
  half.function = 1;
  EXPECT_EQ(function_(half).total(), Cycles(1));  // one more addition and no access
}

}  // namespace
}  // namespace podsim::test
