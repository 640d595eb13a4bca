// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/pod/metrics.h"

namespace podsim::pod {
namespace {

using stats::Column;

constexpr MetricDef kLayerMetrics[] = {kLayerLatency,   kLayersTotal,   kLayersCount,  kDispatchLatency,
                                       kCombineLatency, kDispatchDrain, kCombineDrain, kDispatchRate,
                                       kCombineRate,    kComputeBusy,   kCommExposed,  kTokensPerCard,
                                       kTokensPod,      kOverBound,     kCards};
constexpr MetricDef kCardMetrics[] = {kCardDispatch, kCardL1,       kCardActivation, kCardL2,  kCardCombine,
                                      kCardCompute,  kCardOverhead, kCardExposed,    kCardIdle};
constexpr MetricDef kBoundMetrics[] = {kBoundLayer, kBoundDispatch, kBoundCombine,  kBoundCompute,
                                       kBoundHbm,   kBoundFixed,    kBoundTransfer, kBoundPerfect};
constexpr MetricDef kAllToAllMetrics[] = {kAllToAllLatency, kAllToAllBound, kAllToAllOverBound};
constexpr MetricDef kCollectiveMetrics[] = {
    kCollectiveLatency,       kCollectiveRate,       kCollectiveBusRate,
    kCollectiveSteps,         kCollectiveOverBound,  kCollectiveBound,
    kCollectiveTransferBound, kCollectiveStepsBound, kCollectiveTextbook};
constexpr MetricDef kMemoryMetrics[] = {kTransferLatency, kTransferTime, kTransferBound, kTransferBandwidth};
constexpr MetricDef kFaultMetrics[] = {
    kFaultCount, kFaultSpares, kFaultFree,       kFaultSlowdown, kFaultReroutedMessages, kFaultReroutedBytes,
    kFaultLost,  kFaultResent, kFaultDuplicates, kFaultFailed,   kFaultFailedBytes,      kFaultLanes};
constexpr MetricDef kTrafficMetrics[] = {kTrafficRows, kTrafficLocalRows, kTrafficImbalance,
                                         kTrafficDispatchBytes, kTrafficCombineBytes};
constexpr MetricDef kFabricMetrics[] = {kHopEvents,      kMessages,    kLoopbackMessages,     kPackets,
                                        kBytesDelivered, kBusiestLink, kDimensionUtilisation, kDimensionPeak};

constexpr Column kCardColumns[] = {
    {"card", "", "number of the card"},
    {"rows_received", "", "token rows that its experts got, summed over layers as all that follows"},
    {"rows_returned", "", "results that came back for its own tokens"},
    {"hbm_bytes", "bytes", "read and written in its memory"},
    {"dispatch_us", "us", kCardDispatch.help},
    {"l1_us", "us", kCardL1.help},
    {"activation_us", "us", kCardActivation.help},
    {"l2_us", "us", kCardL2.help},
    {"combine_us", "us", kCardCombine.help},
    {"core_busy_us", "us", "time on GEMM tiles, mean over its cores"},
    {"compute_us", "us", kCardCompute.help},
    {"overhead_us", "us", kCardOverhead.help},
    {"exposed_us", "us", kCardExposed.help},
    {"idle_us", "us", kCardIdle.help},
};
constexpr Column kLinkColumns[] = {
    {"link", "", "number of the directed link"},
    {"name", "", "from where to where, and its dimension"},
    {"dimension", "", "name of its kind of link"},
    {"packets", "", "packets sent"},
    {"bytes", "bytes", "on the wire, headers included"},
    {"busy_us", "us", "time spent sending"},
    {"utilisation", "1", "busy time over the time of the run"},
    {"queue_wait_us", "us", "waiting for the link, summed over packets"},
    {"peak_backlog_us", "us", "longest wait that a packet met"},
};
constexpr Column kLayerColumns[] = {
    {"layer", "", "MoE layer of the model, from 0"},
    {"rows", "", "token rows dispatched"},
    {"imbalance", "1", "rows of the busiest card over the mean of all cards"},
    {"start_us", "us", "simulated time at which it began"},
    {"latency_us", "us", "until the last card was done"},
    {"dispatch_us", "us", kDispatchLatency.help},
    {"combine_us", "us", kCombineLatency.help},
    {"bound_us", "us", kBoundLayer.help},
    {"bound_by", "", "the largest term of the bound"},
};
constexpr Column kWaveColumns[] = {
    {"layer", "", "MoE layer of the model, from 0"},
    {"wave", "",
     "wave of experts on a card, from 0; under expert_prefetch an expert, under two_batch a batch"},
    {"cards", "", "cards on which it has rows; all that follows is their mean, times from the layer's start"},
    {"rows", "", "token rows of its experts"},
    {"start_us", "us", "its first tile of the first GEMM starts"},
    {"first_row_us", "us", "its first row is in memory"},
    {"last_row_us", "us", "its last row is in memory"},
    {"l1_end_us", "us", "its last tile of the first GEMM ends"},
    {"l2_end_us", "us", "its last tile of the second GEMM ends"},
};
constexpr Column kTransferColumns[] = {
    {"transfer", "", "name of the transfer"},
    {"from", "", "card that read or wrote"},
    {"to", "", "card whose memory holds the first byte"},
    {"hops", "", "links between them"},
    {"operations", "", "operations that ended"},
    {"bytes", "bytes", "payload of these"},
    {"time_us", "us", "first operation begun until the last one ended"},
    {"latency_mean_us", "us", "of one operation"},
    {"latency_max_us", "us", "of the slowest operation"},
    {"bandwidth_gb_per_s", "GB/s", "bytes over time"},
};

stats::MetricCatalogue make_catalogue() {
  stats::MetricCatalogue catalogue;
  catalogue.add("MoE layers", kLayerMetrics);
  catalogue.add("Cards, per layer (all cards and layers are samples)", kCardMetrics);
  catalogue.add("Lower bounds", kBoundMetrics);
  catalogue.add("All-to-all", kAllToAllMetrics);
  catalogue.add("Collectives", kCollectiveMetrics);
  catalogue.add("Global memory", kMemoryMetrics);
  catalogue.add("Traffic", kTrafficMetrics);
  catalogue.add("Fabric", kFabricMetrics);
  catalogue.add("Faults", kFaultMetrics);
  catalogue.add(stats::Table{"cards.csv", "a card", card_columns()});
  catalogue.add(stats::Table{"links.csv", "a directed link that carried something", link_columns()});
  catalogue.add(stats::Table{"layers.csv", "a layer", layer_columns()});
  catalogue.add(stats::Table{"waves.csv", "a wave of experts in a layer", wave_columns()});
  catalogue.add(stats::Table{"transfers.csv", "a pair of cards in a transfer", transfer_columns()});
  return catalogue;
}

template <class T, std::size_t N>
Span<const T> view(const T (&table)[N]) {
  return {table, N};
}

}  // namespace

const stats::MetricCatalogue& catalogue() {
  static const stats::MetricCatalogue all = make_catalogue();
  return all;
}

Span<const Column> card_columns() {
  return view(kCardColumns);
}
Span<const Column> link_columns() {
  return view(kLinkColumns);
}
Span<const Column> layer_columns() {
  return view(kLayerColumns);
}
Span<const Column> wave_columns() {
  return view(kWaveColumns);
}
Span<const Column> transfer_columns() {
  return view(kTransferColumns);
}

}  // namespace podsim::pod
