// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/config/fields.h"
#include "podsim/moe/placement.h"
#include "podsim/moe/replica_choice.h"
#include "podsim/moe/routing.h"

// Who sends what to whom in one MoE layer of one expert-parallel group.
//
// A row is one (token, expert) pair: h elements that travel from the token's card to a card with that expert
// and, as the expert's result, back. Sources and destinations are ranks of the group. On its destination a
// row lies in the buffer of the expert's slot, at a position that all ranks agree on: positions of a slot
// count by source rank, then token, as after the exchange of counts that real dispatch kernels begin with.
namespace podsim::moe {

enum class Copies : std::uint8_t {
  PerExpert,  // a token travels once per chosen expert
  PerCard     // a token travels once per card that holds any of its chosen experts
};

// What to build the traffic of.
struct TrafficRequest {
  std::int64_t step = 0;
  std::int64_t layer = 0;  // MoE layer, as RoutingRequest
  std::int64_t top_k = 1;
  std::int64_t tokens = 0;                    // of every rank
  std::vector<std::int64_t> tokens_per_rank;  // [ranks], instead of `tokens`; empty otherwise
  std::vector<std::uint32_t> cards;  // [ranks] RoutingRequest::source of each rank; empty: rank r is card r
  Copies copies = Copies::PerExpert;
  ReplicaChoice replica = ReplicaChoice::RoundRobin;
  std::uint64_t seed = 0;  // of ReplicaChoice::Random
  // Of ReplicaChoice::Nearest, for this placement; not needed where no expert has replicas.
  const NearestReplicas* nearest = nullptr;

  std::int64_t tokens_of(std::size_t rank) const;
};

// Where one row goes: position `position` of slot `slot` on rank `rank`.
struct RowTarget {
  std::uint32_t rank;
  std::uint32_t slot;
  std::uint32_t position;
};

// One row of data on its way from its source to a card: the rows first_row .. first_row + rows - 1 of
// LayerTraffic, all of one token and all to `destination`. `rows` is 1 with Copies::PerExpert. A card may be
// its own destination. `first_row` is unique in the layer and below 2^32.
struct DispatchMessage {
  std::uint32_t destination;
  std::uint32_t token;  // of the source, 0 .. tokens-1
  std::uint32_t first_row;
  std::uint32_t rows;
};

// The largest, smallest and mean number of rows over ranks or slots.
struct LoadSummary {
  std::uint64_t largest = 0;
  std::uint64_t smallest = 0;
  double mean = 0;
  std::size_t idle = 0;  // those without any row
  double imbalance() const { return mean > 0 ? static_cast<double>(largest) / mean : 1.0; }  // 1: even
};

// The rows of a layer, 12 bytes each, in flat arrays. Rows are numbered by source rank, then token; those of
// a token stand in the order of its choices, with Copies::PerCard those of one card together.
class LayerTraffic {
 public:
  class MessageIterator;
  struct MessageRange;

  std::size_t ranks() const { return first_slot_.size() - 1; }
  std::int64_t top_k() const { return top_k_; }
  Copies copies() const { return copies_; }
  std::uint64_t total_rows() const { return rows_.size(); }
  std::uint64_t total_messages() const { return total_messages_; }
  // Rows and messages whose source is their destination: no link carries them.
  std::uint64_t local_rows() const { return local_rows_; }
  std::uint64_t local_messages() const { return local_messages_; }

  // Dispatch. The rows of `source` are first_row(source) .. first_row(source + 1) - 1.
  std::uint32_t first_row(std::size_t source) const { return first_row_[source]; }
  std::int64_t tokens(std::size_t source) const {
    return (first_row_[source + 1] - first_row_[source]) / top_k_;
  }
  RowTarget row(std::uint32_t number) const {
    const Row& row = rows_[number];
    const std::uint32_t rank = rank_of_slot_[row.slot];
    return {rank, row.slot - first_slot_[rank], row.position};
  }
  // The message of `source` that begins with row `number`, which must be the first of a message. The next
  // one begins with row number + rows.
  DispatchMessage message_at(std::size_t source, std::uint32_t number) const;
  // The messages of `source` in the order of its tokens.
  MessageRange messages(std::size_t source) const;

  // Combine. What lies in slot `slot` of rank `rank`: the source rank of each row, by position.
  std::size_t slots(std::size_t rank) const { return first_slot_[rank + 1] - first_slot_[rank]; }
  Span<const std::uint32_t> sources(std::size_t rank, std::size_t slot) const {
    const std::size_t s = first_slot_[rank] + slot;
    return {sources_.data() + first_position_[s], first_position_[s + 1] - first_position_[s]};
  }
  std::uint32_t rows(std::size_t rank, std::size_t slot) const {
    const std::size_t s = first_slot_[rank] + slot;
    return first_position_[s + 1] - first_position_[s];
  }
  // All rows that a rank receives.
  std::uint64_t rows_of(std::size_t rank) const {
    return first_position_[first_slot_[rank + 1]] - first_position_[first_slot_[rank]];
  }

  LoadSummary rank_load() const;
  LoadSummary slot_load() const;

 private:
  friend class TrafficBuilder;
  struct Row {
    std::uint32_t slot;  // numbered through all ranks
    std::uint32_t position;
  };

  LayerTraffic(const TrafficRequest& request, const LayerPlacement& placement);

  std::int64_t top_k_;
  Copies copies_;
  std::vector<std::uint32_t> first_slot_;      // [ranks + 1] through all ranks
  std::vector<std::uint32_t> rank_of_slot_;    // [slots]
  std::vector<std::uint32_t> first_row_;       // [ranks + 1] into rows_
  std::vector<Row> rows_;                      // [rows]
  std::vector<std::uint32_t> first_position_;  // [slots + 1] into sources_
  std::vector<std::uint32_t> sources_;         // [rows]
  std::uint64_t total_messages_ = 0;
  std::uint64_t local_rows_ = 0;
  std::uint64_t local_messages_ = 0;
};

// Walks the messages of one source.
class LayerTraffic::MessageIterator {
 public:
  MessageIterator(const LayerTraffic& traffic, std::size_t source, std::uint32_t row)
      : traffic_(&traffic), source_(source), message_{0, 0, row, 0} {
    load();
  }
  const DispatchMessage& operator*() const { return message_; }
  const DispatchMessage* operator->() const { return &message_; }
  MessageIterator& operator++() {
    message_.first_row += message_.rows;
    load();
    return *this;
  }
  friend bool operator!=(const MessageIterator& a, const MessageIterator& b) {
    return a.message_.first_row != b.message_.first_row;
  }

 private:
  void load() {
    if (message_.first_row < traffic_->first_row(source_ + 1)) {
      message_ = traffic_->message_at(source_, message_.first_row);
    }
  }
  const LayerTraffic* traffic_;
  std::size_t source_;
  DispatchMessage message_;
};

struct LayerTraffic::MessageRange {
  MessageIterator first;
  MessageIterator last;
  MessageIterator begin() const { return first; }
  MessageIterator end() const { return last; }
};

// Routes the tokens of every rank and sends each row to a copy of its expert. Throws ConfigError when a layer
// has 2^32 rows or more, or `tokens_per_rank` or `cards` has not one entry per rank of the placement.
LayerTraffic build_traffic(const TrafficRequest& request, RoutingSource& routing,
                           const LayerPlacement& placement);

// How many rows each expert gets from the tokens of `ranks` ranks, whatever the placement: [experts].
std::vector<std::int64_t> count_expert_loads(const TrafficRequest& request, RoutingSource& routing,
                                             std::size_t ranks, std::size_t experts);

}  // namespace podsim::moe

template <>
struct podsim::config::EnumNames<podsim::moe::Copies> {
  static constexpr const char* kWhat = "copies of a token";
  static constexpr std::array kNames{std::pair{moe::Copies::PerExpert, "per_expert"},
                                     std::pair{moe::Copies::PerCard, "per_card"}};
};
