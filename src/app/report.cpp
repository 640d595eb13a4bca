// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <variant>

#include "podsim/app/fault_report.h"
#include "podsim/app/format.h"
#include "podsim/pod/metrics.h"

namespace podsim::app {
namespace {

using stats::MetricDef;
using stats::Metrics;

constexpr std::size_t kMostLayers = 3;  // the slowest ones, of a run of several
constexpr std::size_t kScreenWidth = 100;

std::optional<double> figure(const Metrics& metrics, const MetricDef& def, const char* suffix = "") {
  return metrics.find(fmt::format("{}{}", def.name, suffix));
}

// What a phase took, and how that compares to its bound.
struct Latency {
  const char* label;
  const MetricDef& measured;
  const MetricDef& bound;
};
const Latency kLatencies[] = {{"layer latency", pod::kLayerLatency, pod::kBoundLayer},
                              {"dispatch", pod::kDispatchLatency, pod::kBoundDispatch},
                              {"combine", pod::kCombineLatency, pod::kBoundCombine},
                              {"all-to-all", pod::kAllToAllLatency, pod::kAllToAllBound},
                              {"collective", pod::kCollectiveLatency, pod::kCollectiveBound}};

struct Share {
  const char* label;
  const MetricDef& metric;
};
const Share kBreakdown[] = {{"dispatch", pod::kCardDispatch},
                            {"L1 (gate, up)", pod::kCardL1},
                            {"activation", pod::kCardActivation},
                            {"L2 (down)", pod::kCardL2},
                            {"combine", pod::kCardCombine},
                            {"computing", pod::kCardCompute},
                            {"exposed communication", pod::kCardExposed},
                            {"launches, barriers", pod::kCardOverhead},
                            {"idle", pod::kCardIdle}};

// Breaks a text at blanks so that no line passes the screen; later lines are indented as the first one's
// text.
std::string wrapped(const std::string& label, const std::string& text) {
  std::string out = label;
  std::size_t column = label.size();
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (column + (end - at) > kScreenWidth && column > label.size()) {
      out.back() = '\n';
      out += std::string(label.size(), ' ');
      column = label.size();
    }
    out += text.substr(at, end - at) + ' ';
    column += end - at + 1;
    at = end + 1;
  }
  out.back() = '\n';
  return out;
}

// The "kind" of a choice in the configuration, "wave_fill".
template <class... Kinds>
const char* kind_of(const std::variant<Kinds...>& choice) {
  return std::visit([](const auto& kind) { return std::decay_t<decltype(kind)>::kKind; }, choice);
}

std::string headline(const pod::Scenario& scenario, const pod::RunResult& result) {
  const double cards = figure(result.metrics, pod::kCards).value_or(0.0);
  std::string text = fmt::format("{} cards of {}", grouped_text(static_cast<std::int64_t>(cards)),
                                 scenario.machine.pod->name);
  if (const auto* moe = std::get_if<pod::MoeWorkload>(&scenario.workload)) {
    text = fmt::format("{} on {}, {} tokens a card", moe->model->name, text, grouped_text(moe->tokens()));
    if (moe->expert_parallel) text += fmt::format(", EP {}", *moe->expert_parallel);
    if (moe->layers.count > 1) text += fmt::format(", {} layers", moe->layers.count);
    text += fmt::format(", {} routing, {}", kind_of(moe->routing), kind_of(scenario.schedule));
  } else if (const auto* exchange = std::get_if<pod::AllToAllWorkload>(&scenario.workload)) {
    text = fmt::format("all-to-all among {}, {} a pair", text, to_string(exchange->row));
  } else if (const auto* memory = std::get_if<pod::GlobalMemoryWorkload>(&scenario.workload)) {
    text = fmt::format("global memory of {}, {} transfers", text, memory->transfers.size());
  } else if (const auto* collective = std::get_if<pod::CollectiveWorkload>(&scenario.workload)) {
    text = fmt::format("{} of {} by {}, {}", config::enum_name(collective->operation),
                       to_string(collective->bytes), config::enum_name(collective->algorithm), text);
  }
  text += fmt::format(", fidelity {}",
                      result.effective_config["/fabric/fidelity"_json_pointer].get<std::string>());
  return wrapped(scenario.name + ": ", text);
}

std::string partial_warning(const pod::RunResult& result) {
  if (!result.partial) return "";
  return wrapped("  PARTIAL ", "the run was interrupted; figures cover what had finished by then");
}

// Where stages overlap, the combine lasts as long as results become ready; its bound is that of the transfer
// alone, so how far it lies above it says nothing.
bool compares(const Latency& latency, const pod::Scenario& scenario) {
  return &latency.measured != &pod::kCombineLatency ||
         std::holds_alternative<npu::SerialSchedule>(scenario.schedule);
}

std::string latencies(const pod::Scenario& scenario, const Metrics& metrics) {
  std::string text;
  for (const Latency& latency : kLatencies) {
    const auto measured = figure(metrics, latency.measured);
    const auto bound = figure(metrics, latency.bound);
    if (!measured && !bound) continue;
    text += fmt::format("  {:<22}", latency.label);
    text += fmt::format("{:>12}", measured ? microseconds_text(*measured) : "");
    if (bound) text += fmt::format("   bound {:>10}", microseconds_text(*bound));
    if (measured && bound && *bound > 0.0 && compares(latency, scenario))
      text += fmt::format("   {} above it", percent_text(*measured / *bound - 1.0));
    text += '\n';
  }
  if (const auto rate = figure(metrics, pod::kTokensPerCard))
    text += fmt::format("  {:<22}{:>12}   a card, {} in the pod\n", "tokens/s", count_text(*rate),
                        count_text(figure(metrics, pod::kTokensPod).value_or(0.0)));
  return text.empty() ? text : "\n" + text;
}

std::string slowest_layers(const std::vector<pod::LayerRow>& layers, const Metrics& metrics) {
  if (layers.size() < 2) return "";
  std::vector<const pod::LayerRow*> slowest;
  for (const pod::LayerRow& layer : layers) slowest.push_back(&layer);
  std::stable_sort(slowest.begin(), slowest.end(),
                   [](const auto* a, const auto* b) { return a->latency > b->latency; });
  slowest.resize(std::min(slowest.size(), kMostLayers));
  std::string text;
  if (const auto total = figure(metrics, pod::kLayersTotal))
    text = fmt::format("  {:<22}{:>12}\n", fmt::format("all {} layers", layers.size()),
                       microseconds_text(*total));
  for (const pod::LayerRow* layer : slowest)
    text += fmt::format("  {:<22}{:>12}   bound {:>10}   by {}, busiest card {:.2f} of the mean\n",
                        fmt::format("slowest: layer {}", layer->layer), time_text(layer->latency),
                        time_text(layer->bound), layer->bound_by, layer->imbalance);
  return text;
}

std::string breakdown(const Metrics& metrics) {
  std::string text;
  for (const Share& share : kBreakdown) {
    const auto median = figure(metrics, share.metric, ".p50");
    if (!median) continue;
    const auto time = [&](const char* suffix) {
      return microseconds_text(figure(metrics, share.metric, suffix).value_or(0.0));
    };
    text +=
        fmt::format("  {:<22}{:>12}{:>12}{:>12}\n", share.label, time(".p50"), time(".p99"), time(".max"));
  }
  if (text.empty()) return text;
  return fmt::format("\n  {:<22}{:>12}{:>12}{:>12}\n", "time of a card in", "p50", "p99", "max") + text;
}

// "npu 258 (31 %), npu 266 (12 %), 14 others"
std::string cards_text(const pod::LinkUse::Cards& cards, bool sampled) {
  constexpr std::size_t kNamed = 2;
  std::string text;
  const std::size_t named = std::min(kNamed, cards.most.size());
  for (std::size_t i = 0; i < named; ++i) {
    const double percent = 100.0 * cards.most[i].share;
    text += fmt::format("{}npu {} ({} %)", i > 0 ? ", " : "", cards.most[i].card.value(),
                        percent < 0.5 ? "<1" : fmt::format("{:.0f}", percent));
  }
  if (cards.count <= named) return text;
  return text +
         (sampled ? ", others" : fmt::format(", {} others", grouped_text(std::int64_t(cards.count - named))));
}

std::string users_text(const pod::LinkUse& use, bool sampled) {
  if (use.from.count == 0) return "";
  return wrapped("    ",
                 fmt::format("from {}; to {}", cards_text(use.from, sampled), cards_text(use.to, sampled)));
}

// Of every transfer of a global_memory workload, all its pairs together.
std::string transfers(const pod::Scenario& scenario, const Metrics& metrics) {
  const auto* memory = std::get_if<pod::GlobalMemoryWorkload>(&scenario.workload);
  if (memory == nullptr) return "";
  std::string text =
      fmt::format("\n  {:<36}{:>12}{:>12}{:>16}\n", "one-sided transfers", "latency p50", "max", "bandwidth");
  for (const pod::TransferConfig& transfer : memory->transfers) {
    const auto of = [&](const MetricDef& def, const char* suffix) {
      return metrics.find(stats::Metric(def, transfer.name).name() + suffix);
    };
    const auto median = of(pod::kTransferLatency, ".p50");
    if (!median) continue;
    text += fmt::format("  {:<36}{:>12}{:>12}{:>11.1f} GB/s\n", transfer.name, microseconds_text(*median),
                        microseconds_text(of(pod::kTransferLatency, ".max").value_or(0.0)),
                        of(pod::kTransferBandwidth, "").value_or(0.0));
  }
  return text;
}

std::string busiest_links(const pod::RunResult& result) {
  const pod::BusiestLinks& busiest = result.busiest_links;
  if (busiest.uses.empty()) return "";
  std::string text = fmt::format("\n  {:<36}{:>9}{:>12}{:>12}{:>14}\n", "busiest links", "busy", "carried",
                                 "packets", "worst wait");
  for (const pod::LinkUse& use : busiest.uses) {
    const pod::LinkRow& link = result.links[use.row];
    text += fmt::format("  {:<36}{:>9}{:>12}{:>12}{:>14}\n", link.name, percent_text(link.utilisation),
                        bytes_text(static_cast<double>(link.stats.bytes)),
                        count_text(static_cast<double>(link.stats.packets)),
                        time_text(Picoseconds(link.stats.peak_backlog_ps)));
    text += users_text(use, busiest.sampled);
  }
  return text + wrapped("  users: ", busiest.users_of);
}

std::string remarks(const char* label, const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += wrapped(fmt::format("  {:<12}", out.empty() ? label : ""), text);
  return out.empty() ? out : "\n" + out;
}

std::string cost(const pod::Perf& perf) {
  std::string text = fmt::format("took {}", seconds_text(perf.wall_s));
  if (perf.hop_events > 0)
    text += fmt::format(", {} hop events at {}/s", count_text(static_cast<double>(perf.hop_events)),
                        count_text(perf.hop_events_per_s));
  return fmt::format("\n  {}, {} of memory at most\n", text,
                     bytes_text(static_cast<double>(perf.peak_rss_bytes)));
}

}  // namespace

std::string run_report(const pod::Scenario& scenario, const pod::RunResult& result) {
  return headline(scenario, result) + partial_warning(result) + latencies(scenario, result.metrics) +
         slowest_layers(result.layers, result.metrics) + breakdown(result.metrics) +
         transfers(scenario, result.metrics) + busiest_links(result) + fault_report(result) +
         remarks("why", result.words) + remarks("note", result.notes) + cost(result.perf);
}

}  // namespace podsim::app
