// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "podsim/config/fields.h"

namespace podsim::npu {

// What the software stack on a card costs: a file in configs/stacks/. Properties of the stack, shared by
// every model, shape and schedule that runs on it.
struct StackConfig {
  std::string name;
  std::string description;
  config::Sourced<Picoseconds> kernel_launch;  // previous kernel's end to the first work of the next one
  config::Sourced<Picoseconds>
      metadata_exchange;                       // counting rows per expert and telling all cards of a group
  config::Sourced<Picoseconds> barrier;        // the last card arrives until all cards go on
  config::Sourced<Picoseconds> flag_poll;      // a counter is complete until the core that polls it starts
  config::Sourced<Picoseconds> tile_prologue;  // filling a core's pipeline before a tile's first product
  config::Sourced<std::int64_t> swiglu_ops;    // vector FLOP per element of SwiGLU's output, quantised
  config::Sourced<std::int64_t> cast_ops;      // per element of the second GEMM's output, cast
  config::Sourced<std::int64_t> sum_ops;       // per element and expert of the weighted sum
  // Collectives copy between the caller's buffers and the window that peers reach, a slice at a time, while
  // the slice before is on the links; what no other slice overlaps is exposed. Absent: they work in place.
  std::optional<config::Sourced<BytesPerSecond>> window_copy;
  std::optional<config::Sourced<Bytes>> window_slice;

  void describe(config::Fields& f);
};

}  // namespace podsim::npu
