// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "topology/graph_routing.h"
#include "topology/structured_routing.h"

namespace podsim::topology {

// A regular pod with cables missing. Where the structured choices of a pair survive, those that do are its
// choices; a pair that has lost all of them takes shortest paths of the graph that is left, on lanes of their
// own, so the two kinds never wait for each other in a circle.
class DetourRouting : public Routing {
 public:
  // `present` gives, for each link of the whole pod, its id in what is left, or LinkId::none().
  // `damaged` are the NPUs that lack a port.
  DetourRouting(StructuredRouting whole, IdVector<LinkId, LinkId> present, const std::vector<NpuId>& damaged,
                std::unique_ptr<GraphRouting> rest);

  std::uint32_t path_count(NpuId src, NpuId dst) const override;
  void path(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const override;
  std::size_t max_hops() const override;
  std::uint8_t lane_count() const override;

 private:
  bool may_be_hit(NpuId src, NpuId dst) const;
  // Fills `path` with a choice of the whole pod; false if a cable of it is missing.
  bool survives(NpuId src, NpuId dst, std::uint32_t choice, Path& path) const;

  StructuredRouting whole_;
  IdVector<LinkId, LinkId> present_;
  std::unique_ptr<GraphRouting> rest_;
  // Per dimension, the coordinates of damaged NPUs; all of them for a ring. Outside rings a path visits only
  // NPUs whose every coordinate is the source's or the destination's, which clears nearly all pairs at once.
  std::vector<std::vector<bool>> damaged_;
};

}  // namespace podsim::topology
