// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/memory_card.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>

#include "podsim/base/random.h"

namespace podsim::npu {
namespace {

using namespace literals;

// Cards on an ideal fabric, without SystemC: a message is there `latency(source, destination)` later. Events
// of one time happen in order of their making.
class Exchange {
 public:
  explicit Exchange(std::size_t cards, Bytes page = Bytes()) : map_(cards, 64_KiB, page) {
    const MemoryTiming timing{2_us, 3_us, BytesPerSecond(1'000'000'000), BytesPerSecond(1'000'000'000)};
    for (std::size_t i = 0; i < cards; ++i) {
      ports_.push_back(std::make_unique<Port>(*this, i));
      cards_.push_back(
          std::make_unique<MemoryCard>(NpuId(i), map_, timing, MemoryCard::Limits{256, 256, 64, 256}, pool_));
      cards_.back()->plug_in(*ports_.back());
    }
  }

  MemoryCard& card(std::size_t i) { return *cards_[i]; }
  const GlobalMap& map() const { return map_; }
  std::size_t under_way() const { return pool_.under_way(); }

  void run() {
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      MemoryCard& card = *cards_[event.card];
      if (event.arrival) {
        card.message_arrived({event.source, event.tag, event.payload, event.at});
      } else {
        fabric::Message message;
        while (card.next_message(event.at, message)) {
          const auto delay =
              Picoseconds(1'000'000 + static_cast<std::int64_t>(
                                          mix64(event.card * 31 + message.destination.value()) % 500'000));
          events_.push({event.at + delay, made_++, message.destination.value(), true, NpuId(event.card),
                        message.tag, message.payload});
        }
      }
    }
  }

 private:
  struct Event {
    Picoseconds at;
    std::uint64_t order = 0;
    std::size_t card = 0;
    bool arrival = false;
    NpuId source{};
    std::uint32_t tag = 0;
    Bytes payload{};
    friend bool operator<(const Event& a, const Event& b) {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };
  class Port : public CardHost {
   public:
    Port(Exchange& exchange, std::size_t card) : exchange_(exchange), card_(card) {}
    void kick(Picoseconds at) override {
      exchange_.events_.push({at, exchange_.made_++, card_, false, NpuId(), 0, Bytes()});
    }
    void wake_at(Picoseconds) override {}
    void arrive_at_barrier(Picoseconds) override {}

   private:
    Exchange& exchange_;
    std::size_t card_;
  };

  GlobalMap map_;
  TransactionPool pool_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<std::unique_ptr<MemoryCard>> cards_;
  std::priority_queue<Event> events_;
  std::uint64_t made_ = 0;
};

TEST(MemoryCard, FetchAddsOfAllCardsAreCountedOnce) {
  Exchange exchange(5);
  Transfer add;
  add.operation = MemoryOperation::FetchAdd;
  add.address = exchange.map().address({NpuId(2), 40});
  add.bytes = 8;
  add.operations = 25;
  add.in_flight = 4;
  add.operand = 3;
  for (std::size_t i = 0; i < 5; ++i) exchange.card(i).begin(add, Picoseconds());
  exchange.run();
  EXPECT_EQ(exchange.card(2).word(40), 5U * 25U * 3U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(exchange.card(i).done());
    EXPECT_EQ(exchange.card(i).result(0).operations, 25);
    EXPECT_EQ(exchange.card(i).result(0).latencies.size(), 25U);
  }
  EXPECT_EQ(exchange.under_way(), 0U);
}

TEST(MemoryCard, OneOfManyCompareAndSwapsWins) {
  Exchange exchange(6);
  std::size_t winners = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    Transfer swap;
    swap.operation = MemoryOperation::CompareSwap;
    swap.address = exchange.map().address({NpuId(1), 8});
    swap.bytes = 8;
    swap.operand = 100 + i;
    exchange.card(i).begin(swap, Picoseconds());
  }
  exchange.run();
  for (std::size_t i = 0; i < 6; ++i) {
    if (exchange.card(i).result(0).last_word != 0) continue;
    ++winners;
    EXPECT_EQ(exchange.card(1).word(8), 100 + i);
  }
  EXPECT_EQ(winners, 1U);
}

TEST(MemoryCard, BytesServedAreBytesAskedFor) {
  Exchange exchange(4, 4_KiB);
  Transfer read;
  read.bytes = 10'000;
  read.operations = 3;
  read.stride = 12'345;
  exchange.card(0).begin(read, Picoseconds());
  Transfer write = read;
  write.operation = MemoryOperation::Write;
  exchange.card(3).begin(write, 5_us);
  exchange.run();
  Bytes served;
  for (std::size_t i = 0; i < 4; ++i) served += exchange.card(i).memory_bytes();
  // What is read is also written to the reader's memory.
  EXPECT_EQ(served.count(), 2 * 30'000 + 30'000);
  EXPECT_EQ(exchange.card(0).result(0).bytes, 30'000);
  EXPECT_GT(exchange.card(3).result(0).end, 5_us);
}

TEST(MemoryCard, OperationsInFlightAreLimited) {
  Exchange exchange(2);
  Transfer read;
  read.address = exchange.map().address({NpuId(1), 0});
  read.bytes = 64;
  read.operations = 8;
  exchange.card(0).begin(read, Picoseconds());
  exchange.run();
  const Picoseconds one_by_one = exchange.card(0).result(0).end;
  Exchange again(2);
  read.in_flight = 8;
  again.card(0).begin(read, Picoseconds());
  again.run();
  EXPECT_GT(one_by_one.count(), 7 * again.card(0).result(0).end.count());
}

TEST(MemoryCard, SaysWhatItWaitsFor) {
  Exchange exchange(2);
  Transfer read;
  read.address = exchange.map().address({NpuId(1), 0});
  read.bytes = 64;
  exchange.card(0).begin(read, Picoseconds());
  EXPECT_FALSE(exchange.card(0).done());
  EXPECT_EQ(exchange.card(0).waiting_for(), "1 operations, 0 segments of them under way");
}

}  // namespace
}  // namespace podsim::npu
