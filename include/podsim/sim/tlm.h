// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm>

#include "podsim/base/error.h"
#include "podsim/sim/kernel.h"

// The TLM-2.0 half of the door to SystemC (kernel.h).
namespace podsim::sim {

// An absolute time as the timing annotation of a TLM call, and back. Modules that run ahead of the kernel's
// clock (temporal decoupling) annotate how far.
inline sc_core::sc_time annotate(std::int64_t at_ps) {
  return to_sc_time(Picoseconds(at_ps) - now());
}
inline std::int64_t annotated_ps(const sc_core::sc_time& delay) {
  return (now() + to_picoseconds(delay)).count();
}

// A target that takes non-blocking transport only: the other calls of the standard's interface are a bug of
// the caller.
class NonBlockingTarget : public tlm::tlm_fw_transport_if<> {
 public:
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override { refuse("b_transport"); }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned int transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

 private:
  static void refuse(const char* call) { PODSIM_CHECK(false, "{} on a non-blocking target", call); }
};

// An initiator without direct memory access.
class NonBlockingInitiator : public tlm::tlm_bw_transport_if<> {
 public:
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
};

}  // namespace podsim::sim
