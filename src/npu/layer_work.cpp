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

}  // namespace

void append_sends(const moe::LayerTraffic& traffic, std::size_t rank, NpuId first_card, const Tiling& tiling,
                  std::vector<SendRow>& sends) {
  static thread_local std::vector<Keyed> rows;
  static thread_local std::vector<std::uint32_t> sent;  // rows so far, by wave and distance
  rows.clear();
  sent.clear();
  const std::size_t ranks = traffic.ranks();
  for (const moe::DispatchMessage& message : traffic.messages(rank)) {
    const moe::RowTarget target = traffic.row(message.first_row);
    PODSIM_CHECK(target.slot < kMaxSlots && message.first_row < kMaxRows, "slot {} or row {} is no tag",
                 target.slot, message.first_row);
    const std::size_t distance = (message.destination + ranks - rank) % ranks;
    const auto wave = static_cast<std::size_t>(first_wave(traffic, message, tiling));
    if (sent.size() < (wave + 1) * ranks) sent.resize((wave + 1) * ranks);
    const std::uint64_t turn = sent[wave * ranks + distance]++;
    const std::uint32_t tag = message.rows == 1 ? row_tag(message.first_row, target.slot)
                                                : make_tag(TagKind::SharedRow, message.first_row);
    rows.push_back({std::uint64_t{wave} << 48U | turn << 16U | distance,
                    {first_card.value() + message.destination, tag}});
  }
  std::sort(rows.begin(), rows.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
  for (const Keyed& row : rows) sends.push_back(row.row);
}

}  // namespace podsim::npu
