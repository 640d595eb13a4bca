// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/config/fields.h"
#include "podsim/moe/traffic.h"

namespace podsim::npu {

// How rows find their way between cards when dispatch and combine are operators of their own.
enum class ExchangeFamily : std::uint8_t {
  HighThroughput,  // counts go round first, then bulk messages to places that they fix, then a barrier
  LowLatency  // every row goes at once to a slot of its own; flags behind the rows say that all are there
};

// Who starts kernels: a captured graph, or the host one by one.
enum class Launch : std::uint8_t { Graph, Eager };

// What a workload asks of the stack.
struct Exchange {
  ExchangeFamily family = ExchangeFamily::HighThroughput;
  Launch launch = Launch::Graph;
  moe::Copies combine_copies = moe::Copies::PerExpert;  // per card: results of a token are added up first
};

}  // namespace podsim::npu

template <>
struct podsim::config::EnumNames<podsim::npu::ExchangeFamily> {
  static constexpr const char* kWhat = "exchange";
  static constexpr std::array kNames{std::pair{npu::ExchangeFamily::HighThroughput, "high_throughput"},
                                     std::pair{npu::ExchangeFamily::LowLatency, "low_latency"}};
};

template <>
struct podsim::config::EnumNames<podsim::npu::Launch> {
  static constexpr const char* kWhat = "launch";
  static constexpr std::array kNames{std::pair{npu::Launch::Graph, "graph"},
                                     std::pair{npu::Launch::Eager, "eager"}};
};
