// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/pod/metrics.h"
#include "podsim/pod/run.h"

namespace podsim::app {

inline pod::Scenario sample_scenario() {
  pod::Scenario scenario;
  scenario.name = "sample";
  scenario.machine.pod->name = "atlas950_8192";
  pod::MoeWorkload moe;
  moe.model->name = "DeepSeek-V4-Pro";
  moe.tokens_per_card = 128;
  moe.expert_parallel = 64;
  scenario.workload = moe;
  return scenario;
}

inline Picoseconds us(std::int64_t count) {
  return Picoseconds(count * 1'000'000);
}

// A run of 8,192 cards whose figures are easy to recognise.
inline pod::RunResult sample_result() {
  stats::Metrics metrics(pod::catalogue());
  metrics.set(pod::kCards, 8192);
  metrics.set(pod::kLayerLatency, us(412));
  metrics.set(pod::kBoundLayer, us(400));
  metrics.set(pod::kTokensPerCard, 310'679.6);
  metrics.set(pod::kTokensPod, 2.545e9);
  metrics.set(pod::kCardDispatch, stats::distribution_of({100'000'000, 123'400'000, 130'000'000}));
  metrics.set(pod::kCardExposed, stats::distribution_of({5'000'000, 7'000'000, 9'000'000}));
  pod::RunResult result;
  result.metrics = std::move(metrics);
  result.effective_config = {{"name", "sample"}, {"fabric", {{"fidelity", "packet"}}}, {"seed", 1}};
  for (std::size_t i = 0; i < 7; ++i) {
    pod::LinkRow link;
    link.link = LinkId(i);
    link.name = "npu " + std::to_string(i) + " -> switch 3 (up)";
    link.dimension = "up";
    link.stats.packets = 10;
    link.stats.bytes = 71'680;
    link.stats.busy_ps = static_cast<std::int64_t>(i) * 1000;
    link.utilisation = 0.1 * static_cast<double>(i);
    result.links.push_back(link);
  }
  for (std::size_t row = 6; row >= 2; --row) result.busiest_links.uses.push_back({row, {}, {}});
  result.busiest_links.uses[0].from = {16, {{NpuId(258), 0.31}, {NpuId(266), 0.12}, {NpuId(3), 0.1}}};
  result.busiest_links.uses[0].to = {2, {{NpuId(7), 0.996}, {NpuId(9), 0.004}}};
  result.busiest_links.users_of = "rows and results of layer 3";
  pod::CardRow card;
  card.card = NpuId(17);
  card.dispatch = Picoseconds(1'500'000);
  result.cards.push_back(card);
  result.timeline = {{"cube"}, {{NpuId(17), 0, "L1", us(1), us(2)}}};
  result.words = {"link dimension up: 93 % busy"};
  result.notes = {"placement generated"};
  result.perf.wall_s = 3.4;
  result.perf.hop_events = 31'000'000;
  result.perf.hop_events_per_s = 9.1e6;
  result.perf.peak_rss_bytes = 800'000'000;
  return result;
}

}  // namespace podsim::app
