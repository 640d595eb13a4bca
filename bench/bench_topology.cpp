// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "podsim/base/random.h"
#include "podsim/config/verbs.h"
#include "podsim/topology/check.h"
#include "podsim/topology/pod.h"
#include "podsim/topology/report.h"

// How long pods take to build and paths to compute. Presets are found below PODSIM_DATA or the working
// folder.
namespace podsim::topology {
namespace {

PodConfig preset(const std::string& name) {
  const char* data = std::getenv("PODSIM_DATA");  // NOLINT: nobody sets it while we run
  const std::string folder = data == nullptr ? "." : data;
  return config::load<PodConfig>(folder + "/configs/pods/" + name + ".json");
}

struct Pair {
  NpuId src;
  NpuId dst;
};

std::vector<Pair> random_pairs(std::size_t npus) {
  Random random(1, "bench pairs");
  std::vector<Pair> pairs;
  while (pairs.size() < 65536) {
    const NpuId src(random.below(npus));
    const NpuId dst(random.below(npus));
    if (src != dst) pairs.push_back({src, dst});
  }
  return pairs;
}

void build(benchmark::State& state, const std::string& name) {
  const PodConfig config = preset(name);
  for (auto _ : state) benchmark::DoNotOptimize(build_pod(config));
}

// As a packet engine asks: the number of choices, one of them by a hash, its path.
void route(benchmark::State& state, const std::string& name) {
  const Pod pod = build_pod(preset(name));
  const std::vector<Pair> pairs = random_pairs(pod.graph.npu_count());
  Path path;
  std::size_t i = 0;
  for (auto _ : state) {
    const Pair& pair = pairs[i++ & 65535U];
    const std::uint32_t count = pod.routing->path_count(pair.src, pair.dst);
    pod.routing->path(pair.src, pair.dst, static_cast<std::uint32_t>(mix64(i) % count), path);
    benchmark::DoNotOptimize(path);
  }
}

void path_only(benchmark::State& state, const std::string& name) {
  const Pod pod = build_pod(preset(name));
  const std::vector<Pair> pairs = random_pairs(pod.graph.npu_count());
  Path path;
  std::size_t i = 0;
  for (auto _ : state) {
    const Pair& pair = pairs[i++ & 65535U];
    pod.routing->path(pair.src, pair.dst, 0, path);
    benchmark::DoNotOptimize(path);
  }
}

void describe(benchmark::State& state, const std::string& name) {
  const Pod pod = build_pod(preset(name));
  for (auto _ : state) benchmark::DoNotOptimize(describe_pod(pod, 1));
}

void check(benchmark::State& state, const std::string& name) {
  const Pod pod = build_pod(preset(name));
  for (auto _ : state) benchmark::DoNotOptimize(check_pod(pod, 1));
}

BENCHMARK_CAPTURE(build, atlas950_8192, "atlas950_8192")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build, ub_mesh_8k, "ub_mesh_8k")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build, cloudmatrix384, "cloudmatrix384")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(path_only, atlas950_8192, "atlas950_8192");
BENCHMARK_CAPTURE(path_only, ub_mesh_8k, "ub_mesh_8k");
BENCHMARK_CAPTURE(path_only, cloudmatrix384, "cloudmatrix384");
BENCHMARK_CAPTURE(route, atlas950_8192, "atlas950_8192");
BENCHMARK_CAPTURE(route, ub_mesh_8k, "ub_mesh_8k");
BENCHMARK_CAPTURE(route, cloudmatrix384, "cloudmatrix384");
BENCHMARK_CAPTURE(route, example_ragged, "example_ragged");
BENCHMARK_CAPTURE(describe, atlas950_8192, "atlas950_8192")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(check, atlas950_8192, "atlas950_8192")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(check, cloudmatrix384, "cloudmatrix384")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace podsim::topology

BENCHMARK_MAIN();
