// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/timer_config.h"

namespace podsim::npu {

void CoreTimerConfig::describe(config::Fields& f) {
  f.value_or("weights", weights, WeightLayout::Transposed, "how the weights of an expert lie in memory");
}

void RooflineTimerConfig::describe(config::Fields& /*f*/) {}

}  // namespace podsim::npu
