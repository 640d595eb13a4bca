// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The hazard check against an oracle that knows the program and not its times: for correct kernels from which
// one flag or barrier at a time is taken, and for programs made up at random.
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "podsim/base/random.h"
#include "support/core_bench.h"

namespace podsim::test {
namespace {

using core::Hazard;

// Calls in program order. Every instruction has a name of its own, so that a finding names it.
using Program = std::vector<Instruction>;
const char* name_of(std::size_t i) {
  static std::vector<std::string> names;
  while (names.size() <= 4096) names.push_back(fmt::format("call{}", names.size()));
  return names.at(i).c_str();
}
Program named(Program program) {
  for (std::size_t i = 0; i < program.size(); ++i) program[i].call = name_of(i);
  return program;
}

bool is_barrier(const Instruction& call) {
  return std::holds_alternative<kernel::BarrierWork>(call.work);
}

// A pair of calls by their place in the program, the earlier one first.
using Pair = std::pair<std::size_t, std::size_t>;

// What call i knows to be done before it starts, as sets of calls: flags and barriers carry such sets about.
class Oracle {
 public:
  explicit Oracle(const Program& program) : program_(program), known_(program.size()) {
    for (std::size_t i = 0; i < program.size(); ++i) walk(i);
  }

  std::set<Pair> conflicts() const {
    std::set<Pair> found;
    for (std::size_t j = 0; j < program_.size(); ++j) {
      for (std::size_t i = 0; i < j; ++i) {
        if (conflict(program_[i], program_[j]) && !ordered(i, j)) found.insert({i, j});
      }
    }
    return found;
  }

 private:
  using Calls = std::set<std::size_t>;

  void walk(std::size_t i) {
    const Instruction& call = program_[i];
    if (const auto* all = std::get_if<kernel::BarrierWork>(&call.work); all != nullptr && all->all_pipes) {
      for (std::size_t c = 0; c < i; ++c) scalar_.insert(c);
      return;
    }
    Calls& mine = pipe_[static_cast<std::size_t>(call.pipe)];
    mine.insert(scalar_.begin(), scalar_.end());
    known_[i] = mine;
    Calls& queued = queued_[static_cast<std::size_t>(call.pipe)];
    if (const auto* flag = std::get_if<kernel::FlagWork>(&call.work)) {
      auto& sets = sets_[{flag->source, flag->destination, flag->event}];
      if (flag->set) {
        Calls told = mine;
        told.insert(queued.begin(), queued.end());
        sets.push_back(told);
      } else if (!sets.empty()) {
        mine.insert(sets.front().begin(), sets.front().end());
        sets.erase(sets.begin());
      }
    } else if (is_barrier(call)) {
      mine.insert(queued.begin(), queued.end());
    } else {
      queued.insert(i);
    }
  }

  static bool conflict(const Instruction& a, const Instruction& b) {
    for (std::size_t i = 0; i < a.touch_count; ++i) {
      for (std::size_t j = 0; j < b.touch_count; ++j) {
        if ((a.touches[i].write || b.touches[j].write) && clash(a, a.touches[i], b, b.touches[j]))
          return true;
      }
    }
    return false;
  }
  // Within a pipe only what was written before and is read (V) or written (V, MTE2, MTE3) again can be too
  // early.
  static bool clash(const Instruction& a, const kernel::Footprint& x, const Instruction& b,
                    const kernel::Footprint& y) {
    if (x.memory != y.memory || x.address >= y.address + y.bytes || y.address >= x.address + x.bytes)
      return false;
    if (a.pipe != b.pipe) return true;
    return x.write && (b.pipe == Pipe::V || ((b.pipe == Pipe::Mte2 || b.pipe == Pipe::Mte3) && y.write));
  }
  bool ordered(std::size_t i, std::size_t j) const { return known_[j].count(i) != 0; }

  const Program& program_;
  std::vector<Calls> known_;
  Calls scalar_;
  std::array<Calls, kernel::kPipeCount> pipe_;    // known before the next call of the pipe
  std::array<Calls, kernel::kPipeCount> queued_;  // work on the pipe so far
  std::map<std::tuple<Pipe, Pipe, std::uint8_t>, std::vector<Calls>> sets_;
};

std::size_t place_of(const std::string& call) {
  return static_cast<std::size_t>(std::stoul(call.substr(4)));
}

// Runs the program with hazards checked, and the findings against the oracle's.
class Judge {
 public:
  explicit Judge(bool cube) : bench_(plain_core(), cube ? 1 : 0, cube ? 0 : 1) { bench_.strict = true; }

  // The oracle's conflicts; each finding is one of them, with the cycles in which its calls started, and
  // there is a finding if there is a conflict.
  std::set<Pair> expect_agreement(const Program& program) {
    const std::set<Pair> conflicts = Oracle(program).conflicts();
    bench_.core().reset_result();
    bench_.trace.slices.clear();
    const Picoseconds start = sim::now();
    EXPECT_TRUE(bench_.run([&] {
      for (const Instruction& call : program) issue(call);
    })) << bench_.core().waiting();
    std::size_t findings = 0;
    for (const Hazard& hazard : bench_.core().hazards()) {
      if (hazard.kind == Hazard::Kind::EventSetTwice) continue;
      ++findings;
      const Pair pair{place_of(hazard.first_call), place_of(hazard.second_call)};
      EXPECT_EQ(conflicts.count(pair), 1U) << hazard.text();
      EXPECT_EQ(hazard.first_pipe, program[pair.first].pipe);
      EXPECT_EQ(hazard.second_pipe, program[pair.second].pipe);
      EXPECT_EQ(hazard.first_cycle, start_cycle(hazard.first_call, start)) << hazard.text();
      EXPECT_EQ(hazard.second_cycle, start_cycle(hazard.second_call, start)) << hazard.text();
    }
    EXPECT_EQ(findings > 0, !conflicts.empty())
        << conflicts.size() << " conflicts, " << findings << " findings";
    return conflicts;
  }

 private:
  std::int64_t start_cycle(const std::string& call, Picoseconds start) const {
    const auto slices = bench_.trace.of(call);
    // Cycles of a finding count from the start of simulated time.
    return slices.size() == 1 ? cycle_of(slices[0].start) : -1 - start.count();
  }
  CoreBench bench_;
};

// The i-th set of an event goes with its i-th wait: their places.
std::vector<Pair> flag_pairs(const Program& program) {
  std::map<std::tuple<Pipe, Pipe, std::uint8_t>, std::vector<std::size_t>> sets;
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const auto* flag = std::get_if<kernel::FlagWork>(&program[i].work);
    if (flag == nullptr) continue;
    auto& standing = sets[{flag->source, flag->destination, flag->event}];
    if (flag->set) {
      standing.push_back(i);
    } else {
      pairs.push_back({standing.at(0), i});
      standing.erase(standing.begin());
    }
  }
  return pairs;
}

Program without(const Program& program, const std::set<std::size_t>& places) {
  Program left;
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (places.count(i) == 0) left.push_back(program[i]);
  }
  return named(left);
}

// Every flag and every barrier is taken out of a correct kernel, one at a time. Returns how many were missed
// by somebody: the rest are superfluous by the oracle, and the check is quiet about them.
std::size_t missed_when_left_out(Judge& judge, const Program& program) {
  EXPECT_TRUE(judge.expect_agreement(named(program)).empty()) << "the kernel is wrong as it stands";
  std::size_t missed = 0;
  for (const auto& [set, wait] : flag_pairs(program)) {
    SCOPED_TRACE(fmt::format("without the flag at {} and {}", set, wait));
    missed += judge.expect_agreement(without(program, {set, wait})).empty() ? 0U : 1U;
  }
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (!is_barrier(program[i])) continue;
    SCOPED_TRACE(fmt::format("without the barrier at {}", i));
    missed += judge.expect_agreement(without(program, {i})).empty() ? 0U : 1U;
  }
  return missed;
}

constexpr std::uint64_t kFar = 64 << 10;

void both(Program& program, Pipe from, Pipe to, std::uint8_t event) {
  program.push_back(flag(true, from, to, event));
  program.push_back(flag(false, from, to, event));
}

// z = (x + y) + y, one buffer each.
Program serial_add(int tiles) {
  Program program;
  for (int i = 0; i < tiles; ++i) {
    const auto gm = static_cast<std::uint64_t>(i) * 8192;
    if (i > 0) program.push_back(flag(false, Pipe::V, Pipe::Mte2, 0));
    program.push_back(load(Memory::UnifiedBuffer, gm, 0, 8192));
    program.push_back(load(Memory::UnifiedBuffer, (1 << 20) + gm, kFar, 8192));
    both(program, Pipe::Mte2, Pipe::V, 0);
    if (i > 0) program.push_back(flag(false, Pipe::Mte3, Pipe::V, 0));
    program.push_back(add(2 * kFar, 0, kFar, 32));
    program.push_back(barrier(Pipe::V));
    program.push_back(add(2 * kFar, 2 * kFar, kFar, 32));
    if (i + 1 < tiles) program.push_back(flag(true, Pipe::V, Pipe::Mte2, 0));
    both(program, Pipe::V, Pipe::Mte3, 0);
    program.push_back(store((2 << 20) + gm, 2 * kFar, 8192));
    if (i + 1 < tiles) program.push_back(flag(true, Pipe::Mte3, Pipe::V, 0));
  }
  return program;
}

// The same with full barriers.
Program barrier_add(int tiles) {
  Program program;
  for (int i = 0; i < tiles; ++i) {
    const auto gm = static_cast<std::uint64_t>(i) * 8192;
    program.push_back(load(Memory::UnifiedBuffer, gm, 0, 8192));
    program.push_back(load(Memory::UnifiedBuffer, (1 << 20) + gm, kFar, 8192));
    program.push_back(barrier(Pipe::S, true));
    program.push_back(add(2 * kFar, 0, kFar, 32));
    program.push_back(barrier(Pipe::S, true));
    program.push_back(store((2 << 20) + gm, 2 * kFar, 8192));
    if (i + 1 < tiles) program.push_back(barrier(Pipe::S, true));
  }
  return program;
}

// Products of tiles through L1 and L0, two buffers of each.
Program products(int tiles) {
  Program program;
  for (std::uint8_t b = 0; b < 2; ++b) {
    program.push_back(flag(true, Pipe::Mte1, Pipe::Mte2, b));
    program.push_back(flag(true, Pipe::M, Pipe::Mte1, b));
    program.push_back(flag(true, Pipe::Fix, Pipe::M, b));
  }
  for (int i = 0; i < tiles; ++i) {
    const auto b = static_cast<std::uint8_t>(i % 2);
    const std::uint64_t l1 = b * 65536ULL;
    program.push_back(flag(false, Pipe::Mte1, Pipe::Mte2, b));
    program.push_back(load(Memory::L1, 0, l1, 16384));
    program.push_back(load(Memory::L1, 1 << 20, l1 + 32768, 16384));
    both(program, Pipe::Mte2, Pipe::Mte1, b);
    program.push_back(flag(false, Pipe::M, Pipe::Mte1, b));
    program.push_back(to_l0(false, l1, b * 32768ULL, 16384));
    program.push_back(to_l0(true, l1 + 32768, b * 32768ULL, 16384));
    program.push_back(flag(true, Pipe::Mte1, Pipe::Mte2, b));
    both(program, Pipe::Mte1, Pipe::M, b);
    program.push_back(flag(false, Pipe::Fix, Pipe::M, b));
    program.push_back(mmad(64, 64, 128, b * 32768ULL, b * 65536ULL));
    program.push_back(flag(true, Pipe::M, Pipe::Mte1, b));
    both(program, Pipe::M, Pipe::Fix, b);
    program.push_back(fixpipe(64, 64, Memory::L1, b * 65536ULL));
    program.back().touches[0].bytes = 64 * 64 * 4;
    program.push_back(flag(true, Pipe::Fix, Pipe::M, b));
  }
  for (std::uint8_t b = 0; b < 2; ++b) {
    program.push_back(flag(false, Pipe::Mte1, Pipe::Mte2, b));
    program.push_back(flag(false, Pipe::M, Pipe::Mte1, b));
    program.push_back(flag(false, Pipe::Fix, Pipe::M, b));
  }
  return program;
}

TEST(Mutations, EveryFlagOfASerialKernelIsMissed) {
  Judge judge(false);
  // Four tiles with two flags and a barrier of their own, and two flags between tiles.
  EXPECT_EQ(missed_when_left_out(judge, serial_add(4)), 4 * 3U + 3 * 2U);
}

TEST(Mutations, FullBarriersAreMissed) {
  Judge judge(false);
  // Those around the additions; with them the one between tiles has nothing left to order.
  EXPECT_EQ(missed_when_left_out(judge, barrier_add(4)), 4 * 2U);
}

TEST(Mutations, FlagsOfACubeKernelAreMissed) {
  Judge judge(true);
  const Program program = products(5);
  // Of 15 flags that give buffers back, each of the first two of a kind comes before anything was in the
  // buffer and each of the last two after everything was used.
  EXPECT_EQ(missed_when_left_out(judge, program), 5 * 3U + 3 * 3U);
}

// Work on a few small places, flags now and later, barriers: mostly wrong programs, some right.
Program random_program(Random& random, bool cube) {
  const std::vector<Pipe> pipes = cube ? std::vector<Pipe>{Pipe::Mte2, Pipe::Mte1, Pipe::M, Pipe::Fix}
                                       : std::vector<Pipe>{Pipe::Mte2, Pipe::V, Pipe::Mte3};
  const auto pipe = [&] { return pipes[random.below(pipes.size())]; };
  const auto place = [&] { return random.below(6) * 4096; };
  Program program;
  std::vector<Instruction> waits;
  std::uint8_t event = 0;
  const std::size_t length = 8 + random.below(24);
  const std::uint64_t order = 1 + random.below(6);  // how much of it is synchronisation
  while (program.size() < length) {
    if (random.below(7) < order) {
      const Pipe from = pipe();
      const Pipe to = pipe();
      if (from == to) {
        program.push_back(barrier(random.below(3) == 0 ? Pipe::S : from));
        std::get<kernel::BarrierWork>(program.back().work).all_pipes = program.back().pipe == Pipe::S;
        continue;
      }
      event = static_cast<std::uint8_t>((event + 1) % 8);
      program.push_back(flag(true, from, to, event));
      waits.push_back(flag(false, from, to, event));
      // Mostly at once; a full barrier would wait for ever behind a wait that comes before its set.
      while (!waits.empty() && random.below(4) != 0) {
        program.push_back(waits.front());
        waits.erase(waits.begin());
      }
      continue;
    }
    Instruction work = cube ? to_l0(false, 0, 0, 4096) : add(0, 0, 0, 16);
    switch (pipe()) {
      case Pipe::Mte2:
        work = load(cube ? Memory::L1 : Memory::UnifiedBuffer, random.below(4) * 4096, place(), 4096);
        break;
      case Pipe::Mte3:
        work = store(random.below(4) * 4096, place(), 4096);
        break;
      case Pipe::Mte1:
        work = to_l0(random.below(2) == 0, place(), random.below(3) * 4096, 4096);
        break;
      case Pipe::M:
        work = mmad(32, 32, 64, random.below(3) * 4096, random.below(3) * 4096);
        break;
      case Pipe::Fix:
        work = fixpipe(32, 32, Memory::L1, random.below(3) * 4096);
        work.touch(bytes_at(Memory::L1, true, place(), 2048));
        break;
      default:
        work = add(place(), place(), place(), 16);
        break;
    }
    program.push_back(work);
  }
  program.insert(program.end(), waits.begin(), waits.end());
  return named(program);
}

void expect_agreement_on_random_programs(bool cube) {
  Judge judge(cube);
  Random random(5, cube ? "cube programs" : "vector programs");
  int wrong = 0;
  int right = 0;
  for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(fmt::format("program {}", i));
    (judge.expect_agreement(random_program(random, cube)).empty() ? right : wrong) += 1;
  }
  EXPECT_GT(wrong, 500);
  EXPECT_GT(right, 100);
}

TEST(RandomPrograms, OfVectorCoresAreJudgedAsByTheOracle) {
  expect_agreement_on_random_programs(false);
}
TEST(RandomPrograms, OfCubeCoresAreJudgedAsByTheOracle) {
  expect_agreement_on_random_programs(true);
}

}  // namespace
}  // namespace podsim::test
