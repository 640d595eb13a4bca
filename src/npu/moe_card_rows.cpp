// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// The half of a MoeCard that sends and receives: rows on their way out, results on their way back.
#include <algorithm>

#include "podsim/base/error.h"
#include "podsim/base/prefetch.h"
#include "podsim/npu/moe_card.h"

namespace podsim::npu {
namespace {

// Of a request for rows, per row. assumed: an address and a length, eight bytes each.
constexpr Bytes kPullEntry{16};
// assumed: a flag, a count and room to a store of its own.
constexpr Bytes kFlagBytes{32};

}  // namespace

void MoeCard::begin_rows() {
  const bool cut = work_.tiling.batches > 1;
  block_m_ = static_cast<std::uint32_t>(work_.tiling.block_m);
  batch_bit_ = cut ? kTagBatchBit : ~std::uint32_t{0};
  batch_shift_ = cut ? kTagBatchBit - static_cast<std::uint32_t>(work_.experts.size()) : 0;
  filling_.clear();
  for (const CardPlan::Slot& slot : plan_.slots) {
    filling_.push_back({slot.first_row, slot.first_row + std::min(block_m_, slot.rows),
                        slot.first_row + slot.rows, slot.first_m_block, slot.first_row});
  }
  places_.resize(plan_.rows);
  first_arrival_.assign(spans_ != nullptr ? m_blocks() : 0, Picoseconds());
  asking_.clear();
  asked_.clear();
  arrived_.clear();
  next_reduced_ = 0;
  reduced_open_ = kNever;
  slot_blocks_left_.clear();
  slot_end_.clear();
  if (!work_.tiling.pulled) return;
  std::vector<std::uint32_t> rows;
  for (const CardPlan::Slot& slot : plan_.slots) {
    rows.push_back(slot.rows);
    slot_blocks_left_.push_back((slot.rows + block_m_ - 1) / block_m_);
  }
  window_.begin(rows);
  slot_end_.resize(rows.size());
}

// Of LayerWork::sends those of the micro-batches up to this one.
std::size_t MoeCard::sends_through(int batch) const {
  if (static_cast<std::size_t>(batch) + 1 == work_.tiling.batches) return work_.sends.size();
  const auto* end = std::partition_point(work_.sends.begin(), work_.sends.end(), [&](const SendRow& row) {
    if (tag_kind(row.tag) == TagKind::Row) return tag_slot(row.tag) < batch_bit_;
    return batch_of(*work_.traffic, work_.rank, tag_content(row.tag), work_.tiling.batches) == 0;
  });
  return static_cast<std::size_t>(end - work_.sends.begin());
}

void MoeCard::open_dispatch(Picoseconds at, int batch) {
  PODSIM_CHECK(next_send_ == open_sends_, "npu {} opens batch {} with {} rows of the last one to leave",
               parts_.id.value(), batch, open_sends_ - next_send_);
  if (senders_.limited() && batch == 0) senders_.open(at);
  if (batch == 0) report_.dispatch_open = at;
  dispatch_open_ = at;
  open_sends_ = sends_through(batch);
  flags_[kFlagOfDispatch].at = at;
  if (next_send_ < open_sends_ || work_.tiling.flags) host_.kick(at);
}

void MoeCard::await_rows(Picoseconds at, int batch) {
  batches_[static_cast<std::size_t>(batch)].rows_awaited = at;
  check_rows(batch);
}

void MoeCard::await_results(Picoseconds at, int batch) {
  batches_[static_cast<std::size_t>(batch)].results_awaited = at;
  check_results(batch);
}

void MoeCard::check_rows(int b) {
  Batch& batch = batches_[static_cast<std::size_t>(b)];
  const Flags& flags = flags_[kFlagOfDispatch];
  if (batch.rows_awaited == kNever || batch.rows_left > 0 || flags.missing > 0) return;
  const Picoseconds at = std::max({batch.rows_awaited, batch.last_row, flags.last});
  batch.rows_awaited = kNever;
  parts_.schedule->all_rows_arrived(*this, b, at);
}

void MoeCard::check_results(int b) {
  Batch& batch = batches_[static_cast<std::size_t>(b)];
  const Flags& flags = flags_[kFlagOfCombine];
  if (batch.results_awaited == kNever || batch.results_left > 0 || batch.tile_blocks_left[1] > 0) return;
  if (flags.missing > 0) return;
  const Picoseconds at = std::max({batch.results_awaited, batch.last_result, batch.gemm_end[1], flags.last});
  batch.results_awaited = kNever;
  span(Track::Return, work_.tiling.batches > 1 ? fmt::format("batch {}, results", b) : "results",
       std::min(batch.first_result, at), at);
  parts_.schedule->results_back(*this, b, at);
}

// Rows go before results: they are what other cards compute on.
bool MoeCard::next_message(Picoseconds now, fabric::Message& message) {
  if (work_.tiling.pulled) return next_pulled(now, message);
  const bool rows_left = next_send_ < open_sends_;
  if (!rows_left && work_.tiling.flags && next_flag(now, message)) return true;
  if (!rows_left && work_.tiling.reduced) return next_reduced(now, message);
  if (!rows_left && results_.empty()) return false;
  const Picoseconds from = rows_left ? dispatch_open_ : results_.front().at;
  if (from > now) {
    if (from != kNever) host_.kick(from);
    return false;
  }
  if (!core_ready(now, from, rows_left ? dispatch_load_.bytes : combine_load_.bytes)) return false;
  rows_left ? next_row(now, message) : next_result(now, message);
  core_sent(now, message);
  memory(now, rows_left ? dispatch_load_ : combine_load_);
  if (replan_) plan_wake();
  return true;
}

bool MoeCard::core_ready(Picoseconds now, Picoseconds from, Bytes bytes) {
  if (!senders_.limited()) return true;
  const Picoseconds ready = senders_.ready(from, bytes);
  if (ready > now) host_.kick(ready);
  return ready <= now;
}

void MoeCard::core_sent(Picoseconds now, const fabric::Message& message) {
  if (!senders_.limited()) return;
  Picoseconds round_trip;
  if (senders_.waits_for_answers() && message.destination != parts_.id && parts_.round_trip != nullptr)
    round_trip = (*parts_.round_trip)(parts_.id, message.destination);
  senders_.sent(now, message.payload, round_trip);
}

// Those of dispatch once all rows have left, those of combine once all results have.
bool MoeCard::next_flag(Picoseconds now, fabric::Message& message) {
  for (std::uint32_t phase = 0; phase < flags_.size(); ++phase) {
    Flags& flags = flags_[phase];
    if (flags.next == flags.end || flags.at == kNever) continue;
    if (phase == kFlagOfCombine && !results_.empty()) return false;
    if (flags.at > now) {
      host_.kick(flags.at);
      return false;
    }
    if (!core_ready(now, flags.at, kFlagBytes)) return false;
    const std::uint32_t tag = make_tag(TagKind::Flag, phase);
    const NpuId to = flag_destination(phase, flags.next++);
    message = {to, tag, kFlagBytes, fabric::LaneClass::Data, tag};
    core_sent(now, message);
    return true;
  }
  return false;
}

// Round all cards from the next one on, as rows; in dispatch a flag for each of its slots, in combine one for
// each of the own.
NpuId MoeCard::flag_destination(std::size_t phase, std::size_t number) const {
  const std::size_t ranks = work_.traffic->ranks();
  std::size_t rank = (work_.rank + number) % ranks;
  if (phase == kFlagOfDispatch) {
    rank = work_.rank;
    for (std::size_t slots = work_.traffic->slots(rank); number >= slots;
         slots = work_.traffic->slots(rank)) {
      number -= slots;
      rank = (rank + 1) % ranks;
    }
  }
  return NpuId(work_.first_card.value() + rank);
}

void MoeCard::flag_arrived(std::uint32_t phase, Picoseconds at) {
  Flags& flags = flags_[phase];
  PODSIM_CHECK(flags.missing > 0, "npu {} gets a flag too many", parts_.id.value());
  flags.last = at;
  if (--flags.missing > 0) return;
  phase == kFlagOfDispatch ? check_rows(0) : check_results(0);
}

// One result for each dispatch message, back to where it came from.
bool MoeCard::next_reduced(Picoseconds now, fabric::Message& message) {
  if (next_reduced_ == arrived_.size() || reduced_open_ == kNever) return false;
  if (reduced_open_ > now) {
    host_.kick(reduced_open_);
    return false;
  }
  if (!core_ready(now, reduced_open_, combine_load_.bytes)) return false;
  const Place& place = arrived_[next_reduced_++];
  message = {NpuId(place.source), place.tag, combine_load_.bytes, fabric::LaneClass::Data, place.tag};
  core_sent(now, message);
  memory(now, combine_load_);
  if (next_reduced_ == arrived_.size()) span(Track::Send, "reduced results", reduced_open_, now);
  if (replan_) plan_wake();
  return true;
}

void MoeCard::next_row(Picoseconds now, fabric::Message& message) {
  const SendRow& row = work_.sends[next_send_++];
  message = {NpuId(row.destination), row.tag, dispatch_load_.bytes, fabric::LaneClass::Data, row.tag};
  if (next_send_ == open_sends_) span(Track::Send, "rows", dispatch_open_, now);
}

void MoeCard::next_result(Picoseconds now, fabric::Message& message) {
  Results& results = results_.front();
  const Place& place = places_[results.next_row++];
  message = {NpuId(place.source), place.tag, combine_load_.bytes, fabric::LaneClass::Data, place.tag};
  if (results.next_row < results.end_row) return;
  if (spans_ != nullptr) {
    const std::string rows =
        plan_.rows_name(results.block, results.first_row, results.end_row - results.first_row, work_.experts);
    span(Track::Send, "results of " + rows, results.at, now);
  }
  results_.pop_front();
}

// Requests for rows go first, then rows that others ask for, one to each of them in turn, then results.
bool MoeCard::next_pulled(Picoseconds now, fabric::Message& message) {
  const auto there = [now](const auto& item) { return item.at <= now; };
  if (!asking_.empty() && there(asking_.front())) {
    const Asking asking = asking_.front();
    asking_.pop_front();
    const std::uint32_t tag = make_tag(TagKind::Pull, asking.slot);
    message = {NpuId(asking.card), tag, kPullEntry * asking.rows, fabric::LaneClass::Control, tag};
    return true;
  }
  const auto turn = std::find_if(asked_.begin(), asked_.end(), there);
  if (turn != asked_.end()) {
    Asked asked = *turn;
    asked_.erase(turn);
    const SendRow& row = *asked.next++;
    message = {NpuId(row.destination), row.tag, dispatch_load_.bytes, fabric::LaneClass::Data, row.tag};
    if (asked.next != asked.end) asked_.push_back(asked);
    if (++next_send_ == work_.sends.size()) span(Track::Send, "rows", dispatch_open_, now);
    memory(now, dispatch_load_);
  } else if (!results_.empty() && there(results_.front())) {
    next_result(now, message);
    memory(now, combine_load_);
  } else {
    Picoseconds next = asking_.empty() ? kNever : asking_.front().at;
    for (const Asked& asked : asked_) next = std::min(next, asked.at);
    if (!results_.empty()) next = std::min(next, results_.front().at);
    if (next != kNever) host_.kick(next);
    return false;
  }
  if (replan_) plan_wake();
  return true;
}

void MoeCard::pull_rows(Picoseconds at, std::int64_t depth) {
  dispatch_open_ = at;
  window_.open(at, depth);
  ask_on();
}

void MoeCard::ask_on() {
  while (const auto opening = window_.next()) ask_for(opening->slot, opening->at);
}

// Every source of the slot's rows once, from the own card onward as rows leave under other schedules.
void MoeCard::ask_for(std::uint32_t slot, Picoseconds at) {
  const Span<const std::uint32_t> sources = work_.traffic->sources(work_.rank, slot);
  const auto* const own = std::lower_bound(sources.begin(), sources.end(), work_.rank);
  const auto add = [&](const std::uint32_t* first, const std::uint32_t* last) {
    while (first != last) {
      const auto* const next = std::upper_bound(first, last, *first);
      const std::uint32_t card = work_.first_card.value() + *first;
      if (card == parts_.id.value()) {
        asked_for(card, slot, at);
      } else {
        asking_.push_back({card, slot, static_cast<std::uint32_t>(next - first), at});
      }
      first = next;
    }
  };
  add(own, sources.end());
  add(sources.begin(), own);
  if (!asking_.empty()) host_.kick(at);
}

void MoeCard::asked_for(std::uint32_t card, std::uint32_t slot, Picoseconds at) {
  const Span<const SendRow> rows = sends_to(work_, NpuId(card), slot);
  if (rows.empty()) return;  // they went along with those of an earlier slot
  asked_.push_back({rows.begin(), rows.end(), at});
  host_.kick(at);
}

void MoeCard::slot_computed(std::uint32_t slot, Picoseconds at) {
  slot_end_[slot] = std::max(slot_end_[slot], at);
  if (--slot_blocks_left_[slot] > 0) return;
  window_.computed(slot, slot_end_[slot]);
  ask_on();
}

void MoeCard::message_arrived(const fabric::Arrival& arrival) {
  const TagKind kind = tag_kind(arrival.tag);
  if (kind == TagKind::Result) {
    result_arrived(arrival.tag, memory(arrival.time, combine_load_));
  } else if (kind == TagKind::Pull) {
    if (work_.tiling.flags) {
      flag_arrived(tag_content(arrival.tag), arrival.time);
    } else {
      asked_for(arrival.source.value(), tag_content(arrival.tag), arrival.time);
    }
  } else {
    const Picoseconds at = memory(arrival.time, dispatch_load_);
    if (work_.tiling.reduced)
      arrived_.push_back({make_tag(TagKind::Result, tag_content(arrival.tag)), arrival.source.value()});
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
  const std::uint32_t slot = index_of(tag_slot(tag));
  PODSIM_CHECK(slot < filling_.size() && filling_[slot].next_row < filling_[slot].slot_end,
               "npu {} gets a row too many for slot {}", parts_.id.value(), slot);
  Filling& filling = filling_[slot];
  places_[filling.next_row] = {make_tag(TagKind::Result, tag), source};
  if (filling.next_row == filling.slot_begin) first_row_of(slot, at);
  if (spans_ != nullptr && filling.next_row == plan_.m_blocks[filling.block].first_row)
    first_arrival_[filling.block] = at;
  const int b = tag_slot(tag) < batch_bit_ ? 0 : 1;
  Batch& batch = batches_[static_cast<std::size_t>(b)];
  --batch.rows_left;
  batch.last_row = at;
  if (++filling.next_row == filling.block_end) block_filled(slot, at);
  if (batch.rows_left == 0) check_rows(b);
}

void MoeCard::first_row_of(std::uint32_t slot, Picoseconds at) {
  WaveReport& wave = waves_[plan_.m_blocks[filling_[slot].block].wave];
  wave.first_row = std::min(wave.first_row, at);
}

void MoeCard::block_filled(std::uint32_t slot, Picoseconds at) {
  Filling& filling = filling_[slot];
  const MBlock m = filling.block;
  ++filling.block;
  filling.block_end = std::min(filling.slot_end, filling.block_end + block_m_);
  WaveReport& wave = waves_[plan_.m_blocks[m].wave];
  wave.last_row = std::max(wave.last_row, at);
  if (spans_ != nullptr) span(Track::Receive, block_name(m), first_arrival_[m], at);
  parts_.schedule->rows_arrived(*this, m, at);
  if (!work_.tiling.pulled || filling.next_row < filling.slot_end) return;
  window_.filled(slot, at);
  ask_on();
}

// The card's experts share the row; which ones it is for stands in the traffic.
void MoeCard::place_shared_row(const fabric::Arrival& arrival, Picoseconds at) {
  const std::size_t source = arrival.source.value() - work_.first_card.value();
  const moe::DispatchMessage message = work_.traffic->message_at(source, tag_content(arrival.tag));
  for (std::uint32_t i = 0; i < message.rows; ++i) {
    const std::uint32_t number = message.first_row + i;
    const std::uint32_t slot = work_.traffic->row(number).slot;
    place_row(arrival.source.value(), row_tag(*work_.traffic, source, number, slot, work_.tiling.batches),
              at);
  }
}

void MoeCard::result_arrived(std::uint32_t tag, Picoseconds at) {
  const int b = tag_slot(tag) < batch_bit_ ? 0 : 1;
  Batch& batch = batches_[static_cast<std::size_t>(b)];
  batch.last_result = at;
  --batch.results_left;
  PODSIM_CHECK(batch.results_left >= 0, "npu {} gets more results than the {} of its rows", parts_.id.value(),
               this->batch(b).results);
  if (batch.results_left == 0) check_results(b);
}

std::string MoeCard::rows_missing() const {
  std::string text;
  std::size_t short_slots = 0;
  for (std::size_t slot = 0; slot < filling_.size(); ++slot) {
    const std::uint32_t missing = filling_[slot].slot_end - filling_[slot].next_row;
    if (missing == 0 || short_slots++ > 0) continue;
    const std::uint32_t rows = plan_.slots[slot].rows;
    text = fmt::format("expert {}: {} of {} rows are there", work_.experts[slot % work_.experts.size()],
                       rows - missing, rows);
  }
  return fmt::format("rows of {} experts ({})", short_slots, text);
}

std::string MoeCard::waiting_for() const {
  if (at_barrier_) return fmt::format("barrier {}", barriers_ + 1);
  if (!steps_.empty()) return fmt::format("step {} at {}", steps_.front().step, to_string(steps_.front().at));
  if (next_send_ < work_.sends.size())
    return fmt::format("{} of its {} rows to leave", work_.sends.size() - next_send_, work_.sends.size());
  const auto left = [this](const auto& count) { return count(batches_[0]) + count(batches_[1]); };
  if (left([](const Batch& batch) { return batch.rows_left; }) > 0) return rows_missing();
  if (engine_.unfinished_blocks() > 0)
    return fmt::format("{} of {} GEMM blocks", engine_.unfinished_blocks(), engine_.block_count());
  if (!results_.empty()) return fmt::format("results of {} blocks to leave", results_.size());
  if (flags_[0].missing + flags_[1].missing > 0)
    return fmt::format("flags ({} of dispatch, {} of combine are missing)", flags_[0].missing,
                       flags_[1].missing);
  const std::int64_t missing = left([](const Batch& batch) { return batch.results_left; });
  return fmt::format("results ({} of {} are back)", plan_.results - missing, plan_.results);
}

}  // namespace podsim::npu
