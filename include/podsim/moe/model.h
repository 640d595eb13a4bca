// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "podsim/config/fields.h"
#include "podsim/units/units.h"

namespace podsim::moe {

enum class DataType : std::uint8_t { Fp4, Fp8, Int4, Int8, Bf16, Fp16, Fp32 };
// Bits of one element, without scales.
std::int64_t bits(DataType type);

// Quantisation scales that travel with the elements: MX formats have one byte per 32 elements (OCP
// Microscaling Formats 1.0), DeepSeek-V3's FP8 activations four bytes per 128, its weights four per block of
// 128 x 128.
struct ScaleConfig {
  config::Sourced<std::int64_t> block;  // elements that share a scale
  config::Sourced<std::int64_t> bytes;  // of one scale
  void describe(config::Fields& f);
};

// The mixture-of-experts side of a network, as a file in models/ describes it.
struct Model {
  std::string name;
  std::string description;
  config::Sourced<std::int64_t> layers;        // transformer layers in total
  config::Sourced<std::int64_t> dense_layers;  // the first ones, without experts
  config::Sourced<std::int64_t> hash_layers;   // the first MoE layers, routed by a hash of the token id
  config::Sourced<std::int64_t> hidden;        // h, elements of a token row
  config::Sourced<std::int64_t> experts;       // routed experts of a layer
  config::Sourced<std::int64_t> shared_experts;
  config::Sourced<std::int64_t> top_k;         // routed experts of a token
  config::Sourced<std::int64_t> expert_width;  // d, the intermediate size of one expert
  config::Sourced<DataType> weight_type;
  config::Sourced<DataType> dispatch_type;
  config::Sourced<DataType> combine_type;
  config::Sourced<std::int64_t> vocabulary;
  // Absent: rows and weights are counted without scales, as published bandwidths mostly are.
  std::optional<ScaleConfig> dispatch_scales;
  std::optional<ScaleConfig> weight_scales;

  std::int64_t moe_layers() const { return layers.value - dense_layers.value; }
  Bytes dispatch_row() const;    // one token row on its way out: h elements of dispatch_type, and scales
  Bytes combine_row() const;     // and on its way back
  Bytes expert_weights() const;  // 3 h d elements of weight_type: gate, up, down, and scales
  void describe(config::Fields& f);
};

}  // namespace podsim::moe

template <>
struct podsim::config::EnumNames<podsim::moe::DataType> {
  static constexpr const char* kWhat = "data type";
  static constexpr std::array kNames{
      std::pair{podsim::moe::DataType::Fp4, "fp4"},   std::pair{podsim::moe::DataType::Fp8, "fp8"},
      std::pair{podsim::moe::DataType::Int4, "int4"}, std::pair{podsim::moe::DataType::Int8, "int8"},
      std::pair{podsim::moe::DataType::Bf16, "bf16"}, std::pair{podsim::moe::DataType::Fp16, "fp16"},
      std::pair{podsim::moe::DataType::Fp32, "fp32"},
  };
};
