// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/ub_link.h"

namespace podsim::fabric {

UbLink::UbLink(sc_core::sc_module_name name, const LinkTiming& timing, std::uint64_t seed, LinkId id)
    : sc_module(name),
      port_in("port_in"),
      port_out("port_out"),
      timing_(timing),
      errors_(seed, "fabric.link.errors", id.value()) {
  port_in.bind(*this);
  port_out.bind(*this);
}

bool UbLink::draw_error(const UbBlock& block) {
  if (corrupt) return corrupt(block);
  return !timing_.error_rate.empty() && errors_.uniform() < timing_.error_rate[block.flits];
}

tlm::tlm_sync_enum UbLink::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                           sc_core::sc_time& delay) {
  PODSIM_CHECK(phase == tlm::BEGIN_REQ, "{} in phase {}", name(), static_cast<unsigned>(phase));
  UbBlock& block = BlockPool::of(payload);
  const std::int64_t start = sim::annotated_ps(delay);
  PODSIM_CHECK(start >= free_at_, "{} gets a block at {} ps, busy until {} ps", name(), start, free_at_);
  free_at_ = start + timing_.serialization_ps[block.flits];
  block.corrupted = draw_error(block);
  if (block.corrupted) ++corrupted_;
  tlm::tlm_phase forward = tlm::BEGIN_REQ;
  sc_core::sc_time arrival = sim::annotate(free_at_ + timing_.flight_ps());
  port_out->nb_transport_fw(payload, forward, arrival);
  phase = tlm::END_REQ;
  delay = sim::annotate(free_at_);
  return tlm::TLM_UPDATED;
}

tlm::tlm_sync_enum UbLink::nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) {
  PODSIM_CHECK(false, "{}: a port answers a block on the link back, not on the backward path", name());
  return tlm::TLM_COMPLETED;
}

}  // namespace podsim::fabric
