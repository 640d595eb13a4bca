// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/global_memory.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {

using namespace literals;

namespace {

constexpr std::int64_t kWord = 8;  // of an atomic: UB Base Specification 2.0.1, 64-bit compare-and-swap

}  // namespace

GlobalMap::GlobalMap(std::size_t cards, Bytes capacity, Bytes page)
    : cards_(cards), capacity_(capacity), page_(page) {
  if (page > Bytes() && capacity.count() % page.count() != 0)
    throw ConfigError(fmt::format("a memory of {} is not a whole number of pages of {}", to_string(capacity),
                                  to_string(page)));
}

GlobalAddress GlobalMap::locate(std::int64_t address) const {
  if (address < 0 || address >= size().count())
    throw ConfigError(
        fmt::format("address {} is outside the {} of {} memories", address, to_string(size()), cards_));
  const auto cards = static_cast<std::int64_t>(cards_);
  if (page_ == Bytes())
    return {NpuId(static_cast<std::size_t>(address / capacity_.count())), address % capacity_.count()};
  const std::int64_t page = address / page_.count();
  return {NpuId(static_cast<std::size_t>(page % cards)),
          page / cards * page_.count() + address % page_.count()};
}

std::int64_t GlobalMap::address(GlobalAddress place) const {
  const auto card = static_cast<std::int64_t>(place.card.value());
  if (page_ == Bytes()) return card * capacity_.count() + place.offset;
  const std::int64_t page = place.offset / page_.count() * static_cast<std::int64_t>(cards_) + card;
  return page * page_.count() + place.offset % page_.count();
}

std::int64_t GlobalMap::run_length(std::int64_t address) const {
  const std::int64_t block = page_ == Bytes() ? capacity_.count() : page_.count();
  return block - address % block;
}

void MemoryEnd::describe(config::Fields& f) {
  f.required("read_latency", read_latency, "a request is in until its data leaves").at_least(0_ps);
  f.required("write_latency", write_latency, "data is in until its acknowledgement leaves").at_least(0_ps);
  f.optional("read_rate", read_rate, "reads one after the other; default: the chip's sustained HBM rate")
      .at_least(1_MBps);
  f.optional("write_rate", write_rate, "writes one after the other; default: as read_rate's")
      .at_least(1_MBps);
}

void OneSidedConfig::describe(config::Fields& f) {
  f.required("name", name, "whose one-sided access this is").non_empty();
  f.required("read_segment", read_segment, "largest payload of one read").between(8_B, 1_MiB);
  f.required("write_segment", write_segment, "largest payload of one write").between(8_B, 1_MiB);
  f.required("outstanding", outstanding, "segments of a card without an answer").between(1, 1 << 20);
  f.required("port_latency", port_latency, "between a card and its port, either way, without memory")
      .at_least(1_ps);
  f.required("npu", npu, "the memory of a card");
  f.optional("host", host, "the memory of a host");
}

std::uint32_t TransactionPool::open(const Transaction& transaction) {
  if (free_.empty()) {
    transactions_.push_back(transaction);
    return static_cast<std::uint32_t>(transactions_.size() - 1);
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  transactions_[number] = transaction;
  return number;
}

void TransactionPool::close(std::uint32_t number) {
  free_.push_back(number);
}

Bytes request_payload(MemoryOperation operation, std::int64_t bytes) {
  switch (operation) {
    case MemoryOperation::Read:
      return Bytes();
    case MemoryOperation::Write:
      return Bytes(bytes);
    case MemoryOperation::CompareSwap:
      return Bytes(2 * kWord);
    case MemoryOperation::FetchAdd:
      return Bytes(kWord);
  }
  return Bytes();
}

Bytes answer_payload(MemoryOperation operation, std::int64_t bytes) {
  switch (operation) {
    case MemoryOperation::Read:
      return Bytes(bytes);
    case MemoryOperation::Write:
      return Bytes();
    case MemoryOperation::CompareSwap:
    case MemoryOperation::FetchAdd:
      return Bytes(kWord);
  }
  return Bytes();
}

}  // namespace podsim::npu
