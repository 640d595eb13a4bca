// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "podsim/fabric/link/slots.h"
#include "podsim/fabric/link/ub_port.h"

namespace podsim::fabric {

// An element with ports: a UnifiedBus switch, or the forwarding part of a card, which has a local side too.
// Models: input buffers (the ports'), a queue per input port, virtual lane and output, made on first use; a
// block goes on when all of it has come and its CRC is checked; packets of one lane do not mix on a link, so
// an output lane serves a packet to its end and then the next input in turn. A packet leaves on the virtual
// lane that its path says. Leaves out: contention inside the crossbar, which is as fast as all ports
// together.
//
// `local_in` takes packets from the card's controller (BEGIN_REQ, annotated with the time at which the head
// is at its port) and gives them back (END_REQ on the backward path) when their last block has left;
// `local_out` delivers packets whose last block has come.
class UbSwitch : public sc_core::sc_module,
                 public sim::NonBlockingTarget,
                 public sim::NonBlockingInitiator,
                 public HubClient,
                 private PortOwner {
 public:
  // What happens to a switch that its surroundings should know.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void port_down(const UbSwitch& element, std::size_t port, const std::string& why) = 0;
  };
  // `receive`: for each port the timing of the link that ends there. `port_of_link`: number of the port that
  // a link leaves from. `local`: the element has a card.
  UbSwitch(sc_core::sc_module_name name, const LinkContext& context, Listener& listener,
           const std::vector<const LinkTiming*>& receive, const IdVector<LinkId, std::uint16_t>& port_of_link,
           bool local);

  std::unique_ptr<tlm::tlm_target_socket<>> local_in;
  std::unique_ptr<tlm::tlm_initiator_socket<>> local_out;

  UbPort& port(std::size_t i) { return *ports_[i]; }
  const UbPort& port(std::size_t i) const { return *ports_[i]; }
  std::size_t port_count() const { return ports_.size(); }
  // Queues that have been used.
  std::size_t queue_count() const { return queues_.size(); }

  // For the deadlock detector: calls `visit(out port, out lane)` for every queue that holds blocks which came
  // in through `port` on `lane`.
  template <class Visit>
  void for_each_held(std::size_t port, std::size_t lane, const Visit& visit) const {
    for (const Queue& queue : queues_) {
      if (queue.in == port && queue.in_lane == lane && holds_blocks(queue)) visit(queue.out, queue.out_lane);
    }
  }

  // The input whose packet holds the output lane while the rest of it has not come.
  struct Input {
    std::size_t port;
    std::size_t lane;
  };
  std::optional<Input> waits_for_rest(std::size_t port, std::size_t lane) const;

  void hub_event(std::uint32_t what, std::int64_t now) override;
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  // A packet in a queue: how much of it has come and gone on.
  struct Entry {
    UbPacket* packet = nullptr;
    std::uint32_t arrived = 0;
    std::uint32_t sent = 0;
    std::uint8_t hop = 0;                         // that it takes from here
    std::int64_t since = 0;                       // its head came
    tlm::tlm_generic_payload* payload = nullptr;  // of the controller, to give back
  };
  struct Queue {
    std::uint16_t in;
    std::uint16_t out;
    std::uint8_t in_lane;
    std::uint8_t out_lane;
    bool waits = false;  // for its turn at the output lane
    Ring<Entry> entries;
  };
  struct OutLane {
    std::vector<std::uint32_t> queue_of;  // by input port and lane
    Ring<std::uint32_t> turns;            // queues with packets, in turn
    std::uint32_t current = kNone;        // the queue whose packet is under way
  };
  static bool holds_blocks(const Queue& queue);

  Offer offer(std::size_t port, std::size_t lane) override;
  void taken(std::size_t port, std::size_t lane) override;
  void block_arrived(std::size_t port, const BlockHeader& block) override;
  void port_down(std::size_t port, const std::string& why) override;
  void deliver(const BlockHeader& block);
  std::uint32_t queue_for(std::size_t in, std::size_t in_lane, const UbPacket& packet, std::size_t hop);
  void insert(std::uint32_t queue, const Entry& entry);
  void wake_output(std::uint32_t queue);
  OutLane& out_lane(std::size_t port, std::size_t lane);

  const LinkContext context_;
  Listener& listener_;
  const IdVector<LinkId, std::uint16_t>& port_of_link_;
  std::size_t lanes_;
  std::vector<std::unique_ptr<UbPort>> ports_;
  std::vector<std::vector<std::unique_ptr<OutLane>>> outputs_;  // [port][lane], on first use
  std::vector<std::uint32_t> arriving_;  // queue of the packet that comes in, [port][lane]
  std::vector<Queue> queues_;
  Slots<tlm::tlm_generic_payload*> coming_;  // packets of the card on their way to a port
};

}  // namespace podsim::fabric
