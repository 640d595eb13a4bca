// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "podsim/units/units.h"

namespace podsim::npu {

// The memory of a card as one first-come-first-served pipe: weights, activations, incoming and outgoing rows
// share its sustained rate. Leaves out channels, banks and the difference between reads and writes.
class HbmServer {
 public:
  // A request whose service time is known, for requests that come in millions.
  struct Load {
    Bytes bytes;
    Picoseconds time;
  };

  explicit HbmServer(BytesPerSecond rate) : rate_(rate) {}

  Load load_of(Bytes bytes) const { return {bytes, time_rounded_up(bytes, rate_)}; }
  // Serves a request made at `at` after all earlier ones; returns when its last byte is served.
  Picoseconds serve(Picoseconds at, const Load& load) {
    free_at_ = std::max(at, free_at_) + load.time;
    bytes_ += load.bytes;
    busy_ += load.time;
    return free_at_;
  }
  Picoseconds serve(Picoseconds at, Bytes bytes) { return serve(at, load_of(bytes)); }

  Picoseconds free_at() const { return free_at_; }
  Bytes bytes() const { return bytes_; }
  Picoseconds busy() const { return busy_; }

 private:
  BytesPerSecond rate_;
  Picoseconds free_at_;
  Bytes bytes_;
  Picoseconds busy_;
};

}  // namespace podsim::npu
