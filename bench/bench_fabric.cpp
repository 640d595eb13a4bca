// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The packet engine alone, without SystemC: hop events per second of all-to-alls.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "fabric/packet_engine.h"
#include "podsim/config/fields.h"

namespace podsim::fabric {
namespace {

using namespace literals;

// Sends one row to every other card, starting behind itself.
class AllToAllCard : public Endpoint {
 public:
  AllToAllCard(NpuId self, std::size_t cards) : self_(self), cards_(cards) {}
  bool next_message(Picoseconds, Message& message) override {
    if (++sent_ >= cards_) return false;
    message = {NpuId((self_.value() + sent_) % cards_), 0, 7168_B, LaneClass::Data, 0};
    return true;
  }
  void message_arrived(const Arrival& arrival) override { last_ = arrival.time; }

 private:
  NpuId self_;
  std::size_t cards_;
  std::size_t sent_ = 0;
  Picoseconds last_;
};

void all_to_all(benchmark::State& state, const char* pod_file, std::size_t cards) {
  const topology::Pod pod = topology::build_pod(config::load<topology::PodConfig>(pod_file));
  const auto protocol = config::load<ProtocolConfig>("configs/protocols/unified_bus.json");
  const auto config = config::parse<FabricConfig>("{}", "defaults");
  std::uint64_t hops = 0;
  for (auto _ : state) {
    PacketEngine engine(pod, protocol, config, 1);
    std::vector<AllToAllCard> endpoints;
    endpoints.reserve(cards);
    for (std::size_t i = 0; i < cards; ++i) {
      endpoints.emplace_back(NpuId(i), cards);
      engine.attach(NpuId(i), endpoints.back());
      engine.kick(NpuId(i), 0_ps);
    }
    while (const auto next = engine.next_time()) engine.advance(*next);
    hops += engine.totals().hop_events;
    state.counters["packet_slots"] = static_cast<double>(engine.packet_slots());
  }
  state.counters["hop_events"] = benchmark::Counter(static_cast<double>(hops), benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(all_to_all, atlas950_1024, "configs/pods/atlas950_1024.json", 1024)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(all_to_all, atlas950_8192_first_2048, "configs/pods/atlas950_8192.json", 2048)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(all_to_all, atlas950_8192, "configs/pods/atlas950_8192.json", 8192)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace podsim::fabric

BENCHMARK_MAIN();
