// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <vector>

#include "podsim/npu/group_barrier.h"
#include "podsim/npu/moe_card.h"
#include "support/toy_machine.h"

namespace podsim::test {

// MoE cards of one group on an ideal fabric, without SystemC: a card sends a message every `gap`, and it is
// there `latency` later, whatever else is on its way. Events of one time happen in order of their making.
class CardBench {
 public:
  struct Timing {
    Picoseconds gap = 10_ns;
    Picoseconds latency = 100_ns;
  };

  CardBench(ToyLayer layer, const npu::ScheduleConfig& schedule, Timing timing,
            const npu::ChipConfig& chip = toy_chip(), const npu::StackConfig& stack = toy_stack(),
            const npu::Exchange& exchange = {}, const npu::SendCoreLimits& send = {})
      : layer_(std::move(layer)),
        timing_(timing),
        stack_(stack),
        schedule_(npu::make_schedule(schedule, stack_, exchange)),
        timer_(chip, stack_, 1.0),
        barrier_(stack_.barrier.value) {
    layer_.tiling = schedule_->tiling(layer_.shape, chip.cores.value);
    const std::size_t ranks = layer_.traffic.ranks();
    sends_.resize(ranks);
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      hosts_.push_back(std::make_unique<Host>(*this, rank));
      const npu::CardParts parts{NpuId(rank),          &timer_,       &stack_, schedule_.get(),
                                 chip.hbm.sustained(), chip.l2.value, send,    &round_trip_};
      cards_.push_back(std::make_unique<npu::MoeCard>(parts, *hosts_.back()));
      barrier_.add(*cards_.back());
    }
  }

  npu::MoeCard& card(std::size_t rank) { return *cards_[rank]; }
  std::size_t size() const { return cards_.size(); }
  ToyLayer& layer() { return layer_; }
  // Messages of one card to another are lost from now on.
  void cut(std::size_t from, std::size_t to) { cut_[{from, to}] = true; }

  // Runs the layer until nothing moves; returns when the last card was done.
  Picoseconds run(Picoseconds start = Picoseconds()) {
    for (std::size_t rank = 0; rank < size(); ++rank) {
      npu::append_sends(layer_.traffic, rank, NpuId(0), layer_.tiling, sends_[rank]);
      npu::LayerWork work = layer_.work(rank);
      work.sends = sends_[rank];
      cards_[rank]->begin_layer(work, start);
    }
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      happen(event);
    }
    Picoseconds end;
    for (const auto& card : cards_) end = std::max(end, card->done_at());
    return end;
  }

 private:
  struct Event {
    Picoseconds at;
    std::uint64_t number;
    std::size_t card;
    enum class Kind { Wake, Turn, Arrival } kind;
    fabric::Arrival arrival;
    friend bool operator<(const Event& a, const Event& b) {  // of a queue that gives the largest first
      return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
  };
  class Host : public npu::CardHost {
   public:
    Host(CardBench& bench, std::size_t card) : bench_(bench), card_(card) {}
    void kick(Picoseconds at) override { bench_.add({at, 0, card_, Event::Kind::Turn, {}}); }
    void wake_at(Picoseconds at) override { bench_.add({at, 0, card_, Event::Kind::Wake, {}}); }
    void arrive_at_barrier(Picoseconds at) override { bench_.barrier_.arrive(at); }
    Picoseconds free;  // its port

   private:
    CardBench& bench_;
    std::size_t card_;
  };

  void add(Event event) {
    event.number = next_number_++;
    events_.push(event);
  }

  void happen(const Event& event) {
    npu::MoeCard& card = *cards_[event.card];
    if (event.kind == Event::Kind::Wake) return card.wake(event.at);
    if (event.kind == Event::Kind::Arrival) return card.message_arrived(event.arrival);
    Host& host = *hosts_[event.card];
    if (host.free > event.at) return host.kick(host.free);
    fabric::Message message;
    if (!card.next_message(event.at, message)) return;
    host.free = event.at + timing_.gap;
    host.kick(host.free);
    if (cut_.count({event.card, message.destination.value()}) != 0) return;
    const Picoseconds there = event.at + timing_.latency;
    add({there,
         0,
         message.destination.value(),
         Event::Kind::Arrival,
         {NpuId(event.card), message.tag, message.payload, there}});
  }

  ToyLayer layer_;
  Timing timing_;
  npu::StackConfig stack_;
  std::unique_ptr<npu::Schedule> schedule_;
  npu::RooflineTimer timer_;
  std::function<Picoseconds(NpuId, NpuId)> round_trip_ = [this](NpuId, NpuId) { return timing_.latency * 2; };
  npu::GroupBarrier barrier_;
  std::vector<std::vector<npu::SendRow>> sends_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<npu::MoeCard>> cards_;
  std::priority_queue<Event> events_;
  std::uint64_t next_number_ = 0;
  std::map<std::pair<std::size_t, std::size_t>, bool> cut_;
};

}  // namespace podsim::test
