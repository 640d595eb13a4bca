// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/collective_card.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {

CollectiveMessages::CollectiveMessages(const std::vector<CollectiveTransfer>& sends, Bytes piece)
    : piece_(piece) {
  peers_.reserve(sends.size());
  for (const CollectiveTransfer& one : sends) peers_.push_back({one.peer, one.bytes});
}

bool CollectiveMessages::next(std::uint32_t& peer, Bytes& bytes) {
  if (peers_.empty()) return false;
  if (turn_ >= peers_.size()) turn_ = 0;
  Peer& whose = peers_[turn_];
  peer = whose.rank;
  bytes = std::min(whose.left, piece_);
  whose.left -= bytes;
  if (whose.left > Bytes()) {
    ++turn_;
  } else {
    peers_.erase(peers_.begin() + static_cast<std::ptrdiff_t>(turn_));
  }
  return true;
}

Picoseconds CollectiveCosts::exposed_copy(Bytes bytes) const {
  return whole_copy(std::min(bytes, copy_slice));
}

Picoseconds CollectiveCosts::whole_copy(Bytes bytes) const {
  return copy_rate > BytesPerSecond() ? time_rounded_up(bytes, copy_rate) : Picoseconds();
}

CollectiveCard::CollectiveCard(NpuId id, const CollectivePlan& plan, const CollectiveCosts& costs)
    : id_(id), rank_(id.value()), plan_(plan), costs_(costs), hbm_(costs.hbm_rate) {}

void CollectiveCard::begin(Picoseconds at, CardHost& host) {
  host_ = &host;
  began_ = at;
  sent_ = 0;
  received_.assign(plan_.steps(), {Bytes(), at});
  enter(0, at + costs_.launch + costs_.exposed_copy(plan_.bytes_of(plan_.input(rank_))));
  advance();
}

void CollectiveCard::enter(std::uint32_t step, Picoseconds ready) {
  current_ = step;
  entered_ = ready;
  expected_ = Bytes();
  if (step == plan_.steps()) {
    const Bytes in = plan_.bytes_of(plan_.input(rank_));
    const Bytes out = plan_.bytes_of(plan_.result(rank_));
    done_at_ = std::max(ready + costs_.exposed_copy(out),
                        began_ + costs_.launch + costs_.whole_copy(in) + costs_.whole_copy(out));
    return;
  }
  const CollectiveStep now = plan_.step(rank_, step);
  for (const CollectiveTransfer& one : now.receives) expected_ += one.bytes;
  if (now.sends.empty()) return;
  batches_.push_back({ready, step, CollectiveMessages(now.sends, costs_.piece)});
  host_->kick(ready);
}

// Steps in which nothing is received pass at once.
void CollectiveCard::advance() {
  while (current_ < plan_.steps() && received_[current_].bytes == expected_) {
    const bool waited = expected_ > Bytes();
    const Picoseconds there = std::max(received_[current_].latest, entered_);
    enter(current_ + 1, waited ? there + costs_.flag : there);
  }
}

bool CollectiveCard::next_message(Picoseconds now, fabric::Message& message) {
  while (!batches_.empty()) {
    Batch& batch = batches_.front();
    if (batch.ready > now) {
      host_->kick(batch.ready);
      return false;
    }
    std::uint32_t peer = 0;
    Bytes bytes;
    if (!batch.messages.next(peer, bytes)) {
      batches_.pop_front();
      continue;
    }
    message = {NpuId(peer), batch.step, bytes, fabric::LaneClass::Data, sent_++};
    hbm_.serve(now, bytes);
    return true;
  }
  return false;
}

void CollectiveCard::message_arrived(const fabric::Arrival& arrival) {
  const std::uint32_t step = arrival.tag;
  PODSIM_CHECK(step < received_.size() && step >= current_, "npu {} in step {} gets a piece of step {}",
               id_.value(), current_, step);
  Received& received = received_[step];
  received.bytes += arrival.payload;
  received.latest = std::max(
      received.latest, hbm_.serve(arrival.time, costs_.memory_traffic(arrival.payload, plan_.reduces(step))));
  PODSIM_CHECK(step > current_ || received.bytes <= expected_, "npu {} gets {} in step {}, expected {}",
               id_.value(), to_string(received.bytes), step, to_string(expected_));
  if (step == current_) advance();
}

std::string CollectiveCard::waiting_for() const {
  if (current_ == plan_.steps()) return fmt::format("{} steps to be sent", batches_.size());
  return fmt::format("{} of {} in step {} of {}", to_string(received_[current_].bytes), to_string(expected_),
                     current_, plan_.steps());
}

}  // namespace podsim::npu
