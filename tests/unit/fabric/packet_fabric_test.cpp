// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/packet_fabric.h"

#include <gtest/gtest.h>

#include "support/scripted_card.h"

namespace podsim::test {
namespace {

using namespace literals;

// A module that answers every message that arrives with one of its own, once, from its own process.
class EchoCard : public sc_core::sc_module, public fabric::Endpoint {
 public:
  EchoCard(sc_core::sc_module_name name, NpuId self, fabric::Fabric& fabric)
      : sc_module(name), self_(self), fabric_(fabric) {
    SC_METHOD(reply_method);
    dont_initialize();
    sensitive << arrived_event_;
    fabric.attach(self, *this);
  }
  bool next_message(Picoseconds, fabric::Message& message) override {
    if (!ready_) return false;
    ready_ = false;
    message = {peer_, 0, 1000_B, fabric::LaneClass::Data, 0};
    return true;
  }
  void message_arrived(const fabric::Arrival& arrival) override {
    EXPECT_GE(arrival.time, sim::now());
    EXPECT_LE(arrival.time - sim::now(), fabric_.lookahead());
    last_arrival = arrival.time;
    if (hops_left == 0) return;
    --hops_left;
    peer_ = arrival.source;
    sim::notify_at(arrived_event_, arrival.time);
  }
  void start(NpuId peer) {
    peer_ = peer;
    ready_ = true;
    fabric_.kick(self_, sim::now());
  }
  Picoseconds last_arrival;
  int hops_left = 0;

 private:
  SC_HAS_PROCESS(EchoCard);
  void reply_method() { start(peer_); }

  NpuId self_;
  fabric::Fabric& fabric_;
  NpuId peer_;
  bool ready_ = false;
  sc_core::sc_event arrived_event_;
};

TEST(PacketFabric, PingPongCostsOneZeroLoadLatencyEachWay) {
  sim::prepare_kernel();
  const topology::Pod pod = build(full_mesh_json(2));
  fabric::PacketFabric fabric("fabric", pod, bare_protocol(), fabric_config(), 1);
  EchoCard a("a", NpuId(0), fabric);
  EchoCard b("b", NpuId(1), fabric);
  a.hops_left = 5;
  b.hops_left = 5;
  a.start(NpuId(1));
  sim::run_kernel();
  EXPECT_EQ(b.last_arrival, 11 * 450_ns);
  EXPECT_EQ(a.last_arrival, 10 * 450_ns);
  EXPECT_EQ(fabric.totals().messages_delivered, 11U);
}

}  // namespace
}  // namespace podsim::test
