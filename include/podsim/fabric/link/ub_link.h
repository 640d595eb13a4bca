// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "podsim/base/random.h"
#include "podsim/fabric/link/link_timing.h"
#include "podsim/fabric/link/ub_packet.h"

namespace podsim::fabric {

// One direction of a cable between two ports: lanes, cable, error correction. Models: serialization at the
// rate that encoding leaves, propagation by medium and length, decoder latency, blocks that arrive with
// errors beyond correction. Leaves out: lane skew and training (part of the latency), and the exact places of
// alignment markers (spread evenly over the rate).
//
// `port_in` takes a block (BEGIN_REQ) when the lanes are free and answers END_REQ with the time at which they
// are free again; `port_out` hands it on with the time at which its last flit is decoded.
class UbLink : public sc_core::sc_module, public sim::NonBlockingTarget, public sim::NonBlockingInitiator {
 public:
  UbLink(sc_core::sc_module_name name, const LinkTiming& timing, std::uint64_t seed, LinkId id);

  tlm::tlm_target_socket<> port_in;
  tlm::tlm_initiator_socket<> port_out;

  std::int64_t free_at() const { return free_at_; }
  std::uint64_t corrupted_blocks() const { return corrupted_; }
  // Tests decide themselves which block is corrupted: called for each, true corrupts it.
  std::function<bool(const UbBlock&)> corrupt;

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;

 private:
  bool draw_error(const UbBlock& block);

  const LinkTiming& timing_;
  Random errors_;
  std::int64_t free_at_ = 0;
  std::uint64_t corrupted_ = 0;
};

}  // namespace podsim::fabric
