// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "podsim/config/fields.h"

namespace podsim::npu {

// Cores that carry rows between memory and links in dispatch and combine, see SendCores.
struct RowCoresConfig {
  std::optional<config::Sourced<std::int64_t>> cores;        // vector cores, or SMs; default: all of the chip
  config::Sourced<Picoseconds> row_issue;                    // of one core per row, beside the row's bytes
  std::optional<config::Sourced<BytesPerSecond>> copy_rate;  // of one core; default: no limit
  std::optional<config::Sourced<std::int64_t>> in_flight;    // rows of a core; default: it never waits

  void describe(config::Fields& f);
};

// Dispatch and combine that send counts first, then rows in bulk.
struct HighThroughputConfig {
  RowCoresConfig rows;
  // Passes over memory. Quantising: over the card's tokens, from the type of results to that of rows; absent:
  // tokens come as rows. Packing: into the order of cards before rows leave. Unpacking: into that of experts,
  // or tokens, when all are there.
  std::optional<config::Sourced<std::int64_t>> quantise_passes;
  config::Sourced<std::int64_t> pack_passes;
  config::Sourced<std::int64_t> unpack_passes;
  std::optional<config::Sourced<Picoseconds>> host_wait;  // eager only: the host reads counts, then launches

  void describe(config::Fields& f);
};

// Dispatch and combine that send a row at a time to slots of its own, flags behind them.
struct LowLatencyConfig {
  RowCoresConfig rows;
  config::Sourced<Picoseconds> setup;   // of dispatch, launch until its first row
  config::Sourced<Picoseconds> settle;  // of dispatch, all flags seen until the places of rows are known
  config::Sourced<std::int64_t> copy_passes;  // from the slots to the experts' inputs

  void describe(config::Fields& f);
};

// What the software stack on a card costs: a file in configs/stacks/. Properties of the stack, shared by
// every model, shape and schedule that runs on it.
struct StackConfig {
  std::string name;
  std::string description;
  config::Sourced<Picoseconds>
      kernel_launch;  // in a captured graph: previous kernel's end to the first work of the next one
  config::Sourced<Picoseconds>
      metadata_exchange;                       // counting rows per expert and telling all cards of a group
  config::Sourced<Picoseconds> barrier;        // the last card arrives until all cards go on
  config::Sourced<Picoseconds> flag_poll;      // a counter is complete until the core that polls it starts
  config::Sourced<Picoseconds> tile_prologue;  // filling a core's pipeline before a tile's first product
  config::Sourced<std::int64_t> swiglu_ops;    // vector FLOP per element of SwiGLU's output, quantised
  config::Sourced<std::int64_t> cast_ops;      // per element of the second GEMM's output, cast
  config::Sourced<std::int64_t> sum_ops;       // per element and expert of the weighted sum
  std::optional<config::Sourced<Picoseconds>>
      eager_launch;  // the same where the host launches kernel by kernel
  // Cores that communicate while others compute: vector cores, which activations then lack; where the chip
  // has none of its own, whole cores (SMs) under schedules with communication kernels.
  std::optional<config::Sourced<std::int64_t>> communication_cores;
  // Stores of cores to another card's memory travel in segments of so many bytes, each with its header.
  std::optional<config::Sourced<Bytes>> write_segment;
  std::optional<HighThroughputConfig> high_throughput;  // absent: as fast as memory and links, no copies
  std::optional<LowLatencyConfig> low_latency;          // absent: there is no such kernel
  // Collectives copy between the caller's buffers and the window that peers reach, a slice at a time, while
  // the slice before is on the links; what no other slice overlaps is exposed. Absent: they work in place.
  std::optional<config::Sourced<BytesPerSecond>> window_copy;
  std::optional<config::Sourced<Bytes>> window_slice;

  void describe(config::Fields& f);
};

}  // namespace podsim::npu
