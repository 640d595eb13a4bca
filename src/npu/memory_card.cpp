// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/memory_card.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

// The limit of outstanding segments holds at least as many bursts, so that it works segment by segment.
constexpr std::int64_t kBursts = 16;

bool is_atomic(MemoryOperation operation) {
  return operation == MemoryOperation::CompareSwap || operation == MemoryOperation::FetchAdd;
}

}  // namespace

MemoryCard::MemoryCard(NpuId id, const GlobalMap& map, const MemoryTiming& timing, const Limits& limits,
                       TransactionPool& transactions)
    : id_(id), map_(map), timing_(timing), limits_(limits), transactions_(transactions) {}

std::size_t MemoryCard::begin(const Transfer& transfer, Picoseconds at) {
  UnderWay one{transfer, {}, 0, {}};
  one.result.begin = at;
  one.result.end = at;
  under_way_.push_back(std::move(one));
  host_->kick(at);
  return under_way_.size() - 1;
}

bool MemoryCard::next_message(Picoseconds now, fabric::Message& message) {
  if (next_answer(now, message) || next_request(now, message)) return true;
  if (!answers_.empty()) host_->kick(answers_.top().ready);
  return false;
}

bool MemoryCard::next_answer(Picoseconds now, fabric::Message& message) {
  if (answers_.empty() || answers_.top().ready > now) return false;
  const std::uint32_t number = answers_.top().transaction;
  answers_.pop();
  Transaction& transaction = transactions_[number];
  transaction.answered = true;
  message = {transaction.initiator,
             number,
             answer_payload(transaction.operation, transaction.bytes),
             fabric::LaneClass::Data,
             transaction.path,
             static_cast<std::uint32_t>(segment_of(transaction.operation))};
  return true;
}

// Transfers take turns, a segment each.
bool MemoryCard::next_request(Picoseconds now, fabric::Message& message) {
  if (unanswered_ >= limits_.outstanding) return false;
  for (std::size_t tried = 0; tried < under_way_.size(); ++tried) {
    const std::size_t number = (turn_ + tried) % under_way_.size();
    if (!next_segment(under_way_[number], static_cast<std::uint32_t>(number), now, message)) continue;
    turn_ = number + 1;
    return true;
  }
  return false;
}

bool MemoryCard::next_segment(UnderWay& one, std::uint32_t number, Picoseconds now,
                              fabric::Message& message) {
  const Transfer& transfer = one.transfer;
  if (one.operations.empty() || one.operations.back().unsent == 0) {
    const auto running = static_cast<std::int64_t>(one.operations.size());
    if (one.begun == transfer.operations || running >= transfer.in_flight) return false;
    one.operations.push_back({now, one.begun++, transfer.bytes, transfer.bytes});
  }
  Operation& operation = one.operations.back();
  const std::int64_t segment = segment_of(transfer.operation);
  const std::int64_t address =
      transfer.address + operation.number * transfer.stride + (transfer.bytes - operation.unsent);
  const std::int64_t segments =
      std::min({limits_.burst / segment, limits_.outstanding / kBursts, limits_.outstanding - unanswered_});
  const std::int64_t burst = segment * std::max<std::int64_t>(1, segments);
  const std::int64_t bytes = std::min({operation.unsent, burst, map_.run_length(address)});
  operation.unsent -= bytes;
  Transaction transaction;
  transaction.operation = transfer.operation;
  transaction.initiator = id_;
  transaction.place = map_.locate(address);
  transaction.bytes = bytes;
  transaction.path = transfer.one_path ? number : segments_sent_;
  transaction.transfer = number;
  transaction.sequence = operation.number;
  transaction.operand = transfer.operand;
  transaction.expected = transfer.expected;
  ++segments_sent_;
  unanswered_ += segments_of(transaction);
  message = {transaction.place.card,
             transactions_.open(transaction),
             request_payload(transfer.operation, bytes),
             fabric::LaneClass::Data,
             transaction.path,
             static_cast<std::uint32_t>(segment)};
  return true;
}

std::int64_t MemoryCard::segment_of(MemoryOperation operation) const {
  return operation == MemoryOperation::Read ? limits_.read_segment : limits_.write_segment;
}

std::int64_t MemoryCard::segments_of(const Transaction& transaction) const {
  const std::int64_t segment = segment_of(transaction.operation);
  return (transaction.bytes + segment - 1) / segment;
}

void MemoryCard::message_arrived(const fabric::Arrival& arrival) {
  last_ = std::max(last_, arrival.time);
  if (transactions_[arrival.tag].answered) return take_answer(arrival.tag, arrival.time);
  serve(arrival.tag, arrival.time);
}

void MemoryCard::serve(std::uint32_t number, Picoseconds now) {
  Transaction& transaction = transactions_[number];
  const Bytes bytes(transaction.bytes);
  const bool read = transaction.operation == MemoryOperation::Read;
  Picoseconds ready = occupy(now, bytes, read ? timing_.read_rate : timing_.write_rate) +
                      (read ? timing_.read_latency : timing_.write_latency);
  if (is_atomic(transaction.operation)) {
    std::uint64_t& word = words_[transaction.place.offset];
    transaction.result = word;
    if (transaction.operation == MemoryOperation::FetchAdd) {
      word += transaction.operand;
    } else if (word == transaction.expected) {
      word = transaction.operand;
    }
  }
  answers_.push({ready, answers_made_++, number});
  host_->kick(answers_.top().ready);
}

void MemoryCard::take_answer(std::uint32_t number, Picoseconds now) {
  const Transaction transaction = transactions_[number];
  transactions_.close(number);
  unanswered_ -= segments_of(transaction);
  UnderWay& one = under_way_[transaction.transfer];
  Picoseconds end = now;
  if (transaction.operation == MemoryOperation::Read)
    end = occupy(now, Bytes(transaction.bytes), timing_.write_rate);
  const auto operation = std::find_if(one.operations.begin(), one.operations.end(),
                                      [&](const Operation& o) { return o.number == transaction.sequence; });
  PODSIM_CHECK(operation != one.operations.end(), "npu {} has an answer to operation {}, which has ended",
               id_.value(), transaction.sequence);
  one.result.last_word = transaction.result;
  operation->unanswered -= transaction.bytes;
  if (operation->unanswered == 0) {
    end_operation(one, end - operation->begin);
    one.operations.erase(operation);
  }
  one.result.end = std::max(one.result.end, end);
  last_ = std::max(last_, end);
  host_->kick(end);
}

void MemoryCard::end_operation(UnderWay& one, Picoseconds latency) {
  ++one.result.operations;
  one.result.bytes += one.transfer.bytes;
  one.result.latencies.push_back(latency);
}

Picoseconds MemoryCard::occupy(Picoseconds at, Bytes bytes, BytesPerSecond rate) {
  memory_free_ = std::max(at, memory_free_) + time_rounded_up(bytes, rate);
  served_ += bytes;
  return memory_free_;
}

bool MemoryCard::done() const {
  return answers_.empty() && std::all_of(under_way_.begin(), under_way_.end(), [](const UnderWay& one) {
           return one.result.operations == one.transfer.operations;
         });
}

std::string MemoryCard::waiting_for() const {
  std::int64_t operations = 0;
  for (const UnderWay& one : under_way_) operations += one.transfer.operations - one.result.operations;
  return fmt::format("{} operations, {} segments of them under way", operations, unanswered_);
}

std::uint64_t MemoryCard::word(std::int64_t offset) const {
  const auto found = words_.find(offset);
  return found == words_.end() ? 0 : found->second;
}

}  // namespace podsim::npu
