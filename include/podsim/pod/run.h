// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "podsim/fabric/fabric.h"
#include "podsim/pod/fault_scenario.h"
#include "podsim/pod/metrics.h"
#include "podsim/pod/scenario.h"
#include "podsim/stats/metrics.h"
#include "podsim/timeline/timeline.h"

namespace podsim::pod {

// Where a run is. `fraction` of its rows have arrived, over all layers.
struct ProgressReport {
  std::string stage;  // "building the pod", "layer 3 of 58"
  double fraction = 0.0;
  Picoseconds simulated;
  std::uint64_t hop_events = 0;
};

struct RunOptions {
  std::function<void(const ProgressReport&)> progress;  // called a few times per second; may be empty
  std::function<bool()> interrupted;                    // asked as often; true ends the run early
  std::optional<std::uint64_t> seed;                    // overrides the scenario's
  std::optional<fabric::Fidelity> fidelity;             // overrides the scenario's
};

// How one card spent the layers of a run, summed over them. The states from `overhead` to `idle` exclude one
// another and sum to the time of the run; the spans before them say how long each part of the work took and
// overlap.
struct CardRow {
  NpuId card;
  std::int64_t rows_received = 0;  // token rows dispatched to its experts
  std::int64_t rows_returned = 0;  // combine rows that came back to it
  Bytes hbm_bytes;
  Picoseconds dispatch;    // layer start until the last of its rows is in its HBM
  Picoseconds l1;          // at least one core on the first GEMM
  Picoseconds activation;  // SwiGLU: in the epilogue of the first GEMM, mean over cores; or its kernel
  Picoseconds l2;          // at least one core on the second GEMM
  Picoseconds combine;     // as combine.latency_us
  Picoseconds core_busy;   // mean over its cores of time on tiles
  Picoseconds overhead;    // launches, metadata exchange, barriers
  Picoseconds compute;     // at least one core busy, weighted sum included
  Picoseconds exposed;     // none of these: waiting for rows
  Picoseconds idle;        // done, waiting for the slowest card
};

// What one directed link did.
struct LinkRow {
  LinkId link;
  std::string name;       // "npu 17 -> switch 3 (up)"
  std::string dimension;  // name of its link type
  fabric::LinkStats stats;
  double utilisation = 0.0;  // busy time over the time of the run
};

// One of the busiest links, and whose bytes cross it.
struct LinkUse {
  struct Share {
    NpuId card;
    double share = 0.0;  // of the wire bytes that cross the link
  };
  struct Cards {
    std::size_t count = 0;
    std::vector<Share> most;  // the first few by share
  };
  std::size_t row = 0;  // in RunResult::links
  Cards from;           // no cards when they are not known
  Cards to;
};

struct BusiestLinks {
  std::vector<LinkUse> uses;  // busiest first
  std::string users_of;       // on which messages the users were counted, or why they are not known
  bool sampled = false;       // not on all of them: cards that use a link little may be missing
};

struct LayerRow {
  std::int64_t layer = 0;
  std::int64_t rows = 0;
  double imbalance = 1.0;  // rows of the busiest card over the mean
  Picoseconds start;
  Picoseconds latency;
  Picoseconds dispatch;
  Picoseconds combine;
  Picoseconds bound;
  std::string bound_by;  // "compute", "hbm", "link x", "latency"
};

// What one pair of cards did in a transfer of a global_memory workload.
struct TransferRow {
  std::string transfer;
  NpuId from;
  NpuId to;  // whose memory holds the first byte
  std::int64_t hops = 0;
  std::int64_t operations = 0;  // that ended
  Bytes bytes;
  Picoseconds time;         // first operation begun until the last one ended
  Picoseconds latency_sum;  // over operations
  Picoseconds latency_max;
};

// What the run itself cost: not part of the result.
struct Perf {
  double wall_s = 0.0;
  double build_s = 0.0;     // topology and modules
  double traffic_s = 0.0;   // routing, placement, who sends what to whom
  double bound_s = 0.0;     // the analytic bound
  double simulate_s = 0.0;  // inside the kernel
  std::uint64_t hop_events = 0;
  double hop_events_per_s = 0.0;
  std::uint64_t peak_rss_bytes = 0;
};

struct RunResult {
  stats::Metrics metrics{catalogue()};
  nlohmann::ordered_json effective_config;
  std::vector<LayerRow> layers;
  std::vector<CardRow> cards;  // empty at fidelity bound
  std::vector<LinkRow> links;  // every link that carried something, in order of id; empty at fidelity bound
  BusiestLinks busiest_links;
  std::vector<FaultRow> faults;
  std::vector<TransferRow> transfers;
  timeline::Timeline timeline;
  std::vector<std::string> words;  // what bounds the run, most important first
  std::vector<std::string> notes;  // assumptions, said aloud
  bool partial = false;            // interrupted: figures cover the layers that finished
  Perf perf;
};

// Runs a scenario to its end. One run per process: SystemC elaborates once. Throws ConfigError when the parts
// of the scenario do not fit together, InternalError when the run cannot progress or loses something.
RunResult run(const LoadedScenario& loaded, const RunOptions& options);

}  // namespace podsim::pod
