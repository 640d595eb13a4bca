// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <vector>

#include "podsim/fabric/fabric.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/sim/kernel.h"
#include "podsim/topology/pod.h"

namespace podsim::fabric {

class PacketEngine;
struct FaultPlan;

// The UnifiedBus fabric of a pod at packet fidelity: every NPU port, switch and cable between the cards'
// memory interfaces. Models: cut-through, FIFO per directed link and lane class, serialization and hop
// latency from the link's type, header and flit overhead of the protocol, injection limits per card. Leaves
// out: finite switch buffers, credits and retry (link fidelity), and contention inside a switch (switches are
// non-blocking crossbars with output queues). One module for all links: a module per link would cost a kernel
// event per hop and gigabytes (docs/components/fabric.md).
class PacketFabric : public sc_core::sc_module, public Fabric {
 public:
  PacketFabric(sc_core::sc_module_name name, const topology::Pod& pod, const ProtocolConfig& protocol,
               const FabricConfig& config, std::uint64_t seed, const FaultPlan* faults = nullptr);
  ~PacketFabric() override;

  void attach(NpuId npu, Endpoint& endpoint) override;
  void kick(NpuId npu, Picoseconds at) override;
  const Totals& totals() const override;
  const LinkStats& link_stats(LinkId link) const override;
  Picoseconds lookahead() const override;
  const FaultTotals* fault_totals() const override;
  void throw_failure() const override;

 private:
  SC_HAS_PROCESS(PacketFabric);
  struct Kick {
    NpuId npu;
    Picoseconds at;
    Picoseconds made;
  };
  void advance_method();
  void hand_over_kicks();

  std::unique_ptr<PacketEngine> engine_;
  std::vector<Kick> kicks_;  // made by processes, in order of time
  sc_core::sc_event wake_event_;
  bool advancing_ = false;
  std::exception_ptr failure_;  // what ended the simulation
};

}  // namespace podsim::fabric
