// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link/link_timing.h"

#include <algorithm>
#include <cmath>

#include "podsim/base/error.h"

namespace podsim::fabric {
namespace {

// RS(128,120) over 8-bit symbols (UB Base Specification 2.0.1).
constexpr int kCodeSymbols = 128;
constexpr int kDataSymbols = 120;
constexpr int kSymbolBits = 8;

// Chance of more than `corrected` wrong symbols in a code word.
double code_word_error_rate(double bit_error_rate, int corrected) {
  const double wrong = -std::expm1(kSymbolBits * std::log1p(-bit_error_rate));
  double sum = 0.0;
  for (int n = corrected + 1; n <= kCodeSymbols; ++n) {
    const double log_ways =
        std::lgamma(kCodeSymbols + 1) - std::lgamma(n + 1) - std::lgamma(kCodeSymbols - n + 1);
    sum += std::exp(log_ways + n * std::log(wrong) + (kCodeSymbols - n) * std::log1p(-wrong));
  }
  return std::min(sum, 1.0);
}

}  // namespace

double encoding_efficiency(const LinkLayerConfig& config) {
  const double code = config.fec == FecMode::Bypass ? 1.0 : static_cast<double>(kDataSymbols) / kCodeSymbols;
  const auto period = static_cast<double>(config.amctl_period.value);
  return code * (period - static_cast<double>(config.amctl_symbols.value)) / period;
}

BytesPerSecond flit_rate(const LinkLayerConfig& config, std::int64_t lanes, std::int64_t bits_per_second) {
  const std::int64_t raw = lanes * bits_per_second / 8;
  const bool coded = config.fec != FecMode::Bypass;
  const std::int64_t data = coded ? scale_rounded_up(raw, kDataSymbols, kCodeSymbols) : raw;
  const std::int64_t period = config.amctl_period.value;
  return BytesPerSecond(scale_rounded_up(data, period - config.amctl_symbols.value, period));
}

double block_error_rate(const LinkLayerConfig& config, std::int64_t bytes) {
  const double bit = config.bit_error_rate.value;
  if (bit <= 0.0) return 0.0;
  if (config.fec == FecMode::Bypass)
    return -std::expm1(static_cast<double>(bytes * kSymbolBits) * std::log1p(-bit));
  const double word = code_word_error_rate(bit, config.fec == FecMode::CorrectTwo ? 2 : 4);
  const double words = std::ceil(static_cast<double>(bytes) / kDataSymbols);
  return word >= 1.0 ? 1.0 : -std::expm1(words * std::log1p(-word));
}

LinkTiming link_timing(const ProtocolConfig& protocol, const topology::LinkType& type) {
  PODSIM_CHECK(protocol.link_layer.has_value(), "protocol {} has no link_layer", protocol.name);
  const LinkLayerConfig& config = *protocol.link_layer;
  LinkTiming timing;
  const std::int64_t flit = protocol.flit.value.count();
  for (std::int64_t flits = 0; flits <= protocol.block_flits.value; ++flits) {
    timing.serialization_ps.push_back(time_rounded_up(Bytes(flits * flit), type.bandwidth).count());
    if (config.bit_error_rate.value > 0.0)
      timing.error_rate.push_back(block_error_rate(config, flits * flit));
  }
  std::int64_t left = type.latency.count();
  timing.propagation_ps = std::min(left, config.medium(type.medium).propagation().count());
  left -= timing.propagation_ps;
  if (config.fec != FecMode::Bypass) timing.fec_ps = std::min(left, config.fec_latency.value.count());
  timing.receive_ps = left - timing.fec_ps;
  return timing;
}

}  // namespace podsim::fabric
