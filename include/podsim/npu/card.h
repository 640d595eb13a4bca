// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/fabric/fabric.h"

namespace podsim::npu {

// What a card needs from where it is plugged in.
class CardHost {
 public:
  virtual ~CardHost() = default;
  // The card has messages to send from `at` on.
  virtual void kick(Picoseconds at) = 0;
  // Call Card::wake at `at`, not before; an earlier call pending stays.
  virtual void wake_at(Picoseconds at) = 0;
  // The card stands at its group's barrier from `at` on.
  virtual void arrive_at_barrier(Picoseconds at) = 0;
};

// What a card does: who it sends to and what arrivals cause. Plain arithmetic, driven by a host and by the
// fabric, which calls it directly: a layer on 8,192 cards brings 12.6 million rows.
class Card : public fabric::Endpoint {
 public:
  // A time that wake_at asked for has come.
  virtual void wake(Picoseconds now) = 0;
  // All cards of the group may go on from `at`, which is `latency` after the last of them arrived.
  virtual void barrier_released(Picoseconds at, Picoseconds latency) = 0;

  virtual bool done() const = 0;
  virtual Picoseconds done_at() const = 0;
  // Of a card that is not done: "rows of 2 experts (slot 3: 100 of 128)".
  virtual std::string waiting_for() const = 0;
};

}  // namespace podsim::npu
