// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "podsim/base/random.h"
#include "podsim/config/verbs.h"
#include "podsim/memory/memory_system.h"

// Requests per second of host time: one HBM2 channel, and a whole die behind its L2.
namespace podsim::memory {
namespace {

MemoryConfig preset(const char* name) {
  return config::load<MemoryConfig>(std::string("configs/memory/") + name + ".json");
}

// One request is 64 B. The share of the channel's peak is reported beside.
void BM_Channel(benchmark::State& state, bool random, std::int64_t bytes) {
  const MemoryConfig config = preset("hbm2_channel");
  const HbmTiming timing(config.hbm);
  HbmChannel channel(timing, config.hbm.hash.value);
  Random draw(1, "addresses");
  const std::uint64_t blocks = static_cast<std::uint64_t>(config.hbm.capacity.value.count() / bytes);
  std::uint64_t next = 0;
  for (auto _ : state) {
    const std::uint64_t block = random ? draw.below(blocks) : next++ % blocks;
    benchmark::DoNotOptimize(channel.access(0, static_cast<std::int64_t>(block) * bytes, bytes, false));
  }
  state.SetItemsProcessed(state.iterations() * bytes / 64);
  state.counters["of_peak"] =
      static_cast<double>(state.iterations() * bytes / timing.burst_bytes * timing.burst) /
      static_cast<double>(channel.clock());
}
BENCHMARK_CAPTURE(BM_Channel, stream_64B, false, 64);
BENCHMARK_CAPTURE(BM_Channel, stream_512B, false, 512);
BENCHMARK_CAPTURE(BM_Channel, stream_4KiB, false, 4096);
BENCHMARK_CAPTURE(BM_Channel, random_64B, true, 64);

// 24 cores read tiles of 64 rows of 2 KiB; items are pieces of one L2 line.
void read_tiles(benchmark::State& state, std::uint64_t footprint) {
  const MemoryConfig config = preset("ascend910b1");
  constexpr std::uint32_t kCores = 24;
  MemorySystem memory(config, kCores);
  sim::MemoryTransfer copy;
  copy.rows = 64;
  copy.row_bytes = 2048;
  copy.row_stride = 2048;
  copy.port_bytes_per_second = 203'500'000'000;
  const std::uint64_t tile = copy.rows * copy.row_bytes;
  std::uint64_t next = 0;
  Picoseconds now;
  for (auto _ : state) {
    for (std::uint32_t core = 0; core < kCores; ++core) {
      copy.address = next;
      next = (next + tile) % footprint;
      memory.transfer(core, now, copy);
    }
    for (std::uint32_t core = 0; core < kCores; ++core) now = std::max(now, memory.path_free(core, false));
  }
  state.SetItemsProcessed(state.iterations() * kCores * static_cast<std::int64_t>(tile / 512));
}
void BM_L2Hit(benchmark::State& state) {
  read_tiles(state, std::uint64_t{24} << 20U);
}
void BM_L2Miss(benchmark::State& state) {
  read_tiles(state, std::uint64_t{24} << 30U);
}
BENCHMARK(BM_L2Hit);
BENCHMARK(BM_L2Miss);

}  // namespace
}  // namespace podsim::memory

int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
