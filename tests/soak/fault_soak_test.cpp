// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "support/fault_bench.h"
#include "topology/parts.h"

// Random fault schedules on small pods: each run ends, and every message of it arrives once or is reported
// once; or the faults cut the pod, and the error says where. PODSIM_SOAK_RUNS sets how many, 10,000 unless it
// is set.
namespace podsim::test {
namespace {

constexpr std::uint64_t kMostSteps = 2'000'000;  // of an engine, some thousand times what a run takes
constexpr std::uint64_t kCheckedEvery = 25;      // schedules whose routes are examined for deadlock

std::uint64_t runs() {
  const char* text = std::getenv("PODSIM_SOAK_RUNS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 10'000;
}

std::string pod_text(std::uint64_t kind) {
  switch (kind) {
    case 0:
      return full_mesh_json(8);
    case 1:
      return full_mesh_json(4, link_json(), "x") + "," + full_mesh_json(2, link_json(), "y");
    default:
      return clos_json(8, 4, 2);
  }
}

topology::PodConfig pod_config(std::uint64_t kind) {
  auto config = config::parse<topology::PodConfig>(pod_json(pod_text(kind)), "soak pod");
  config.cabinet.emplace();
  config.cabinet->cards.value = 4;
  return config;
}

// Up to 8 faults of any kind at the start or within 20 us, some of them repaired.
std::vector<FaultConfig> random_schedule(const topology::Pod& pod, Random& random) {
  const topology::Parts parts(pod);
  std::vector<FaultConfig> schedule;
  const std::uint64_t count = random.below(9);
  for (std::uint64_t i = 0; i < count; ++i) {
    // Links and ports more often than what takes many of them.
    constexpr PartKind kKinds[] = {PartKind::Link, PartKind::Link,   PartKind::Link, PartKind::Port,
                                   PartKind::Port, PartKind::Switch, PartKind::Card, PartKind::Cabinet};
    const PartKind kind = kKinds[random.below(random.below(4) == 0 ? 8 : 5)];
    const std::vector<std::string> names = parts.names(kind);
    if (names.empty()) continue;
    FaultConfig fault = down(kind, names[random.below(names.size())]);
    if (random.below(3) > 0) fault.at = std::to_string(1 + random.below(20'000)) + "ns";
    if (random.below(2) > 0)
      fault.repair = Picoseconds(1 + static_cast<std::int64_t>(random.below(30'000'000)));
    schedule.push_back(fault);
  }
  return schedule;
}

void offer(FaultBench& bench, Random& random) {
  const std::uint64_t messages = 1 + random.below(120);
  for (std::uint32_t tag = 0; tag < messages; ++tag) {
    const auto lane = random.below(10) == 0 ? fabric::LaneClass::Control : fabric::LaneClass::Data;
    bench.card(random.below(bench.size()))
        .send(random.below(bench.size()), Bytes(static_cast<std::int64_t>(random.below(6000))), tag, lane);
  }
}

std::string words(const std::vector<FaultConfig>& schedule) {
  std::string text;
  for (const FaultConfig& fault : schedule) text += config::write(fault).dump() + "\n";
  return text;
}

struct Tally {
  std::uint64_t delivered = 0, failed = 0, lost = 0, resent = 0, duplicates = 0, cuts = 0;
};

void soak_once(std::uint64_t number, Tally& tally) {
  Random random(20'26, "soak", number);
  const std::uint64_t kind = random.below(3);
  const std::vector<FaultConfig> schedule = random_schedule(topology::build_pod(pod_config(kind)), random);
  SCOPED_TRACE("schedule " + std::to_string(number) + " on pod " + std::to_string(kind) + "\n" +
               words(schedule));
  const char* queue = random.below(2) == 0 ? "1000B" : "16KiB";
  const char* spreads[] = {"first", "hash", "backlog"};
  const auto config = fabric_config(fmt::format(
      R"({{"chunk": "1000B", "port_queue": "{}", "path_spread": "{}"}})", queue, spreads[random.below(3)]));
  FaultBench bench(topology::build_pod(pod_config(kind)), schedule,
                   quick_retry(std::to_string(random.below(5'000)) + "ns"), config, number);
  offer(bench, random);
  if (number % kCheckedEvery == 0) {
    const topology::FaultCheck check = topology::check_fault_routing(bench.routing(), number);
    EXPECT_TRUE(check.passed()) << ::testing::PrintToString(check.cycle)
                                << ::testing::PrintToString(check.findings);
  }
  for (std::size_t i = 0; i < bench.size(); ++i) bench.engine().kick(NpuId(i), Picoseconds());
  std::uint64_t steps = 0;
  try {
    while (const auto next = bench.engine().next_time()) {
      bench.engine().advance(*next);
      ASSERT_LT(++steps, kMostSteps) << "no end";
    }
  } catch (const ConfigError& error) {
    ++tally.cuts;
    EXPECT_NE(std::string(error.what()).find("cut the pod apart"), std::string::npos) << error.what();
    return;
  }
  EXPECT_TRUE(conserved(bench));
  tally.delivered += bench.totals().messages_delivered;
  tally.failed += bench.totals().messages_failed;
  tally.lost += bench.faults().packets_lost;
  tally.resent += bench.faults().packets_resent;
  tally.duplicates += bench.faults().duplicates;
}

TEST(FaultSoak, EveryScheduleEndsAndConservesItsMessages) {
  Tally tally;
  for (std::uint64_t number = 0; number < runs() && !HasFailure(); ++number) soak_once(number, tally);
  std::printf(
      "%llu messages delivered, %llu reported failed, %llu packets lost, %llu resent, %llu duplicates "
      "dropped, %llu pods cut apart\n",
      static_cast<unsigned long long>(tally.delivered), static_cast<unsigned long long>(tally.failed),
      static_cast<unsigned long long>(tally.lost), static_cast<unsigned long long>(tally.resent),
      static_cast<unsigned long long>(tally.duplicates), static_cast<unsigned long long>(tally.cuts));
  // What the soak is for has happened.
  if (runs() < 1000) return;
  EXPECT_GT(tally.lost, runs() / 2);
  EXPECT_GT(tally.duplicates, runs() / 20);
  EXPECT_GT(tally.failed, runs() / 10);
  EXPECT_LT(tally.cuts, runs() / 4);
}

}  // namespace
}  // namespace podsim::test
