// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "core/l1_sharing.h"

#include <algorithm>

namespace podsim::core {

void L1Sharing::start_block(Picoseconds start) {
  window_start_ = copy_begin_ = copy_end_ = start;
  loaded_ = share_ = copied_ = 0;
}

Picoseconds L1Sharing::load(Picoseconds start, Picoseconds duration, std::int64_t bytes) {
  loaded_ += bytes;
  const Picoseconds overlap = std::min(copy_end_, start + duration) - std::max(copy_begin_, start);
  const Picoseconds span = copy_end_ - copy_begin_;
  if (rate_ == 0 || overlap <= Picoseconds(0) || span <= Picoseconds(0)) return Picoseconds(0);
  const Bytes arrived(scale_rounded_up(copied_, overlap.count(), span.count()));
  return time_rounded_up(arrived, BytesPerSecond(rate_));
}

std::int64_t L1Sharing::copy_rate(Picoseconds start, std::int64_t bytes_per_second) {
  if (rate_ == 0) return bytes_per_second;
  if (start - window_start_ >= window_) {
    share_ = rate_rounded_down(Bytes(loaded_), start - window_start_).count();
    window_start_ = start;
    loaded_ = 0;
  }
  return bytes_per_second - scale_rounded_up(bytes_per_second, std::min(share_, rate_ / 2), rate_);
}

void L1Sharing::copied(Picoseconds start, Picoseconds end, std::int64_t bytes) {
  copy_begin_ = std::max(start, copy_end_);
  copy_end_ = std::max(end, copy_begin_);
  copied_ = bytes;
}

}  // namespace podsim::core
