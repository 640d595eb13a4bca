// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Wall time of matrix products on cores and memory, timing only, against the targets. libsystemc owns main
// and calls sc_main.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "../tests/support/op_bench.h"

namespace {

using podsim::kernel::OpRequest;

struct Case {
  const char* name;
  const char* op;
  OpRequest request;
};

OpRequest request(std::map<std::string, std::int64_t> shape, const char* dtype,
                  std::map<std::string, std::string> options) {
  OpRequest result;
  result.shape = std::move(shape);
  result.dtype = dtype;
  result.options = std::move(options);
  return result;
}

std::vector<Case> cases() {
  return {
      {"128x4096x7168", "matmul",
       request({{"m", 128}, {"n", 4096}, {"k", 7168}}, "fp16", {{"b_transposed", "1"}})},
      {"decode experts", "grouped_matmul",
       request({{"groups", 8}, {"m", 16}, {"n", 4096}, {"k", 7168}}, "int8", {})},
      {"8192^3", "matmul", request({{"m", 8192}, {"n", 8192}, {"k", 8192}}, "fp16", {{"b_transposed", "1"}})},
  };
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

long peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

}  // namespace

// bench_ops [NAME]: all cases, or the one of that name.
int sc_main(int argc, char** argv) {
  const auto begin = std::chrono::steady_clock::now();
  podsim::test::OpBench bench("ascend910b1");
  std::printf("die built in %.3f s, peak memory %ld MiB\n", seconds_since(begin), peak_mebibytes());
  for (const Case& what : cases()) {
    if (argc > 1 && std::strcmp(argv[1], what.name) != 0) continue;
    const auto start = std::chrono::steady_clock::now();
    const podsim::test::OpBench::Outcome outcome = bench.run(what.op, what.request, false);
    const double took = seconds_since(start);
    std::printf("%-14s %-16s %10.2f us simulated in %.3f s, peak memory %ld MiB\n", what.op, what.name,
                static_cast<double>(outcome.duration.count()) / 1e6, took, peak_mebibytes());
  }
  return 0;
}
