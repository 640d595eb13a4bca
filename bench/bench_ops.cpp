// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Wall time of operators on the cores and the memory of one die, timing only. A die is built once and L2 is
// as the iteration before left it; scripts/bench.py times whole runs of `podsim kernel` instead.
#include <benchmark/benchmark.h>

#include <string>

#include "../tests/support/op_bench.h"

namespace {

using podsim::kernel::OpRequest;

OpRequest request(std::map<std::string, std::int64_t> shape, const char* dtype) {
  OpRequest result;
  result.shape = std::move(shape);
  result.dtype = dtype;
  return result;
}

void BM_Op(benchmark::State& state, const char* op, const OpRequest& what) {
  static podsim::test::OpBench bench("ascend910b1");  // SystemC builds modules once per process
  double simulated = 0.0;
  for (auto _ : state) simulated = static_cast<double>(bench.run(op, what, false).duration.count()) / 1e6;
  state.counters["simulated_us"] = simulated;
}
BENCHMARK_CAPTURE(BM_Op, matmul_128x4096x7168, "matmul",
                  request({{"m", 128}, {"n", 4096}, {"k", 7168}}, "fp16"))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Op, grouped_matmul_decode, "grouped_matmul",
                  request({{"groups", 8}, {"m", 16}, {"n", 4096}, {"k", 7168}}, "int8"))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Op, rms_norm_4096x7168, "rms_norm", request({{"rows", 4096}, {"columns", 7168}}, "bf16"))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Op, matmul_8192, "matmul", request({{"m", 8192}, {"n", 8192}, {"k", 8192}}, "fp16"))
    ->Unit(benchmark::kMillisecond);

}  // namespace

// libsystemc owns main and calls this.
int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
