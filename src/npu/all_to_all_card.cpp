// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/all_to_all_card.h"

#include "podsim/base/error.h"

namespace podsim::npu {

AllToAllCard::AllToAllCard(NpuId id, const Pattern& pattern, BytesPerSecond hbm_rate)
    : id_(id), pattern_(pattern), hbm_(hbm_rate), row_load_(hbm_.load_of(pattern.row)) {}

void AllToAllCard::begin(Picoseconds at, CardHost& host) {
  last_ = at;
  if (pattern_.cards > 1) host.kick(at);
}

bool AllToAllCard::next_message(Picoseconds now, fabric::Message& message) {
  if (sent_ + 1 == pattern_.cards) return false;
  const std::uint32_t next = sent_++;
  const NpuId destination = all_to_all_destination(id_, next, pattern_);
  message = {destination, next, pattern_.row, fabric::LaneClass::Data, next};
  hbm_.serve(now, row_load_);
  return true;
}

void AllToAllCard::message_arrived(const fabric::Arrival& arrival) {
  last_ = hbm_.serve(arrival.time, row_load_);
  ++received_;
  PODSIM_CHECK(received_ < pattern_.cards, "npu {} gets {} rows from {} other cards", id_.value(), received_,
               pattern_.cards - 1);
}

void AllToAllCard::message_lost(const fabric::Arrival&) {
  ++lost_;
  PODSIM_CHECK(received_ + lost_ < pattern_.cards, "npu {} misses {} rows and gets {} from {} other cards",
               id_.value(), lost_, received_, pattern_.cards - 1);
}

std::string AllToAllCard::waiting_for() const {
  return fmt::format("{} of {} rows", pattern_.cards - 1 - received_ - lost_, pattern_.cards - 1);
}

}  // namespace podsim::npu
