// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/base/span.h"
#include "podsim/moe/model.h"
#include "podsim/moe/traffic.h"

namespace podsim::npu {

// One MoE layer as all cards of a run see it.
struct LayerShape {
  std::int64_t hidden = 0;        // h
  std::int64_t expert_width = 0;  // d
  moe::DataType weight_type = moe::DataType::Fp8;
  moe::DataType dispatch_type = moe::DataType::Fp8;
  moe::DataType combine_type = moe::DataType::Bf16;
  Bytes dispatch_row;               // one token row on its way out
  Bytes combine_row;                // one result on its way back
  Bytes expert_weights;             // gate, up [2d, h] and down [h, d]
  std::int64_t tokens = 0;          // of one card
  std::int64_t top_k = 1;           // routed experts of a token
  std::int64_t shared_experts = 0;  // computed on every card for its own tokens; 0: left out
  std::int64_t ranks = 1;           // cards of a group
  std::int64_t slots = 1;           // expert slots of the card that has most
  std::int64_t total_slots = 1;     // of all cards of a group

  // `elements` between the GEMMs, without scales.
  Bytes row_bytes(moe::DataType type, std::int64_t elements) const {
    return Bytes((elements * moe::bits(type) + 7) / 8);
  }
  Bytes l1_weights() const { return Bytes((2 * expert_weights.count() + 2) / 3); }
  Bytes l2_weights() const { return expert_weights - l1_weights(); }
};

// Micro-batches that a card's tokens can be cut into.
inline constexpr std::size_t kMostBatches = 2;

// How a schedule cuts the work of a card. Slots are taken in waves of `experts_per_wave`, in order; with two
// micro-batches all of the first one's come before the second one's.
struct Tiling {
  std::int64_t block_m = 128;  // rows of an M-block
  std::int64_t block_n = 128;  // columns of a tile
  std::int64_t experts_per_wave = 1;
  std::size_t batches = 1;
  std::int64_t l2_block_m = 0;  // rows of a tile of the second GEMM; 0: an M-block's
  bool second_pass = false;     // the second GEMMs of all waves come after the first ones of all, shared last
  bool results_by_tile = false;  // an M-block's results leave tile by tile, not with its last one
  bool pulled = false;           // receivers ask for their rows, see MoeCard::pull_rows
  bool compute = true;           // false: there are no tiles
  bool reduced = false;          // a card sends one result for all of its rows of a token
  bool flags = false;            // a card tells every slot's card when its rows have gone, and back

  std::int64_t wave_of(std::int64_t slot) const { return slot / experts_per_wave; }
};

// What a message carries, in its tag: two bits of kind, thirty of content.
enum class TagKind : std::uint32_t {
  Row,          // one row for one slot: slot in the low 12 bits, then the low bits of the row's number
  SharedRow,    // one row for several slots of the card: number of the first of its rows in the traffic
  Result,       // an expert's result on its way back: content as of a Row, so it does not depend on timing
  Pull,         // a card asks for the rows of one of its slots: the slot
  Flag = Pull,  // where rows are pushed with flags: the sender has sent all to the card that it will
};
inline constexpr std::uint32_t kFlagOfDispatch = 0;
inline constexpr std::uint32_t kFlagOfCombine = 1;
inline constexpr std::uint32_t kTagContentBits = 30;
inline constexpr std::uint32_t kTagSlotBits = 12;
inline constexpr std::uint32_t kMaxSlots = 1U << kTagSlotBits;
// With two micro-batches the highest bit of the slot says which one, so that there may be half as many slots.
inline constexpr std::uint32_t kTagBatchBit = kMaxSlots / 2;
inline constexpr std::uint32_t kMaxRows = 1U << kTagContentBits;

inline std::uint32_t make_tag(TagKind kind, std::uint32_t content) {
  return static_cast<std::uint32_t>(kind) << kTagContentBits | (content & (kMaxRows - 1));
}
inline TagKind tag_kind(std::uint32_t tag) {
  return static_cast<TagKind>(tag >> kTagContentBits);
}
inline std::uint32_t tag_content(std::uint32_t tag) {
  return tag & (kMaxRows - 1);
}
inline std::uint32_t tag_slot(std::uint32_t tag) {
  return tag & (kMaxSlots - 1);
}

inline std::uint32_t row_tag(std::uint32_t number, std::uint32_t slot) {
  return make_tag(TagKind::Row, number << kTagSlotBits | slot);
}

// The micro-batch of row `number` of a source: the first one has half of its tokens, rounded up.
inline std::uint32_t batch_of(const moe::LayerTraffic& traffic, std::size_t source, std::uint32_t number,
                              std::size_t batches) {
  if (batches == 1) return 0;
  const std::int64_t token = (number - traffic.first_row(source)) / traffic.top_k();
  return token >= (traffic.tokens(source) + 1) / 2 ? 1 : 0;
}
// The tag of a row of `source` for a slot of its destination.
inline std::uint32_t row_tag(const moe::LayerTraffic& traffic, std::size_t source, std::uint32_t number,
                             std::uint32_t slot, std::size_t batches) {
  return row_tag(number, slot + batch_of(traffic, source, number, batches) * kTagBatchBit);
}

// A dispatch message that a card has to send.
struct SendRow {
  std::uint32_t destination;  // card of the pod
  std::uint32_t tag;
};

// One layer of one card: views that stay valid until the layer ends.
struct LayerWork {
  const LayerShape* shape = nullptr;
  const moe::LayerTraffic* traffic = nullptr;  // of the card's group
  std::size_t rank = 0;                        // in the group
  NpuId first_card;                            // rank 0 of the group
  Span<const moe::ExpertIndex> experts;        // of the card's slots, for names
  Tiling tiling;
  Span<const SendRow> sends;                   // in the order of sending
  Span<const std::uint32_t> first_batch_rows;  // [slots of the card], of two micro-batches
};

// The dispatch messages to one slot of one card among `sends` of `source`, which are made for pulling.
Span<const SendRow> sends_to(const LayerWork& source, NpuId card, std::uint32_t slot);

// Of two micro-batches the rows of the first one: [ranks][slots_per_rank].
std::vector<std::uint32_t> count_first_batch_rows(const moe::LayerTraffic& traffic,
                                                  std::size_t slots_per_rank);

// The dispatch messages of a rank in the order in which all schedules send them: the first micro-batch first;
// earlier waves of the receivers first; within a wave one row to each destination in turn, starting at the
// own card and going round, so that all ports are in use and at any moment every card is wanted by one other;
// rows to the same destination by token. Those that are pulled stand by destination, slot and token. Appends
// to `sends`.
void append_sends(const moe::LayerTraffic& traffic, std::size_t rank, NpuId first_card, const Tiling& tiling,
                  std::vector<SendRow>& sends);

}  // namespace podsim::npu
