// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/npu/layer_work.h"

// DeepGEMM MegaMoE's rules for blocks and waves (deepseek-ai/DeepGEMM, source of June 2026). They count on
// expected rows per expert: all tokens of the group times top-k over its expert slots.
namespace podsim::npu {

// Rows of an M-block: 16 up to 8.5 expected rows per expert, 32 up to 16.5, 64 up to 32.5, 96 up to 64.5, 128
// up to 96.5, then 192.
std::int64_t block_m_for(const LayerShape& shape);

// Experts of a wave: the fewest whose tiles of the first GEMM are `tiles_per_core` for every core, or, up to
// twice as many, the number that leaves the last wave fullest. All in one wave below one expected row per
// expert. The clamp by ring buffer capacity is left out: the capacity is not published.
std::int64_t experts_per_wave_for(const LayerShape& shape, std::int64_t block_m, std::int64_t block_n,
                                  std::int64_t cores, std::int64_t tiles_per_core);

}  // namespace podsim::npu
