// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "podsim/config/fields.h"
#include "podsim/moe/model.h"
#include "podsim/npu/die_config.h"

namespace podsim::npu {

struct HbmConfig {
  config::Sourced<Bytes> capacity;
  config::Sourced<BytesPerSecond> bandwidth;  // nominal, all stacks
  config::Sourced<double> efficiency;         // sustained over nominal

  BytesPerSecond sustained() const;
  void describe(config::Fields& f);
};

// The chip of a card, as far as a roofline needs it: a file in configs/chips/. A package of several dies is
// one chip with the sum of their resources; what crosses between its dies is not modelled.
struct ChipConfig {
  std::string name;
  std::string description;
  config::Sourced<std::int64_t> dies;
  config::Sourced<std::int64_t> cores;         // AI cores (cube), of all dies; a GPU's SMs
  config::Sourced<std::int64_t> vector_cores;  // AIV, of all dies
  config::Sourced<Hertz> clock;
  // Dense matrix rate of all cores together, cube only, by element type ("fp8"). Operands of two types run at
  // the rate of the wider one.
  std::map<std::string, config::Sourced<FlopsPerSecond>> cube_peak;
  // Rows that a matrix instruction takes at least: fewer cost as much. Default: the cube's 16.
  std::optional<config::Sourced<std::int64_t>> matrix_rows;
  config::Sourced<double> cube_efficiency;      // sustained over peak of a large dense GEMM
  config::Sourced<FlopsPerSecond> vector_rate;  // FP32, all vector cores together
  HbmConfig hbm;
  config::Sourced<Bytes> l2;
  // At the level of its cores, for the core timer: the whole package, or one of `dies` like it.
  std::optional<config::Ref<DieConfig>> die;

  // Sustained matrix rate for these operands. Throws ConfigError when the chip has none.
  FlopsPerSecond cube_rate(moe::DataType weight, moe::DataType activation) const;
  void describe(config::Fields& f);
};

}  // namespace podsim::npu
