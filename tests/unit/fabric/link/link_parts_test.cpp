// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "podsim/fabric/link/credit_pool.h"
#include "podsim/fabric/link/lane_arbiter.h"
#include "podsim/fabric/link/link_timing.h"
#include "support/port_pair.h"

namespace podsim::test {
namespace {

using namespace literals;
using fabric::CreditPool;
using fabric::LaneArbiter;

TEST(LinkTiming, TheWireKeepsThePublishedShareBeforeHeaders) {
  EXPECT_NEAR(fabric::encoding_efficiency(*ub_protocol().link_layer), 0.932, 0.0005);
  fabric::LinkLayerConfig bare = *ub_protocol().link_layer;
  bare.fec = fabric::FecMode::Bypass;
  EXPECT_NEAR(fabric::encoding_efficiency(bare), 1.0 - 40.0 / 6656.0, 1e-12);
}

TEST(LinkTiming, FourLanesOfPam4GiveFlitsTheirShareOfTheSymbolRate) {
  const BytesPerSecond rate = fabric::flit_rate(*ub_protocol().link_layer, 4, 106'250'000'000);
  EXPECT_NEAR(static_cast<double>(rate.count()), 53.125e9 * 0.9375 * (1.0 - 40.0 / 6656.0), 2.0);
}

TEST(LinkTiming, PartsSumToTheLatencyOfTheHop) {
  topology::LinkType type = PortPair::link_type();
  const auto sum = [&] {
    const fabric::LinkTiming timing = fabric::link_timing(ub_protocol(), type);
    return timing.propagation_ps + timing.fec_ps + timing.receive_ps;
  };
  EXPECT_EQ(sum(), 200'000);
  type.latency = 10_ns;  // less than propagation and decoder would take
  EXPECT_EQ(sum(), 10'000);
}

TEST(LinkTiming, PropagationIsLengthTimesDelayOfTheMedium) {
  topology::LinkType type = PortPair::link_type();
  EXPECT_EQ(fabric::link_timing(ub_protocol(), type).propagation_ps, 8'600);
  type.medium = topology::Medium::OpticalFibre;
  EXPECT_EQ(fabric::link_timing(ub_protocol(), type).propagation_ps, 49'000);
}

TEST(LinkTiming, CorrectionTakesErrorsAwayAsItsStrengthSays) {
  fabric::LinkLayerConfig config = *ub_protocol().link_layer;
  config.bit_error_rate.value = 1e-4;
  const double four = fabric::block_error_rate(config, 640);
  config.fec = fabric::FecMode::CorrectTwo;
  const double two = fabric::block_error_rate(config, 640);
  config.fec = fabric::FecMode::Bypass;
  const double none = fabric::block_error_rate(config, 640);
  EXPECT_NEAR(none, 1.0 - std::pow(1.0 - 1e-4, 5120), 1e-9);
  EXPECT_LT(two, none / 10);
  EXPECT_LT(four, two / 10);
  config.bit_error_rate.value = 0.0;
  EXPECT_EQ(fabric::block_error_rate(config, 640), 0.0);
}

TEST(CreditPool, ALaneTakesItsOwnCellsFirstAndGivesSharedOnesBackFirst) {
  CreditPool pool(20, 4, 2);  // 4 + 4 + 12 shared
  pool.take(0, 10);
  EXPECT_EQ(pool.shared_free(), 6);
  EXPECT_TRUE(pool.can_take(1, 10));
  EXPECT_FALSE(pool.can_take(1, 11));
  pool.give(0, 6);
  EXPECT_EQ(pool.shared_free(), 12);
  EXPECT_EQ(pool.in_use(0), 4);
}

TEST(CreditPool, SharedCellsOfOneLaneLeaveTheOtherItsOwn) {
  CreditPool pool(20, 4, 2);
  pool.take(0, 16);
  EXPECT_FALSE(pool.can_take(0, 1));
  EXPECT_TRUE(pool.can_take(1, 4));
}

std::array<std::uint8_t, 16> full_blocks() {
  std::array<std::uint8_t, 16> flits{};
  flits.fill(32);
  return flits;
}

TEST(LaneArbiter, HigherPriorityGoesWheneverItCan) {
  LaneArbiter arbiter(32);
  arbiter.set(2, {1, 1});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(arbiter.pick(0b111, full_blocks()), 2U);
  EXPECT_NE(arbiter.pick(0b011, full_blocks()), 2U);
}

TEST(LaneArbiter, LanesOfOnePriorityShareByWeight) {
  LaneArbiter arbiter(32);
  arbiter.set(0, {0, 3});
  std::array<int, 16> count{};
  for (int i = 0; i < 400; ++i) ++count[arbiter.pick(0b11, full_blocks())];
  EXPECT_EQ(count[0], 300);
  EXPECT_EQ(count[1], 100);
}

TEST(LaneArbiter, ALaneWaitsNoLongerThanTheWeightsOfTheOthers) {
  LaneArbiter arbiter(32);
  for (std::size_t lane = 0; lane < 16; ++lane) arbiter.set(lane, {0, 2});
  std::array<std::uint8_t, 16> flits = full_blocks();
  flits[5] = 1;  // short blocks do not shorten its share
  int waited = 0;
  for (int i = 0; i < 1000; ++i) {
    waited = arbiter.pick(0xFFFF, flits) == 5 ? 0 : waited + 1;
    ASSERT_LE(waited, 15 * 2);
  }
}

TEST(BlockCut, FullBlocksCarry634Bytes) {
  const fabric::ProtocolConfig protocol = ub_protocol();
  EXPECT_EQ(fabric::cut_into_blocks(protocol, 634).blocks, 1U);
  EXPECT_EQ(fabric::cut_into_blocks(protocol, 634).last_flits, 32);
  EXPECT_EQ(fabric::cut_into_blocks(protocol, 635).blocks, 2U);
  EXPECT_EQ(fabric::cut_into_blocks(protocol, 635).last_flits, 1);
}

TEST(BlockCut, WireBytesAreThoseOfPacketFidelity) {
  const fabric::ProtocolConfig protocol = ub_protocol();
  for (std::int64_t payload = 0; payload <= 8192; ++payload)
    ASSERT_EQ(fabric::cut_into_blocks(protocol, payload + 64).wire,
              fabric::wire_bytes(protocol, Bytes(payload)).count());
}

TEST(LinkLayerConfig, HeadersThatDoNotSumUpAreAnError) {
  std::string text = config::write(ub_protocol()).dump();
  const std::string from = R"("rtph":{"value":"16B")";
  text.replace(text.find(from), from.size(), R"("rtph":{"value":"17B")");
  EXPECT_THROW(config::parse<fabric::ProtocolConfig>(text, "protocol"), ConfigError);
}

}  // namespace
}  // namespace podsim::test
