// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Speed and memory of link fidelity: an all-to-all of 7 KiB rows on full meshes of cards, in blocks per
// second of the host's time. One run per process, as SystemC elaborates once: bench_links [x [y [rows]]].
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "podsim/fabric/link/link_fabric.h"
#include "support/scripted_card.h"

namespace podsim {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

int run(int x, int y, int rows) {
  const std::string link = test::link_json("56GB/s", "87500ps");
  std::string dimensions = test::full_mesh_json(x, link, "x");
  if (y > 1) dimensions += ", " + test::full_mesh_json(y, link, "y");
  const topology::Pod pod = test::build(dimensions);
  const auto protocol =
      config::load<fabric::ProtocolConfig>(PODSIM_SOURCE_DIR "/configs/protocols/unified_bus.json");
  fabric::LinkFabric fabric("fabric", pod, protocol, test::fabric_config(), 1);
  std::vector<test::ScriptedCard> cards(pod.graph.npu_count());
  for (std::size_t i = 0; i < cards.size(); ++i) {
    for (std::size_t n = 0; n < static_cast<std::size_t>(rows) * (cards.size() - 1); ++n)
      cards[i].send((i + 1 + n % (cards.size() - 1)) % cards.size(), Bytes(7168));
    fabric.attach(NpuId(i), cards[i]);
    fabric.kick(NpuId(i), Picoseconds(0));
  }
  const double begin = cpu_seconds();
  sim::run_kernel();
  fabric.throw_failure();
  const double seconds = cpu_seconds() - begin;
  std::uint64_t control = 0;
  for (std::size_t i = 0; i < pod.graph.link_count(); ++i)
    control += fabric.sender(LinkId(i)).stats().control_blocks;
  const auto blocks = static_cast<double>(fabric.block_events());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << cards.size() << " cards: " << blocks << " data blocks, " << control << " control blocks, "
            << fabric.hub_events() << " events in " << seconds << " s of CPU: " << blocks / seconds * 1e-6
            << " M data blocks/s, " << (blocks + static_cast<double>(control)) / seconds * 1e-6
            << " M blocks/s; " << usage.ru_maxrss / 1024 << " MiB\n";
  return fabric.totals().messages_delivered == fabric.totals().messages_offered ? 0 : 1;
}

}  // namespace
}  // namespace podsim

int sc_main(int argc, char** argv) {
  const auto number = [&](int i, int fallback) { return argc > i ? std::atoi(argv[i]) : fallback; };
  return podsim::run(number(1, 8), number(2, 8), number(3, 4));
}
