// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/moe_run.h"

#include <algorithm>

#include "pod/busiest_links.h"
#include "pod/layer_messages.h"
#include "pod/results.h"
#include "pod/wave_rows.h"
#include "podsim/base/error.h"
#include "podsim/base/random.h"

namespace podsim::pod {

namespace {

// Stores of cores reach other cards in short segments: a smaller mtu.
Scenario with_segments(Scenario scenario) {
  const auto& segment = scenario.machine.stack->write_segment;
  if (segment) {
    fabric::ProtocolConfig protocol = *scenario.machine.protocol;
    protocol.mtu.value = std::min(protocol.mtu.value, segment->value);
    scenario.machine.protocol.value = protocol;
  }
  return scenario;
}

}  // namespace

MoeRun::MoeRun(const Scenario& scenario, const MoeWorkload& workload, const topology::Pod& pod,
               std::uint64_t seed, npu::KernelTimings* kernels, RunResult& result)
    : scenario_(with_segments(scenario)),
      round_trip_([this](NpuId from, NpuId to) {
        topology::Path path;
        pod_.routing->path(from, to, 0, path);
        const fabric::ProtocolConfig& protocol = *scenario_.machine.protocol;
        Picoseconds way = protocol.send_latency.value + protocol.receive_latency.value;
        for (std::size_t hop = 0; hop < path.hops; ++hop)
          way += pod_.graph.type(pod_.graph.links()[path.links[hop]].type).latency;
        return way * 2;
      }),
      workload_(workload),
      pod_(pod),
      seed_(seed),
      kernels_(kernels),
      result_(result),
      schedule_(npu::make_schedule(scenario_.schedule, *scenario_.machine.stack, workload.exchange_choice())),
      builder_(scenario_, workload, pod, *schedule_, seed),
      bounder_(pod, scenario_, *schedule_, seed) {
  make_parts();
}

MoeRun::~MoeRun() = default;

void MoeRun::make_parts() {
  const npu::ChipConfig& chip = *scenario_.machine.chip;
  static_cast<void>(chip.cube_rate(builder_.model().weight_type.value, builder_.model().dispatch_type.value));
  for (std::size_t card = 0; card < builder_.cards(); ++card) {
    const double scale = pod_.compute_scale[NpuId(card)];
    std::unique_ptr<npu::KernelTimer>& timer = timers_[scale];
    if (timer == nullptr) timer = make_timer(scale);
    parts_.push_back({NpuId(card), timer.get(), &*scenario_.machine.stack, schedule_.get(),
                      chip.hbm.sustained(), chip.l2.value, send_cores(), &round_trip_});
  }
  for (const std::int64_t card : scenario_.output.timeline_cards) {
    if (card >= static_cast<std::int64_t>(builder_.cards()))
      throw ConfigError(fmt::format("/output/timeline_cards: got card {}, the run has {} cards, from 0", card,
                                    builder_.cards()));
  }
}

// Where communication runs beside computation it has the stack's share of cores: vector cores, or, on a chip
// that has none of its own, whole cores, unless its communication is part of a fused kernel's cores.
std::int64_t MoeRun::communication_cores() const {
  const npu::ChipConfig& chip = *scenario_.machine.chip;
  const npu::Overlap overlap = schedule_->overlap();
  const bool beside = overlap == npu::Overlap::All || overlap == npu::Overlap::Pairs;
  const bool whole = chip.vector_cores.value == chip.cores.value;
  const auto& share = scenario_.machine.stack->communication_cores;
  if (!beside || !share || (whole && schedule_->fused())) return 0;
  if (share->value >= chip.vector_cores.value)
    throw ConfigError(fmt::format("/machine/stack/communication_cores: got {}, chip {} has {}", share->value,
                                  chip.name, chip.vector_cores.value));
  return share->value;
}

npu::SendCores::Config MoeRun::send_cores() const {
  const npu::StackConfig& stack = *scenario_.machine.stack;
  const bool low_latency = workload_.exchange == npu::ExchangeFamily::LowLatency;
  if (!low_latency && !stack.high_throughput) return {};
  const npu::RowCoresConfig& rows = low_latency ? stack.low_latency->rows : stack.high_throughput->rows;
  npu::SendCores::Config send;
  send.issue = rows.row_issue.value;
  if (rows.copy_rate) send.copy_rate = rows.copy_rate->value;
  if (rows.in_flight) send.in_flight = rows.in_flight->value;
  const npu::Overlap overlap = schedule_->overlap();
  if (overlap == npu::Overlap::All || overlap == npu::Overlap::Pairs) {
    send.cores = communication_cores();
  } else {
    send.cores = rows.cores ? rows.cores->value : scenario_.machine.chip->vector_cores.value;
  }
  return send;
}

// A slot for every row that may come, and for every result.
void MoeRun::check_windows(const LayerData& data) const {
  if (workload_.exchange != npu::ExchangeFamily::LowLatency) return;
  const npu::LayerShape& shape = data.shape;
  const Bytes windows = shape.dispatch_row * (shape.slots * shape.ranks * shape.tokens) +
                        shape.combine_row * (shape.tokens * shape.top_k);
  const npu::ChipConfig& chip = *scenario_.machine.chip;
  if (windows <= chip.hbm.capacity.value) return;
  throw ConfigError(fmt::format(
      "/workload/exchange: low_latency needs a slot for every row of {} cards for {} experts, {} in all; "
      "chip {} "
      "has {}; expected fewer tokens, or high_throughput",
      shape.ranks, shape.slots, to_string(windows), chip.name, to_string(chip.hbm.capacity.value)));
}

std::unique_ptr<npu::KernelTimer> MoeRun::make_timer(double compute_scale) const {
  const npu::ChipConfig& chip = *scenario_.machine.chip;
  const auto* core = std::get_if<npu::CoreTimerConfig>(&scenario_.machine.timer);
  std::unique_ptr<npu::KernelTimer> timer;
  if (core == nullptr) {
    timer = std::make_unique<npu::RooflineTimer>(chip, *scenario_.machine.stack, compute_scale);
  } else {
    PODSIM_CHECK(kernels_ != nullptr, "a run with the core timer has no kernel timings");
    timer = std::make_unique<npu::CoreTimer>(chip, *core, builder_.model().dispatch_type.value, *kernels_,
                                             compute_scale);
  }
  const std::int64_t taken = communication_cores();
  if (taken == 0) return timer;
  return std::make_unique<npu::SharedTimer>(std::move(timer), taken, chip.vector_cores.value,
                                            chip.vector_cores.value == chip.cores.value);
}

void MoeRun::make_cards() {
  const std::size_t cards = builder_.cards();
  pod_module_ = std::make_unique<SuperPod>("pod", pod_, scenario_, seed_, cards);
  for (std::size_t group = 0; group < builder_.groups(); ++group)
    barriers_.push_back(std::make_unique<npu::GroupBarrier>(scenario_.machine.stack->barrier.value));
  for (std::size_t card = 0; card < cards; ++card) {
    npu::Npu& npu = pod_module_->npu(card);
    cards_.push_back(std::make_unique<npu::MoeCard>(parts_[card], npu.as_host()));
    npu.host(*cards_.back(), barriers_[card / builder_.group_size()].get());
    card_views_.push_back(cards_.back().get());
    CardRow row;
    row.card = NpuId(card);
    result_.cards.push_back(row);
  }
  result_.timeline.tracks = npu::track_names();
  for (const std::int64_t card : scenario_.output.timeline_cards)
    cards_[static_cast<std::size_t>(card)]->record(&result_.timeline.spans);
}

std::optional<LayerBound> MoeRun::bound_of(const LayerData& data, const PlanOf& plan_of,
                                           const RunOptions& options) {
  Stopwatch watch;
  const std::optional<LayerBound> bound = bounder_.bound(data, Span<const npu::CardParts>(parts_),
                                                         builder_.group_size(), plan_of, options.interrupted);
  result_.perf.bound_s += watch.lap();
  return bound;
}

void MoeRun::run_bound(const RunOptions& options) {
  npu::CardPlan plan;
  for (std::int64_t i = 0; i < workload_.layers.count; ++i) {
    Stopwatch watch;
    const std::unique_ptr<LayerData> data = builder_.build(workload_.layers.first + i);
    result_.perf.traffic_s += watch.lap();
    check_windows(*data);
    const auto plan_of = [&](std::size_t card) -> const npu::CardPlan& {
      npu::plan_card(data->works[card], parts_[card], plan);
      return plan;
    };
    const std::optional<LayerBound> bound = bound_of(*data, plan_of, options);
    result_.partial = !bound;
    if (!bound) break;
    add_bound(*data, *bound);
    result_.layers.push_back(layer_row(*data, *bound));
  }
  set_bound_metrics();
  add_words();
  add_notes();
}

void MoeRun::run_packets(const RunOptions& options) {
  Stopwatch watch;
  make_cards();
  result_.perf.build_s += watch.lap();
  for (std::int64_t i = 0; i < workload_.layers.count && !result_.partial; ++i) {
    watch.lap();
    std::unique_ptr<LayerData> data = builder_.build(workload_.layers.first + i);
    result_.perf.traffic_s += watch.lap();
    check_windows(*data);
    result_.partial = !run_layer(*data, options, i);
    const Picoseconds latency = result_.partial ? Picoseconds() : result_.layers.back().latency;
    if (shown_ != nullptr && latency <= shown_latency_) continue;
    shown_ = std::move(data);
    shown_latency_ = latency;
  }
  add_links();
  set_metrics();
  add_words();
  add_notes();
}

// Keeping every layer's messages would take too much memory, so the users of links are those of one layer.
void MoeRun::add_links() {
  const Picoseconds time = result_.partial ? std::max(end_, sim::now()) : end_;
  add_fabric_results(pod_module_->fabric(), pod_, time, result_);
  UsersOf users_of;
  users_of.words = fmt::format("rows and results of layer {}", shown_->layer);
  if (layers_done() == 0) users_of.words += ", which was under way";
  if (layers_done() > 1) users_of.words += ", the slowest";
  users_of.layers = std::max<std::int64_t>(1, static_cast<std::int64_t>(layers_done()));
  users_of.feed = [this](fabric::LinkUsers& users, std::uint64_t step) {
    // By a hash: rows stand in an order that a fixed stride could fall in step with.
    std::uint64_t number = 0;
    const auto add = [&](NpuId src, NpuId dst, Bytes payload, std::uint32_t flow) {
      if (step == 1 || mix64(number++) % step == 0) users.add(src, dst, payload, flow);
    };
    for (std::size_t card = 0; card < shown_->works.size(); ++card) {
      for_each_row(*shown_, card, add);
      for_each_result(*shown_, card, add);
    }
  };
  add_busiest_links(scenario_, pod_, seed_, users_of, result_);
}

bool MoeRun::run_layer(const LayerData& data, const RunOptions& options, std::int64_t index) {
  const Picoseconds start = std::max(end_, sim::now());
  for (std::size_t card = 0; card < cards_.size(); ++card) cards_[card]->begin_layer(data.works[card], start);
  const std::optional<LayerBound> bound = bound_of(
      data, [this](std::size_t card) -> const npu::CardPlan& { return cards_[card]->plan(); }, options);
  if (!bound) return false;

  const auto layers = static_cast<double>(workload_.layers.count);
  SuperPod::Stretch stretch;
  stretch.stage = fmt::format("layer {} of {}", index + 1, workload_.layers.count);
  stretch.first_fraction = static_cast<double>(index) / layers;
  stretch.last_fraction = static_cast<double>(index + 1) / layers;
  stretch.expected = static_cast<std::uint64_t>(data.messages() + data.rows());
  Stopwatch watch;
  const bool finished = pod_module_->run(options, stretch);
  result_.perf.simulate_s += watch.lap();
  if (!finished) return false;

  check_all_done(card_views_);
  check_conservation(pod_module_->fabric().totals());
  Picoseconds end = start;
  for (const auto& card : cards_) end = std::max(end, card->done_at());
  end_ = end;
  add_layer(data, *bound, start, end);
  return true;
}

LayerRow MoeRun::layer_row(const LayerData& data, const LayerBound& bound) const {
  LayerRow row;
  row.layer = data.layer;
  row.rows = data.rows();
  row.imbalance = data.imbalance();
  row.bound = bound.layer;
  row.bound_by = limit_name(bound, pod_);
  return row;
}

void MoeRun::add_layer(const LayerData& data, const LayerBound& bound, Picoseconds start, Picoseconds end) {
  Picoseconds dispatch_end = start;
  Picoseconds combine_begin = end;
  Picoseconds combine_end = start;
  for (const auto& card : cards_) {
    const npu::StageTimes times = schedule_->stage_times(card->report());
    dispatch_end = std::max(dispatch_end, times.dispatch_end);
    combine_begin = std::min(combine_begin, times.combine_begin);
    combine_end = std::max(combine_end, times.combine_end);
  }
  for (std::size_t card = 0; card < cards_.size(); ++card) add_card(card, end, combine_begin);

  LayerRow row = layer_row(data, bound);
  row.start = start;
  row.latency = end - start;
  row.dispatch = dispatch_end - start;
  row.combine = std::max(Picoseconds(), combine_end - combine_begin);
  PODSIM_CHECK(bound.layer <= row.latency, "layer {} takes {}, under its bound {}", data.layer,
               to_string(row.latency), to_string(bound.layer));
  PODSIM_CHECK(bound.dispatch <= row.dispatch, "dispatch of layer {} takes {}, under its bound {}",
               data.layer, to_string(row.dispatch), to_string(bound.dispatch));
  PODSIM_CHECK(bound.combine <= row.combine, "combine of layer {} takes {}, under its bound {}", data.layer,
               to_string(row.combine), to_string(bound.combine));
  latency_ += row.latency;
  dispatch_ += row.dispatch;
  combine_ += row.combine;
  add_drains();
  result_.layers.push_back(row);
  add_wave_rows(data.layer, cards_, result_.waves);
  add_bound(data, bound);
}

// Benchmarks let all cards begin together, so each card's drain counts from its own beginning.
void MoeRun::add_drains() {
  Picoseconds dispatch;
  Picoseconds combine;
  for (const auto& card : cards_) {
    const npu::CardReport& report = card->report();
    dispatch = std::max(dispatch, report.rows_in - report.dispatch_open);
    if (report.first_result != npu::TileEngine::kNever)
      combine = std::max(combine, report.results_back - report.first_result);
  }
  dispatch_drain_ += dispatch;
  combine_drain_ += combine;
}

void MoeRun::add_card(std::size_t card, Picoseconds end, Picoseconds combine_begin) {
  const npu::CardReport& report = cards_[card]->report();
  const npu::StageTimes times = schedule_->stage_times(report);
  const std::int64_t cores = parts_[card].timer->cores();
  const Picoseconds dispatch = times.dispatch_end - report.start;
  const Picoseconds combine = std::max(Picoseconds(), times.combine_end - combine_begin);
  const Picoseconds busy = (report.tiles.busy[0] + report.tiles.busy[1]) / cores;
  const Picoseconds exposed = report.exposed();
  const Picoseconds idle = end - report.done;
  PODSIM_CHECK(exposed >= Picoseconds(), "npu {} is busy for {} more than it lives", card,
               to_string(Picoseconds() - exposed));

  CardRow& row = result_.cards[card];
  row.rows_received += report.rows_received;
  row.rows_returned += report.rows_returned;
  row.hbm_bytes += report.hbm_bytes;
  row.core_busy += busy;
  const auto add = [](Picoseconds& sum, std::vector<std::int64_t>& samples, Picoseconds value) {
    sum += value;
    samples.push_back(value.count());
  };
  add(row.dispatch, samples_.dispatch, dispatch);
  add(row.l1, samples_.l1, report.tiles.active[0]);
  add(row.activation, samples_.activation, report.activation);
  add(row.l2, samples_.l2, report.tiles.active[1]);
  add(row.combine, samples_.combine, combine);
  add(row.compute, samples_.compute, report.compute());
  add(row.overhead, samples_.overhead, report.overhead);
  add(row.exposed, samples_.exposed, exposed);
  add(row.idle, samples_.idle, idle);
  core_busy_ += busy;
  exposed_ += exposed;
}

void MoeRun::add_bound(const LayerData& data, const LayerBound& bound) {
  bounds_.dispatch += bound.dispatch;
  bounds_.combine += bound.combine;
  bounds_.compute += bound.compute;
  bounds_.hbm += bound.hbm;
  bounds_.fixed += bound.fixed;
  bounds_.transfer += bound.transfer;
  bounds_.perfect += bound.perfect;
  bounds_.layer += bound.layer;
  ++transfer_limits_[transfer_limit_name(bound, pod_)];
  rows_ += data.rows();
  local_rows_ += data.local_rows();
  messages_ += data.messages();
  result_messages_ += data.tiling.reduced ? data.messages() : data.rows();
  imbalance_ += data.imbalance();
}

}  // namespace podsim::pod
