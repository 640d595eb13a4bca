// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "core/pipe_engine.h"
#include "podsim/core/ai_core.h"

namespace podsim::core {

// Lets the pipes work, and simulated time pass where an event belongs to all cores, until `done`; not past
// `limit`.
template <class Done>
void AiCore::work_until(Wait reason, const char* call, const Done& done, Picoseconds limit) {
  while (!done()) {
    const PipeEngine::Next next = engine_->next();
    const Picoseconds now = sim::now();
    if (next.time != kNever && next.time <= limit && (!next.shared || next.time == now)) {
      engine_->step(next, now);
      continue;
    }
    wait_ = reason;
    wait_call_ = call;
    around_.gate->sleep(number_, std::min(next.time, limit));
    kernel::set_scalar_unit(this);
    wait_ = Wait::None;
  }
}

}  // namespace podsim::core
