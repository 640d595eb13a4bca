// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Packet fidelity against link fidelity on the same traffic: the time at which the last message is there.
// Where buffers do not fill they agree within 5 %, where they do within 15 %; so does packet fidelity with
// credits where buffers are small. Each test prints its row of the
// table in docs/components/ub_link.md, the mean time of arrival included, which is not held to a limit.
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <sstream>

#include "podsim/base/random.h"
#include "podsim/fabric/bound.h"
#include "podsim/fabric/packet_fabric.h"
#include "support/in_child.h"
#include "support/link_bench.h"

namespace podsim::test {
namespace {

using namespace literals;

enum class Shape { AllToAll, Permutation, Incast, HotSpot, MoeUniform, MoeSkewed };

struct Row {
  std::size_t source;
  std::size_t destination;
};

constexpr std::size_t kRows = 24;  // per card, of the shapes that are not all-to-all

// A destination drawn so that the first cards are wanted more, as by Zipf's law with exponent 1.
std::size_t skewed(Random& random, std::size_t cards) {
  const double u = random.uniform();
  const auto rank = static_cast<std::size_t>(std::pow(static_cast<double>(cards), u)) - 1;
  return std::min(rank, cards - 1);
}

std::vector<Row> rows_of(Shape shape, std::size_t cards) {
  std::vector<Row> rows;
  Random random(1, "fidelity.matrix");
  std::vector<std::size_t> partner(cards);
  for (std::size_t i = 0; i < cards; ++i) partner[i] = i;
  random.shuffle(partner);
  for (std::size_t card = 0; card < cards; ++card) {
    const std::size_t count = shape == Shape::AllToAll ? cards - 1 : kRows;
    for (std::size_t n = 0; n < count; ++n) {
      std::size_t to = (card + 1 + n) % cards;
      if (shape == Shape::Permutation) to = partner[card];
      if (shape == Shape::Incast) to = 0;
      if (shape == Shape::HotSpot) to = n % 4 == 0 ? 0 : random.below(cards);
      if (shape == Shape::MoeUniform) to = random.below(cards);
      if (shape == Shape::MoeSkewed) to = skewed(random, cards);
      if (to != card) rows.push_back({card, to});
    }
  }
  return rows;
}

// A port's receive buffer: the published example, or one of 80 KB, which two packets of each of five inputs
// fill.
enum class Buffer { Published, Small };

fabric::ProtocolConfig protocol_with(Buffer buffer) {
  fabric::ProtocolConfig protocol = ub_protocol();
  if (buffer == Buffer::Small) {
    protocol.link_layer->buffer_cells.value = 512;
    protocol.link_layer->exclusive_cells.value = 96;
  }
  return protocol;
}

// The same buffers for packet fidelity, as credits.
fabric::FabricConfig finite_buffers() {
  fabric::FabricConfig config = fabric_config();
  config.buffers = 80_KiB;
  return config;
}

template <class FabricKind>
std::string time_on(const std::string& dimensions, Shape shape, Bytes row, Buffer buffer,
                    const fabric::FabricConfig& config) {
  return in_child([&] {
    const topology::Pod pod = build(dimensions);
    FabricKind fabric("fabric", pod, protocol_with(buffer), config, 1);
    std::vector<ScriptedCard> cards(pod.graph.npu_count());
    for (const Row& r : rows_of(shape, cards.size())) cards[r.source].send(r.destination, row);
    for (std::size_t i = 0; i < cards.size(); ++i) {
      fabric.attach(NpuId(i), cards[i]);
      fabric.kick(NpuId(i), Picoseconds(0));
    }
    sim::run_kernel();
    fabric.throw_failure();
    Picoseconds last;
    Picoseconds sum;
    for (const ScriptedCard& card : cards) {
      for (const fabric::Arrival& arrival : card.arrivals()) {
        last = std::max(last, arrival.time);
        sum += arrival.time;
      }
    }
    const auto count = static_cast<std::int64_t>(fabric.totals().messages_delivered);
    std::int64_t stalls = 0;
    if constexpr (std::is_same_v<FabricKind, fabric::LinkFabric>) {
      for (std::size_t i = 0; i < pod.graph.link_count(); ++i)
        stalls += fabric.sender(LinkId(i)).stats().credit_stalls;
    }
    return fmt::format("{} {} {}", last.count(), sum.count() / count, stalls);
  });
}

Picoseconds bound_on(const std::string& dimensions, Shape shape, Bytes row) {
  const topology::Pod pod = build(dimensions);
  fabric::TrafficBound bound(pod, ub_protocol(), fabric_config(), 1);
  std::vector<std::uint32_t> flow(pod.graph.npu_count(), 0);
  for (const Row& r : rows_of(shape, flow.size()))
    bound.add(NpuId(r.source), NpuId(r.destination), row, flow[r.source]++);
  return bound.result().time;
}

struct Machine {
  const char* name;
  std::string dimensions;
};

Machine machine(const std::string& name) {
  const std::string link = link_json("56GB/s", "87500ps");
  if (name == "mesh8") return {"full mesh of 8", full_mesh_json(8, link)};
  if (name == "cabinet")
    return {"cabinet 8 x 8", full_mesh_json(8, link, "x") + ", " + full_mesh_json(8, link, "y")};
  return {"Clos of 128", clos_json(128, 16, 16, link)};
}

constexpr const char* kShapes[] = {"all-to-all", "permutation", "incast",
                                   "hot-spot",   "MoE uniform", "MoE skewed"};

struct Outcome {
  std::int64_t last = 0;
  std::int64_t mean = 0;
  std::int64_t stalls = 0;
};

template <class FabricKind>
Outcome run_on(const std::string& dimensions, Shape shape, Bytes row, Buffer buffer,
               const fabric::FabricConfig& config = fabric_config()) {
  Outcome outcome;
  std::istringstream(time_on<FabricKind>(dimensions, shape, row, buffer, config)) >> outcome.last >>
      outcome.mean >> outcome.stalls;
  return outcome;
}

double difference(std::int64_t packet, std::int64_t link) {
  return static_cast<double>(packet) / static_cast<double>(link) - 1.0;
}

// What a shape may differ by: 5 % where no port waited for credits, 15 % where one did. Of one case the
// reason for more is known: docs/components/ub_link.md, congestion spreading.
double tolerance(const std::string& pod, Shape shape, std::int64_t row, Buffer buffer, std::int64_t stalls) {
  const bool spreading = pod == "clos" && shape == Shape::AllToAll && row == 65536 && buffer == Buffer::Small;
  if (spreading) return 0.25;
  return stalls > 0 ? 0.15 : 0.05;
}

class FidelityMatrix : public testing::TestWithParam<std::tuple<std::string, Shape, std::int64_t, Buffer>> {};

TEST_P(FidelityMatrix, PacketAgreesWithLink) {
  const auto& [name, shape, row, buffer] = GetParam();
  const Machine pod = machine(name);
  const Outcome link = run_on<fabric::LinkFabric>(pod.dimensions, shape, Bytes(row), buffer);
  const Outcome packet = run_on<fabric::PacketFabric>(pod.dimensions, shape, Bytes(row), buffer);
  const std::int64_t bound = bound_on(pod.dimensions, shape, Bytes(row)).count();
  ASSERT_GT(link.last, 0);
  ASSERT_GT(packet.last, 0);
  const double last = difference(packet.last, link.last);
  std::string line =
      fmt::format("| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {:+.1f} % | {:+.1f} % | {} |", pod.name,
                  kShapes[static_cast<int>(shape)], to_string(Bytes(row)), static_cast<double>(bound) * 1e-6,
                  static_cast<double>(packet.last) * 1e-6, static_cast<double>(link.last) * 1e-6,
                  100.0 * last, 100.0 * difference(packet.mean, link.mean), link.stalls);
  if (buffer == Buffer::Small) {
    const Outcome credited =
        run_on<fabric::PacketFabric>(pod.dimensions, shape, Bytes(row), buffer, finite_buffers());
    const double credited_last = difference(credited.last, link.last);
    const double credited_mean = difference(credited.mean, link.mean);
    line += fmt::format(" {:.2f} | {:+.1f} % | {:+.1f} % |", static_cast<double>(credited.last) * 1e-6,
                        100.0 * credited_last, 100.0 * credited_mean);
    EXPECT_LE(bound, credited.last);
    EXPECT_LE(std::abs(credited_last), 0.15);
    EXPECT_LE(std::abs(credited_mean), 0.25);
  }
  std::cout << line << '\n';
  EXPECT_LE(bound, packet.last);
  EXPECT_LE(std::abs(last), tolerance(name, shape, row, buffer, link.stalls));
}

INSTANTIATE_TEST_SUITE_P(Pods, FidelityMatrix,
                         testing::Combine(testing::Values("mesh8", "cabinet", "clos"),
                                          testing::Values(Shape::AllToAll, Shape::Permutation, Shape::Incast,
                                                          Shape::HotSpot, Shape::MoeUniform,
                                                          Shape::MoeSkewed),
                                          testing::Values(64, 512, 7168, 65536),
                                          testing::Values(Buffer::Published)));

INSTANTIATE_TEST_SUITE_P(SmallBuffers, FidelityMatrix,
                         testing::Combine(testing::Values("cabinet", "clos"),
                                          testing::Values(Shape::AllToAll, Shape::Incast, Shape::HotSpot,
                                                          Shape::MoeUniform, Shape::MoeSkewed),
                                          testing::Values(7168, 65536), testing::Values(Buffer::Small)));

}  // namespace
}  // namespace podsim::test
