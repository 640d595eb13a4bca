// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "podsim/npu/card.h"
#include "podsim/npu/collective_plan.h"
#include "podsim/npu/hbm_server.h"
#include "podsim/npu/stack_config.h"

namespace podsim::npu {

// The messages of one rank in one step, in order of sending: pieces of at most `piece` bytes, one for each
// peer in turn. Who bounds the traffic asks the same object as the card that sends it.
class CollectiveMessages {
 public:
  CollectiveMessages(const std::vector<CollectiveTransfer>& sends, Bytes piece);
  // False: none is left.
  bool next(std::uint32_t& peer, Bytes& bytes);

 private:
  struct Peer {
    std::uint32_t rank;
    Bytes left;
  };
  std::vector<Peer> peers_;  // with something left
  std::size_t turn_ = 0;
  Bytes piece_;
};

// What software and memory add to a collective, the same for the card and for bounds.
struct CollectiveCosts {
  Picoseconds launch;  // begin until the first piece may leave
  Picoseconds flag;    // all of a step is there until the next step begins
  BytesPerSecond hbm_rate;
  Bytes piece;               // bytes of a message; reduced as soon as it is there
  BytesPerSecond copy_rate;  // between the caller's buffers and the window that peers reach; 0: no copy
  Bytes copy_slice;          // copied ahead of the first piece and behind the last one; the rest overlaps

  // Of copying the first or last slice of `bytes`.
  Picoseconds exposed_copy(Bytes bytes) const;
  // Of copying all of them, overlapped or not.
  Picoseconds whole_copy(Bytes bytes) const;
  // A piece that arrived is written, and with `reduce` read again, added to what is there and written.
  Bytes memory_traffic(Bytes bytes, bool reduce) const { return reduce ? bytes * 4 : bytes; }
};

// A card in a collective: sends what its plan says when it may, adds up what comes. The tag of a message is
// its step. Pieces to be sent are read from memory as they leave, without waiting for it.
class CollectiveCard : public Card {
 public:
  CollectiveCard(NpuId id, const CollectivePlan& plan, const CollectiveCosts& costs);

  // The operator is called at `at`. Not before the last call is done on all cards.
  void begin(Picoseconds at, CardHost& host);

  bool next_message(Picoseconds now, fabric::Message& message) override;
  void message_arrived(const fabric::Arrival& arrival) override;
  void wake(Picoseconds) override {}
  void barrier_released(Picoseconds, Picoseconds) override {}
  bool done() const override { return current_ == plan_.steps() && batches_.empty(); }
  Picoseconds done_at() const override { return done_at_; }
  std::string waiting_for() const override;
  Bytes hbm_bytes() const { return hbm_.bytes(); }

 private:
  struct Batch {  // what leaves in one step
    Picoseconds ready;
    std::uint32_t step;
    CollectiveMessages messages;
  };
  struct Received {
    Bytes bytes;
    Picoseconds latest;  // in memory, and reduced
  };
  void enter(std::uint32_t step, Picoseconds ready);
  void advance();

  NpuId id_;
  std::uint32_t rank_;
  const CollectivePlan& plan_;
  CollectiveCosts costs_;
  HbmServer hbm_;
  CardHost* host_ = nullptr;
  Picoseconds began_;
  std::deque<Batch> batches_;
  std::uint32_t sent_ = 0;     // messages: spreads them over paths
  std::uint32_t current_ = 0;  // step whose receives are awaited
  Bytes expected_;             // in it
  Picoseconds entered_;
  std::vector<Received> received_;  // of each step
  Picoseconds done_at_;
};

}  // namespace podsim::npu
