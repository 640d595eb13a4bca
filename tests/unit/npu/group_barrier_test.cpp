// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/group_barrier.h"

#include <gtest/gtest.h>

namespace podsim::npu {
namespace {

using namespace literals;

class Waiter : public Card {
 public:
  bool next_message(Picoseconds, fabric::Message&) override { return false; }
  void message_arrived(const fabric::Arrival&) override {}
  void wake(Picoseconds) override {}
  void barrier_released(Picoseconds at, Picoseconds) override { released.push_back(at); }
  bool done() const override { return false; }
  Picoseconds done_at() const override { return {}; }
  std::string waiting_for() const override { return "the barrier"; }
  std::vector<Picoseconds> released;
};

TEST(GroupBarrier, AllGoOnOneLatencyAfterTheLastArrival) {
  GroupBarrier barrier(200_ns);
  Waiter a, b;
  barrier.add(a);
  barrier.add(b);
  barrier.arrive(900_ns);
  EXPECT_TRUE(a.released.empty());
  barrier.arrive(100_ns);
  EXPECT_EQ(a.released, std::vector{1100_ns}) << "arrivals may be told out of order";
  EXPECT_EQ(b.released, std::vector{1100_ns});
}

TEST(GroupBarrier, ServesAgainAndAgain) {
  GroupBarrier barrier(1_ns);
  Waiter only;
  barrier.add(only);
  barrier.arrive(5_ns);
  barrier.arrive(3_ns);
  EXPECT_EQ(only.released, (std::vector{6_ns, 4_ns}));
}

}  // namespace
}  // namespace podsim::npu
