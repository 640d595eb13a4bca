// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/base/id.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/topology/graph.h"

namespace podsim::fabric {

// How fast one card can send and receive, in wire bytes.
struct CardRates {
  BytesPerSecond ports_out;  // sum of its ports
  BytesPerSecond ports_in;
  BytesPerSecond injection;  // the ports, or FabricConfig::injection_bandwidth when that is less
};

IdVector<NpuId, CardRates> card_rates(const topology::Graph& graph, const FabricConfig& config);

}  // namespace podsim::fabric
