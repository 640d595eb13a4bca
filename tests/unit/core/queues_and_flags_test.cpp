// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Queues of every pipe, flags between all pairs of pipes, and what a core says when it waits for ever.
#include <gmock/gmock.h>

#include "podsim/base/error.h"
#include "support/core_bench.h"
#include "support/in_child.h"

namespace podsim::test {
namespace {

using core::CoreConfig;
using kernel::CoreKind;
using testing::HasSubstr;

const std::vector<Pipe> kCubePipes{Pipe::M, Pipe::Mte1, Pipe::Mte2, Pipe::Mte3, Pipe::Fix};
const std::vector<Pipe> kVectorPipes{Pipe::V, Pipe::Mte2, Pipe::Mte3};

const std::vector<Pipe>& pipes_of(bool cube) {
  return cube ? kCubePipes : kVectorPipes;
}

// Some work of every pipe, at byte 0 of its buffers or where `place` says, that every generation knows.
Instruction work_on(Pipe pipe, bool cube, std::uint64_t place = 0) {
  switch (pipe) {
    case Pipe::M:
      return mmad(64, 64, 64);
    case Pipe::Mte1:
      return to_l0(false, 0, 0, 8192);
    case Pipe::Fix:
      return fixpipe(64, 64);
    case Pipe::V:
      return add(64 << 10, place, 16384 + 256, 32);
    case Pipe::Mte3:
      if (!cube) return store(1 << 20, place, 6400);
      break;
    default:
      break;
  }
  Instruction copy = load(cube ? Memory::L1 : Memory::UnifiedBuffer, 0, place, 6400);
  if (pipe == Pipe::Mte3) copy.work = kernel::LocalMove{kernel::LocalPath::L1ToBiasTable, 1024, 1, 1};
  if (pipe == Pipe::Mte3) copy.touch_count = 0;
  copy.pipe = pipe;
  return copy;
}

class Cores : public testing::TestWithParam<std::tuple<const char*, bool>> {
 protected:
  const std::string name_ = std::get<0>(GetParam());
  const bool cube_ = std::get<1>(GetParam());
  CoreConfig config_ = plain_core(name_);
};
INSTANTIATE_TEST_SUITE_P(Of, Cores,
                         testing::Combine(testing::Values("dav_2201", "dav_3510"), testing::Bool()),
                         [](const auto& made) {
                           return std::string(std::get<0>(made.param)) +
                                  (std::get<1>(made.param) ? "_AIC" : "_AIV");
                         });

// Instruction `depth` + i of a pipe is issued when its instruction i starts, not before, and what the scalar
// unit has lost by then is accounted for.
void expect_back_pressure(CoreBench& bench, Pipe pipe, bool cube, std::int64_t depth) {
  SCOPED_TRACE(fmt::format("{}, depth {}", config::enum_name(pipe), depth));
  bench.trace.slices.clear();
  bench.core().reset_result();
  const auto count = static_cast<std::size_t>(depth + 4);
  std::vector<std::int64_t> issued;
  const Picoseconds start = sim::now();
  ASSERT_TRUE(bench.run([&] {
    Instruction instruction = work_on(pipe, cube);
    instruction.touch_count = 0;
    for (std::size_t i = 0; i < count; ++i) {
      issue(instruction);
      issued.push_back(kernel::scalar_unit().cycles());
    }
  }));
  std::vector<core::TraceSlice> slices;
  for (const core::TraceSlice& slice : bench.trace.slices) {
    if (slice.pipe == pipe) slices.push_back(slice);
  }
  ASSERT_EQ(slices.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool free = static_cast<std::int64_t>(i) < depth;
    EXPECT_EQ(issued[i], free ? 0 : cycle_of(slices[i - static_cast<std::size_t>(depth)].start - start)) << i;
  }
  EXPECT_GT(issued.back(), 0);
  EXPECT_EQ(cycle_of(bench.core().result().pipe(Pipe::S).wait_queue), issued.back());
}

TEST_P(Cores, AFullQueueHoldsTheScalarUnit) {
  CoreBench bench(config_, cube_ ? 1 : 0, cube_ ? 0 : 1);
  for (const Pipe pipe : pipes_of(cube_)) expect_back_pressure(bench, pipe, cube_, config_.queue_depth(pipe));
}

TEST_P(Cores, AnotherDepthHoldsItElsewhere) {
  std::int64_t depth = 1;
  for (core::QueueRow& row : config_.queues) row.depth = depth++;
  CoreBench bench(config_, cube_ ? 1 : 0, cube_ ? 0 : 1);
  for (const Pipe pipe : pipes_of(cube_)) expect_back_pressure(bench, pipe, cube_, config_.queue_depth(pipe));
}

// One full queue does not hold what goes to another pipe before the scalar unit comes to it.
TEST_P(Cores, AFullQueueHoldsNobodyElse) {
  CoreBench bench(config_, cube_ ? 1 : 0, cube_ ? 0 : 1);
  for (const Pipe full : pipes_of(cube_)) {
    for (const Pipe other : pipes_of(cube_)) {
      if (full == other) continue;
      ASSERT_TRUE(bench.run([&] {
        Instruction instruction = work_on(full, cube_);
        instruction.touch_count = 0;
        for (std::int64_t i = 0; i < config_.queue_depth(full); ++i) issue(instruction);
        Instruction elsewhere = work_on(other, cube_);
        elsewhere.touch_count = 0;
        issue(elsewhere);
        EXPECT_EQ(kernel::scalar_unit().cycles(), 0);
      }));
    }
  }
}

// From every pipe to every other, the scalar unit among them: what waits starts when the producer has its
// result and the flag has gone through both pipes, and another event does not let it go.
TEST_P(Cores, AFlagOfEveryPairComesWithTheResultBeforeIt) {
  config_.sync.cycles.value = 3;
  CoreBench bench(config_, cube_ ? 1 : 0, cube_ ? 0 : 1);
  bench.strict = true;
  std::vector<Pipe> ends = pipes_of(cube_);
  ends.push_back(Pipe::S);
  std::uint8_t event = 0;
  for (const Pipe from : ends) {
    for (const Pipe to : ends) {
      if (from == to) continue;
      event = static_cast<std::uint8_t>((event + 1) % 8);
      const auto other = static_cast<std::uint8_t>((event + 1) % 8);
      SCOPED_TRACE(fmt::format("{} to {}", config::enum_name(from), config::enum_name(to)));
      bench.trace.slices.clear();
      const Picoseconds start = sim::now();
      std::int64_t scalar = 0;
      ASSERT_TRUE(bench.run([&] {
        set_flag(from, to, other);  // comes early, and is not what is waited for
        if (from == Pipe::S) {
          kernel::scalar_unit().compute(500);
        } else {
          Instruction first = work_on(from, cube_);
          first.call = "first";
          first.touch_count = 0;
          issue(first);
        }
        set_flag(from, to, event);
        wait_flag(from, to, event);
        scalar = kernel::scalar_unit().cycles();
        if (to != Pipe::S) {
          Instruction second = work_on(to, cube_);
          second.call = "second";
          second.touch_count = 0;
          issue(second);
        }
        wait_flag(from, to, other);
      }));
      // A set on a pipe takes its cycles once everything before it is done; a wait takes its own on the pipe.
      const Picoseconds sync = Picoseconds(3000);
      const Picoseconds set = from == Pipe::S ? start + 500_ns : bench.trace.of("first").at(0).end + sync;
      if (to == Pipe::S) {
        EXPECT_EQ(scalar, cycle_of(set - start));
      } else {
        EXPECT_EQ(bench.trace.of("second").at(0).start, set + sync);
      }
    }
  }
}

// Waits that nobody answers, on every pipe at once: each is named with its event and with what sits behind
// it.
TEST_P(Cores, EveryPipeThatWaitsForEverIsNamed) {
  CoreBench bench(config_, cube_ ? 1 : 0, cube_ ? 0 : 1);
  EXPECT_FALSE(bench.run([&] {
    std::uint8_t event = 0;
    for (const Pipe pipe : pipes_of(cube_)) {
      wait_flag(pipe == Pipe::Mte2 ? Pipe::Mte3 : Pipe::Mte2, pipe, event++);
      for (std::uint8_t i = 0; i < event; ++i) {
        Instruction behind = work_on(pipe, cube_);
        behind.touch_count = 0;
        issue(behind);
      }
    }
  }));
  EXPECT_TRUE(bench.core().busy());
  const std::string said = bench.core().waiting();
  EXPECT_THAT(said, HasSubstr(fmt::format("core 0 ({}, block 0)", cube_ ? "AIC" : "AIV")));
  int event = 0;
  for (const Pipe pipe : pipes_of(cube_)) {
    EXPECT_THAT(said, HasSubstr(fmt::format("{}: WaitFlag of event {} from {}, {} more queued",
                                            config::enum_name(pipe), event,
                                            pipe == Pipe::Mte2 ? "mte3" : "mte2", event + 1)));
    ++event;
  }
}

TEST_P(Cores, AScalarUnitThatWaitsForEverBehindAFullQueueIsNamed) {
  for (const Pipe pipe : pipes_of(cube_)) {
    const std::string said = in_child([&] {
      CoreBench bench(config_, cube_ ? 1 : 0, cube_ ? 0 : 1);
      const bool ended = bench.run([&] {
        wait_flag(Pipe::S, pipe, 0);
        for (std::int64_t i = 0; i < config_.queue_depth(pipe); ++i) {
          Instruction behind = work_on(pipe, cube_);
          behind.touch_count = 0;
          behind.call = "Behind";
          issue(behind);
        }
      });
      return ended ? "it ended" : bench.core().waiting();
    });
    EXPECT_THAT(said, HasSubstr("scalar waits for room in a queue in Behind at cycle 0"));
    EXPECT_THAT(said, HasSubstr(fmt::format("{}: WaitFlag of event 0 from scalar, {} more queued",
                                            config::enum_name(pipe), config_.queue_depth(pipe) - 1)));
  }
}

class Generations : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Of, Generations, testing::Values("dav_2201", "dav_3510"),
                         [](const auto& made) { return std::string(made.param); });

// A cube core waits for its vector core, which waits for the cube core.
TEST_P(Generations, CoresThatWaitForEachOtherAreBothNamed) {
  const CoreConfig config = plain_core(GetParam());
  CoreBench bench(config, 1, 1);
  EXPECT_FALSE(bench.run({[] {
                            issue(cross(false, Pipe::Fix, 2, 1));
                            issue(fixpipe(16, 16));
                            issue(cross(true, Pipe::Fix, 2, 2));
                          },
                          [] {
                            issue(cross(false, Pipe::Mte2, 2, 2));
                            issue(load(Memory::UnifiedBuffer, 0, 0, 64));
                            issue(cross(true, Pipe::Mte2, 2, 1));
                          }}));
  for (const std::size_t core : {0UL, 1UL}) {
    EXPECT_TRUE(bench.core(core).busy());
    const std::string said = bench.core(core).waiting();
    EXPECT_THAT(said, HasSubstr(fmt::format("core {}", core)));
    if (config.sync.cross_core_wait_on_pipe) {
      EXPECT_THAT(said,
                  HasSubstr(fmt::format("{}: CrossCoreWaitFlag of cross-core flag {} (mode 2), 2 more queued",
                                        core == 0 ? "fixpipe" : "mte2", core + 1)));
    } else {
      EXPECT_THAT(said, HasSubstr("scalar waits for a cross-core flag in CrossCoreWaitFlag at cycle 0"));
    }
  }
}

TEST_P(Generations, AFixpipeThatWaitsForAProductForEverIsNamed) {
  CoreBench bench(plain_core(GetParam()), 1, 0);
  EXPECT_FALSE(bench.run([] {
    issue(mmad(16, 16, 16, 0, 0, 2));  // more products are to come, says 2
    issue(fixpipe(16, 16, Memory::L1, 0, 3));
  }));
  EXPECT_THAT(bench.core().waiting(), HasSubstr("fixpipe: Fixpipe for the unit flag of L0C, 0 more queued"));
}

// Cross-core flags arrive when their delay is over, not a cycle before.
TEST_P(Generations, ACrossCoreFlagTakesItsCycles) {
  CoreConfig config = plain_core(GetParam());
  CoreBench bench(config, 0, 2);
  std::int64_t passed = 0;
  ASSERT_TRUE(bench.run({[] {
                           kernel::scalar_unit().compute(77);
                           issue(cross(true, Pipe::S, 0, 0));
                         },
                         [&] {
                           issue(cross(true, Pipe::S, 0, 0));
                           issue(cross(false, Pipe::S, 0, 0));
                           passed = kernel::scalar_unit().cycles();
                         }}));
  EXPECT_EQ(passed, 77 + config.sync.cross_core_cycles.value);
}

std::string error_of(const CoreConfig& config, bool cube, const std::function<void()>& kernel) {
  return in_child([&]() -> std::string {
    CoreBench bench(config, cube ? 1 : 0, cube ? 0 : 1);
    return bench.run(kernel) ? "" : "it waits: " + bench.core().waiting();
  });
}

// As many sets as the row says, and one more.
TEST_P(Generations, StandingSetsAndCountersStopAtTheirLimits) {
  const CoreConfig config = plain_core(GetParam());
  const auto sets = [](std::int64_t count) {
    return [count] {
      for (std::int64_t i = 0; i < count; ++i) set_flag(Pipe::Mte2, Pipe::V, 0);
    };
  };
  EXPECT_EQ(error_of(config, false, sets(config.sync.event_limit.value)), "");
  EXPECT_THAT(error_of(config, false, sets(config.sync.event_limit.value + 1)), HasSubstr("without a wait"));
  const auto counts = [](std::int64_t count) {
    return [count] {
      for (std::int64_t i = 0; i < count; ++i) issue(cross(true, Pipe::S, 0, 7));
    };
  };
  EXPECT_EQ(error_of(config, false, counts(config.sync.cross_core_limit.value)), "");
  EXPECT_THAT(error_of(config, false, counts(config.sync.cross_core_limit.value + 1)),
              HasSubstr("would pass"));
}

// The last byte of every buffer can be had, the one after it cannot: by instructions, strided or not, and by
// the scalar unit. The message has the call, the bytes, the buffer and its size.
TEST_P(Generations, EveryBufferEndsWhereItsRowSays) {
  const CoreConfig config = plain_core(GetParam());
  for (const core::BufferRow& row : config.buffers) {
    const auto size = static_cast<std::uint64_t>(row.size.value.count());
    const bool cube = row.memory != Memory::UnifiedBuffer;
    SCOPED_TRACE(config::enum_name(row.memory));
    const auto at = [&](const kernel::Footprint& footprint) {
      return error_of(config, cube, [&] {
        Instruction touching = work_on(Pipe::Mte2, cube);
        touching.call = "TouchingCall";
        touching.touch_count = 0;
        touching.touch(footprint);
        issue(touching);
      });
    };
    EXPECT_EQ(at(bytes_at(row.memory, true, size - 32, 32)), "");
    EXPECT_EQ(at({row.memory, true, 4, size - 3 * 128 - 32, 32, 128}), "");
    const auto message = [&](std::uint64_t from, std::uint64_t to) {
      return fmt::format("error: TouchingCall: bytes {} to {} of {}, expected at most {} B on {}", from, to,
                         config::enum_name(row.memory), size, GetParam());
    };
    EXPECT_EQ(at(bytes_at(row.memory, true, size - 32, 33)), message(size - 32, size + 1));
    EXPECT_EQ(at({row.memory, true, 4, size - 3 * 128 - 31, 32, 128}),
              message(size - 3 * 128 - 31, size + 1));
    EXPECT_EQ(at(bytes_at(row.memory, true, size + 1, 0)), message(size + 1, size + 1));
    const auto access = [&](std::uint64_t address) {
      return error_of(config, cube, [&] {
        kernel::scalar_unit().access("GetValue", bytes_at(row.memory, false, address, 2));
      });
    };
    EXPECT_EQ(access(size - 2), "");
    EXPECT_THAT(access(size - 1), HasSubstr(fmt::format("GetValue: bytes {} to {}", size - 1, size + 1)));
  }
}

}  // namespace
}  // namespace podsim::test
