// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "podsim/topology/pod.h"

namespace podsim::topology {

// The row that zero-load latencies are about: one token of hidden size 7,168 in FP8, the unit of dispatch in
// DeepSeek-V3 and the smallest that the SuperPoD white paper speaks of.
constexpr Bytes kReportRow{7168};

// Switches of one tier of one dimension.
struct SwitchCount {
  std::string dimension;
  int tier = 1;
  std::int64_t switches = 0;
  std::int64_t lanes_used = 0;  // of the one that uses most
  std::int64_t max_lanes = 0;   // 0: not given
};

// Cables of one medium. A cable carries both directions; an optical one has a module at each end.
struct CableCount {
  Medium medium = Medium::CopperCable;
  std::int64_t cables = 0;
  std::int64_t lanes = 0;  // SerDes lanes of one direction, all cables
  std::int64_t optical_modules = 0;
};

// What a dimension is to a card.
struct DimensionBandwidth {
  std::string dimension;
  std::int64_t cables = 0;       // in the whole pod, switch to switch included
  BytesPerSecond card_least{0};  // net rate of one direction of all links of a card in it
  BytesPerSecond card_most{0};
};

// How the pod looks, as data. Bandwidths are net of encoding, of one direction, before packet headers.
struct PodReport {
  std::size_t npus = 0;
  std::size_t switches = 0;
  std::size_t directed_links = 0;
  std::vector<SwitchCount> switch_counts;  // by dimension and tier
  std::vector<CableCount> cable_counts;    // board, copper, optical
  std::int64_t optical_modules = 0;

  std::int64_t lanes_per_port = 0;
  std::int64_t port_budget = 0;  // ports of a card; 0: not given
  double ports_used_least = 0;   // of a card: lanes / lanes_per_port
  double ports_used_most = 0;
  std::vector<DimensionBandwidth> dimensions;

  std::size_t diameter = 0;  // hops of the longest path examined; a hop is a directed link
  double mean_hops = 0;
  Picoseconds latency_least{0};  // zero-load latency of kReportRow, see zero_load_latency()
  Picoseconds latency_mean{0};
  Picoseconds latency_most{0};
  std::string pairs;  // which pairs the five figures above are about, in words

  // The least, over cuts of the cards in two halves, of the net bandwidth from one half to the other (maximum
  // flow through the switches). Regular pods: the cuts through the middle of each dimension; others: lower
  // against upper ids. A true bisection may be less in a pod that is not regular.
  BytesPerSecond bisection{0};
  std::string bisection_cut;

  std::vector<std::string> slow_cards;  // "npu 17: compute x 0.8", the first 20
};

// `seed` draws the pairs where not all are examined: regular pods without link overrides need only the paths
// of NPU 0, since every card sees the same; others take all pairs up to 1,024 NPUs and a sample above.
PodReport describe_pod(const Pod& pod, std::uint64_t seed);

// Time for `bytes` along an idle path with cut-through: the latencies of its links and one serialization at
// the slowest link. Protocol headers and the cards' own ends of the transfer are not in it.
Picoseconds zero_load_latency(const Graph& graph, const Path& path, Bytes bytes);

// Bandwidth from the NPUs that `side` marks to the others: the maximum flow when every NPU of a side may send
// and receive without limit, so only cut links and the switches between count.
BytesPerSecond cut_bandwidth(const Graph& graph, const IdVector<NpuId, char>& side);

}  // namespace podsim::topology
