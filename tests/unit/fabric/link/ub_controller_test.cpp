// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/ub_controller.h"

#include <gtest/gtest.h>

#include <deque>

#include "support/link_bench.h"

namespace podsim::test {
namespace {

using namespace literals;
using fabric::Opcode;
using fabric::Transaction;

// A card with a memory of one word that answers each request after a time of its own.
class MemoryCard : public fabric::TransactionClient {
 public:
  MemoryCard(fabric::LinkFabric& fabric, NpuId self) : fabric_(fabric), self_(self) {
    fabric.attach(self, *this);
    fabric.kick(self, Picoseconds(0));
  }
  bool next_transaction(Picoseconds, Transaction& transaction) override {
    if (todo.empty()) return false;
    transaction = todo.front();
    todo.pop_front();
    most_outstanding = std::max(most_outstanding, fabric_.controller(self_).outstanding() + 1);
    return true;
  }
  void request_arrived(const fabric::Request& request) override {
    requests.push_back(request);
    const std::uint64_t old = word;
    if (request.header.opcode == Opcode::FetchAdd) word += request.header.operand;
    if (request.header.opcode == Opcode::CompareSwap && word == request.header.compare)
      word = request.header.operand;
    if (request.header.posted) return;
    const Picoseconds at = request.time + access;
    fabric_.controller(self_).respond(request, at, old);
    fabric_.kick(self_, at);
  }
  void completed(const fabric::Completion& completion) override { completions.push_back(completion); }

  std::deque<Transaction> todo;
  std::vector<fabric::Request> requests;
  std::vector<fabric::Completion> completions;
  std::uint64_t word = 5;
  Picoseconds access = 100_ns;
  std::size_t most_outstanding = 0;

 private:
  fabric::LinkFabric& fabric_;
  NpuId self_;
};

struct Bench {
  topology::Pod pod = build(full_mesh_json(2));
  fabric::LinkFabric fabric;
  MemoryCard a;
  MemoryCard b;
  explicit Bench(const fabric::ProtocolConfig& protocol = ub_protocol())
      : fabric("fabric", pod, protocol, fabric_config(), 1), a(fabric, NpuId(0)), b(fabric, NpuId(1)) {}
  void run() {
    sim::run_kernel();
    fabric.throw_failure();
  }
};

Transaction to_b(Opcode opcode, Bytes length) {
  Transaction transaction;
  transaction.opcode = opcode;
  transaction.target = NpuId(1);
  transaction.length = length;
  return transaction;
}

// Wire of a packet of one block on a link of 2 ns a flit and 200 ns.
Picoseconds trip(std::int64_t content) {
  return 212_ns + ((content + 6 + 19) / 20) * 2_ns + 200_ns + 212_ns;
}

TEST(UbController, AReadIsARequestAnAccessAndItsData) {
  Bench bench;
  bench.a.todo.push_back(to_b(Opcode::Read, 512_B));
  bench.run();
  ASSERT_EQ(bench.a.completions.size(), 1U);
  EXPECT_EQ(bench.b.requests[0].time, trip(64));
  EXPECT_EQ(bench.a.completions[0].time, trip(64) + 100_ns + trip(64 + 512));
}

TEST(UbController, AWriteIsItsDataAnAccessAndAnAnswer) {
  Bench bench;
  bench.a.todo.push_back(to_b(Opcode::Write, 512_B));
  bench.run();
  ASSERT_EQ(bench.a.completions.size(), 1U);
  EXPECT_EQ(bench.a.completions[0].time, trip(64 + 512) + 100_ns + trip(64));
}

TEST(UbController, LoadsAndStoresDoWithoutTheTransportHeader) {
  Bench bench;
  Transaction load = to_b(Opcode::Read, 64_B);
  load.load_store = true;
  bench.a.todo.push_back(load);
  bench.run();
  EXPECT_EQ(bench.a.completions[0].time, trip(48) + 100_ns + trip(48 + 64));
}

TEST(UbController, APostedWriteHasNoAnswer) {
  Bench bench;
  Transaction write = to_b(Opcode::WriteNotify, 512_B);
  write.posted = true;
  bench.a.todo.push_back(write);
  bench.run();
  EXPECT_TRUE(bench.a.completions.empty());
  EXPECT_EQ(bench.b.requests[0].time, trip(64 + 512 + 8));
}

TEST(UbController, AtomicsBringTheOldValueBack) {
  Bench bench;
  Transaction add = to_b(Opcode::FetchAdd, 8_B);
  add.operand = 3;
  Transaction swap = to_b(Opcode::CompareSwap, 8_B);
  swap.compare = 8;
  swap.operand = 100;
  swap.ordered = true;  // behind the add
  bench.a.todo = {add, swap};
  bench.run();
  ASSERT_EQ(bench.a.completions.size(), 2U);
  EXPECT_EQ(bench.a.completions[0].header.operand, 5U);
  EXPECT_EQ(bench.a.completions[1].header.operand, 8U);
  EXPECT_EQ(bench.b.word, 100U);
}

TEST(UbController, AnOrderedTransactionWaitsForAllBeforeIt) {
  Bench bench;
  Transaction second = to_b(Opcode::Write, 64_B);
  second.ordered = true;
  bench.a.todo = {to_b(Opcode::Read, 4096_B), second};
  bench.run();
  ASSERT_EQ(bench.b.requests.size(), 2U);
  EXPECT_EQ(bench.b.requests[1].time, bench.a.completions[0].time + trip(64 + 64));
}

TEST(UbController, OutstandingLoadsStayWithinTheirLimit) {
  fabric::ProtocolConfig protocol = ub_protocol();
  protocol.link_layer->load_store_outstanding.value = 3;
  Bench bench(protocol);
  for (int i = 0; i < 20; ++i) {
    Transaction load = to_b(Opcode::Read, 64_B);
    load.load_store = true;
    bench.a.todo.push_back(load);
  }
  bench.run();
  EXPECT_EQ(bench.a.completions.size(), 20U);
  // The one that is held has been asked of the card but not begun.
  EXPECT_EQ(bench.a.most_outstanding, 4U);
}

TEST(UbController, LongTransactionsAreCutIntoPacketsOfOneMtu) {
  Bench bench;
  bench.a.todo.push_back(to_b(Opcode::Read, 100'000_B));
  bench.run();
  EXPECT_EQ(bench.a.completions.size(), 1U);
  EXPECT_EQ(bench.fabric.totals().packets_delivered, 1U + 13U);  // six chunks of two packets, one rest
  EXPECT_EQ(bench.fabric.totals().bytes_delivered, 100'000U);
}

TEST(UbController, RequestsToItselfUseNoLink) {
  Bench bench;
  Transaction read = to_b(Opcode::Read, 512_B);
  read.target = NpuId(0);
  bench.a.todo.push_back(read);
  bench.run();
  EXPECT_EQ(bench.a.completions[0].time, 424_ns + 100_ns + 424_ns);
  EXPECT_EQ(bench.fabric.block_events(), 0U);
}

}  // namespace
}  // namespace podsim::test
