// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Who sends what to whom in one V4-Pro MoE layer (384 experts, top-6) with 128 tokens on each of 8,192 cards.
#include <benchmark/benchmark.h>

#include <memory>

#include "podsim/moe/generators.h"
#include "podsim/moe/traffic.h"

namespace podsim::moe {
namespace {

constexpr std::size_t kCards = 8192;
constexpr std::size_t kExperts = 384;

std::unique_ptr<RoutingSource> uniform_routing() {
  RoutingSetup setup;
  setup.experts = kExperts;
  setup.top_k = 6;
  setup.sources = kCards;
  setup.tokens_per_source = 128;
  return make_routing(UniformRouting{}, setup);
}

// A distance that costs a few instructions, as one computed from coordinates does: cabinets of 64 cards, in
// them an 8 x 8 full mesh.
std::uint32_t cabinet_distance(std::uint32_t a, std::uint32_t b) {
  if (a / 64 != b / 64) return 4;
  return (a / 8 != b / 8 ? 1U : 0U) + (a % 8 != b % 8 ? 1U : 0U);
}

TrafficRequest layer_request(Copies copies, ReplicaChoice replica) {
  TrafficRequest request;
  request.top_k = 6;
  request.tokens = 128;
  request.copies = copies;
  request.replica = replica;
  return request;
}

void report(benchmark::State& state, std::uint64_t rows, std::uint64_t messages) {
  state.counters["rows"] = static_cast<double>(rows);
  state.counters["messages"] = static_cast<double>(messages);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows) * state.iterations());
}

// All cards in one expert-parallel group: 21 or 22 replicas of each expert.
void pod_wide(benchmark::State& state, Copies copies, ReplicaChoice replica) {
  const LayerPlacement placement = contiguous_placement(kExperts, kCards);
  const std::unique_ptr<RoutingSource> routing = uniform_routing();
  TrafficRequest request = layer_request(copies, replica);
  std::uint64_t rows = 0;
  std::uint64_t messages = 0;
  for (auto _ : state) {
    const LayerTraffic traffic = build_traffic(request, *routing, placement);
    rows = traffic.total_rows();
    messages = traffic.total_messages();
  }
  report(state, rows, messages);
}

// The cards in groups of `range(0)`: every group on its own, kept until the layer is complete.
void grouped(benchmark::State& state, Copies copies) {
  const auto ranks = static_cast<std::size_t>(state.range(0));
  const LayerPlacement placement = contiguous_placement(kExperts, ranks);
  const std::unique_ptr<RoutingSource> routing = uniform_routing();
  TrafficRequest request = layer_request(copies, ReplicaChoice::RoundRobin);
  std::uint64_t rows = 0;
  std::uint64_t messages = 0;
  for (auto _ : state) {
    std::vector<LayerTraffic> groups;
    rows = messages = 0;
    for (std::size_t first = 0; first < kCards; first += ranks) {
      request.cards.clear();
      for (std::size_t r = 0; r < ranks; ++r) request.cards.push_back(static_cast<std::uint32_t>(first + r));
      groups.push_back(build_traffic(request, *routing, placement));
      rows += groups.back().total_rows();
      messages += groups.back().total_messages();
    }
    benchmark::DoNotOptimize(groups.data());
  }
  report(state, rows, messages);
}

// Once for all layers of a placement.
void nearest_table(benchmark::State& state) {
  const LayerPlacement placement = contiguous_placement(kExperts, kCards, ReplicaOrder::Strided);
  for (auto _ : state) {
    const NearestReplicas nearest(placement, cabinet_distance);
    benchmark::DoNotOptimize(nearest.of(0, 0));
  }
}

void pod_wide_nearest(benchmark::State& state) {
  const LayerPlacement placement = contiguous_placement(kExperts, kCards, ReplicaOrder::Strided);
  const NearestReplicas nearest(placement, cabinet_distance);
  const std::unique_ptr<RoutingSource> routing = uniform_routing();
  TrafficRequest request = layer_request(Copies::PerExpert, ReplicaChoice::Nearest);
  request.nearest = &nearest;
  std::uint64_t rows = 0;
  std::uint64_t messages = 0;
  for (auto _ : state) {
    const LayerTraffic traffic = build_traffic(request, *routing, placement);
    rows = traffic.total_rows();
    messages = traffic.total_messages();
  }
  report(state, rows, messages);
}

// The share of the routing in the times above.
void routing_alone(benchmark::State& state) {
  const std::unique_ptr<RoutingSource> routing = uniform_routing();
  const TrafficRequest request = layer_request(Copies::PerExpert, ReplicaChoice::RoundRobin);
  for (auto _ : state) {
    benchmark::DoNotOptimize(count_expert_loads(request, *routing, kCards, kExperts).data());
  }
  report(state, kCards * 128 * 6, 0);
}

BENCHMARK_CAPTURE(pod_wide, round_robin, Copies::PerExpert, ReplicaChoice::RoundRobin)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pod_wide, random, Copies::PerExpert, ReplicaChoice::Random)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pod_wide, per_card, Copies::PerCard, ReplicaChoice::Random)->Unit(benchmark::kMillisecond);
BENCHMARK(pod_wide_nearest)->Unit(benchmark::kMillisecond);
BENCHMARK(nearest_table)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(grouped, per_expert, Copies::PerExpert)->Arg(64)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(grouped, per_card, Copies::PerCard)->Arg(64)->Unit(benchmark::kMillisecond);
BENCHMARK(routing_alone)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace podsim::moe

BENCHMARK_MAIN();
