// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "podsim/base/random.h"
#include "podsim/npu/collective_plan.h"

namespace podsim::test {

// Keeps the books of a collective instead of its data: of every chunk that a rank holds, whose contributions
// are in it and how often. Transfers happen one by one, in an order that `seed` draws among those that the
// plan allows, what is sent is what the chunk is when it leaves, and it may arrive much later.
class CollectiveLedger {
 public:
  using Content = std::vector<std::uint8_t>;  // by rank: how often its contribution is in

  explicit CollectiveLedger(const npu::CollectivePlan& plan) : plan_(plan), ranks_(plan.ranks()) {
    for (std::uint32_t rank = 0; rank < plan.ranks(); ++rank) {
      const npu::ChunkRange input = plan.input(rank);
      for_each(input, [&](std::uint64_t chunk) {
        Content own(plan.ranks(), 0);
        own[rank] = 1;
        ranks_[rank].holds[chunk] = own;
      });
      enter(rank, 0);
    }
  }

  // Runs to the end; false when some rank waits for ever.
  bool run(std::uint64_t seed) {
    std::uint64_t draw = seed;
    while (!leaving_.empty() || !on_the_way_.empty()) {
      draw = mix64(draw + 1);
      const std::size_t number = draw % (leaving_.size() + on_the_way_.size());
      if (number < leaving_.size()) {
        leave(number);
      } else {
        arrive(number - leaving_.size());
      }
    }
    for (const Rank& rank : ranks_) {
      if (rank.step != plan_.steps()) return false;
    }
    return true;
  }

  // Every rank has what it must have, each contribution exactly once.
  bool is_right() const {
    const bool copied = plan_.shape().operation == npu::CollectiveOperation::AllToAll ||
                        plan_.shape().operation == npu::CollectiveOperation::AllGather;
    bool right = true;
    for (std::uint32_t rank = 0; rank < plan_.ranks(); ++rank) {
      for_each(plan_.result(rank), [&](std::uint64_t chunk) {
        if (plan_.chunk_bytes(chunk) == Bytes()) return;
        Content wanted(plan_.ranks(), copied ? 0 : 1);
        if (copied) wanted[owner(chunk)] = 1;
        const auto found = ranks_[rank].holds.find(chunk);
        right = right && found != ranks_[rank].holds.end() && found->second == wanted;
      });
    }
    return right;
  }

  Bytes moved() const { return moved_; }

 private:
  struct Rank {
    std::map<std::uint64_t, Content> holds;
    std::map<std::uint32_t, Bytes> received;  // by step
    std::uint32_t step = 0;
    Bytes expected;
  };
  struct Send {
    std::uint32_t from;
    std::uint32_t step;
    npu::CollectiveTransfer transfer;
    std::vector<std::pair<std::uint64_t, Content>> content;
  };

  std::uint32_t owner(std::uint64_t chunk) const {
    const bool rows = plan_.shape().operation == npu::CollectiveOperation::AllToAll;
    return static_cast<std::uint32_t>(rows ? chunk / plan_.ranks() : chunk);
  }

  template <class Use>
  static void for_each(const npu::ChunkRange& range, Use use) {
    for (std::uint64_t i = 0; i < range.count; ++i) use(range.first + i * range.stride);
  }

  void enter(std::uint32_t rank, std::uint32_t step) {
    Rank& self = ranks_[rank];
    self.step = step;
    self.expected = Bytes();
    if (step == plan_.steps()) return;
    const npu::CollectiveStep now = plan_.step(rank, step);
    for (const npu::CollectiveTransfer& one : now.receives) self.expected += one.bytes;
    for (const npu::CollectiveTransfer& one : now.sends) leaving_.push_back({rank, step, one, {}});
    if (self.received[step] == self.expected) enter(rank, step + 1);
  }

  void leave(std::size_t number) {
    Send send = std::move(leaving_[number]);
    leaving_.erase(leaving_.begin() + static_cast<std::ptrdiff_t>(number));
    for (const npu::ChunkRange& range : send.transfer.chunks) {
      for_each(range, [&](std::uint64_t chunk) {
        if (plan_.chunk_bytes(chunk) > Bytes())
          send.content.emplace_back(chunk, ranks_[send.from].holds.at(chunk));
      });
    }
    on_the_way_.push_back(std::move(send));
  }

  void arrive(std::size_t number) {
    const Send send = std::move(on_the_way_[number]);
    on_the_way_.erase(on_the_way_.begin() + static_cast<std::ptrdiff_t>(number));
    Rank& to = ranks_[send.transfer.peer];
    for (const auto& [chunk, content] : send.content) {
      if (!plan_.reduces(send.step)) {
        to.holds[chunk] = content;
        continue;
      }
      Content& sum = to.holds[chunk];
      sum.resize(plan_.ranks());
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = static_cast<std::uint8_t>(sum[i] + content[i]);
    }
    to.received[send.step] += send.transfer.bytes;
    moved_ += send.transfer.bytes;
    if (to.step == send.step && to.received[send.step] == to.expected)
      enter(send.transfer.peer, send.step + 1);
  }

  const npu::CollectivePlan& plan_;
  std::vector<Rank> ranks_;
  std::vector<Send> leaving_;
  std::vector<Send> on_the_way_;
  Bytes moved_;
};

}  // namespace podsim::test
