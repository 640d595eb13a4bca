// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/fabric/fault_totals.h"
#include "podsim/topology/surviving_routing.h"

namespace podsim::fabric {

// What the packet engine keeps beside its packets and messages when a run has faults: when each link and card
// is down, and the book of every packet on its way - its number, how often it was sent, whether it has
// arrived - which is what makes each message arrive once.
class FaultLayer {
 public:
  // A time in which a link is down.
  struct Outage {
    std::int64_t from;
    std::int64_t until;
    std::uint32_t fault;  // the first of those that keep it down
  };
  // A packet until its acknowledgement has come back or its message has failed.
  struct Trip {
    std::int64_t launched = 0;
    std::uint32_t number = 0;  // in its message
    std::uint16_t attempt = 0;
    bool received = false;
  };
  // A message until all its packets are done.
  struct Sending {
    std::uint32_t source = 0;
    std::uint32_t open_packets = 0;
    bool failed = false;
    bool delivered = false;
    bool rerouted = false;
  };

  FaultLayer(const FaultPlan& plan, const topology::Graph& graph);

  // The outage that meets [from, until) on `link` first; null: none does.
  const Outage* outage(LinkId link, std::int64_t from, std::int64_t until) const;
  // Outages of `link` that ended by `now` and that nobody has asked about before: what was queued is gone.
  bool came_back(LinkId link, std::int64_t now);
  bool card_down(NpuId npu, std::int64_t now) const { return card_fault(npu, now) != kNoFault; }
  // The fault that keeps a card down at `now`, or kNoFault.
  std::uint32_t card_fault(NpuId npu, std::int64_t now) const;
  const topology::SurvivingRouting& known(std::int64_t now) const {
    return plan_.routing->known_at(Picoseconds(now));
  }
  const FaultPlan& plan() const { return plan_; }
  // The fault that took `link`, as senders know it at `now`; kNoFault: none.
  std::uint32_t blamed(LinkId link, std::int64_t now) const;

  // When a packet sent at `launched` for the (attempt + 1)th time is sent again: the timer runs out as often
  // as it takes to pass `not_before`, since it is taken to be longer than any queue.
  std::int64_t resend_time(const Trip& trip, std::int64_t not_before) const;

  Trip& trip(std::uint32_t packet) { return grown(trips_, packet); }
  Sending& sending(std::uint32_t transfer) { return grown(sendings_, transfer); }
  FaultTotals& totals() { return totals_; }
  const FaultTotals& totals() const { return totals_; }

  static constexpr std::uint32_t kNoFault = ~std::uint32_t{0};

 private:
  struct LinkOutages {
    std::vector<Outage> outages;  // in order of time, apart
    std::size_t ended = 0;        // those that came_back() has spoken of
  };
  template <class T>
  static T& grown(std::vector<T>& items, std::uint32_t index) {
    if (index >= items.size()) items.resize(index + std::size_t{1});
    return items[index];
  }

  FaultPlan plan_;
  IdVector<LinkId, std::uint32_t> number_;  // into links_, from 1; 0: never down
  std::vector<LinkOutages> links_;
  IdVector<NpuId, std::vector<Outage>> cards_;
  std::vector<Trip> trips_;        // by packet
  std::vector<Sending> sendings_;  // by transfer
  FaultTotals totals_;
};

}  // namespace podsim::fabric
