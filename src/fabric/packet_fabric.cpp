// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/packet_fabric.h"

#include "fabric/packet_engine.h"
#include "podsim/base/error.h"

namespace podsim::fabric {

PacketFabric::PacketFabric(sc_core::sc_module_name name, const topology::Pod& pod,
                           const ProtocolConfig& protocol, const FabricConfig& config, std::uint64_t seed,
                           const FaultPlan* faults)
    : sc_module(name), engine_(std::make_unique<PacketEngine>(pod, protocol, config, seed, faults)) {
  SC_METHOD(advance_method);
  dont_initialize();
  sensitive << wake_event_;
}

PacketFabric::~PacketFabric() = default;

void PacketFabric::attach(NpuId npu, Endpoint& endpoint) {
  engine_->attach(npu, endpoint);
}

// The kernel runs processes of one time in the order in which modules were built, which must not show. So
// the engine hears of their kicks when that time is over; it sorts them, and what they cause lies at least
// one lookahead, hence 1 ps, after them.
void PacketFabric::kick(NpuId npu, Picoseconds at) {
  if (advancing_) return engine_->kick(npu, at);
  kicks_.push_back({npu, at, sim::now()});
  sim::notify_at(wake_event_, sim::now() + Picoseconds(1));
}

void PacketFabric::hand_over_kicks() {
  std::size_t handed = 0;
  for (; handed < kicks_.size() && kicks_[handed].made < sim::now(); ++handed) {
    engine_->kick(kicks_[handed].npu, kicks_[handed].at);
  }
  kicks_.erase(kicks_.begin(), kicks_.begin() + static_cast<std::ptrdiff_t>(handed));
}

void PacketFabric::advance_method() {
  if (failure_) return;
  hand_over_kicks();
  advancing_ = true;
  try {
    engine_->advance(sim::now());
  } catch (const ConfigError&) {  // faults cut the pod apart; the kernel would make a report of it
    failure_ = std::current_exception();
    return;
  }
  advancing_ = false;
  if (const std::optional<Picoseconds> next = engine_->next_time()) sim::notify_at(wake_event_, *next);
  if (!kicks_.empty()) sim::notify_at(wake_event_, kicks_.front().made + Picoseconds(1));
}

const Totals& PacketFabric::totals() const {
  return engine_->totals();
}
void PacketFabric::throw_failure() const {
  if (failure_) std::rethrow_exception(failure_);
}
const LinkStats& PacketFabric::link_stats(LinkId link) const {
  return engine_->link_stats(link);
}
const FaultTotals* PacketFabric::fault_totals() const {
  return engine_->fault_totals();
}
Picoseconds PacketFabric::lookahead() const {
  return engine_->lookahead();
}

}  // namespace podsim::fabric
