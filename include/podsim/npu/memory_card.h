// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "podsim/npu/card.h"
#include "podsim/npu/global_memory.h"
#include "podsim/npu/hbm_server.h"

namespace podsim::npu {

// What one card wants of one range of pod-wide memory: `operations` of `bytes` each, at most `in_flight` of
// them begun and not ended.
struct Transfer {
  MemoryOperation operation = MemoryOperation::Read;
  std::int64_t address = 0;  // of the first operation; the next ones are `stride` further each
  std::int64_t bytes = 0;    // atomics: 8
  std::int64_t stride = 0;
  std::int64_t operations = 1;
  std::int64_t in_flight = 1;
  bool one_path = false;  // all segments take one path through the fabric
  std::uint64_t operand = 0;
  std::uint64_t expected = 0;
};

// How a transfer went.
struct TransferResult {
  Picoseconds begin;
  Picoseconds end;
  std::int64_t operations = 0;         // that ended
  std::int64_t bytes = 0;              // of these
  std::vector<Picoseconds> latencies;  // of each operation, in order of ending
  std::uint64_t last_word = 0;         // atomics: what the last operation found
};

// What a card's memory costs.
struct MemoryTiming {
  Picoseconds read_latency;
  Picoseconds write_latency;
  BytesPerSecond read_rate;
  BytesPerSecond write_rate;
};

// A card or host that reads and writes the memory of others and serves its own to them. An operation goes as
// segments, bursts of which have one request and one answer; the memory serves them in order of arrival.
// Atomics act on 64-bit words when the memory serves them; words are kept only where an atomic has been.
class MemoryCard : public Card {
 public:
  struct Limits {
    std::int64_t read_segment;
    std::int64_t write_segment;
    std::int64_t outstanding;
    std::int64_t burst;  // segments of one operation that travel together, in bytes
  };
  MemoryCard(NpuId id, const GlobalMap& map, const MemoryTiming& timing, const Limits& limits,
             TransactionPool& transactions);

  void plug_in(CardHost& host) { host_ = &host; }
  // Begins `transfer` at `at`, beside those that are under way. Returns its number.
  std::size_t begin(const Transfer& transfer, Picoseconds at);

  bool next_message(Picoseconds now, fabric::Message& message) override;
  void message_arrived(const fabric::Arrival& arrival) override;
  void wake(Picoseconds) override {}
  void barrier_released(Picoseconds, Picoseconds) override {}
  bool done() const override;
  Picoseconds done_at() const override { return last_; }
  std::string waiting_for() const override;

  const TransferResult& result(std::size_t transfer) const { return under_way_[transfer].result; }
  Bytes memory_bytes() const { return served_; }
  std::uint64_t word(std::int64_t offset) const;

 private:
  struct Operation {
    Picoseconds begin;
    std::int64_t number = 0;
    std::int64_t unsent = 0;      // bytes
    std::int64_t unanswered = 0;  // bytes, the unsent ones included
  };
  struct UnderWay {
    Transfer transfer;
    TransferResult result;
    std::int64_t begun = 0;
    std::vector<Operation> operations;  // begun and not ended, oldest first
  };
  struct Answer {
    Picoseconds ready;
    std::uint64_t order;
    std::uint32_t transaction;
    friend bool operator<(const Answer& a, const Answer& b) {  // std::priority_queue has the largest on top
      return a.ready != b.ready ? a.ready > b.ready : a.order > b.order;
    }
  };

  bool next_answer(Picoseconds now, fabric::Message& message);
  bool next_request(Picoseconds now, fabric::Message& message);
  static void end_operation(UnderWay& one, Picoseconds latency);
  bool next_segment(UnderWay& one, std::uint32_t number, Picoseconds now, fabric::Message& message);
  void serve(std::uint32_t number, Picoseconds now);
  void take_answer(std::uint32_t number, Picoseconds now);
  std::int64_t segment_of(MemoryOperation operation) const;
  std::int64_t segments_of(const Transaction& transaction) const;
  Picoseconds occupy(Picoseconds at, Bytes bytes, BytesPerSecond rate);

  NpuId id_;
  const GlobalMap& map_;
  MemoryTiming timing_;
  Limits limits_;
  TransactionPool& transactions_;
  CardHost* host_ = nullptr;
  std::vector<UnderWay> under_way_;
  std::size_t turn_ = 0;             // whose segment is next
  std::int64_t unanswered_ = 0;      // segments
  std::uint32_t segments_sent_ = 0;  // spreads over paths
  std::priority_queue<Answer> answers_;
  std::uint64_t answers_made_ = 0;
  std::unordered_map<std::int64_t, std::uint64_t> words_;
  Picoseconds memory_free_;
  Bytes served_;
  Picoseconds last_;
};

}  // namespace podsim::npu
