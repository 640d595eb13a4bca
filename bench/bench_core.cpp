// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// How fast the core model executes pipe instructions: the inner loop of a matrix product with double buffers,
// 24 cores, timing only, on a memory that costs nothing. Items are pipe instructions, flags not counted.
#include <benchmark/benchmark.h>

#include "../tests/support/core_bench.h"

namespace {

using namespace podsim;
using namespace podsim::test;

// 128 x 256 x (64 steps): two loads into L0, a product and four flags a step; a copy pair every four steps.
void matrix_product(int tiles, int steps) {
  for (std::uint8_t b = 0; b < 2; ++b) {
    set_flag(Pipe::M, Pipe::Mte1, b);
    set_flag(Pipe::Mte1, Pipe::Mte2, b);
  }
  for (int t = 0; t < tiles; ++t) {
    for (int s = 0; s < steps; ++s) {
      const auto b = static_cast<std::uint8_t>(s % 2);
      const auto big = static_cast<std::uint8_t>(s / 4 % 2);
      if (s % 4 == 0) {
        wait_flag(Pipe::Mte1, Pipe::Mte2, big);
        issue(load(Memory::L1, 0, big * 65536ULL, 512, 128, 16384, true));
        issue(load(Memory::L1, 0, 131072 + big * 131072ULL, 512, 256, 16384, true));
        set_flag(Pipe::Mte2, Pipe::Mte1, big);
        wait_flag(Pipe::Mte2, Pipe::Mte1, big);
      }
      wait_flag(Pipe::M, Pipe::Mte1, b);
      issue(to_l0(false, big * 65536ULL, b * 32768ULL, 16384));
      issue(to_l0(true, 131072 + big * 131072ULL, b * 32768ULL, 32768));
      set_flag(Pipe::Mte1, Pipe::M, b);
      if (s % 4 == 3) set_flag(Pipe::Mte1, Pipe::Mte2, big);
      wait_flag(Pipe::Mte1, Pipe::M, b);
      issue(mmad(128, 256, 64, b * 32768ULL, 0, s == steps - 1 ? 3 : 2));
      set_flag(Pipe::M, Pipe::Mte1, b);
    }
    issue(fixpipe(128, 256, Memory::Gm, 0, 3));
  }
}

void BM_MatrixProduct(benchmark::State& state) {
  constexpr int kTiles = 8;
  constexpr int kSteps = 128;
  constexpr std::size_t kCores = 24;
  static CoreBench bench(plain_core(), kCores, 0);  // SystemC builds modules once per process
  bench.record = false;
  std::int64_t calls = 0;
  std::int64_t instructions = 0;
  for (auto _ : state) {
    for (std::size_t c = 0; c < kCores; ++c) bench.core(c).reset_result();
    if (!bench.run(std::vector<std::function<void()>>(kCores, [] { matrix_product(kTiles, kSteps); }))) {
      state.SkipWithError("the cores wait for ever");
      break;
    }
    for (std::size_t c = 0; c < kCores; ++c) {
      const core::CoreResult result = bench.core(c).result();
      for (std::size_t p = 0; p < kernel::kPipeCount; ++p)
        (p == 0 ? calls : instructions) += result.pipes[p].instructions;
    }
  }
  state.SetItemsProcessed(instructions);
  state.counters["calls_per_second"] =
      benchmark::Counter(static_cast<double>(calls), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_MatrixProduct)->Unit(benchmark::kMillisecond);

}  // namespace

// libsystemc owns main and calls this.
int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
