// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/topology/graph.h"
#include "podsim/topology/routing.h"
#include "topology/adjacency.h"

namespace podsim::topology {

// Which virtual lanes make detours free of deadlock, whatever has failed and however often that changes.
//
// On every lane the channels have an order that does not depend on faults, and a path takes them in that
// order; where its next link would go back, it goes on on the next lane. So nothing ever waits in a circle:
// not on a lane, and not between lanes, since none is ever left for a lower one.
//
// Regular pods without rings share the lanes of their structured paths. On even lanes the order is: lower
// dimensions before higher ones; inside a dimension first up, then down (by hops from the nearest NPU, then
// id). On odd lanes: higher dimensions before lower ones; inside a full mesh first down, then up. X-Y paths
// keep the order of lane 0, Y-X paths that of lane 1, and so does every detour i -> k -> j inside a full
// mesh: on lane 0 if k > min(i, j), on lane 1 if k < max(i, j). Two lanes for all of them, as UB-Mesh's TFC
// (arXiv 2503.20377).
//
// All other pods have their detours on lanes above those of their own routing, up, then down on each of them.
class ChannelOrder {
 public:
  ChannelOrder(const Graph& graph, const Adjacency& adjacency, const Routing& base);

  // Writes the lanes of `path`, each link on the lowest it can have; the number of the last lane + 1.
  std::size_t assign(Path& path) const;
  // Lanes of detours begin here: 0 where they share those of the structured paths.
  std::uint8_t first_lane() const { return first_lane_; }

 private:
  struct Rank {
    std::uint8_t dimension = 0;
    bool up = false;
    bool mesh = false;  // one NPU to another, of a dimension with lanes of both orders
  };
  bool follows(Rank before, Rank after, std::size_t lane) const;

  bool shared_ = false;
  std::uint8_t first_lane_ = 0;
  IdVector<LinkId, Rank> ranks_;
};

}  // namespace podsim::topology
