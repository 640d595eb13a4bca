// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "podsim/base/random.h"
#include "property/draw.h"
#include "support/in_child.h"
#include "support/link_bench.h"

// Laws of the link layer under any error pattern. Every case runs in a process of its own, because SystemC
// elaborates once per process, and there are fewer of them for that.
namespace podsim::property {
namespace {

struct Case {
  std::uint64_t seed = 1;
  int error_percent = 0;         // of blocks, each direction
  std::int64_t messages = 1;     // each direction
  std::int64_t exclusive = 256;  // cells of a lane
  std::int64_t retry_flits = 4096;
  std::int64_t hold = 0;  // blocks that stay in the receive buffer
  bool weighted = false;
};

void showValue(const Case& c, std::ostream& out) {
  out << "seed " << c.seed << ", " << c.error_percent << " % of blocks corrupted, " << c.messages
      << " packets each way, " << c.exclusive << " cells a lane, retry buffer of " << c.retry_flits
      << " flits, " << c.hold << " blocks held, " << (c.weighted ? "weighted" : "strict");
}

rc::Gen<Case> any_case() {
  return rc::gen::exec([] {
    Case c;
    c.seed = any_seed();
    c.error_percent = static_cast<int>(uniform(0, 40));
    c.messages = *rc::gen::inRange<std::int64_t>(1, 60);
    c.exclusive = one_of<std::int64_t>({256, 7, 8, 20});
    c.retry_flits = one_of<std::int64_t>({4096, 63, 64, 200});
    // Held blocks must leave each lane enough for one more and for credits not yet returned.
    c.hold = c.exclusive >= 20 ? uniform(0, 2) : 0;
    c.weighted = chance(50);
    return c;
  });
}

fabric::ProtocolConfig protocol_of(const Case& c) {
  fabric::ProtocolConfig protocol = test::ub_protocol();
  fabric::LinkLayerConfig& link = *protocol.link_layer;
  link.exclusive_cells.value = c.exclusive;
  link.buffer_cells.value = c.exclusive * 4;
  link.retry_buffer_flits.value = c.retry_flits;
  link.retry_limit.value = 1000;
  link.retry_timeout.value = Picoseconds(2'000'000);
  if (c.weighted) link.arbitration = fabric::LaneArbitration::WeightedRoundRobin;
  return protocol;
}

// "" when all is well. PortPair checks conservation of credits at every block sent and received.
std::string check_pair(const Case& c) {
  test::PortPair pair(protocol_of(c), c.seed);
  Random errors(c.seed, "errors");
  const auto corrupt = [&](const fabric::UbBlock&) {
    return errors.below(100) < static_cast<std::uint64_t>(c.error_percent);
  };
  pair.ab.corrupt = corrupt;
  pair.ba.corrupt = corrupt;
  Random traffic(c.seed, "traffic");
  pair.a.hold = pair.b.hold = static_cast<std::size_t>(c.hold);
  for (std::int64_t n = 0; n < c.messages; ++n) {
    pair.send(pair.a, traffic.below(4), 1 + static_cast<std::int64_t>(traffic.below(200)));
    pair.send(pair.b, traffic.below(4), 1 + static_cast<std::int64_t>(traffic.below(200)));
  }
  pair.run();
  const auto in_order = [](const test::PortPair::Owner& from, const test::PortPair::Owner& to) {
    if (from.sent.size() != to.got.size()) return false;
    for (std::size_t i = 0; i < to.got.size(); ++i) {
      if (from.sent[i].packet != to.got[i].packet || from.sent[i].block != to.got[i].block ||
          from.sent[i].lane != to.got[i].lane)
        return false;
    }
    return true;
  };
  if (pair.a.sent.size() + pair.b.sent.size() != pair.offered) return "not all was sent";
  if (!in_order(pair.a, pair.b) || !in_order(pair.b, pair.a)) return "lost, repeated or out of order";
  if (testing::Test::HasFailure()) return "credits are not conserved";
  return "fine";
}

TEST(Retry, DeliversEverythingOnceAndInOrderUnderAnyErrors) {
  setenv("RC_PARAMS", "seed=20260801 max_success=200", 1);
  EXPECT_TRUE(rc::check("delivers once, in order, credits conserved", [] {
    const Case c = *any_case();
    const std::string result = test::in_child([&] { return check_pair(c); });
    RC_ASSERT(result == "fine");
  }));
}

// Messages of one flow over one path, through a switch, with errors on every link: in order of sending.
std::string check_fabric(std::uint64_t seed, double bit_error_rate) {
  fabric::ProtocolConfig protocol = test::ub_protocol();
  protocol.link_layer->bit_error_rate.value = bit_error_rate;
  protocol.link_layer->retry_limit.value = 1000;
  test::LinkBench bench(test::build(test::switch_json(4)), protocol, test::fabric_config(), seed);
  Random random(seed, "traffic");
  for (std::uint32_t n = 0; n < 60; ++n)
    bench.card(random.below(4))
        .send(random.below(4), Bytes(static_cast<std::int64_t>(random.below(8192))), n);
  bench.run();
  for (std::size_t i = 0; i < 4; ++i) {
    std::array<std::uint32_t, 4> last{};
    for (const fabric::Arrival& arrival : bench.card(i).arrivals()) {
      if (arrival.source == NpuId(i)) continue;
      if (arrival.tag + 1 <= last[arrival.source.value()]) return "out of order";
      last[arrival.source.value()] = arrival.tag + 1;
    }
  }
  const fabric::Totals& totals = bench.fabric().totals();
  if (totals.messages_delivered != 60 || totals.bytes_delivered != totals.bytes_offered) return "lost";
  return "fine";
}

TEST(Retry, FlowsStayInOrderThroughASwitch) {
  setenv("RC_PARAMS", "seed=20260801 max_success=100", 1);
  EXPECT_TRUE(rc::check("in order", [] {
    const std::uint64_t seed = any_seed();
    const auto rate = one_of<double>({1e-3, 0.0, 5e-4, 2e-3});
    RC_ASSERT(test::in_child([&] { return check_fabric(seed, rate); }) == "fine");
  }));
}

}  // namespace
}  // namespace podsim::property
