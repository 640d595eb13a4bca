// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "podsim/config/fields.h"

namespace podsim::npu {

// How the weights of an expert lie in memory.
enum class WeightLayout : std::uint8_t {
  Transposed,  // [n, k], row by row
  Stripes,     // [k, n] in stripes of 32 B columns (Nz)
  Plain,       // [k, n], row by row
};

// Tiles take what the AI core model says (docs/components/kernel_timer.md).
struct CoreTimerConfig {
  static constexpr const char* kKind = "core";
  WeightLayout weights = WeightLayout::Transposed;
  void describe(config::Fields& f);
};

// Tiles take their share of the chip's sustained rate.
struct RooflineTimerConfig {
  static constexpr const char* kKind = "roofline";
  void describe(config::Fields& f);
};

using TimerConfig = std::variant<CoreTimerConfig, RooflineTimerConfig>;

}  // namespace podsim::npu

template <>
struct podsim::config::EnumNames<podsim::npu::WeightLayout> {
  static constexpr const char* kWhat = "layout of weights";
  static constexpr std::array kNames{std::pair{podsim::npu::WeightLayout::Transposed, "transposed"},
                                     std::pair{podsim::npu::WeightLayout::Stripes, "nz"},
                                     std::pair{podsim::npu::WeightLayout::Plain, "plain"}};
};
