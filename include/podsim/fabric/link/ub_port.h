// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "podsim/fabric/link/credit_pool.h"
#include "podsim/fabric/link/event_hub.h"
#include "podsim/fabric/link/lane_arbiter.h"
#include "podsim/fabric/link/link_timing.h"
#include "podsim/fabric/link/retry_buffer.h"

namespace podsim::fabric {

// What all link-layer modules of a fabric share.
struct LinkContext {
  EventHub& hub;
  const ProtocolConfig& protocol;
  PacketPool& packets;
  BlockPool& blocks;
  PacketPayloadPool& packet_payloads;
  Totals& totals;

  const LinkLayerConfig& link() const { return *protocol.link_layer; }
  std::int64_t cells(std::int64_t flits) const {
    return (flits + link().cell_flits.value - 1) / link().cell_flits.value;
  }
};

// The element that a port belongs to: where its blocks come from and go to. All calls at hub.now().
class PortOwner {
 public:
  virtual ~PortOwner() = default;
  struct Offer {
    UbPacket* packet = nullptr;  // null: the lane has nothing now and the port is told when it has
    std::uint32_t block = 0;
    std::uint8_t hop = 0;
    std::int64_t since = 0;  // when it could have gone first
  };
  // The block at the head of `lane`, and that it has been sent.
  virtual Offer offer(std::size_t port, std::size_t lane) = 0;
  virtual void taken(std::size_t port, std::size_t lane) = 0;
  // A block came in order and error-free; it keeps its cells until UbPort::release.
  virtual void block_arrived(std::size_t port, const BlockHeader& block) = 0;
  virtual void port_down(std::size_t port, const std::string& why) = 0;
};

// One port, its transmit and its receive side. Models: virtual lanes and their arbitration, credits in cells
// (kept and shared), a finite receive buffer, credit and acknowledgement return in block headers of data that
// goes the other way or in Crd_Ack blocks when nothing does, and go-back-N retry with a finite retry buffer.
// Leaves out: lane training, sleep states. Numbers: LinkLayerConfig.
//
// Retry: a block with errors makes the receiver ask for everything from RcvPtr on (Retry block) and drop what
// comes until the answer (a Null block with the request's number and all totals); the sender then sends again
// from RcvPtr. A request without answer is repeated after a time; `retry_limit` requests without progress
// take the port down.
class UbPort : public sc_core::sc_module,
               public sim::NonBlockingTarget,
               public sim::NonBlockingInitiator,
               public HubClient {
 public:
  struct Identity {
    PortOwner& owner;
    std::size_t number;  // at the owner
  };
  // `receive`: timing of the link that ends here.
  UbPort(sc_core::sc_module_name name, const LinkContext& context, Identity identity,
         const LinkTiming& receive);

  tlm::tlm_initiator_socket<> link_out;
  tlm::tlm_target_socket<> link_in;

  // `lane` has a block to send.
  void ready(std::size_t lane);
  // A block of `flits` that had arrived on `lane` has left the receive buffer.
  void release(std::size_t lane, std::int64_t flits);

  struct Stats {
    LinkStats link;
    std::uint64_t blocks = 0;  // data blocks, sent for the first time
    std::uint64_t control_blocks = 0;
    std::uint64_t resent_blocks = 0;
    std::uint64_t retries = 0;
    std::uint64_t discarded_blocks = 0;
    std::int64_t peak_buffer_cells = 0;  // of the receive buffer
    std::int64_t credit_stalls = 0;      // times that every ready lane lacked credits or retry buffer
  };
  const Stats& stats() const { return stats_; }
  bool down() const { return down_; }
  // For the deadlock detector and tests.
  const CreditPool& credits() const { return credits_; }
  bool waits(std::size_t lane) const { return (ready_ >> lane & 1U) != 0; }
  std::int64_t buffered_cells(std::size_t lane) const { return lane_[lane].buffered; }
  // Cells freed here of which the sender has not been told.
  std::int64_t unreturned_cells(std::size_t lane) const {
    return static_cast<std::int64_t>(lane_[lane].freed - lane_[lane].returned);
  }
  std::uint64_t freed_cells(std::size_t lane) const { return lane_[lane].freed; }
  std::uint64_t known_freed_cells(std::size_t lane) const { return lane_[lane].known_freed; }
  std::uint64_t received_flits() const { return received_; }
  std::size_t unacknowledged_blocks() const { return retry_.size(); }

  void hub_event(std::uint32_t what, std::int64_t now) override;
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;

 private:
  static constexpr std::size_t kMostLanes = CreditPool::kMostLanes;
  enum What : std::uint32_t { kArrival, kService, kTimeout };
  // News of the far receive buffer on its way here.
  struct Return {
    std::int64_t at = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t cells = 0;
    std::uint8_t lane = 0;
  };
  struct Arriving {
    std::int64_t at = 0;
    BlockHeader block;
  };

  // Transmit side (ub_port.cpp).
  void service(std::int64_t now);
  bool send_next(std::int64_t now);
  bool wants_service() const;
  void schedule_service(std::int64_t at);
  void absorb_returns(std::int64_t now);
  bool send_data(std::int64_t now);
  void transmit_data(const RetryBuffer::Record& record, std::int64_t now);
  void transmit(tlm::tlm_generic_payload& payload, std::int64_t now);
  UbBlock& fill(tlm::tlm_generic_payload& payload, BlockKind kind, std::uint8_t flits) const;
  void send_control(BlockKind kind, std::uint32_t number, std::int64_t now);
  void return_with_data(UbBlock& block);
  void return_all(UbBlock& block);
  bool returns_due() const;

  // Receive side (ub_port_receive.cpp).
  void arrival(std::int64_t now);
  void take_returns(const UbBlock& block, std::int64_t at);
  void accept(const BlockHeader& block);
  void receive_null(const BlockHeader& block);
  void receive_retry(const BlockHeader& block, std::int64_t now);
  void request_retry(std::int64_t now);
  void go_down(const std::string& why);

  const LinkContext context_;
  Identity identity_;
  std::int64_t receive_ps_;
  std::size_t lanes_;

  LaneArbiter arbiter_;
  CreditPool credits_;
  RetryBuffer retry_;
  Ring<Return> returns_;
  std::uint32_t ready_ = 0;  // bit per lane
  std::uint64_t sent_ = 0;   // flits of data blocks
  std::size_t replay_ = kNoReplay;
  static constexpr std::size_t kNoReplay = ~std::size_t{0};
  std::int64_t free_at_ = 0;
  std::int64_t service_at_ = kNever;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  bool in_service_ = false;
  bool answer_due_ = false;
  std::uint32_t answer_number_ = 0;

  Ring<Arriving> arriving_;
  struct Lane {
    std::uint64_t known_freed = 0;  // by the far port, of cells that blocks from here took
    std::int64_t buffered = 0;      // cells here
    std::uint64_t freed = 0;        // cells here since the beginning
    std::uint64_t returned = 0;     // of these, told to the sender
  };
  std::array<Lane, kMostLanes> lane_{};
  std::int64_t buffered_total_ = 0;
  std::uint64_t received_ = 0;  // RcvPtr, in flits
  std::uint64_t acknowledged_ = 0;
  std::size_t return_turn_ = 0;
  bool waiting_ = false;  // for the answer to a retry request
  bool request_due_ = false;
  std::uint32_t request_number_ = 0;
  std::int64_t attempts_ = 0;  // requests since the last progress
  std::int64_t timeout_at_ = 0;
  bool down_ = false;

  Stats stats_;
};

}  // namespace podsim::fabric
