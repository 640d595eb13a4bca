// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "topology/composer.h"

namespace podsim::topology {

// A graph with the card overrides applied.
struct OverriddenGraph {
  Graph graph;
  IdVector<LinkId, LinkId> present;  // for each link of the whole graph its id here, or LinkId::none()
  std::vector<NpuId> damaged;        // ascending: NPUs that lack a port
};

// Compute speed of every card; overrides of one card multiply.
IdVector<NpuId, double> compute_scales(const Composer& composer);

// True if an override changes links.
bool changes_links(const Composer& composer);

// Leaves out the cables of missing ports and scales the rates of cables. Throws ConfigError for a card or a
// port that is not there.
OverriddenGraph apply_overrides(const Composer& composer);

}  // namespace podsim::topology
