// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/link_fabric.h"

#include <algorithm>

#include "fabric/link/link_network.h"

namespace podsim::fabric {

LinkFabric::LinkFabric(sc_core::sc_module_name name, const topology::Pod& pod, const ProtocolConfig& protocol,
                       const FabricConfig& config, std::uint64_t seed)
    : sc_module(name), network_(std::make_unique<LinkNetwork>(pod, protocol, config, seed)) {
  network_->hub().before_window = [this] { hand_over_kicks(); };
  network_->hub().when_idle = [this] {
    if (kicks_.empty()) network_->check_progress();
  };
}

LinkFabric::~LinkFabric() = default;

void LinkFabric::attach(NpuId npu, Endpoint& endpoint) {
  network_->attach(npu, endpoint);
}
void LinkFabric::attach(NpuId npu, TransactionClient& client) {
  network_->attach(npu, client);
}

// As in PacketFabric: the order in which processes of one time run must not show, so their kicks wait until
// that time, and the window of time that the hub has worked ahead, are over.
void LinkFabric::kick(NpuId npu, Picoseconds at) {
  EventHub& hub = network_->hub();
  if (hub.advancing()) return network_->controller(npu).kick(at.count());
  const std::int64_t made = sim::now().count();
  kicks_.push_back({npu, at.count(), made});
  hub.wake(std::max(made + 1, hub.done_until()));
}

void LinkFabric::hand_over_kicks() {
  const std::int64_t now = sim::now().count();
  if (now < network_->hub().done_until()) return;
  const auto end =
      std::find_if(kicks_.begin(), kicks_.end(), [&](const Kick& kick) { return kick.made >= now; });
  std::sort(kicks_.begin(), end,
            [](const Kick& a, const Kick& b) { return a.at != b.at ? a.at < b.at : a.npu < b.npu; });
  for (auto kick = kicks_.begin(); kick != end; ++kick) network_->controller(kick->npu).kick(kick->at);
  kicks_.erase(kicks_.begin(), end);
  if (!kicks_.empty()) network_->hub().wake(now + 1);
}

const Totals& LinkFabric::totals() const {
  return network_->totals();
}
const LinkStats& LinkFabric::link_stats(LinkId link) const {
  return network_->sender(link).stats().link;
}
Picoseconds LinkFabric::lookahead() const {
  return network_->send_latency() + network_->receive_latency();
}
void LinkFabric::throw_failure() const {
  network_->hub().throw_failure();
}

UbController& LinkFabric::controller(NpuId npu) {
  return network_->controller(npu);
}
UbSwitch& LinkFabric::element(NodeId node) {
  return network_->element(node);
}
UbLink& LinkFabric::link(LinkId link) {
  return network_->link(link);
}
const UbPort& LinkFabric::sender(LinkId link) const {
  return network_->sender(link);
}
const UbPort& LinkFabric::receiver(LinkId link) const {
  return network_->receiver(link);
}
std::uint64_t LinkFabric::block_events() const {
  return network_->totals().hop_events;
}
std::uint64_t LinkFabric::hub_events() const {
  return network_->hub().events_done();
}

}  // namespace podsim::fabric
