// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/injection.h"

#include <algorithm>

namespace podsim::fabric {

IdVector<NpuId, CardRates> card_rates(const topology::Graph& graph, const FabricConfig& config) {
  IdVector<NpuId, CardRates> rates(graph.npu_count());
  for (const topology::Link& link : graph.links()) {
    const BytesPerSecond bandwidth = graph.type(link.type).bandwidth;
    if (graph.is_npu(link.from)) rates[NpuId(link.from.value())].ports_out += bandwidth;
    if (graph.is_npu(link.to)) rates[NpuId(link.to.value())].ports_in += bandwidth;
  }
  for (CardRates& card : rates) {
    card.injection =
        config.injection_bandwidth ? std::min(*config.injection_bandwidth, card.ports_out) : card.ports_out;
  }
  return rates;
}

}  // namespace podsim::fabric
