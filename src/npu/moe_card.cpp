// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/moe_card.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {

const std::vector<std::string>& track_names() {
  static const std::vector<std::string> names{"layer",      "stack", "send",   "receive", "L1",
                                              "activation", "L2",    "return", "sum"};
  return names;
}

namespace {

// Length of the union.
Picoseconds covered(std::vector<TileEngine::Interval>& intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const auto& a, const auto& b) { return a.from != b.from ? a.from < b.from : a.to < b.to; });
  Picoseconds total;
  Picoseconds until;
  for (const TileEngine::Interval& interval : intervals) {
    if (interval.to <= until) continue;
    total += interval.to - std::max(until, interval.from);
    until = interval.to;
  }
  return total;
}

}  // namespace

MoeCard::MoeCard(const CardParts& parts, CardHost& host)
    : hbm_(parts.hbm_rate),
      engine_(static_cast<std::size_t>(parts.timer->cores()), hbm_),
      senders_(parts.send),
      parts_(parts),
      host_(host) {}

void MoeCard::begin_layer(const LayerWork& work, Picoseconds at) {
  PODSIM_CHECK(done_, "npu {} begins a layer before it has ended the last one", parts_.id.value());
  work_ = work;
  dispatch_load_ = hbm_.load_of(work.shape->dispatch_row);
  combine_load_ = hbm_.load_of(work.shape->combine_row);
  plan_card(work, parts_, plan_);
  engine_.begin(plan_.tiles);
  begin_rows();
  begin_batches(at);
  begin_gemms();
  begin_flags();
  next_send_ = open_sends_ = 0;
  dispatch_open_ = step_at_ = kNever;
  results_.clear();
  steps_.clear();
  paused_.clear();
  kernels_.clear();
  pairs_.fill(std::nullopt);
  barriers_ = 0;
  at_barrier_ = done_ = false;
  report_ = CardReport();
  report_.start = at;
  hbm_bytes_before_ = hbm_.bytes();
  hbm_busy_before_ = hbm_.busy();
  parts_.schedule->layer_begins(*this, at);
  plan_wake();
}

void MoeCard::begin_batches(Picoseconds at) {
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    const CardPlan::Batch& planned = plan_.batches[b];
    Batch batch;
    batch.rows_left = planned.rows;
    batch.results_left = planned.results;
    batch.last_row = batch.last_result = batch.gemm_end[0] = batch.gemm_end[1] = at;
    batch.tile_blocks_left[0] = planned.tile_blocks[0];
    batch.tile_blocks_left[1] = planned.tile_blocks[1];
    batches_[b] = batch;
  }
}

void MoeCard::begin_gemms() {
  groups_.assign(plan_.groups.size(), ResultGroup());
  blocks_left_.clear();
  block_end_.assign(m_blocks(), Picoseconds());
  waves_.assign(plan_.waves, WaveReport());
  for (const CardPlan::MBlock& block : plan_.m_blocks) {
    blocks_left_.push_back(block.tile_blocks);
    if (block.wave != CardPlan::kNoWave) waves_[block.wave].rows += block.rows;
  }
}

// A flag per slot of the group and phase, each way.
void MoeCard::begin_flags() {
  flags_ = {};
  if (!work_.tiling.flags) return;
  const auto ranks = static_cast<std::int64_t>(work_.traffic->ranks());
  const auto own = static_cast<std::int64_t>(work_.traffic->slots(work_.rank));
  flags_[kFlagOfDispatch].end = static_cast<std::size_t>(work_.shape->total_slots);
  flags_[kFlagOfDispatch].missing = own * ranks;
  flags_[kFlagOfCombine].end = static_cast<std::size_t>(own * ranks);
  flags_[kFlagOfCombine].missing = work_.shape->total_slots;
}

void MoeCard::start_block(Gemm gemm, MBlock m, Picoseconds at) {
  const CardPlan::MBlock& block = plan_.m_blocks[m];
  const std::uint32_t first = block.tile_block[static_cast<std::size_t>(gemm)];
  const std::uint32_t tile_blocks = gemm == Gemm::L1 ? 1 : block.tile_blocks;
  for (std::uint32_t i = 0; i < tile_blocks; ++i) engine_.set_ready(first + i, at);
  replan_ = true;
}

void MoeCard::start_gemm(Gemm gemm, Picoseconds at, int batch) {
  const CardPlan::Batch& planned = this->batch(batch);
  for (MBlock i = 0; i < planned.m_blocks; ++i) start_block(gemm, planned.first_m_block + i, at);
  if (planned.m_blocks == 0) parts_.schedule->gemm_done(*this, gemm, batch, at);
}

void MoeCard::send_results(MBlock m, Picoseconds at) {
  send_results({m, plan_.m_blocks[m].first_row, plan_.m_blocks[m].rows}, at);
}

void MoeCard::send_results(const ReadyRows& rows, Picoseconds at) {
  report_.first_result = std::min(report_.first_result, at);
  Batch& batch = batches_[plan_.m_blocks[rows.m_block].batch];
  batch.first_result = std::min(batch.first_result, at);
  results_.push_back({rows.m_block, rows.first_row, rows.first_row, rows.first_row + rows.rows, at});
  host_.kick(at);
}

void MoeCard::send_all_results(Picoseconds at) {
  if (senders_.limited()) senders_.open(at);
  flags_[kFlagOfCombine].at = at;
  host_.kick(at);
  if (work_.tiling.reduced) {
    reduced_open_ = at;
    report_.first_result = std::min(report_.first_result, at);
    batches_[0].first_result = report_.first_result;
    return;
  }
  for (MBlock m = 0; m < m_blocks(); ++m) {
    if (!is_shared(m)) send_results(m, at);
  }
  report_.first_result = std::min(report_.first_result, at);
}

std::optional<Picoseconds> MoeCard::both(std::size_t pair, Picoseconds at) {
  std::optional<Picoseconds>& first = pairs_.at(pair);
  if (first) return std::max(*first, at);
  first = at;
  return std::nullopt;
}

void MoeCard::note_pause(Picoseconds from, Picoseconds to) {
  if (from < to) paused_.push_back({from, to});
}

void MoeCard::pause(Picoseconds at, Picoseconds duration, int step, const char* what) {
  note_pause(at, at + duration);
  span(Track::Stack, what, at, at + duration);
  do_at(at + duration, step);
}

void MoeCard::run_activation(Picoseconds at, int step, int batch) {
  const Picoseconds end = run_kernel(at, VectorOp::SwiGlu, this->batch(batch).activation);
  report_.activation += end - at;
  span(Track::Activation, "SwiGLU", at, end);
  do_at(end, step);
}

// Where results lie one by one in slots, cores take each up for itself.
void MoeCard::run_weighted_sum(Picoseconds at, int step, int batch) {
  Picoseconds end = run_kernel(at, VectorOp::WeightedSum, this->batch(batch).weighted_sum);
  if (work_.tiling.flags) {
    const Picoseconds taken = at + senders_.pass(plan_.results, work_.shape->combine_row);
    if (taken > end) {
      report_.kernels += taken - end;
      kernels_.push_back({end, taken});
      end = taken;
    }
  }
  span(Track::Sum, "weighted sum", at, end);
  do_at(end, step);
}

// Cores move rows, as fast as memory and they themselves can.
Picoseconds MoeCard::run_memory_kernel(Picoseconds at, Bytes bytes, Picoseconds cores_busy,
                                       const char* what) {
  const Picoseconds end = std::max(hbm_.serve(at, bytes), at + cores_busy);
  report_.kernels += end - at;
  kernels_.push_back({at, end});
  span(Track::Stack, what, at, end);
  return end;
}

std::int64_t MoeCard::count_of(Moved moved) const {
  switch (moved) {
    case Moved::Sends:
      return static_cast<std::int64_t>(work_.sends.size());
    case Moved::ResultsBack:
      return plan_.results;
    default:
      return plan_.rows;
  }
}

void MoeCard::run_copies(Picoseconds at, Moved moved, std::int64_t passes, int step) {
  const std::int64_t count = count_of(moved) * passes;
  if (count == 0) return do_at(at, step);
  const bool dispatch = moved == Moved::Sends || moved == Moved::Rows;
  const Bytes row = dispatch ? work_.shape->dispatch_row : work_.shape->combine_row;
  do_at(run_memory_kernel(at, row * (2 * count), senders_.pass(count, row),
                          dispatch ? "copy rows" : "copy results"),
        step);
}

// Reads the card's tokens and writes them in the type of rows.
void MoeCard::run_quantisation(Picoseconds at, std::int64_t passes, int step) {
  const std::int64_t count = work_.shape->tokens * passes;
  if (count == 0) return do_at(at, step);
  const Bytes bytes = (work_.shape->combine_row + work_.shape->dispatch_row) * count;
  do_at(run_memory_kernel(at, bytes, Picoseconds(), "quantise"), step);
}

// Reads every result and writes what is sent.
void MoeCard::run_reduction(Picoseconds at, int step) {
  const auto rows = static_cast<std::int64_t>(plan_.rows);
  const auto sent = work_.tiling.reduced ? static_cast<std::int64_t>(arrived_.size()) : rows;
  if (rows == 0) return do_at(at, step);
  const Bytes row = work_.shape->combine_row;
  do_at(run_memory_kernel(at, row * (rows + sent), senders_.pass(rows, row), "add up results"), step);
}

Picoseconds MoeCard::run_kernel(Picoseconds at, VectorOp op, const CardPlan::VectorKernel& kernel) {
  const Picoseconds computed = at + vector_kernel_time(*parts_.timer, op, kernel.elements);
  const Picoseconds end = std::max(computed, hbm_.serve(at, kernel.bytes));
  report_.kernels += end - at;
  kernels_.push_back({at, end});
  return end;
}

void MoeCard::do_at(Picoseconds at, int step) {
  for (const Step& pending : steps_)
    PODSIM_CHECK(pending.step != step, "npu {} gets step {} twice", parts_.id.value(), step);
  steps_.push_back({at, step});
  step_at_ = std::min(step_at_, at);
  replan_ = true;
}

void MoeCard::arrive_at_barrier(Picoseconds at) {
  at_barrier_ = true;
  host_.arrive_at_barrier(at);
}

void MoeCard::barrier_released(Picoseconds at, Picoseconds latency) {
  at_barrier_ = false;
  PODSIM_CHECK(static_cast<std::size_t>(barriers_) < report_.barriers.size(), "barrier {}", barriers_);
  report_.barriers[static_cast<std::size_t>(barriers_++)] = at;
  note_pause(at - latency, at);
  span(Track::Stack, "barrier", at - latency, at);
  parts_.schedule->barrier_passed(*this, barriers_, at);
  if (replan_) plan_wake();
}

void MoeCard::finish(Picoseconds at) {
  done_ = true;
  report_.done = at;
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    report_.rows_received += plan_.batches[b].rows - batches_[b].rows_left;
    report_.rows_returned += plan_.batches[b].results - batches_[b].results_left;
    report_.rows_in = std::max(report_.rows_in, batches_[b].last_row);
    report_.results_back = std::max(report_.results_back, batches_[b].last_result);
  }
  report_.overhead = overhead();
  report_.tiles = engine_.usage();
  report_.activation += Picoseconds(report_.tiles.vector.count() / parts_.timer->cores());
  report_.hbm_bytes = hbm_.bytes() - hbm_bytes_before_;
  report_.hbm_busy = hbm_.busy() - hbm_busy_before_;
  span(Track::Layer, "layer", report_.start, at);
}

void MoeCard::wake(Picoseconds now) {
  run_engine(now);
  if (step_at_ <= now) take_step();
  plan_wake();
}

void MoeCard::take_step() {
  const auto earlier = [](const Step& a, const Step& b) { return a.at < b.at; };
  const auto due = std::min_element(steps_.begin(), steps_.end(), earlier);
  const Step step = *due;
  steps_.erase(due);
  const auto next = std::min_element(steps_.begin(), steps_.end(), earlier);
  step_at_ = next == steps_.end() ? kNever : next->at;
  parts_.schedule->step_due(*this, step.step, step.at);
}

void MoeCard::plan_wake() {
  replan_ = false;
  const Picoseconds next = std::min(step_at_, engine_.next_finish_bound());
  if (next != kNever) host_.wake_at(next);
}

// Tiles that start before `at` ask for memory first.
Picoseconds MoeCard::memory(Picoseconds at, const HbmServer::Load& load) {
  if (engine_.next_start() <= at) run_engine(at);
  return hbm_.serve(at, load);
}

void MoeCard::run_engine(Picoseconds until) {
  while (const auto finished = engine_.advance(until)) block_finished(*finished);
}

void MoeCard::block_finished(const TileEngine::Finished& finished) {
  const CardPlan::Origin which = plan_.origins[finished.block];
  const auto g = static_cast<std::size_t>(which.gemm);
  const int b = plan_.m_blocks[which.m_block].batch;
  Batch& batch = batches_[static_cast<std::size_t>(b)];
  batch.gemm_end[g] = std::max(batch.gemm_end[g], finished.time);
  --batch.tile_blocks_left[g];
  replan_ = true;
  if (spans_ != nullptr) {
    span(which.gemm == Gemm::L1 ? Track::L1 : Track::L2, plan_.tiles_name(finished.block, work_.experts),
         finished.started, finished.time);
  }
  if (which.gemm == Gemm::L1) {
    first_gemm_part(which.m_block, finished);
  } else {
    second_gemm_part(which.m_block, finished);
  }
  if (batch.tile_blocks_left[g] > 0) return;
  parts_.schedule->gemm_done(*this, which.gemm, b, batch.gemm_end[g]);
  if (which.gemm == Gemm::L2) check_results(b);
}

void MoeCard::first_gemm_part(MBlock m, const TileEngine::Finished& finished) {
  const CardPlan::MBlock& block = plan_.m_blocks[m];
  if (block.wave != CardPlan::kNoWave) {
    WaveReport& wave = waves_[block.wave];
    wave.start = std::min(wave.start, finished.started);
    wave.l1_end = std::max(wave.l1_end, finished.time);
    if (work_.tiling.pulled) slot_computed(block.slot, finished.time);
  }
  parts_.schedule->block_done(*this, Gemm::L1, m, finished.time);
}

// Whole rows leave for the bytes of tiles that are done: a tile's columns of all rows are as many.
void MoeCard::second_gemm_part(MBlock m, const TileEngine::Finished& finished) {
  const std::uint32_t index = plan_.origins[finished.block].group;
  const CardPlan::ResultGroup& planned = plan_.groups[index];
  ResultGroup& group = groups_[index];
  group.at = std::max(group.at, finished.time);
  ++group.tile_blocks;
  const CardPlan::MBlock& block = plan_.m_blocks[m];
  if (block.wave != CardPlan::kNoWave) {
    waves_[block.wave].l2_end = std::max(waves_[block.wave].l2_end, finished.time);
    const std::uint64_t share = std::uint64_t{planned.rows} * group.tile_blocks / planned.tile_blocks;
    const auto rows = static_cast<std::uint32_t>(share) - group.rows;
    const ReadyRows ready{m, planned.first_row + group.rows, rows};
    group.rows += rows;
    if (rows > 0) parts_.schedule->results_ready(*this, ready, group.at);
  }
  block_end_[m] = std::max(block_end_[m], finished.time);
  if (--blocks_left_[m] == 0) parts_.schedule->block_done(*this, Gemm::L2, m, block_end_[m]);
}

// Time in which a launch, a metadata exchange or a barrier holds the card and nothing is computed.
Picoseconds MoeCard::overhead() const {
  std::vector<TileEngine::Interval> computing = engine_.active();
  computing.insert(computing.end(), kernels_.begin(), kernels_.end());
  std::vector<TileEngine::Interval> busy = computing;
  busy.insert(busy.end(), paused_.begin(), paused_.end());
  return covered(busy) - covered(computing);
}

void MoeCard::span(Track track, std::string name, Picoseconds start, Picoseconds end) {
  if (spans_ == nullptr) return;
  spans_->push_back({parts_.id, static_cast<std::uint16_t>(track), std::move(name), start, end});
}

}  // namespace podsim::npu
