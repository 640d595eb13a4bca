// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/wave_rows.h"

namespace podsim::pod {

void add_wave_rows(std::int64_t layer, const std::vector<std::unique_ptr<npu::MoeCard>>& cards,
                   std::vector<WaveRow>& rows) {
  std::vector<WaveRow> sums;
  for (const auto& card : cards) {
    const Picoseconds start = card->report().start;
    const std::vector<npu::WaveReport>& waves = card->waves();
    if (sums.size() < waves.size()) sums.resize(waves.size());
    for (std::size_t i = 0; i < waves.size(); ++i) {
      const npu::WaveReport& wave = waves[i];
      if (wave.start == npu::TileEngine::kNever) continue;  // nothing to compute
      WaveRow& sum = sums[i];
      ++sum.cards;
      sum.rows += static_cast<double>(wave.rows);
      sum.start += wave.start - start;
      sum.first_row += wave.first_row - start;
      sum.last_row += wave.last_row - start;
      sum.l1_end += wave.l1_end - start;
      sum.l2_end += wave.l2_end - start;
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    WaveRow& row = sums[i];
    row.layer = layer;
    row.wave = static_cast<std::int64_t>(i);
    if (row.cards > 0) {
      row.rows /= static_cast<double>(row.cards);
      for (Picoseconds* time : {&row.start, &row.first_row, &row.last_row, &row.l1_end, &row.l2_end})
        *time = *time / row.cards;
    }
    rows.push_back(row);
  }
}

}  // namespace podsim::pod
