// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/layer_work.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

struct Keyed {
  std::uint64_t key;
  SendRow row;
};

// An earlier wave of any of its slots decides when a shared row leaves.
std::int64_t first_wave(const moe::LayerTraffic& traffic, const moe::DispatchMessage& message,
                        const Tiling& tiling) {
  std::int64_t wave = tiling.wave_of(traffic.row(message.first_row).slot);
  for (std::uint32_t i = 1; i < message.rows; ++i)
    wave = std::min(wave, tiling.wave_of(traffic.row(message.first_row + i).slot));
  return wave;
}

// A shared row goes with the first of its slots.
std::uint32_t first_slot(const moe::LayerTraffic& traffic, const moe::DispatchMessage& message) {
  std::uint32_t slot = traffic.row(message.first_row).slot;
  for (std::uint32_t i = 1; i < message.rows; ++i)
    slot = std::min(slot, traffic.row(message.first_row + i).slot);
  return slot;
}

std::uint32_t slot_of(const LayerWork& source, const SendRow& row) {
  if (tag_kind(row.tag) == TagKind::Row) return tag_slot(row.tag);
  return first_slot(*source.traffic, source.traffic->message_at(source.rank, tag_content(row.tag)));
}

}  // namespace

Span<const SendRow> sends_to(const LayerWork& source, NpuId card, std::uint32_t slot) {
  const std::pair wanted{card.value(), slot};
  const auto key = [&](const SendRow& row) { return std::pair{row.destination, slot_of(source, row)}; };
  const auto* first = std::lower_bound(source.sends.begin(), source.sends.end(), wanted,
                                       [&](const SendRow& row, const auto& pair) { return key(row) < pair; });
  const auto* last = first;
  while (last != source.sends.end() && key(*last) == wanted) ++last;
  return {first, static_cast<std::size_t>(last - first)};
}

std::vector<std::uint32_t> count_first_batch_rows(const moe::LayerTraffic& traffic,
                                                  std::size_t slots_per_rank) {
  std::vector<std::uint32_t> rows(traffic.ranks() * slots_per_rank);
  for (std::size_t source = 0; source < traffic.ranks(); ++source) {
    for (std::uint32_t i = traffic.first_row(source); i < traffic.first_row(source + 1); ++i) {
      if (batch_of(traffic, source, i, kMostBatches) > 0) break;  // rows stand by token
      const moe::RowTarget target = traffic.row(i);
      ++rows[target.rank * slots_per_rank + target.slot];
    }
  }
  return rows;
}

void append_sends(const moe::LayerTraffic& traffic, std::size_t rank, NpuId first_card, const Tiling& tiling,
                  std::vector<SendRow>& sends) {
  static thread_local std::vector<Keyed> rows;
  static thread_local std::vector<std::uint32_t> sent;  // rows so far, by batch and wave, and distance
  rows.clear();
  sent.clear();
  const std::size_t ranks = traffic.ranks();
  for (const moe::DispatchMessage& message : traffic.messages(rank)) {
    const moe::RowTarget target = traffic.row(message.first_row);
    PODSIM_CHECK(
        target.slot < (tiling.batches > 1 ? kTagBatchBit : kMaxSlots) && message.first_row < kMaxRows,
        "slot {} or row {} is no tag", target.slot, message.first_row);
    const std::uint32_t batch = batch_of(traffic, rank, message.first_row, tiling.batches);
    const std::uint32_t tag = message.rows == 1
                                  ? row_tag(message.first_row, target.slot + batch * kTagBatchBit)
                                  : make_tag(TagKind::SharedRow, message.first_row);
    const SendRow row{first_card.value() + message.destination, tag};
    if (tiling.pulled) {
      const std::uint64_t order = rows.size();
      rows.push_back({std::uint64_t{message.destination} << 48U |
                          std::uint64_t{first_slot(traffic, message)} << 32U | order,
                      row});
      continue;
    }
    const std::size_t distance = (message.destination + ranks - rank) % ranks;
    const auto wave = static_cast<std::size_t>(first_wave(traffic, message, tiling));
    const std::size_t list = (wave * tiling.batches + batch) * ranks;
    if (sent.size() < list + ranks) sent.resize(list + ranks);
    const std::uint64_t turn = sent[list + distance]++;
    rows.push_back({std::uint64_t{batch} << 63U | std::uint64_t{wave} << 48U | turn << 16U | distance, row});
  }
  std::sort(rows.begin(), rows.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
  for (const Keyed& row : rows) sends.push_back(row.row);
}

}  // namespace podsim::npu
