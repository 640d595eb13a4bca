// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/ub_port.h"

#include <gtest/gtest.h>

#include "support/port_pair.h"

namespace podsim::test {
namespace {

using namespace literals;

constexpr std::int64_t kFlit = 2'000;  // ps, on the links of a PortPair
constexpr std::int64_t kBlock = 32 * kFlit;
constexpr std::int64_t kHop = 200'000;

void expect_in_order(const PortPair::Owner& from, const PortPair::Owner& to) {
  ASSERT_EQ(from.sent.size(), to.got.size());
  for (std::size_t i = 0; i < to.got.size(); ++i) {
    EXPECT_EQ(from.sent[i].packet, to.got[i].packet);
    EXPECT_EQ(from.sent[i].block, to.got[i].block);
  }
}

TEST(UbLink, TakesABlockWhenTheOneBeforeIsOutAndNotAPicosecondEarlier) {
  PortPair pair;
  tlm::tlm_generic_payload& payload = pair.blocks.allocate();
  fabric::UbBlock& block = fabric::BlockPool::of(payload);
  block.kind = fabric::BlockKind::CreditAck;
  block.flits = 2;
  const auto transport = [&](std::int64_t at) {
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sim::annotate(at);
    pair.ab.nb_transport_fw(payload, phase, delay);
    return sim::annotated_ps(delay);
  };
  EXPECT_EQ(transport(1'000), 1'000 + 2 * kFlit);
  EXPECT_THROW(transport(1'000 + 2 * kFlit - 1), InternalError);
  EXPECT_EQ(transport(1'000 + 2 * kFlit), 1'000 + 4 * kFlit);
  payload.release();
}

TEST(UbPort, ABlockTakesItsSerializationAndTheHop) {
  PortPair pair;
  pair.send(pair.a, 0, 7);
  pair.run();
  ASSERT_EQ(pair.b.got.size(), 1U);
  EXPECT_EQ(pair.b.got[0].at, 7 * kFlit + kHop);
}

TEST(UbPort, BlocksFollowEachOtherWithoutAGap) {
  PortPair pair;
  pair.send(pair.a, 0, 1000 * 32);
  pair.run();
  ASSERT_EQ(pair.b.got.size(), 1000U);
  EXPECT_EQ(pair.b.got.back().at, 1000 * kBlock + kHop);
  expect_in_order(pair.a, pair.b);
}

TEST(UbPort, BothDirectionsReturnCreditsInHeadersAndLoseNothing) {
  PortPair pair;
  pair.send(pair.a, 0, 1000 * 32);
  pair.send(pair.b, 0, 1000 * 32);
  pair.run();
  // Crd_Ack blocks before the first block has come and after the last one is out.
  EXPECT_LE(pair.b.got.back().at, 1000 * kBlock + kHop + 20 * kFlit);
  EXPECT_LE(pair.a.got.back().at, 1000 * kBlock + kHop + 20 * kFlit);
}

// 4 cells of a block, and not a cell less, must be back for the next one.
TEST(UbPort, WithoutCreditsASenderWaitsForExactlyTheReturn) {
  fabric::ProtocolConfig protocol = ub_protocol();
  protocol.link_layer->virtual_lanes.value = 2;
  protocol.link_layer->exclusive_cells.value = 4;
  protocol.link_layer->buffer_cells.value = 8;
  protocol.link_layer->retry_buffer_flits.value = 1 << 16;
  PortPair pair(protocol);
  pair.send(pair.a, 0, 2 * 32);  // 4 cells are the control lane's
  pair.run();
  // The second block goes when the Crd_Ack that the first one caused is in.
  ASSERT_EQ(pair.a.sent.size(), 2U);
  EXPECT_EQ(pair.a.sent[1].at, (kBlock + kHop) + (2 * kFlit + kHop));
  EXPECT_GT(pair.a_port.stats().credit_stalls, 0);
}

TEST(UbPort, ABufferThatIsNotEmptiedStopsTheSenderAndLosesNothing) {
  fabric::ProtocolConfig protocol = ub_protocol();
  protocol.link_layer->virtual_lanes.value = 2;
  protocol.link_layer->exclusive_cells.value = 8;
  protocol.link_layer->buffer_cells.value = 40;
  PortPair pair(protocol);
  pair.b.hold = 1000;
  pair.send(pair.a, 0, 100 * 32);
  pair.run();
  EXPECT_EQ(pair.b.got.size(), 8U);  // 8 cells of its own and 24 shared
  EXPECT_EQ(pair.b_port.stats().peak_buffer_cells, 32);
  EXPECT_TRUE(pair.a_port.waits(0));
  EXPECT_FALSE(pair.a_port.credits().can_take(0, 1));
}

TEST(UbPort, AFullRetryBufferStopsTheSenderUntilTheAcknowledgement) {
  fabric::ProtocolConfig protocol = ub_protocol();
  protocol.link_layer->retry_buffer_flits.value = 64;
  PortPair pair(protocol);
  pair.send(pair.a, 0, 3 * 32);
  pair.run();
  EXPECT_EQ(pair.a.sent[1].at, kBlock);
  EXPECT_EQ(pair.a.sent[2].at, (kBlock + kHop) + (2 * kFlit + kHop));
}

TEST(UbPort, ControlGoesAheadOfDataAtTheNextBlock) {
  PortPair pair;
  pair.send(pair.a, 0, 10 * 32);
  pair.send(pair.a, 2, 5);  // lanes 2 and 3 are control
  pair.run();
  EXPECT_EQ(pair.b.got[1].lane, 2);
}

TEST(UbPort, ACorruptedBlockIsSentAgainWithAllThatFollowed) {
  PortPair pair;
  int n = 0;
  pair.ab.corrupt = [&](const fabric::UbBlock& block) {
    return block.kind == fabric::BlockKind::Data && ++n == 3;
  };
  pair.send(pair.a, 0, 20 * 32);
  pair.run();
  expect_in_order(pair.a, pair.b);
  EXPECT_EQ(pair.b_port.stats().retries, 1U);
  // Retry reaches the sender after the third block, the hop, one flit and the hop; what was sent by then goes
  // again from the third on: blocks 3 to 10.
  EXPECT_EQ(pair.a_port.stats().resent_blocks, 8U);
}

TEST(UbPort, ALostCrdAckIsMadeGoodByTheNext) {
  PortPair pair;
  int n = 0;
  pair.ba.corrupt = [&](const fabric::UbBlock&) { return ++n == 1; };
  pair.send(pair.a, 0, 100 * 32);
  pair.run();
  expect_in_order(pair.a, pair.b);
  EXPECT_EQ(pair.b_port.freed_cells(0), 400U);
  EXPECT_EQ(pair.b_port.unreturned_cells(0), 0);
  EXPECT_EQ(pair.a_port.stats().retries, 1U);
}

TEST(UbPort, ALostRetryRequestIsRepeatedAfterTheTimeout) {
  PortPair pair;
  int data = 0;
  int back = 0;
  pair.ab.corrupt = [&](const fabric::UbBlock& block) {
    return block.kind == fabric::BlockKind::Data && ++data == 1;
  };
  pair.ba.corrupt = [&](const fabric::UbBlock& block) {
    return block.kind == fabric::BlockKind::Retry && ++back == 1;
  };
  pair.send(pair.a, 0, 32);
  pair.run();
  ASSERT_EQ(pair.b.got.size(), 1U);
  EXPECT_GT(pair.b.got[0].at, pair.protocol.link_layer->retry_timeout.value.count());
}

TEST(UbPort, ALinkThatNeverDeliversGoesDownAtItsLimit) {
  PortPair pair;
  pair.ab.corrupt = [](const fabric::UbBlock& block) { return block.kind == fabric::BlockKind::Data; };
  pair.send(pair.a, 0, 32);
  pair.run();
  EXPECT_TRUE(pair.b_port.down());
  EXPECT_EQ(pair.b_port.stats().retries, 16U);
  EXPECT_NE(pair.b.down.find("16 retries"), std::string::npos);
}

}  // namespace
}  // namespace podsim::test
