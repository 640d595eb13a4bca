// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/fabric/link/ring.h"
#include "podsim/fabric/link/ub_packet.h"

namespace podsim::fabric {

// Data blocks that were sent and not yet acknowledged, oldest first.
class RetryBuffer {
 public:
  struct Record {
    UbPacket* packet = nullptr;
    std::uint64_t sequence = 0;
    std::uint32_t number = 0;
    std::uint8_t lane = 0;
    std::uint8_t flits = 0;
    std::uint8_t hop = 0;
  };

  RetryBuffer(std::int64_t flits, PacketPool& packets) : free_flits_(flits), packets_(packets) {}

  bool has_room(std::int64_t flits) const { return free_flits_ >= flits; }
  void push(const Record& record) {
    packets_.hold(*record.packet);
    free_flits_ -= record.flits;
    records_.push_back(record);
  }
  // All flits before `sequence` have arrived. Returns how many blocks left.
  std::size_t acknowledge(std::uint64_t sequence) {
    std::size_t gone = 0;
    for (; !records_.empty() && records_.front().sequence + records_.front().flits <= sequence; ++gone) {
      free_flits_ += records_.front().flits;
      packets_.release(*records_.front().packet);
      records_.pop_front();
    }
    return gone;
  }
  std::size_t size() const { return records_.size(); }
  const Record& operator[](std::size_t i) const { return records_[i]; }

 private:
  Ring<Record> records_;
  std::int64_t free_flits_;
  PacketPool& packets_;
};

}  // namespace podsim::fabric
