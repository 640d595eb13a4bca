// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/all_to_all_run.h"

#include <algorithm>

#include "pod/busiest_links.h"
#include "pod/results.h"
#include "pod/super_pod.h"
#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "podsim/fabric/bound.h"
#include "podsim/npu/all_to_all_card.h"
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

class AllToAllRun {
 public:
  AllToAllRun(const Scenario& scenario, const AllToAllWorkload& workload, const topology::Pod& pod,
              std::uint64_t seed, RunResult& result)
      : scenario_(scenario), workload_(workload), pod_(pod), seed_(seed), result_(result) {
    const auto all = static_cast<std::int64_t>(pod.graph.npu_count());
    const std::int64_t cards = workload.cards.value_or(all);
    if (cards > all)
      throw ConfigError(
          fmt::format("/workload/cards: got {}, the pod {} has {}", cards, pod.config.name, all));
    cards_ = static_cast<std::uint32_t>(cards);
  }

  void run(const RunOptions& options) {
    result_.metrics.set(kCards, std::int64_t{cards_});
    const std::optional<fabric::BoundResult> found = find_bound(options);
    if (!found) {
      result_.partial = true;
      result_.notes.push_back("interrupted while the bound was computed: nothing was simulated");
      return add_assumption_notes(result_);
    }
    const fabric::BoundResult& bound = *found;
    const Picoseconds write =
        scenario_.fabric.fidelity == fabric::Fidelity::Bound ? Picoseconds() : row_write();
    if (bound.time > Picoseconds()) result_.metrics.set(kAllToAllBound, bound.time + write);
    result_.words.push_back("bound by " + limit(bound));
    if (scenario_.fabric.fidelity != fabric::Fidelity::Bound) simulate(options, bound.time + write);
    add_assumption_notes(result_);
  }

 private:
  Picoseconds row_write() const {
    return npu::HbmServer(scenario_.machine.chip->hbm.sustained()).load_of(workload_.row).time;
  }

  std::string limit(const fabric::BoundResult& bound) const {
    if (bound.kind == fabric::BoundKind::Link)
      return fmt::format("link dimension {}: its busiest link, {}, needs {} for all rows that cross it",
                         pod_.graph.type_of(bound.link).name, pod_.graph.link_name(bound.link),
                         microseconds(bound.time));
    if (bound.kind == fabric::BoundKind::Latency)
      return fmt::format("path latency: {} for one row", microseconds(bound.time));
    return fmt::format("the ports of npu {}: {} for all its rows", bound.npu.value(),
                       microseconds(bound.time));
  }

  // The flows are those of AllToAllCard: number of the row in its order of sending.
  // Nothing when the user has had enough.
  std::optional<fabric::BoundResult> find_bound(const RunOptions& options) {
    Stopwatch watch;
    fabric::TrafficBound bound(pod_, *scenario_.machine.protocol, scenario_.fabric, seed_);
    const npu::AllToAllCard::Pattern pattern = pattern_of();
    for (std::uint32_t card = 0; card < cards_; ++card) {
      if (options.interrupted && options.interrupted()) return std::nullopt;
      for (std::uint32_t n = 0; n + 1 < cards_; ++n)
        bound.add(NpuId(card), npu::all_to_all_destination(NpuId(card), n, pattern), workload_.row, n);
    }
    result_.perf.bound_s += watch.lap();
    return bound.result();
  }

  npu::AllToAllCard::Pattern pattern_of() const {
    return {cards_, workload_.row, workload_.order == AllToAllOrder::Rotated};
  }

  void simulate(const RunOptions& options, Picoseconds bound) {
    Stopwatch watch;
    SuperPod module("pod", pod_, scenario_, seed_, cards_);
    std::vector<std::unique_ptr<npu::AllToAllCard>> cards;
    std::vector<const npu::Card*> views;
    for (std::uint32_t card = 0; card < cards_; ++card) {
      cards.push_back(std::make_unique<npu::AllToAllCard>(NpuId(card), pattern_of(),
                                                          scenario_.machine.chip->hbm.sustained()));
      module.npu(card).host(*cards.back(), nullptr);
      views.push_back(cards.back().get());
    }
    result_.perf.build_s += watch.lap();
    for (std::uint32_t card = 0; card < cards_; ++card)
      cards[card]->begin(sim::now(), module.npu(card).as_host());

    SuperPod::Stretch stretch;
    stretch.stage = "all-to-all";
    stretch.expected = std::uint64_t{cards_} * (cards_ - 1);
    result_.partial = !module.run(options, stretch);
    result_.perf.simulate_s += watch.lap();
    if (!result_.partial) {
      check_all_done(views);
      check_conservation(module.fabric().totals());
    }
    report(module, cards, bound);
  }

  UsersOf users_of() const {
    UsersOf users_of;
    users_of.words = "all rows";
    if (result_.partial) users_of.words += ", those not sent yet included";
    // From a start of its own in each card.
    users_of.feed = [this](fabric::LinkUsers& users, std::uint64_t step) {
      const npu::AllToAllCard::Pattern pattern = pattern_of();
      for (std::uint32_t card = 0; card < cards_; ++card) {
        for (std::uint64_t n = mix64(card) % step; n + 1 < cards_; n += step) {
          const auto number = static_cast<std::uint32_t>(n);
          users.add(NpuId(card), npu::all_to_all_destination(NpuId(card), number, pattern), workload_.row,
                    number);
        }
      }
    };
    return users_of;
  }

  void report(const SuperPod& module, const std::vector<std::unique_ptr<npu::AllToAllCard>>& cards,
              Picoseconds bound) {
    Picoseconds end;
    for (std::size_t i = 0; i < cards.size(); ++i) {
      end = std::max(end, cards[i]->done_at());
      CardRow row;
      row.card = NpuId(i);
      row.rows_received = cards[i]->received();
      row.hbm_bytes = cards[i]->hbm_bytes();
      row.dispatch = cards[i]->done_at();
      result_.cards.push_back(row);
    }
    add_fabric_results(module.fabric(), pod_, result_.partial ? std::max(end, sim::now()) : end, result_);
    add_busiest_links(scenario_, pod_, seed_, users_of(), result_);
    if (result_.partial) {
      result_.notes.push_back("interrupted: fabric figures cover the rows that had moved");
      return;
    }
    // Rows that were given up are in the bound all the same.
    const bool all_arrived = module.fabric().totals().messages_failed == 0;
    PODSIM_CHECK(bound <= end || cards_ == 1 || !all_arrived, "the all-to-all takes {}, under its bound {}",
                 to_string(end), to_string(bound));
    result_.metrics.set(kAllToAllLatency, end);
    if (bound > Picoseconds())
      result_.metrics.set(kAllToAllOverBound,
                          static_cast<double>(end.count()) / static_cast<double>(bound.count()));
    result_.words.push_back(fmt::format("the all-to-all takes {}", microseconds(end)));
  }

  const Scenario& scenario_;
  const AllToAllWorkload& workload_;
  const topology::Pod& pod_;
  std::uint64_t seed_;
  RunResult& result_;
  std::uint32_t cards_ = 0;
};

}  // namespace

void run_all_to_all(const Scenario& scenario, const AllToAllWorkload& workload, const topology::Pod& pod,
                    std::uint64_t seed, const RunOptions& options, RunResult& result) {
  AllToAllRun(scenario, workload, pod, seed, result).run(options);
}

}  // namespace podsim::pod
