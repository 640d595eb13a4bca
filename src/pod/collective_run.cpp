// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/collective_run.h"

#include <algorithm>

#include "pod/busiest_links.h"
#include "pod/collective_bound.h"
#include "pod/results.h"
#include "pod/super_pod.h"
#include "podsim/base/error.h"
#include "podsim/npu/collective_card.h"
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

std::uint32_t cards_of(const CollectiveWorkload& workload, const topology::Pod& pod) {
  const auto all = static_cast<std::int64_t>(pod.graph.npu_count());
  const std::int64_t cards = workload.cards.value_or(all);
  if (cards > all)
    throw ConfigError(fmt::format("/workload/cards: got {}, the pod {} has {}", cards, pod.config.name, all));
  return static_cast<std::uint32_t>(cards);
}

// NPUs next to each other: of the innermost dimension, on one switch.
std::int64_t innermost_group(const topology::Pod& pod) {
  if (pod.config.dimensions.empty())
    throw ConfigError(fmt::format("/workload/group: the pod {} has no dimensions, expected cards of a group",
                                  pod.config.name));
  const topology::DimensionConfig& dimension = pod.config.dimensions.front();
  if (const auto* clos = std::get_if<topology::Clos>(&dimension); clos != nullptr && clos->leaf_down > 0)
    return clos->leaf_down;
  return std::visit([](const auto& one) { return one.size; }, dimension);
}

npu::CollectiveShape shape_of(const CollectiveWorkload& workload, const topology::Pod& pod) {
  npu::CollectiveShape shape;
  shape.operation = workload.operation;
  shape.algorithm = workload.algorithm;
  shape.across = workload.across;
  shape.ranks = cards_of(workload, pod);
  shape.bytes = workload.bytes;
  const std::int64_t bits = moe::bits(workload.dtype);
  shape.granule = Bytes(std::max<std::int64_t>(1, bits / 8));
  if (shape.bytes.count() % shape.granule.count() != 0)
    throw ConfigError(fmt::format("/workload/bytes: {} are no whole number of elements of {} bits",
                                  to_string(shape.bytes), bits));
  if (workload.algorithm == npu::CollectiveAlgorithm::Hierarchical) {
    const std::int64_t group = workload.group ? *workload.group : innermost_group(pod);
    shape.group = static_cast<std::uint32_t>(std::min<std::int64_t>(group, shape.ranks));
  }
  return shape;
}

npu::CollectivePlan plan_of(const CollectiveWorkload& workload, const topology::Pod& pod) {
  try {
    return npu::CollectivePlan(shape_of(workload, pod));
  } catch (const ConfigError& error) {
    const std::string what = error.what();
    if (what.rfind("/workload", 0) == 0) throw;
    throw ConfigError("/workload: " + what);
  }
}

// Bytes over time as nccl-tests has it: what a ring over equal links would need of each.
double bus_factor(npu::CollectiveOperation operation, std::uint32_t cards) {
  const double share = static_cast<double>(cards - 1) / static_cast<double>(cards);
  return operation == npu::CollectiveOperation::AllReduce ? 2 * share : share;
}

class CollectiveRun {
 public:
  CollectiveRun(const Scenario& scenario, const CollectiveWorkload& workload, const topology::Pod& pod,
                std::uint64_t seed, RunResult& result)
      : scenario_(scenario),
        workload_(workload),
        pod_(pod),
        seed_(seed),
        result_(result),
        plan_(plan_of(workload, pod)),
        costs_(costs()) {}

  void run(const RunOptions& options) {
    result_.metrics.set(kCards, std::int64_t{plan_.ranks()});
    result_.metrics.set(kCollectiveSteps, std::int64_t{plan_.steps()});
    Stopwatch watch;
    const auto bound = collective_bound(scenario_, pod_, seed_, plan_, costs_, options.interrupted);
    result_.perf.bound_s += watch.lap();
    if (!bound) {
      result_.partial = true;
      result_.notes.push_back("interrupted while the bound was computed: nothing was simulated");
      return add_assumption_notes(result_);
    }
    report(*bound);
    if (scenario_.fabric.fidelity != fabric::Fidelity::Bound) simulate(options, *bound);
    add_assumption_notes(result_);
  }

 private:
  npu::CollectiveCosts costs() const {
    const npu::StackConfig& stack = *scenario_.machine.stack;
    return {stack.kernel_launch.value,
            stack.flag_poll.value,
            scenario_.machine.chip->hbm.sustained(),
            workload_.piece.value_or(scenario_.fabric.chunk),
            stack.window_copy ? stack.window_copy->value : BytesPerSecond(),
            stack.window_slice ? stack.window_slice->value : Bytes()};
  }

  void report(const CollectiveBound& bound) {
    result_.metrics.set(kCollectiveBound, bound.time());
    result_.metrics.set(kCollectiveTransferBound, bound.transfer);
    result_.metrics.set(kCollectiveStepsBound, bound.steps);
    result_.metrics.set(kCollectiveTextbook, bound.textbook);
    result_.words.push_back("bound by " + limit(bound));
  }

  std::string limit(const CollectiveBound& bound) const {
    if (bound.steps >= bound.transfer)
      return fmt::format("the chain of its {} steps: {}", plan_.steps(), microseconds(bound.steps));
    if (bound.busiest.kind == fabric::BoundKind::Link)
      return fmt::format("link dimension {}: its busiest link, {}, needs {} for all that crosses it",
                         pod_.graph.type_of(bound.busiest.link).name,
                         pod_.graph.link_name(bound.busiest.link), microseconds(bound.busiest.time));
    if (bound.busiest.kind == fabric::BoundKind::Latency)
      return fmt::format("path latency: {} for one piece", microseconds(bound.busiest.time));
    return fmt::format("the ports of npu {}: {} for all its pieces", bound.busiest.npu.value(),
                       microseconds(bound.busiest.time));
  }

  void simulate(const RunOptions& options, const CollectiveBound& bound) {
    Stopwatch watch;
    SuperPod module("pod", pod_, scenario_, seed_, plan_.ranks());
    std::vector<const npu::Card*> views;
    for (std::uint32_t card = 0; card < plan_.ranks(); ++card) {
      cards_.push_back(std::make_unique<npu::CollectiveCard>(NpuId(card), plan_, costs_));
      module.npu(card).host(*cards_.back(), nullptr);
      views.push_back(cards_.back().get());
    }
    result_.perf.build_s += watch.lap();
    for (std::int64_t repeat = 0; repeat < workload_.repeats && !result_.partial; ++repeat) {
      const Picoseconds start = std::max(end_, sim::now());
      call(module, start);
      SuperPod::Stretch stretch;
      stretch.stage = workload_.repeats == 1
                          ? "collective"
                          : fmt::format("collective {} of {}", repeat + 1, workload_.repeats);
      stretch.first_fraction = static_cast<double>(repeat) / static_cast<double>(workload_.repeats);
      stretch.last_fraction = static_cast<double>(repeat + 1) / static_cast<double>(workload_.repeats);
      stretch.expected = messages_;
      result_.partial = !module.run(options, stretch);
      if (result_.partial) break;
      check_all_done(views);
      check_conservation(module.fabric().totals());
      end_ = start;
      for (const auto& card : cards_) end_ = std::max(end_, card->done_at());
      times_.push_back((end_ - start).count());
      PODSIM_CHECK(bound.time() <= end_ - start, "the collective takes {}, under its bound {}",
                   to_string(end_ - start), to_string(bound.time()));
      if (repeat == 0) messages_ = module.fabric().totals().messages_delivered;
    }
    result_.perf.simulate_s += watch.lap();
    report(module, bound);
  }

  // All cards call the operator at once, as benchmarks do behind a barrier.
  void call(SuperPod& module, Picoseconds start) {
    for (std::uint32_t card = 0; card < plan_.ranks(); ++card)
      cards_[card]->begin(start, module.npu(card).as_host());
  }

  void report(const SuperPod& module, const CollectiveBound& bound) {
    for (std::size_t i = 0; i < cards_.size(); ++i) {
      CardRow row;
      row.card = NpuId(i);
      row.hbm_bytes = cards_[i]->hbm_bytes();
      result_.cards.push_back(row);
    }
    add_fabric_results(module.fabric(), pod_, std::max(end_, sim::now()), result_);
    add_busiest_links(scenario_, pod_, seed_, users_of(), result_);
    if (result_.partial) result_.notes.push_back("interrupted: latencies cover the repeats that had ended");
    if (times_.empty()) return;
    std::int64_t sum = 0;
    for (const std::int64_t one : times_) sum += one;
    const Picoseconds mean(sum / static_cast<std::int64_t>(times_.size()));
    const double rate = 1e-9 * static_cast<double>(rate_rounded_down(workload_.bytes, mean).count());
    result_.metrics.set(kCollectiveLatency, mean);
    result_.metrics.set(kCollectiveRate, rate);
    result_.metrics.set(kCollectiveBusRate, rate * bus_factor(workload_.operation, plan_.ranks()));
    result_.metrics.set(kCollectiveOverBound,
                        static_cast<double>(mean.count()) / static_cast<double>(bound.time().count()));
    result_.words.push_back(fmt::format("the collective takes {}", microseconds(mean)));
  }

  UsersOf users_of() const {
    UsersOf users_of;
    users_of.words = "all pieces of a call";
    users_of.layers = std::max<std::int64_t>(1, static_cast<std::int64_t>(times_.size()));
    users_of.feed = [this](fabric::LinkUsers& users, std::uint64_t sample) {
      for (std::uint32_t rank = 0; rank < plan_.ranks(); ++rank) {
        std::uint32_t number = 0;
        for (std::uint32_t step = 0; step < plan_.steps(); ++step) {
          npu::CollectiveMessages messages(plan_.step(rank, step).sends, costs_.piece);
          std::uint32_t peer = 0;
          Bytes bytes;
          for (; messages.next(peer, bytes); ++number) {
            if (number % sample == 0) users.add(NpuId(rank), NpuId(peer), bytes, number);
          }
        }
      }
    };
    return users_of;
  }

  const Scenario& scenario_;
  const CollectiveWorkload& workload_;
  const topology::Pod& pod_;
  std::uint64_t seed_;
  RunResult& result_;
  npu::CollectivePlan plan_;
  npu::CollectiveCosts costs_;
  std::vector<std::unique_ptr<npu::CollectiveCard>> cards_;
  std::uint64_t messages_ = 0;       // of one repeat
  std::vector<std::int64_t> times_;  // of each repeat, ps
  Picoseconds end_;
};

}  // namespace

void run_collective(const Scenario& scenario, const CollectiveWorkload& workload, const topology::Pod& pod,
                    std::uint64_t seed, const RunOptions& options, RunResult& result) {
  CollectiveRun(scenario, workload, pod, seed, result).run(options);
}

}  // namespace podsim::pod
