// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/npu/card.h"
#include "podsim/npu/hbm_server.h"

namespace podsim::npu {

// A card that sends one row to each of the others and computes nothing: rows are read from its memory when
// they leave, and are there when they are written.
class AllToAllCard : public Card {
 public:
  struct Pattern {
    std::uint32_t cards;
    Bytes row;
    bool rotated;  // own number + 1, + 2, ...; otherwise 0, 1, 2, ...
  };
  AllToAllCard(NpuId id, const Pattern& pattern, BytesPerSecond hbm_rate);

  // Rows may leave from `at` on.
  void begin(Picoseconds at, CardHost& host);

  bool next_message(Picoseconds now, fabric::Message& message) override;
  void message_arrived(const fabric::Arrival& arrival) override;
  void wake(Picoseconds) override {}
  void barrier_released(Picoseconds, Picoseconds) override {}
  // Rows that were given up are not waited for.
  void message_lost(const fabric::Arrival& arrival) override;
  bool done() const override { return received_ + lost_ + 1 == pattern_.cards; }
  Picoseconds done_at() const override { return last_; }
  std::string waiting_for() const override;
  std::uint32_t received() const { return received_; }
  Bytes hbm_bytes() const { return hbm_.bytes(); }

 private:
  NpuId id_;
  Pattern pattern_;
  HbmServer hbm_;
  HbmServer::Load row_load_;
  std::uint32_t sent_ = 0;
  std::uint32_t received_ = 0;
  std::uint32_t lost_ = 0;
  Picoseconds last_;
};

// Where row number `n` of a card goes; n counts from 0 in the order of sending.
inline NpuId all_to_all_destination(NpuId id, std::uint32_t n, const AllToAllCard::Pattern& pattern) {
  if (!pattern.rotated) return NpuId(n < id.value() ? n : n + 1);
  const std::uint32_t destination = id.value() + n + 1;
  return NpuId(destination >= pattern.cards ? destination - pattern.cards : destination);
}

}  // namespace podsim::npu
