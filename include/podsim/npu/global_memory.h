// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/config/fields.h"

// Memory that every card of a pod can address: the map from addresses to cards, and what crosses the fabric
// when one card touches another's memory.
namespace podsim::npu {

// A place in the memory of one card or host.
struct GlobalAddress {
  NpuId card;
  std::int64_t offset = 0;  // bytes
};

// Pod-wide addresses. Without a page size the memories lie one behind the other; with one, page after page
// goes round the cards.
class GlobalMap {
 public:
  // `page` divides `capacity`; 0: no interleaving.
  GlobalMap(std::size_t cards, Bytes capacity, Bytes page = Bytes());

  // Where the byte at `address` is. Throws ConfigError behind the last memory.
  GlobalAddress locate(std::int64_t address) const;
  // The address of a place; the other way round.
  std::int64_t address(GlobalAddress place) const;
  Bytes size() const { return capacity_ * static_cast<std::int64_t>(cards_); }
  // Bytes from `address` on that are neighbours in one memory.
  std::int64_t run_length(std::int64_t address) const;

 private:
  std::size_t cards_;
  Bytes capacity_;
  Bytes page_;
};

enum class MemoryOperation : std::uint8_t { Read, Write, CompareSwap, FetchAdd };

// The memory behind a port: a latency, and a rate at which requests are served one after the other.
struct MemoryEnd {
  config::Sourced<Picoseconds> read_latency;                 // a request is in until its data leaves
  config::Sourced<Picoseconds> write_latency;                // data is in until its acknowledgement leaves
  std::optional<config::Sourced<BytesPerSecond>> read_rate;  // default: the chip's sustained HBM rate
  std::optional<config::Sourced<BytesPerSecond>> write_rate;

  void describe(config::Fields& f);
};

// One-sided access of a machine: a file in configs/one_sided/.
struct OneSidedConfig {
  std::string name;
  config::Sourced<Bytes> read_segment;        // largest payload of one read
  config::Sourced<Bytes> write_segment;       // largest payload of one write
  config::Sourced<std::int64_t> outstanding;  // segments of a card that have no answer yet
  config::Sourced<Picoseconds> port_latency;  // card to port and port to card, without memory
  MemoryEnd npu;
  std::optional<MemoryEnd> host;

  void describe(config::Fields& f);
};

// One request and its answer, on their way.
struct Transaction {
  MemoryOperation operation = MemoryOperation::Read;
  NpuId initiator;
  GlobalAddress place;
  std::int64_t bytes = 0;
  std::uint32_t path = 0;      // fabric flow of both messages
  std::uint32_t transfer = 0;  // of the initiator, and which of its operations
  std::int64_t sequence = 0;
  std::uint64_t operand = 0;  // added, or stored if the word equals `expected`
  std::uint64_t expected = 0;
  std::uint64_t result = 0;  // atomics: the word before
  bool answered = false;
};

// Transactions under way in a pod. A message carries the number of its transaction as its tag.
class TransactionPool {
 public:
  std::uint32_t open(const Transaction& transaction);
  void close(std::uint32_t number);
  Transaction& operator[](std::uint32_t number) { return transactions_[number]; }
  std::size_t under_way() const { return transactions_.size() - free_.size(); }

 private:
  std::vector<Transaction> transactions_;
  std::vector<std::uint32_t> free_;
};

// Bytes of a request and of its answer beyond headers.
Bytes request_payload(MemoryOperation operation, std::int64_t bytes);
Bytes answer_payload(MemoryOperation operation, std::int64_t bytes);

}  // namespace podsim::npu

template <>
struct podsim::config::EnumNames<podsim::npu::MemoryOperation> {
  static constexpr const char* kWhat = "operation";
  static constexpr std::array kNames{std::pair{npu::MemoryOperation::Read, "read"},
                                     std::pair{npu::MemoryOperation::Write, "write"},
                                     std::pair{npu::MemoryOperation::CompareSwap, "compare_swap"},
                                     std::pair{npu::MemoryOperation::FetchAdd, "fetch_add"}};
};
