// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "core/effects.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::core {

void Effects::clear(bool program_order) {
  pending_.clear();
  due_ = {};
  program_order_ = program_order;
}

void Effects::issue(Operation& op) {
  if (!op.effect) return;
  pending_.push_back({op.number, op.unit_flag != 0, false, op.touch_count, op.touches, std::move(op.effect)});
  op.effect = nullptr;
  op.has_effect = true;
}

void Effects::schedule(const Operation& op) {
  if (op.has_effect) due_.push({op.done, ++order_, op.number});
}

void Effects::run_next() {
  const std::uint64_t number = due_.top().number;
  due_.pop();
  const auto found = std::lower_bound(pending_.begin(), pending_.end(), number,
                                      [](const Pending& one, std::uint64_t n) { return one.number < n; });
  // Gone, if a later instruction has already needed it done.
  if (found == pending_.end() || found->number != number) return;
  apply(static_cast<std::size_t>(found - pending_.begin()));
  while (!pending_.empty() && pending_.front().applied) pending_.pop_front();
}

bool Effects::in_order(const Pending& earlier, const Pending& later) const {
  if (!program_order_ && !(earlier.unit_flag && later.unit_flag)) return false;
  for (std::size_t i = 0; i < earlier.touch_count; ++i) {
    for (std::size_t j = 0; j < later.touch_count; ++j) {
      if (!earlier.touches[i].write && !later.touches[j].write) continue;
      if (overlap(earlier.touches[i], later.touches[j])) return true;
    }
  }
  return false;
}

void Effects::apply(std::size_t place) {
  if (pending_[place].applied) return;
  pending_[place].applied = true;
  for (std::size_t i = 0; i < place; ++i) {
    if (!pending_[i].applied && in_order(pending_[i], pending_[place])) apply(i);
  }
  pending_[place].effect();
}

}  // namespace podsim::core
