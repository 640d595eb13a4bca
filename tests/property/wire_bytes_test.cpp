// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "property/simulation.h"

// What a payload takes on the wire.
namespace podsim::property {
namespace {

using fabric::wire_bytes;

fabric::ProtocolConfig any_framing() {
  fabric::ProtocolConfig protocol = test::bare_protocol();
  protocol.flit.value = Bytes(uniform(1, 64));
  protocol.block_flits.value = uniform(1, 64);
  const std::int64_t block = protocol.flit.value.count() * protocol.block_flits.value;
  protocol.block_overhead.value = Bytes(uniform(0, std::min<std::int64_t>(block - 1, 12)));
  protocol.packet_overhead.value = Bytes(uniform(0, 100));
  protocol.mtu.value = Bytes(one_of<std::int64_t>({8192, 1, 100, 1000, 4096}));
  RC_LOG() << config::write(protocol).dump() << '\n';
  return protocol;
}

RC_GTEST_PROP(WireBytes, AreWholeFlitsAndHoldPayloadAndHeaders, ()) {
  const fabric::ProtocolConfig protocol = any_framing();
  const Bytes payload(uniform(0, 50'000));
  const Bytes wire = wire_bytes(protocol, payload);
  const std::int64_t packets = std::max<std::int64_t>(
      1, (payload.count() + protocol.mtu.value.count() - 1) / protocol.mtu.value.count());
  RC_ASSERT(wire.count() % protocol.flit.value.count() == 0);
  RC_ASSERT(wire >= payload + protocol.packet_overhead.value * packets);
}

// A packet pays for its headers, for each block of it, and rounds up to a flit: no more.
RC_GTEST_PROP(WireBytes, AreNoMoreThanHeadersBlocksAndAFlit, ()) {
  const fabric::ProtocolConfig protocol = any_framing();
  const Bytes payload(uniform(0, protocol.mtu.value.count()));
  const Bytes room = protocol.flit.value * protocol.block_flits.value - protocol.block_overhead.value;
  const Bytes content = payload + protocol.packet_overhead.value;
  const std::int64_t blocks = content / room + 1;
  RC_ASSERT(wire_bytes(protocol, payload) <
            content + protocol.block_overhead.value * blocks + protocol.flit.value);
}

RC_GTEST_PROP(WireBytes, NeverShrinkWhenThePayloadGrows, ()) {
  const fabric::ProtocolConfig protocol = any_framing();
  const Bytes payload(uniform(0, 50'000));
  const Bytes more = payload + Bytes(uniform(0, 300));
  RC_ASSERT(wire_bytes(protocol, payload) <= wire_bytes(protocol, more));
}

// Of one packet only: see below.
RC_GTEST_PROP(WireBytes, OfOnePacketAreAtMostThoseOfItsParts, ()) {
  const fabric::ProtocolConfig protocol = any_framing();
  const Bytes payload(uniform(0, protocol.mtu.value.count()));
  const Bytes part(uniform(0, payload.count()));
  RC_ASSERT(wire_bytes(protocol, payload) <=
            wire_bytes(protocol, part) + wire_bytes(protocol, payload - part));
}

// The last byte of a full packet may open a block that two packets of one byte less do without.
TEST(WireBytes, OfALongMessageMayBeMoreThanThoseOfItsParts) {
  fabric::ProtocolConfig protocol = test::bare_protocol();
  protocol.block_flits.value = 4;
  protocol.block_overhead.value = Bytes(1);  // three bytes of content in a block
  protocol.mtu.value = Bytes(1000);
  EXPECT_EQ(wire_bytes(protocol, Bytes(999)), Bytes(999 + 333));
  EXPECT_EQ(wire_bytes(protocol, Bytes(999 + 999)), Bytes(1000 + 334 + 998 + 333));
}

// So a chunk that is a multiple of the MTU costs no bytes.
RC_GTEST_PROP(WireBytes, AddUpWhereAMessageIsCutAtWholePackets, ()) {
  const fabric::ProtocolConfig protocol = any_framing();
  const Bytes whole = protocol.mtu.value * uniform(1, 9);
  const Bytes rest(uniform(1, 20'000));
  RC_ASSERT(wire_bytes(protocol, whole + rest) == wire_bytes(protocol, whole) + wire_bytes(protocol, rest));
}

}  // namespace
}  // namespace podsim::property
