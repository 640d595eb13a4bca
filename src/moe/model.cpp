// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/model.h"

namespace podsim::moe {
namespace {

// Far above any network, low enough that sizes in bits fit 63 of them.
constexpr std::int64_t kMostElements = 1'000'000;
constexpr std::int64_t kMostExperts = 65'536;  // ExpertIndex

Bytes size_of(std::int64_t elements, DataType type, const std::optional<ScaleConfig>& scales) {
  std::int64_t bytes = scale_rounded_up(elements, bits(type), 8);
  if (scales) bytes += scale_rounded_up(elements, 1, scales->block.value) * scales->bytes.value;
  return Bytes(bytes);
}

}  // namespace

std::int64_t bits(DataType type) {
  switch (type) {
    case DataType::Fp4:
    case DataType::Int4:
      return 4;
    case DataType::Fp8:
    case DataType::Int8:
      return 8;
    case DataType::Bf16:
    case DataType::Fp16:
      return 16;
    case DataType::Fp32:
      break;
  }
  return 32;
}

void ScaleConfig::describe(config::Fields& f) {
  f.required("block", block, "elements that share a scale").between(1, kMostElements);
  f.required("bytes", bytes, "size of one scale in bytes").between(1, 8);
}

Bytes Model::dispatch_row() const {
  return size_of(hidden.value, dispatch_type.value, dispatch_scales);
}

Bytes Model::combine_row() const {
  return size_of(hidden.value, combine_type.value, std::nullopt);
}

Bytes Model::expert_weights() const {
  return size_of(3 * hidden.value * expert_width.value, weight_type.value, weight_scales);
}

void Model::describe(config::Fields& f) {
  f.required("name", name, "short name, as used in file names and results").non_empty();
  f.required("description", description, "what the network is, in a sentence or two").non_empty();
  f.required("layers", layers, "transformer layers in total").between(1, 10'000);
  f.required("dense_layers", dense_layers, "the first of them, which have no experts").at_least(0);
  f.required("hash_layers", hash_layers, "the first MoE layers, routed by a hash of the token id")
      .at_least(0);
  f.required("hidden", hidden, "h: elements of a token's row").between(1, kMostElements);
  f.required("experts", experts, "routed experts of an MoE layer").between(1, kMostExperts);
  f.required("shared_experts", shared_experts, "experts of an MoE layer that every token goes to")
      .between(0, kMostExperts);
  f.required("top_k", top_k, "routed experts of a token").at_least(1);
  f.required("expert_width", expert_width, "d: intermediate size of one expert").between(1, kMostElements);
  f.required("weight_type", weight_type, "data type of the experts' weights");
  f.required("dispatch_type", dispatch_type, "data type of a row on its way to an expert");
  f.required("combine_type", combine_type, "data type of a row on its way back");
  f.required("vocabulary", vocabulary, "token ids").between(1, 100'000'000);
  f.optional("dispatch_scales", dispatch_scales, "quantisation scales that travel with a dispatched row");
  f.optional("weight_scales", weight_scales, "quantisation scales stored with the weights");
  f.check(dense_layers.value < layers.value, "{} of {} layers are dense, which leaves none with experts",
          dense_layers.value, layers.value);
  f.check(hash_layers.value <= moe_layers(), "{} of {} MoE layers are routed by hash", hash_layers.value,
          moe_layers());
  f.check(top_k.value <= experts.value, "a token goes to {} of {} experts", top_k.value, experts.value);
}

}  // namespace podsim::moe
