// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/packet_fabric.h"

#include "fabric/packet_engine.h"

namespace podsim::fabric {

PacketFabric::PacketFabric(sc_core::sc_module_name name, const topology::Pod& pod,
                           const ProtocolConfig& protocol, const FabricConfig& config, std::uint64_t seed)
    : sc_module(name), engine_(std::make_unique<PacketEngine>(pod, protocol, config, seed)) {
  SC_METHOD(advance_method);
  dont_initialize();
  sensitive << wake_event_;
}

PacketFabric::~PacketFabric() = default;

void PacketFabric::attach(NpuId npu, Endpoint& endpoint) {
  engine_->attach(npu, endpoint);
}

void PacketFabric::kick(NpuId npu, Picoseconds at) {
  engine_->kick(npu, at);
  if (!advancing_) sim::notify_at(wake_event_, at);
}

void PacketFabric::advance_method() {
  advancing_ = true;
  engine_->advance(sim::now());
  advancing_ = false;
  if (const std::optional<Picoseconds> next = engine_->next_time()) sim::notify_at(wake_event_, *next);
}

const Totals& PacketFabric::totals() const {
  return engine_->totals();
}
IdVector<LinkId, LinkStats> PacketFabric::link_stats() const {
  return engine_->link_stats();
}
Picoseconds PacketFabric::lookahead() const {
  return engine_->lookahead();
}

}  // namespace podsim::fabric
