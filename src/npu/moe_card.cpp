// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/moe_card.h"

#include <algorithm>

#include "podsim/base/error.h"
#include "podsim/base/prefetch.h"

namespace podsim::npu {

const std::vector<std::string>& track_names() {
  static const std::vector<std::string> names{"layer",      "stack", "send",   "receive", "L1",
                                              "activation", "L2",    "return", "sum"};
  return names;
}

MoeCard::MoeCard(const CardParts& parts, CardHost& host)
    : hbm_(parts.hbm_rate),
      engine_(static_cast<std::size_t>(parts.timer->cores()), hbm_),
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
  last_row_ = last_result_ = at;
  next_send_ = 0;
  dispatch_open_ = rows_awaited_ = results_awaited_ = step_at_ = kNever;
  results_.clear();
  gemm_left_[0] = gemm_left_[1] = m_blocks();
  gemm_end_[0] = gemm_end_[1] = at;
  barriers_ = 0;
  at_barrier_ = done_ = false;
  report_ = CardReport();
  report_.start = at;
  hbm_bytes_before_ = hbm_.bytes();
  hbm_busy_before_ = hbm_.busy();
  parts_.schedule->layer_begins(*this, at);
  plan_wake();
}

void MoeCard::begin_rows() {
  block_m_ = static_cast<std::uint32_t>(work_.tiling.block_m);
  rows_received_ = rows_returned_ = 0;
  filling_.clear();
  for (const CardPlan::Slot& slot : plan_.slots) {
    filling_.push_back({slot.first_row, slot.first_row + std::min(block_m_, slot.rows),
                        slot.first_row + slot.rows, slot.first_m_block});
  }
  places_.resize(plan_.rows);
  first_arrival_.assign(spans_ != nullptr ? m_blocks() : 0, Picoseconds());
}

void MoeCard::open_dispatch(Picoseconds at) {
  dispatch_open_ = at;
  if (!work_.sends.empty()) host_.kick(at);
}

void MoeCard::await_rows(Picoseconds at) {
  rows_awaited_ = at;
  check_rows();
}

void MoeCard::await_results(Picoseconds at) {
  results_awaited_ = at;
  check_results();
}

void MoeCard::check_rows() {
  if (rows_awaited_ == kNever || rows_received_ < plan_.rows) return;
  const Picoseconds at = std::max(rows_awaited_, last_row_);
  rows_awaited_ = kNever;
  parts_.schedule->all_rows_arrived(*this, at);
}

void MoeCard::check_results() {
  if (results_awaited_ == kNever || rows_returned_ < plan_.results || gemm_left_[1] > 0) return;
  const Picoseconds at = std::max({results_awaited_, last_result_, gemm_end_[1]});
  results_awaited_ = kNever;
  span(Track::Return, "results", std::min(report_.first_result, at), at);
  parts_.schedule->results_back(*this, at);
}

void MoeCard::start_block(Gemm gemm, MBlock m, Picoseconds at) {
  engine_.set_ready(plan_.m_blocks[m].tile_block[static_cast<std::size_t>(gemm)], at);
  replan_ = true;
}

void MoeCard::start_gemm(Gemm gemm, Picoseconds at) {
  for (MBlock m = 0; m < m_blocks(); ++m) start_block(gemm, m, at);
  if (m_blocks() == 0) parts_.schedule->gemm_done(*this, gemm, at);
}

void MoeCard::send_results(MBlock m, Picoseconds at) {
  report_.first_result = std::min(report_.first_result, at);
  results_.push_back({m, plan_.m_blocks[m].first_row, at});
  host_.kick(at);
}

void MoeCard::pause(Picoseconds at, Picoseconds duration, int step, const char* what) {
  report_.overhead += duration;
  span(Track::Stack, what, at, at + duration);
  do_at(at + duration, step);
}

void MoeCard::run_activation(Picoseconds at, int step) {
  const Picoseconds end = run_kernel(at, VectorOp::SwiGlu, plan_.activation);
  report_.activation += end - at;
  span(Track::Activation, "SwiGLU", at, end);
  do_at(end, step);
}

void MoeCard::run_weighted_sum(Picoseconds at, int step) {
  const Picoseconds end = run_kernel(at, VectorOp::WeightedSum, plan_.weighted_sum);
  span(Track::Sum, "weighted sum", at, end);
  do_at(end, step);
}

Picoseconds MoeCard::run_kernel(Picoseconds at, VectorOp op, const CardPlan::VectorKernel& kernel) {
  const Picoseconds computed = at + vector_kernel_time(*parts_.timer, op, kernel.elements);
  const Picoseconds end = std::max(computed, hbm_.serve(at, kernel.bytes));
  report_.kernels += end - at;
  return end;
}

void MoeCard::do_at(Picoseconds at, int step) {
  PODSIM_CHECK(step_at_ == kNever, "npu {} has step {} pending and gets step {}", parts_.id.value(), step_,
               step);
  step_at_ = at;
  step_ = step;
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
  report_.overhead += latency;
  span(Track::Stack, "barrier", at - latency, at);
  parts_.schedule->barrier_passed(*this, barriers_, at);
  if (replan_) plan_wake();
}

void MoeCard::finish(Picoseconds at) {
  done_ = true;
  report_.done = at;
  report_.rows_received = rows_received_;
  report_.rows_returned = rows_returned_;
  report_.rows_in = last_row_;
  report_.results_back = last_result_;
  report_.tiles = engine_.usage();
  report_.activation += Picoseconds(report_.tiles.vector.count() / parts_.timer->cores());
  report_.hbm_bytes = hbm_.bytes() - hbm_bytes_before_;
  report_.hbm_busy = hbm_.busy() - hbm_busy_before_;
  span(Track::Layer, "layer", report_.start, at);
}

// Rows go before results: they are what other cards compute on.
bool MoeCard::next_message(Picoseconds now, fabric::Message& message) {
  const bool rows_left = next_send_ < work_.sends.size();
  if (!rows_left && results_.empty()) return false;
  const Picoseconds from = rows_left ? dispatch_open_ : results_.front().at;
  if (from > now) {
    if (from != kNever) host_.kick(from);
    return false;
  }
  rows_left ? next_row(now, message) : next_result(now, message);
  memory(now, rows_left ? dispatch_load_ : combine_load_);
  if (replan_) plan_wake();
  return true;
}

void MoeCard::next_row(Picoseconds now, fabric::Message& message) {
  const SendRow& row = work_.sends[next_send_++];
  message = {NpuId(row.destination), row.tag, dispatch_load_.bytes, fabric::LaneClass::Data, row.tag};
  if (next_send_ == work_.sends.size()) span(Track::Send, "rows", dispatch_open_, now);
}

void MoeCard::next_result(Picoseconds now, fabric::Message& message) {
  Results& results = results_.front();
  const CardPlan::MBlock& block = plan_.m_blocks[results.block];
  const Place& place = places_[results.next_row++];
  message = {NpuId(place.source), place.tag, combine_load_.bytes, fabric::LaneClass::Data, place.tag};
  if (results.next_row < block.first_row + block.rows) return;
  if (spans_ != nullptr) span(Track::Send, "results of " + block_name(results.block), results.at, now);
  results_.pop_front();
}

void MoeCard::message_arrived(const fabric::Arrival& arrival) {
  const TagKind kind = tag_kind(arrival.tag);
  if (kind == TagKind::Result) {
    result_arrived(memory(arrival.time, combine_load_));
  } else {
    const Picoseconds at = memory(arrival.time, dispatch_load_);
    if (kind == TagKind::Row) {
      place_row(arrival.source.value(), arrival.tag, at);
    } else {
      place_shared_row(arrival, at);
    }
  }
  if (replan_) plan_wake();
}

// The rows and places that come next, in the lines behind those being worked on.
void MoeCard::prefetch_state() const {
  constexpr std::size_t kRowsAhead = 8;
  prefetch(work_.sends.data() + next_send_ + kRowsAhead);
  if (!results_.empty()) {
    const Results& next = results_.front();
    prefetch(places_.data() + next.next_row + kRowsAhead);
    prefetch(&plan_.m_blocks[next.block]);
  }
  for (const Filling& filling : filling_) prefetch(places_.data() + filling.next_row + kRowsAhead);
}

void MoeCard::place_row(std::uint32_t source, std::uint32_t tag, Picoseconds at) {
  const std::uint32_t slot = tag_slot(tag);
  PODSIM_CHECK(slot < filling_.size() && filling_[slot].next_row < filling_[slot].slot_end,
               "npu {} gets a row too many for slot {}", parts_.id.value(), slot);
  Filling& filling = filling_[slot];
  places_[filling.next_row] = {make_tag(TagKind::Result, tag), source};
  const MBlock m = filling.block;
  if (spans_ != nullptr && filling.next_row == plan_.m_blocks[m].first_row) first_arrival_[m] = at;
  ++rows_received_;
  last_row_ = at;
  if (++filling.next_row == filling.block_end) {
    ++filling.block;
    filling.block_end = std::min(filling.slot_end, filling.block_end + block_m_);
    if (spans_ != nullptr) span(Track::Receive, block_name(m), first_arrival_[m], at);
    parts_.schedule->rows_arrived(*this, m, at);
  }
  if (rows_received_ == plan_.rows) check_rows();
}

// The card's experts share the row; which ones it is for stands in the traffic.
void MoeCard::place_shared_row(const fabric::Arrival& arrival, Picoseconds at) {
  const std::size_t source = arrival.source.value() - work_.first_card.value();
  const moe::DispatchMessage message = work_.traffic->message_at(source, tag_content(arrival.tag));
  for (std::uint32_t i = 0; i < message.rows; ++i) {
    const std::uint32_t number = message.first_row + i;
    place_row(arrival.source.value(), row_tag(number, work_.traffic->row(number).slot), at);
  }
}

void MoeCard::result_arrived(Picoseconds at) {
  last_result_ = at;
  ++rows_returned_;
  PODSIM_CHECK(rows_returned_ <= plan_.results, "npu {} gets {} results for {} rows", parts_.id.value(),
               rows_returned_, plan_.results);
  if (rows_returned_ == plan_.results) check_results();
}

void MoeCard::wake(Picoseconds now) {
  run_engine(now);
  if (step_at_ <= now) {
    const Picoseconds at = step_at_;
    step_at_ = kNever;
    parts_.schedule->step_due(*this, step_, at);
  }
  plan_wake();
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
  gemm_end_[g] = std::max(gemm_end_[g], finished.time);
  --gemm_left_[g];
  replan_ = true;
  if (spans_ != nullptr) {
    span(which.gemm == Gemm::L1 ? Track::L1 : Track::L2, block_name(which.m_block), finished.started,
         finished.time);
  }
  parts_.schedule->block_done(*this, which.gemm, which.m_block, finished.time);
  if (gemm_left_[g] > 0) return;
  parts_.schedule->gemm_done(*this, which.gemm, gemm_end_[g]);
  if (which.gemm == Gemm::L2) check_results();
}

void MoeCard::span(Track track, std::string name, Picoseconds start, Picoseconds end) {
  if (spans_ == nullptr) return;
  spans_->push_back({parts_.id, static_cast<std::uint16_t>(track), std::move(name), start, end});
}

std::string MoeCard::rows_missing() const {
  std::string text;
  std::size_t short_slots = 0;
  for (std::size_t slot = 0; slot < filling_.size(); ++slot) {
    const std::uint32_t missing = filling_[slot].slot_end - filling_[slot].next_row;
    if (missing == 0 || short_slots++ > 0) continue;
    const std::uint32_t rows = plan_.slots[slot].rows;
    text = fmt::format("expert {}: {} of {} rows are there", work_.experts[slot], rows - missing, rows);
  }
  return fmt::format("rows of {} experts ({})", short_slots, text);
}

std::string MoeCard::waiting_for() const {
  if (at_barrier_) return fmt::format("barrier {}", barriers_ + 1);
  if (step_at_ != kNever) return fmt::format("step {} at {}", step_, to_string(step_at_));
  if (next_send_ < work_.sends.size())
    return fmt::format("{} of its {} rows to leave", work_.sends.size() - next_send_, work_.sends.size());
  if (rows_received_ < plan_.rows) return rows_missing();
  if (engine_.unfinished_blocks() > 0)
    return fmt::format("{} of {} GEMM blocks", engine_.unfinished_blocks(), engine_.block_count());
  if (!results_.empty()) return fmt::format("results of {} blocks to leave", results_.size());
  return fmt::format("results ({} of {} are back)", rows_returned_, plan_.results);
}

}  // namespace podsim::npu
