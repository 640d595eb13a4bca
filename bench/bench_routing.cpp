// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "podsim/moe/generators.h"
#include "podsim/moe/trace_routed.h"

// The routing of one MoE layer of DeepSeek-V4-Pro on 8,192 cards with 128 tokens each: 6.3 million routes.
namespace podsim::moe {
namespace {

RoutingSetup pod_setup() {
  RoutingSetup setup;
  setup.experts = 384;
  setup.top_k = 6;
  setup.vocabulary = 129'280;
  setup.sources = 8'192;
  setup.group_ranks = 64;
  setup.tokens_per_source = 128;
  return setup;
}

void route_layers(benchmark::State& state, RoutingSource& routing) {
  const RoutingSetup setup = pod_setup();
  std::vector<ExpertIndex> rows(static_cast<std::size_t>(setup.tokens_per_source * setup.top_k));
  std::int64_t layer = 0;
  for (auto _ : state) {
    for (std::int64_t source = 0; source < setup.sources; ++source) {
      routing.route({0, layer % 61, source, setup.tokens_per_source}, Span<ExpertIndex>(rows));
      benchmark::DoNotOptimize(rows.data());
    }
    ++layer;
  }
  state.SetItemsProcessed(state.iterations() * setup.sources * setup.tokens_per_source * setup.top_k);
}

void BM_Route(benchmark::State& state, const RoutingConfig& config) {
  route_layers(state, *make_routing(config, pod_setup()));
}

// A file of a few layers, in the temporary folder.
void BM_Replay(benchmark::State& state, TraceFormat format) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("podsim_bench_routing_{}", ::getpid());
  const std::unique_ptr<RoutingSource> uniform = make_routing(UniformRouting{}, pod_setup());
  RoutedTrace trace(*uniform, pod_setup(), "bench", 1, 2);
  TraceOutput output;
  output.path = path.string();
  output.format = format;
  write_trace(trace, output);
  TraceRouting config;
  config.file = path.string();
  config.format = format;
  route_layers(state, *make_routing(config, pod_setup()));
  std::filesystem::remove(path);
}

BENCHMARK_CAPTURE(BM_Route, uniform, UniformRouting{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Route, balanced, BalancedRouting{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Route, zipf, ZipfRouting{1.0})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Route, dirichlet, DirichletRouting{0.5, 0.0})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Route, hash, HashRouting{1.0})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Replay, packed, TraceFormat::Packed)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Replay, vllm_npy, TraceFormat::Vllm)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Replay, counts_npy, TraceFormat::CountsNpy)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace podsim::moe

BENCHMARK_MAIN();
