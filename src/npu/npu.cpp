// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/npu.h"

namespace podsim::npu {

Npu::Npu(sc_core::sc_module_name name, NpuId id, fabric::Fabric& fabric)
    : sc_module(name), id_(id), fabric_(fabric) {
  SC_METHOD(wake_method);
  dont_initialize();
  sensitive << wake_event_;
}

void Npu::host(Card& card, GroupBarrier* barrier) {
  card_ = &card;
  fabric_.attach(id_, card);
  barrier_ = barrier;
  if (barrier != nullptr) barrier->add(card);
}

void Npu::wake_method() {
  pending_ = Picoseconds::max();
  card_->wake(sim::now());
}

void Npu::kick(Picoseconds at) {
  fabric_.kick(id_, std::max(at, sim::now()));
}

void Npu::wake_at(Picoseconds at) {
  if (at >= pending_) return;
  pending_ = at;
  sim::notify_at(wake_event_, at);
}

void Npu::arrive_at_barrier(Picoseconds at) {
  PODSIM_CHECK(barrier_ != nullptr, "npu {} has no barrier to wait at", id_.value());
  barrier_->arrive(at);
}

}  // namespace podsim::npu
