// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "podsim/fabric/fabric.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/link/ub_controller.h"
#include "podsim/fabric/link/ub_link.h"
#include "podsim/fabric/link/ub_switch.h"
#include "podsim/topology/pod.h"

namespace podsim::fabric {

class LinkNetwork;

// The UnifiedBus fabric of a pod at link fidelity: a module for every directed link, port, switch and card's
// controller, on the topology, paths and traffic that packet fidelity uses. Models what each of them does
// (their headers say); a card's messages are posted writes. A port that goes down or a cycle of ports that
// wait for each other's credits ends the run with a ConfigError that names it (throw_failure).
class LinkFabric : public sc_core::sc_module, public Fabric {
 public:
  // Throws ConfigError when the protocol says nothing of its link layer.
  LinkFabric(sc_core::sc_module_name name, const topology::Pod& pod, const ProtocolConfig& protocol,
             const FabricConfig& config, std::uint64_t seed);
  ~LinkFabric() override;

  void attach(NpuId npu, Endpoint& endpoint) override;
  void kick(NpuId npu, Picoseconds at) override;
  const Totals& totals() const override;
  const LinkStats& link_stats(LinkId link) const override;
  Picoseconds lookahead() const override;
  void throw_failure() const override;

  // Transactions instead of messages: what one-sided memory access is built on. The client takes the place of
  // an Endpoint; kick() as for one. UbController::respond is followed by a kick at the same time.
  void attach(NpuId npu, TransactionClient& client);
  UbController& controller(NpuId npu);

  // Parts, for tests and reports.
  UbSwitch& element(NodeId node);
  UbLink& link(LinkId link);
  const UbPort& sender(LinkId link) const;
  const UbPort& receiver(LinkId link) const;
  std::uint64_t block_events() const;  // data blocks sent, over all links
  std::uint64_t hub_events() const;

 private:
  struct Kick {
    NpuId npu;
    std::int64_t at;
    std::int64_t made;
  };
  void hand_over_kicks();

  std::unique_ptr<LinkNetwork> network_;
  std::vector<Kick> kicks_;  // made by processes, in order of time
};

}  // namespace podsim::fabric
