// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/npu/group_barrier.h"
#include "podsim/sim/kernel.h"

namespace podsim::npu {

// One card of a pod as a SystemC module: between the kernel's clock, the fabric and the Card that says what
// the chip does. It sleeps until the next time the card asked for; rows that arrive go from the fabric
// straight to the card, without a kernel event each.
class Npu : public sc_core::sc_module, private CardHost {
 public:
  Npu(sc_core::sc_module_name name, NpuId id, fabric::Fabric& fabric);

  // The card to host, before time starts. `barrier` is its group's, or null where nothing waits at one.
  void host(Card& card, GroupBarrier* barrier);
  CardHost& as_host() { return *this; }

 private:
  SC_HAS_PROCESS(Npu);
  void wake_method();
  void kick(Picoseconds at) override;
  void wake_at(Picoseconds at) override;
  void arrive_at_barrier(Picoseconds at) override;

  NpuId id_;
  fabric::Fabric& fabric_;
  Card* card_ = nullptr;
  GroupBarrier* barrier_ = nullptr;
  sc_core::sc_event wake_event_;
  Picoseconds pending_ = Picoseconds::max();  // the earliest wake asked for
};

}  // namespace podsim::npu
