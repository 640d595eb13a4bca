// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fabric/link/deadlock.h"
#include "fabric/path_chooser.h"
#include "podsim/fabric/link/link_fabric.h"

namespace podsim::fabric {

// The modules of a LinkFabric and how they are wired.
class LinkNetwork : public UbSwitch::Listener {
 public:
  LinkNetwork(const topology::Pod& pod, const ProtocolConfig& protocol, const FabricConfig& config,
              std::uint64_t seed);

  EventHub& hub() { return hub_; }
  const EventHub& hub() const { return hub_; }
  UbController& controller(NpuId npu) { return *controllers_[npu]; }
  UbSwitch& element(NodeId node) { return *elements_[node]; }
  UbLink& link(LinkId link) { return *links_[link]; }
  const UbPort& sender(LinkId link) const {
    return elements_[graph_.link(link).from]->port(port_of_link_[link]);
  }
  const UbPort& receiver(LinkId link) const { return sender_of_reverse(link); }
  const Totals& totals() const { return totals_; }
  Picoseconds send_latency() const { return protocol_.send_latency.value; }
  Picoseconds receive_latency() const { return protocol_.receive_latency.value; }

  void attach(NpuId npu, Endpoint& endpoint);
  void attach(NpuId npu, TransactionClient& client) { controllers_[npu]->attach(client); }
  // Throws ConfigError when packets are in flight and nothing can move.
  void check_progress() const;
  // What a lane that waits waits for (deadlock.cpp).
  std::vector<LaneOfLink> waits_for(LaneOfLink lane) const;

 private:
  // A card that speaks in messages: they are posted writes.
  class MessageCard : public TransactionClient {
   public:
    explicit MessageCard(Endpoint& endpoint) : endpoint_(endpoint) {}
    bool next_transaction(Picoseconds now, Transaction& transaction) override;
    void request_arrived(const Request& request) override;
    void completed(const Completion& completion) override;

   private:
    Endpoint& endpoint_;
  };
  void number_ports();
  void make_elements();
  void make_links(std::uint64_t seed);
  void make_controllers();
  const UbPort& sender_of_reverse(LinkId link) const {
    return elements_[graph_.link(link).to]->port(port_of_link_[graph_.link(link).reverse]);
  }
  void port_down(const UbSwitch& element, std::size_t port, const std::string& why) override;

  const topology::Graph& graph_;
  ProtocolConfig protocol_;
  FabricConfig config_;
  PathChooser chooser_;
  EventHub hub_;
  PacketPool packets_;
  BlockPool blocks_;
  PacketPayloadPool packet_payloads_;
  LinkContext context_;
  Totals totals_;
  IdVector<LinkTypeId, LinkTiming> timings_;
  IdVector<LinkId, std::uint16_t> port_of_link_;    // of the element that the link leaves from
  IdVector<NodeId, std::vector<LinkId>> links_of_;  // by port
  IdVector<NodeId, std::unique_ptr<UbSwitch>> elements_;
  IdVector<LinkId, std::unique_ptr<UbLink>> links_;
  IdVector<NpuId, std::unique_ptr<UbController>> controllers_;
  std::vector<std::unique_ptr<MessageCard>> cards_;
};

}  // namespace podsim::fabric
