// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/global_memory_run.h"

#include <algorithm>

#include "pod/busiest_links.h"
#include "pod/results.h"
#include "pod/super_pod.h"
#include "podsim/base/error.h"
#include "podsim/fabric/bound.h"
#include "podsim/npu/memory_card.h"
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

class GlobalMemoryRun {
 public:
  GlobalMemoryRun(const Scenario& scenario, const GlobalMemoryWorkload& workload, const topology::Pod& pod,
                  std::uint64_t seed, RunResult& result)
      : scenario_(with_bare_ports(scenario, workload)),
        workload_(workload),
        pod_(pod),
        seed_(seed),
        result_(result),
        map_(pod.graph.npu_count(), workload.memory.value_or(scenario.machine.chip->hbm.capacity.value),
             workload.page.value_or(Bytes())) {
    if (scenario.fabric.fidelity == fabric::Fidelity::Bound)
      throw ConfigError("/fabric/fidelity: workload global_memory has no bound, expected another fidelity");
  }

  void run(const RunOptions& options) {
    Stopwatch watch;
    plan();
    result_.metrics.set(kCards, static_cast<std::int64_t>(pod_.graph.npu_count()));
    SuperPod module("pod", pod_, scenario_, seed_, pod_.graph.npu_count());
    plug_in(module);
    result_.perf.build_s += watch.lap();
    simulate(module, options);
    result_.perf.simulate_s += watch.lap();
    report(module);
  }

 private:
  // One pair of a transfer of the workload.
  struct Flow {
    std::size_t of = 0;  // in workload_.transfers
    NpuId from;
    npu::Transfer transfer;
    std::size_t number = 0;  // at its card, once it has begun
  };

  // The protocol's endpoint latencies end in far memory; here the memory's part is a figure of its own.
  static Scenario with_bare_ports(const Scenario& scenario, const GlobalMemoryWorkload& workload) {
    Scenario changed = scenario;
    changed.machine.protocol->send_latency = workload.access->port_latency;
    changed.machine.protocol->receive_latency = workload.access->port_latency;
    return changed;
  }

  bool is_host(NpuId card) const {
    const auto& hosts = workload_.hosts;
    return hosts && static_cast<std::int64_t>(card.value()) % hosts->period >= hosts->first;
  }

  npu::MemoryTiming timing_of(NpuId card) const {
    const npu::OneSidedConfig& access = *workload_.access;
    const npu::MemoryEnd& end = is_host(card) ? *access.host : access.npu;
    const BytesPerSecond read =
        end.read_rate ? end.read_rate->value : scenario_.machine.chip->hbm.sustained();
    return {end.read_latency.value, end.write_latency.value, read,
            end.write_rate ? end.write_rate->value : read};
  }

  void plan() {
    if (workload_.hosts && !workload_.access->host)
      throw ConfigError(fmt::format("/workload/hosts: {} says nothing of hosts, expected a key host",
                                    workload_.access->name));
    for (std::size_t i = 0; i < workload_.transfers.size(); ++i) plan(i);
  }

  void plan(std::size_t index) {
    const TransferConfig& transfer = workload_.transfers[index];
    const std::string place = fmt::format("/workload/transfers/{}", index);
    const std::size_t pairs = std::max(transfer.from.size(), transfer.to.size());
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      Flow flow;
      flow.of = index;
      flow.from = checked(transfer.from[transfer.from.size() == 1 ? 0 : pair], place + "/from");
      flow.transfer = npu_transfer(transfer);
      if (transfer.to.empty()) {
        flow.transfer.address = transfer.address->count();
      } else {
        const NpuId to = checked(transfer.to[transfer.to.size() == 1 ? 0 : pair], place + "/to");
        flow.transfer.address = map_.address({to, 0});
      }
      const std::int64_t last =
          flow.transfer.address + (flow.transfer.operations - 1) * flow.transfer.stride + flow.transfer.bytes;
      if (last > map_.size().count())
        throw ConfigError(fmt::format("{}: ends at byte {}, behind the {} of all memories", place, last,
                                      to_string(map_.size())));
      flows_.push_back(flow);
    }
  }

  NpuId checked(std::int64_t card, const std::string& place) const {
    if (card < 0 || card >= static_cast<std::int64_t>(pod_.graph.npu_count()))
      throw ConfigError(fmt::format("{}: got {}, the pod {} has cards 0 to {}", place, card, pod_.config.name,
                                    pod_.graph.npu_count() - 1));
    return NpuId(static_cast<std::size_t>(card));
  }

  static npu::Transfer npu_transfer(const TransferConfig& config) {
    npu::Transfer transfer;
    transfer.operation = config.operation;
    transfer.bytes = config.size.count();
    transfer.stride = config.stride.value_or(config.size).count();
    transfer.operations = config.operations;
    transfer.in_flight = config.in_flight;
    transfer.one_path = config.one_path;
    transfer.operand = static_cast<std::uint64_t>(config.operand);
    transfer.expected = static_cast<std::uint64_t>(config.expected);
    return transfer;
  }

  void plug_in(SuperPod& module) {
    const npu::OneSidedConfig& access = *workload_.access;
    const npu::MemoryCard::Limits limits{access.read_segment.value.count(),
                                         access.write_segment.value.count(), access.outstanding.value,
                                         scenario_.fabric.chunk.count()};
    for (std::size_t i = 0; i < pod_.graph.npu_count(); ++i) {
      cards_.push_back(
          std::make_unique<npu::MemoryCard>(NpuId(i), map_, timing_of(NpuId(i)), limits, transactions_));
      module.npu(i).host(*cards_.back(), nullptr);
      cards_.back()->plug_in(module.npu(i).as_host());
    }
  }

  // Transfers in turn, or all together; the pairs of one transfer always together.
  void simulate(SuperPod& module, const RunOptions& options) {
    std::size_t next = 0;
    while (next < flows_.size() && !result_.partial) {
      const std::size_t turn = flows_[next].of;
      while (next < flows_.size() &&
             (workload_.order == TransferOrder::Together || flows_[next].of == turn)) {
        Flow& flow = flows_[next++];
        flow.number = cards_[flow.from.value()]->begin(flow.transfer, sim::now());
        begun_ = next;
      }
      SuperPod::Stretch stretch;
      stretch.stage = "transfer " + workload_.transfers[turn].name;
      stretch.first_fraction = static_cast<double>(turn) / static_cast<double>(workload_.transfers.size());
      stretch.last_fraction = stretch.first_fraction;
      result_.partial = !module.run(options, stretch);
    }
    if (result_.partial) return;
    std::vector<const npu::Card*> views;
    for (const auto& card : cards_) views.push_back(card.get());
    check_all_done(views);
    check_conservation(module.fabric().totals());
    PODSIM_CHECK(transactions_.under_way() == 0, "{} transactions are left", transactions_.under_way());
  }

  void report(const SuperPod& module) {
    Picoseconds end;
    for (const auto& card : cards_) end = std::max(end, card->done_at());
    add_fabric_results(module.fabric(), pod_, result_.partial ? std::max(end, sim::now()) : end, result_);
    for (std::size_t i = 0; i < begun_; ++i) add_row(flows_[i]);
    for (std::size_t i = 0; i < workload_.transfers.size(); ++i) add_metrics(i);
    if (result_.partial) result_.notes.push_back("interrupted: figures cover the operations that had ended");
    add_assumption_notes(result_);
  }

  void add_row(const Flow& flow) {
    const npu::TransferResult& done = cards_[flow.from.value()]->result(flow.number);
    const NpuId to = map_.locate(flow.transfer.address).card;
    TransferRow row;
    row.transfer = workload_.transfers[flow.of].name;
    row.from = flow.from;
    row.to = to;
    row.hops = flow.from == to ? 0 : hops(flow.from, to);
    row.operations = done.operations;
    row.bytes = Bytes(done.bytes);
    row.time = done.end - done.begin;
    for (const Picoseconds latency : done.latencies) {
      row.latency_sum += latency;
      row.latency_max = std::max(row.latency_max, latency);
    }
    result_.transfers.push_back(row);
  }

  std::int64_t hops(NpuId from, NpuId to) const {
    topology::Path path;
    pod_.routing->path(from, to, 0, path);
    return path.hops;
  }

  void add_metrics(std::size_t index) {
    const std::string& name = workload_.transfers[index].name;
    std::vector<std::int64_t> latencies;
    Picoseconds time;
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < begun_; ++i) {
      if (flows_[i].of != index) continue;
      const npu::TransferResult& done = cards_[flows_[i].from.value()]->result(flows_[i].number);
      for (const Picoseconds one : done.latencies) latencies.push_back(one.count());
      time = std::max(time, done.end - done.begin);
      bytes += done.bytes;
    }
    if (bytes == 0) return;
    result_.metrics.set({kTransferLatency, name}, stats::distribution_of(std::move(latencies)));
    result_.metrics.set({kTransferTime, name}, time);
    if (result_.partial) return;
    const Picoseconds bound = bound_of(index);
    if (bound == Picoseconds()) return;
    PODSIM_CHECK(bound <= time, "transfer {} takes {}, under its bound {}", name, to_string(time),
                 to_string(bound));
    result_.metrics.set({kTransferBound, name}, bound);
    result_.metrics.set({kTransferBandwidth, name},
                        1e-9 * static_cast<double>(rate_rounded_down(Bytes(bytes), time).count()));
  }

  // The data of a transfer, from the memory for reads and into it otherwise. Which of several paths a burst
  // takes depends on when it leaves, so links count only where the choice does not.
  Picoseconds bound_of(std::size_t index) const {
    fabric::FabricConfig config = scenario_.fabric;
    if (config.path_spread == fabric::PathSpread::Hash) config.path_spread = fabric::PathSpread::Backlog;
    fabric::TrafficBound bound(pod_, *scenario_.machine.protocol, config, seed_);
    for (const Flow& flow : flows_) {
      if (flow.of != index) continue;
      const npu::Transfer& transfer = flow.transfer;
      const bool read = transfer.operation == npu::MemoryOperation::Read;
      for (std::int64_t n = 0; n < transfer.operations; ++n) {
        std::int64_t address = transfer.address + n * transfer.stride;
        for (std::int64_t left = transfer.bytes; left > 0;) {
          const std::int64_t here = std::min(left, map_.run_length(address));
          const NpuId memory = map_.locate(address).card;
          if (memory != flow.from)
            bound.add(read ? memory : flow.from, read ? flow.from : memory, Bytes(here), 0);
          address += here;
          left -= here;
        }
      }
    }
    return bound.result().time;
  }

  const Scenario scenario_;
  const GlobalMemoryWorkload& workload_;
  const topology::Pod& pod_;
  std::uint64_t seed_;
  RunResult& result_;
  npu::GlobalMap map_;
  npu::TransactionPool transactions_;
  std::vector<std::unique_ptr<npu::MemoryCard>> cards_;
  std::vector<Flow> flows_;
  std::size_t begun_ = 0;  // of flows_
};

}  // namespace

void run_global_memory(const Scenario& scenario, const GlobalMemoryWorkload& workload,
                       const topology::Pod& pod, std::uint64_t seed, const RunOptions& options,
                       RunResult& result) {
  GlobalMemoryRun(scenario, workload, pod, seed, result).run(options);
}

}  // namespace podsim::pod
