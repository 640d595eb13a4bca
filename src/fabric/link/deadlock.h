// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/fabric/link/ub_switch.h"
#include "podsim/topology/graph.h"

namespace podsim::fabric {

class LinkNetwork;

// A virtual lane of a directed link.
struct LaneOfLink {
  LinkId link;
  std::size_t lane;
};

// Lanes of which each waits for cells (or for the rest of a packet) that the next one keeps back; the last
// waits for the first. Empty when there are none.
std::vector<LaneOfLink> find_cycle(const LinkNetwork& network, const topology::Graph& graph);
std::string name_cycle(const topology::Graph& graph, const std::vector<LaneOfLink>& cycle);

}  // namespace podsim::fabric
