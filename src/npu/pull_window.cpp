// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/pull_window.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::npu {

void PullWindow::begin(Span<const std::uint32_t> rows) {
  experts_.clear();
  for (std::uint32_t slot = 0; slot < rows.size(); ++slot) {
    if (rows[slot] > 0) experts_.push_back({slot, kNever, kNever});
  }
  next_ = 0;
  open_ = kNever;
}

void PullWindow::open(Picoseconds at, std::int64_t depth) {
  open_ = at;
  depth_ = static_cast<std::size_t>(depth);
}

PullWindow::Expert& PullWindow::expert(std::uint32_t slot) {
  const auto found = std::lower_bound(experts_.begin(), experts_.end(), slot,
                                      [](const Expert& a, std::uint32_t b) { return a.slot < b; });
  PODSIM_CHECK(found != experts_.end() && found->slot == slot, "slot {} has no rows to pull", slot);
  return *found;
}

void PullWindow::filled(std::uint32_t slot, Picoseconds at) {
  expert(slot).filled = at;
}

void PullWindow::computed(std::uint32_t slot, Picoseconds at) {
  expert(slot).computed = at;
}

std::optional<PullWindow::Opening> PullWindow::next() {
  if (open_ == kNever || next_ == experts_.size()) return std::nullopt;
  Picoseconds at = open_;
  if (next_ > 0) at = std::max(at, experts_[next_ - 1].filled);
  if (next_ > depth_) at = std::max(at, experts_[next_ - 1 - depth_].computed);
  if (at == kNever) return std::nullopt;
  return Opening{experts_[next_++].slot, at};
}

}  // namespace podsim::npu
