// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "support/core_bench.h"

// Timing rows at their edges, through the module.
namespace podsim::test {

constexpr std::int64_t over(std::int64_t value, std::int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

// Scalar calls, flags and accesses that take no time.
inline core::CoreConfig bare_core(const std::string& name) {
  core::CoreConfig config = plain_core(name);
  config.scalar.access_cycles.value = 0;
  return config;
}

// A pipe of the same core that can wait for `pipe`.
inline Pipe waiter_of(Pipe pipe) {
  return pipe == Pipe::Mte2 ? Pipe::Mte3 : Pipe::Mte2;
}

// One kind of core, strict, so that nothing is ordered but by what a test says.
class Edges {
 public:
  Edges(const core::CoreConfig& config, bool cube) : bench_(config, cube ? 1 : 0, cube ? 0 : 1) {
    bench_.strict = true;
    bench_.functional = true;
    quiet(bench_.memory);
  }
  explicit Edges(bool cube, const std::string& name) : Edges(bare_core(name), cube) {}

  // `instruction` keeps its pipe for `occupancy` cycles and has its result after `result` cycles, not before.
  void expect(const Instruction& instruction, std::int64_t occupancy, std::int64_t result) {
    ASSERT_GT(result, 0);
    bool there = false;
    std::array<bool, 2> seen{};
    const auto look = [&there] {
      kernel::scalar_unit().access("look", bytes_at(Memory::L1, false, 0, 0));
      return there;
    };
    run([&] {
      issue(instruction, [&there] { there = true; });
      kernel::scalar_unit().compute(static_cast<std::uint32_t>(result - 1));
      seen[0] = look();
      kernel::scalar_unit().compute(1);
      seen[1] = look();
    });
    EXPECT_FALSE(seen[0]) << "there after " << result - 1 << " cycles";
    EXPECT_TRUE(seen[1]) << "not there after " << result << " cycles";
    expect_followers(instruction, occupancy, result);
  }

  CoreBench& bench() { return bench_; }
  Picoseconds run(const std::function<void()>& kernel) {
    const Picoseconds start = sim::now();
    bench_.trace.slices.clear();
    EXPECT_TRUE(bench_.run(kernel));
    return start;
  }

 private:
  // Memory that answers at once: what is left is the core's own path.
  static void quiet(FixedMemory& memory) { memory = FixedMemory(Picoseconds(0)); }

  // The next on the pipe starts with its occupancy over, one that waits for a flag with the result.
  void expect_followers(const Instruction& instruction, std::int64_t occupancy, std::int64_t result) {
    const Pipe waiter = waiter_of(instruction.pipe);
    Instruction next = instruction;
    next.call = "next";
    Instruction dependent = load(Memory::UnifiedBuffer, 0, 0, 32);
    dependent.pipe = waiter;
    std::get<kernel::GlobalMove>(dependent.work).local = Memory::UnifiedBuffer;
    std::get<kernel::GlobalMove>(dependent.work).write = waiter == Pipe::Mte3;
    if (bench_.core().core_kind() == kernel::CoreKind::Aic)
      std::get<kernel::GlobalMove>(dependent.work).local = Memory::L1;
    dependent.call = "dependent";
    dependent.touch_count = 0;
    const bool can_wait = bench_.core().core_kind() == kernel::CoreKind::Aiv || waiter == Pipe::Mte2;
    const Picoseconds start = run([&] {
      issue(instruction);
      if (can_wait) {
        set_flag(instruction.pipe, waiter, 0);
        wait_flag(instruction.pipe, waiter, 0);
        issue(dependent);
      }
      issue(next);
    });
    EXPECT_EQ(cycle_of(bench_.trace.of("next").at(0).start - start), occupancy);
    if (!can_wait) return;
    EXPECT_EQ(cycle_of(bench_.trace.of("dependent").at(0).start - start), result);
  }

  CoreBench bench_;
};

class Rows : public testing::TestWithParam<const char*> {
 protected:
  const core::CoreConfig config_ = bare_core(GetParam());
};

inline kernel::DataType type_of_width(std::int64_t bits) {
  return bits == 8    ? kernel::DataType::Int8
         : bits == 16 ? kernel::DataType::Fp16
         : bits == 32 ? kernel::DataType::Fp32
                      : kernel::DataType::Int64;
}

}  // namespace podsim::test
