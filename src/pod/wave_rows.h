// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "podsim/npu/moe_card.h"
#include "podsim/pod/run.h"

namespace podsim::pod {

// Appends a row for every wave of a layer that has run on `cards`.
void add_wave_rows(std::int64_t layer, const std::vector<std::unique_ptr<npu::MoeCard>>& cards,
                   std::vector<WaveRow>& rows);

}  // namespace podsim::pod
