// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// What an MoE run says at its end: figures, words and notes.
#include <algorithm>
#include <utility>

#include "pod/moe_run.h"
#include "pod/results.h"
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

double ratio(Picoseconds a, Picoseconds b) {
  return b > Picoseconds() ? static_cast<double>(a.count()) / static_cast<double>(b.count()) : 0.0;
}

// GB/s of a card.
double rate(Bytes bytes, std::int64_t cards, Picoseconds time) {
  if (time == Picoseconds()) return 0.0;
  const auto of_card = static_cast<double>(bytes.count()) / static_cast<double>(cards);
  return of_card / static_cast<double>(time.count()) * 1000.0;
}

// The key that most layers have.
std::string most_frequent(const std::map<std::string, std::int64_t>& counts) {
  std::string best;
  std::int64_t most = 0;
  for (const auto& [name, count] : counts) {
    if (count > most) best = name;
    most = std::max(most, count);
  }
  return best;
}

}  // namespace

void MoeRun::set_metrics() {
  set_bound_metrics();
  stats::Metrics& metrics = result_.metrics;
  if (result_.layers.empty()) return;
  const auto cards = static_cast<std::int64_t>(builder_.cards());
  metrics.set(kLayerLatency, mean(latency_));
  metrics.set(kLayersTotal, latency_);
  metrics.set(kDispatchLatency, mean(dispatch_));
  metrics.set(kCombineLatency, mean(combine_));
  metrics.set(kDispatchDrain, mean(dispatch_drain_));
  metrics.set(kCombineDrain, mean(combine_drain_));
  metrics.set(kDispatchRate, rate(builder_.model().dispatch_row() * messages_, cards, dispatch_drain_));
  metrics.set(kCombineRate, rate(builder_.model().combine_row() * result_messages_, cards, combine_drain_));
  metrics.set(kComputeBusy, mean(core_busy_) / cards);
  metrics.set(kCommExposed, mean(exposed_) / cards);
  metrics.set(kOverBound, ratio(latency_, bounds_.layer));
  const double seconds = static_cast<double>(latency_.count()) * 1e-12;
  const double tokens = static_cast<double>(workload_.tokens()) / seconds;
  metrics.set(kTokensPerCard, tokens);
  metrics.set(kTokensPod, tokens * static_cast<double>(cards));
  const auto set = [&metrics](const MetricDef& def, std::vector<std::int64_t>& samples) {
    metrics.set(def, stats::distribution_of(std::move(samples)));
  };
  set(kCardDispatch, samples_.dispatch);
  set(kCardL1, samples_.l1);
  set(kCardActivation, samples_.activation);
  set(kCardL2, samples_.l2);
  set(kCardCombine, samples_.combine);
  set(kCardCompute, samples_.compute);
  set(kCardOverhead, samples_.overhead);
  set(kCardExposed, samples_.exposed);
  set(kCardIdle, samples_.idle);
}

void MoeRun::set_bound_metrics() {
  stats::Metrics& metrics = result_.metrics;
  metrics.set(kLayersCount, layers_done());
  metrics.set(kCards, static_cast<std::int64_t>(builder_.cards()));
  if (result_.layers.empty()) return;
  metrics.set(kBoundLayer, mean(bounds_.layer));
  metrics.set(kBoundDispatch, mean(bounds_.dispatch));
  metrics.set(kBoundCombine, mean(bounds_.combine));
  metrics.set(kBoundCompute, mean(bounds_.compute));
  metrics.set(kBoundHbm, mean(bounds_.hbm));
  metrics.set(kBoundFixed, mean(bounds_.fixed));
  metrics.set(kBoundTransfer, mean(bounds_.transfer));
  metrics.set(kBoundPerfect, mean(bounds_.perfect));
  metrics.set(kTrafficRows, rows_);
  metrics.set(kTrafficLocalRows, local_rows_);
  metrics.set(kTrafficImbalance, imbalance_ / static_cast<double>(layers_done()));
  metrics.set(kTrafficDispatchBytes, builder_.model().dispatch_row() * messages_);
  metrics.set(kTrafficCombineBytes, builder_.model().combine_row() * result_messages_);
}

void MoeRun::add_words() {
  if (result_.layers.empty()) return;
  const bool simulated = latency_ > Picoseconds();
  const Picoseconds whole = mean(simulated ? latency_ : bounds_.layer);
  const std::string what = simulated ? "the layer" : "its bound";
  struct Term {
    Picoseconds time;
    std::string name;
    std::string says;
  };
  std::vector<Term> terms{
      {mean(bounds_.compute), "compute", "the cores of the busiest card need {} for their tiles"},
      {mean(bounds_.hbm), "HBM", "the memory of the busiest card needs {} for what it moves"},
      {mean(bounds_.transfer), most_frequent(transfer_limits_), "the rows and results need {} on their way"},
      {mean(bounds_.fixed), "latency",
       "launches, metadata exchange and barriers take {} that nothing overlaps"},
  };
  std::stable_sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.time > b.time; });
  for (const Term& term : terms) {
    result_.words.push_back(fmt::format("{}: {}, {} of {}", term.name,
                                        fmt::format(fmt::runtime(term.says), microseconds(term.time)),
                                        percent(term.time, whole), what));
  }
  result_.words.front() = "bound by " + result_.words.front();
  if (!simulated) return;
  const Picoseconds exposed = mean(exposed_) / static_cast<std::int64_t>(builder_.cards());
  result_.words.push_back(fmt::format(
      "the layer takes {}, {:.2f} times its bound; a card waits {} for rows on average ({})",
      microseconds(whole), ratio(latency_, bounds_.layer), microseconds(exposed), percent(exposed, whole)));
}

void MoeRun::add_placement_note() {
  const moe::PlacementConfig& placement = workload_.placement;
  const bool traced = std::holds_alternative<moe::TraceRouting>(workload_.routing);
  if (placement.file) {
    result_.notes.push_back("expert placement from " + *placement.file);
    if (!traced)
      result_.notes.push_back(
          "that placement was made for other loads than the generated routing of this run has");
  } else if (placement.kind == moe::PlacementKind::Eplb) {
    const char* loads = placement.eplb.loads == moe::EplbLoads::Routing
                            ? "the very loads of this run's routing"
                            : "seeded loads of their own";
    result_.notes.push_back(fmt::format(
        "expert placement generated: our EPLB on {}; /workload/placement/file replays a real one", loads));
  }
}

void MoeRun::add_notes() {
  std::vector<std::string>& notes = result_.notes;
  const moe::Model& model = builder_.model();
  const bool per_card = workload_.dispatch_copies == moe::Copies::PerCard;
  notes.push_back(per_card ? "a token is sent once to each card that holds any of its experts"
                           : "a token is sent once per chosen expert, also to experts on the same card");
  if (model.shared_experts.value > 0 && !workload_.shared_expert)
    notes.push_back("the shared expert is left out (/workload/shared_expert)");
  add_placement_note();
  if (builder_.group_size() > 128)
    notes.push_back(
        "nothing is measured with more than 128 cards in an expert-parallel group: this is an extrapolation");
  const bool hashed = std::holds_alternative<moe::HashRouting>(workload_.routing) ||
                      std::holds_alternative<moe::TraceRouting>(workload_.routing);
  if (workload_.layers.first < model.hash_layers.value && !hashed)
    notes.push_back(
        fmt::format("the first {} MoE layers of {} are hash-routed; here they are routed as the others",
                    model.hash_layers.value, model.name));
  if (result_.partial)
    notes.push_back(
        fmt::format("interrupted: figures cover {} of {} layers; fabric figures also the one under way",
                    layers_done(), workload_.layers.count));
  add_assumption_notes(result_);
}

}  // namespace podsim::pod
