// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "podsim/topology/graph.h"
#include "podsim/topology/pod_config.h"
#include "podsim/topology/routing.h"

namespace podsim::topology {

// A pod ready to carry traffic: its graph, its routing, and per-card facts.
struct Pod {
  PodConfig config;
  Graph graph;
  std::unique_ptr<Routing> routing;
  IdVector<NpuId, double> compute_scale;  // 1.0 for a card as configured; a slow card has less
};

// Builds the pod that `config` describes. Throws ConfigError when it cannot be built: a port budget exceeded,
// a group that cannot reach another, a graph with a dangling link.
Pod build_pod(const PodConfig& config);

}  // namespace podsim::topology
