// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/stats/catalogue.h"

// Every figure and column of a run, declared once: name, unit, sentence.
namespace podsim::pod {

using stats::Kind;
using stats::MetricDef;

inline constexpr MetricDef kLayerLatency{"moe_layer.latency_us", "us",
                                         "one MoE layer, from its start on all cards until the last card is "
                                         "done; mean over the layers of the run"};
inline constexpr MetricDef kLayersTotal{"layers.total_us", "us",
                                        "all layers of the run, one after the other"};
inline constexpr MetricDef kLayersCount{"layers.count", "", "layers that the figures cover"};
inline constexpr MetricDef kDispatchLatency{
    "dispatch.latency_us", "us",
    "layer start until every card has its rows, launch and metadata exchange included; under serial until it "
    "has passed the barrier behind them; mean over layers"};
inline constexpr MetricDef kCombineLatency{
    "combine.latency_us", "us",
    "first result ready to leave until the last one is back; under serial, as combine operators are "
    "measured, "
    "from the launch of the combine until the weighted sum is done; mean over layers"};
inline constexpr MetricDef kDispatchDrain{
    "dispatch.drain_us", "us",
    "first dispatched row may leave until the last one is in memory, on the slowest card; mean over layers"};
inline constexpr MetricDef kCombineDrain{
    "combine.drain_us", "us",
    "first result may leave until the last one is back in memory, on the slowest card; mean over layers"};
inline constexpr MetricDef kDispatchRate{
    "dispatch.rate_gb_per_s", "GB/s",
    "payload that a card dispatches, also to itself, mean over cards, over dispatch.drain_us"};
inline constexpr MetricDef kCombineRate{"combine.rate_gb_per_s", "GB/s",
                                        "payload of the results that come back to a card, also from itself, "
                                        "mean over cards, over combine.drain_us"};
inline constexpr MetricDef kComputeBusy{"compute.busy_us", "us",
                                        "time on GEMM tiles, mean over cores and cards, per layer"};
inline constexpr MetricDef kCommExposed{
    "comm.exposed_us", "us",
    "time in which a card has nothing to compute and waits for rows, mean over cards, per layer"};
inline constexpr MetricDef kTokensPerCard{"tokens_per_s_per_card", "1/s",
                                          "tokens of one card per second through the layers of the run"};
inline constexpr MetricDef kTokensPod{"tokens_per_s_pod", "1/s",
                                      "tokens of all cards per second through the layers of the run"};

inline constexpr MetricDef kCardDispatch{
    "card.dispatch_us", "us", "as dispatch.latency_us, until this card has its rows", Kind::Distribution};
inline constexpr MetricDef kCardL1{"card.l1_us", "us", "at least one core on the first GEMM (gate and up)",
                                   Kind::Distribution};
inline constexpr MetricDef kCardActivation{
    "card.activation_us", "us",
    "SwiGLU: vector time in the epilogue of the first GEMM, mean over cores; under serial its kernel",
    Kind::Distribution};
inline constexpr MetricDef kCardL2{"card.l2_us", "us", "at least one core on the second GEMM (down)",
                                   Kind::Distribution};
inline constexpr MetricDef kCardCombine{"card.combine_us", "us",
                                        "as combine.latency_us, until this card has its results back",
                                        Kind::Distribution};
inline constexpr MetricDef kCardCompute{"card.compute_us", "us",
                                        "at least one core busy, weighted sum included", Kind::Distribution};
inline constexpr MetricDef kCardExposed{"card.exposed_us", "us",
                                        "nothing to compute, waiting for rows: exposed communication",
                                        Kind::Distribution};
inline constexpr MetricDef kCardOverhead{"card.overhead_us", "us", "launches, metadata exchange and barriers",
                                         Kind::Distribution};
inline constexpr MetricDef kCardIdle{"card.idle_us", "us", "done and waiting for the slowest card",
                                     Kind::Distribution};

inline constexpr MetricDef kBoundLayer{
    "bound.moe_layer.latency_us", "us",
    "no schedule of this kind can be faster: link loads, HBM bytes, cube time and fixed costs; mean over "
    "layers"};
inline constexpr MetricDef kBoundDispatch{"bound.dispatch.latency_us", "us",
                                          "the same for dispatch; mean over layers"};
inline constexpr MetricDef kBoundCombine{"bound.combine.latency_us", "us",
                                         "the same for the combine transfer; mean over layers"};
inline constexpr MetricDef kBoundCompute{
    "bound.compute_us", "us", "cube time of the busiest card if no core ever waits; mean over layers"};
inline constexpr MetricDef kBoundHbm{"bound.hbm_us", "us",
                                     "HBM bytes of the busiest card at its sustained rate; mean over layers"};
inline constexpr MetricDef kBoundFixed{
    "bound.fixed_us", "us",
    "launches, metadata exchange and barriers that nothing overlaps; mean over layers"};
inline constexpr MetricDef kBoundPerfect{"bound.perfect_overlap_us", "us",
                                         "what no overlap can hide: one launch, metadata exchange and "
                                         "barrier, and the largest of bound.compute_us, "
                                         "bound.hbm_us and bound.transfer_us"};
inline constexpr MetricDef kBoundTransfer{
    "bound.transfer_us", "us", "dispatch rows and results alone, all on offer at once; mean over layers"};
inline constexpr MetricDef kOverBound{"moe_layer.over_bound", "1",
                                      "moe_layer.latency_us over bound.moe_layer.latency_us"};

inline constexpr MetricDef kAllToAllLatency{"all_to_all.latency_us", "us",
                                            "first row offered until the last one is in its card's HBM"};
inline constexpr MetricDef kAllToAllBound{"bound.all_to_all.latency_us", "us",
                                          "link loads and path latency: no order of sending is faster"};
inline constexpr MetricDef kAllToAllOverBound{"all_to_all.over_bound", "1",
                                              "all_to_all.latency_us over bound.all_to_all.latency_us"};

inline constexpr MetricDef kCollectiveLatency{
    "collective.latency_us", "us",
    "call of the operator on all cards until the last of them is done; mean over repeats"};
inline constexpr MetricDef kCollectiveSteps{"collective.steps", "", "steps of its algorithm"};
inline constexpr MetricDef kCollectiveRate{"collective.algorithm_bandwidth_gb_per_s", "GB/s",
                                           "one card's vector over collective.latency_us"};
inline constexpr MetricDef kCollectiveBusRate{
    "collective.bus_bandwidth_gb_per_s", "GB/s",
    "the same times (n - 1)/n, twice for an all-reduce: what passes the ports of a card"};
inline constexpr MetricDef kCollectiveBound{"bound.collective.latency_us", "us",
                                            "the largest of the three bounds below"};
inline constexpr MetricDef kCollectiveTransferBound{
    "bound.collective.transfer_us", "us",
    "launch and all its pieces, on offer at once: link loads and ports"};
inline constexpr MetricDef kCollectiveStepsBound{
    "bound.collective.steps_us", "us",
    "launch and the longest chain of its transfers, each alone on its path; 0 with faults"};
inline constexpr MetricDef kCollectiveTextbook{
    "bound.collective.textbook_us", "us",
    "of any algorithm: launch, one path, and (n - 1)/n of the bytes, twice for an all-reduce, through all "
    "ports of a card"};
inline constexpr MetricDef kCollectiveOverBound{"collective.over_bound", "1",
                                                "collective.latency_us over bound.collective.latency_us"};

inline constexpr MetricDef kTransferLatency{"global_memory.<transfer>.latency_us", "us",
                                            "one operation, from its first request until its last byte or "
                                            "acknowledgement is back",
                                            Kind::Distribution};
inline constexpr MetricDef kTransferTime{"global_memory.<transfer>.time_us", "us",
                                         "first operation begun until the last one of any pair ended"};
inline constexpr MetricDef kTransferBound{"bound.global_memory.<transfer>.time_us", "us",
                                          "its data alone, all on offer at once: no window and no order of "
                                          "requests is faster"};
inline constexpr MetricDef kTransferBandwidth{"global_memory.<transfer>.bandwidth_gb_per_s", "GB/s",
                                              "payload of all pairs over that time"};

inline constexpr MetricDef kFaultCount{"faults.count", "", "parts that failed, before the run or in it"};
inline constexpr MetricDef kFaultSpares{"faults.spares_used", "", "failed cards that a spare stands in for"};
inline constexpr MetricDef kFaultLanes{"faults.virtual_lanes", "",
                                       "virtual lanes that the routes round the faults take"};
inline constexpr MetricDef kFaultFree{
    "faults.without_us", "us", "the latency of the same run without faults; at fidelity bound its bound"};
inline constexpr MetricDef kFaultSlowdown{"faults.slowdown", "1",
                                          "latency of the run over faults.without_us"};
inline constexpr MetricDef kFaultReroutedMessages{"faults.rerouted_messages", "1",
                                                  "share of the messages offered that went round a fault"};
inline constexpr MetricDef kFaultReroutedBytes{
    "faults.rerouted_bytes", "1",
    "payload sent round faults over payload offered; what is sent again counts again"};
inline constexpr MetricDef kFaultLost{"faults.packets_lost", "", "packets that faults took"};
inline constexpr MetricDef kFaultResent{"faults.packets_resent", "", "packets sent again by their senders"};
inline constexpr MetricDef kFaultDuplicates{"faults.duplicates", "",
                                            "packets that arrived again, and were dropped"};
inline constexpr MetricDef kFaultFailed{"faults.messages_failed", "",
                                        "messages given up and reported to their senders"};
inline constexpr MetricDef kFaultFailedBytes{"faults.bytes_failed", "bytes", "payload of these"};

inline constexpr MetricDef kTrafficRows{"traffic.rows", "",
                                        "token rows dispatched, over all layers, loopback rows included"};
inline constexpr MetricDef kTrafficLocalRows{"traffic.local_rows", "",
                                             "of these, rows for an expert on their own card"};
inline constexpr MetricDef kTrafficImbalance{
    "traffic.imbalance", "1", "rows of the busiest card over the mean of all cards; mean over layers"};
inline constexpr MetricDef kTrafficDispatchBytes{"traffic.dispatch_bytes", "bytes",
                                                 "payload of all dispatch rows"};
inline constexpr MetricDef kTrafficCombineBytes{"traffic.combine_bytes", "bytes",
                                                "payload of all combine rows"};
inline constexpr MetricDef kCards{"cards", "", "simulated cards"};

inline constexpr MetricDef kHopEvents{"fabric.hop_events", "", "packets served by links, summed over links"};
inline constexpr MetricDef kMessages{"fabric.messages_delivered", "", "messages delivered"};
inline constexpr MetricDef kLoopbackMessages{"fabric.loopback_messages", "",
                                             "of these, messages to their own card, over no link"};
inline constexpr MetricDef kPackets{"fabric.packets_delivered", "", "packets delivered"};
inline constexpr MetricDef kBytesDelivered{"fabric.bytes_delivered", "bytes", "payload delivered"};
inline constexpr MetricDef kBusiestLink{"fabric.busiest_link_utilisation", "1",
                                        "busy time of the busiest link over the time of the run"};
inline constexpr MetricDef kDimensionUtilisation{
    "fabric.dimension.<dimension>.utilisation", "1",
    "mean utilisation of the links of a dimension that carried something, over the time of the run"};
inline constexpr MetricDef kDimensionPeak{"fabric.dimension.<dimension>.peak_utilisation", "1",
                                          "utilisation of the busiest link of a dimension"};

// Every metric a run may set and the columns of cards.csv, links.csv, layers.csv and transfers.csv.
const stats::MetricCatalogue& catalogue();
Span<const stats::Column> card_columns();
Span<const stats::Column> link_columns();
Span<const stats::Column> layer_columns();
Span<const stats::Column> wave_columns();
Span<const stats::Column> transfer_columns();

}  // namespace podsim::pod
