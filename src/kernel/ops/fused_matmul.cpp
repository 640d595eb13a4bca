// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "kernel/ops/grouped_matmul.h"
#include "kernel/ops/grouped_run.h"
#include "podsim/kernel/numbers.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::array<std::pair<const char*, Activation>, 4> kActivations{
    {{"none", Activation::None},
     {"gelu", Activation::Gelu},
     {"faster_gelu", Activation::FasterGelu},
     {"swiglu", Activation::Swiglu}}};
constexpr std::array<std::pair<const char*, DataType>, 4> kOuts{
    {{"fp16", DataType::Fp16}, {"bf16", DataType::Bf16}, {"fp32", DataType::Fp32}, {"int8", DataType::Int8}}};

template <class T, std::size_t kCount>
T chosen(const std::array<std::pair<const char*, T>, kCount>& table, const OpRequest& request,
         const char* key, const char* fallback, const std::vector<std::string>& allowed) {
  const std::string word = option_word(request, key, fallback, allowed);
  for (const auto& [name, value] : table) {
    if (word == name) return value;
  }
  return table.front().second;  // option_word has refused it
}

std::vector<OpKey> with_ring(std::vector<OpKey> own) {
  const std::vector<OpKey> ring = ring_options();
  own.insert(own.end(), ring.begin(), ring.end());
  return own;
}

std::unique_ptr<OpRun> prepare_quant(const OpContext& context) {
  const std::vector<std::int64_t> rows = group_rows(context.request);
  MatmulOperands operands = group_operands(context, rows);
  operands.out = chosen(kOuts, context.request, "out", "fp16", {"fp16", "bf16", "fp32", "int8"});
  return fused_run(context, operands, rows,
                   chosen(kActivations, context.request, "activation", "faster_gelu",
                          {"none", "gelu", "faster_gelu", "swiglu"}));
}

std::unique_ptr<OpRun> prepare_gelu(const OpContext& context) {
  const std::vector<std::int64_t> rows{shape_value(context.request, "m", 0, 1, std::int64_t{1} << 24U)};
  MatmulOperands operands = group_operands(context, rows);
  operands.out = chosen(kOuts, context.request, "out", "fp32", {"fp16", "bf16", "fp32"});
  return fused_run(
      context, operands, rows,
      chosen(kActivations, context.request, "activation", "gelu", {"none", "gelu", "faster_gelu", "swiglu"}));
}

}  // namespace

Op quant_grouped_matmul() {
  return with_preparation(
      {"quant_grouped_matmul",
       "y = activation(a b[g] * scales) of int8 for the rows of every group g: cube and vector cores in one "
       "kernel",
       group_sizes(),
       {"int8"},
       group_options(with_ring({
           {"activation",
            "none, gelu, faster_gelu (x sigmoid(1.702 x)) or swiglu (silu of the left half of "
            "the columns times the right half)",
            "faster_gelu"},
           {"out", "type of y: fp16, bf16, fp32, or int8 with one scale per group", "fp16"},
       })),
       {}},
      prepare_quant);
}

Op matmul_gelu() {
  std::vector<OpKey> options = group_options(with_ring({
      {"activation", "none, gelu (tanh form), faster_gelu or swiglu", "gelu"},
      {"out", "type of c: fp32, fp16, bf16", "fp32"},
  }));
  options.erase(
      std::find_if(options.begin(), options.end(), [](const OpKey& key) { return key.name == "rows"; }));
  return with_preparation(
      {"matmul_gelu",
       "c = gelu(a b): cube and vector cores in one kernel",
       {{"m", "rows of a and c", ""}, {"n", "columns of b", ""}, {"k", "columns of a, rows of b", ""}},
       {"fp16", "bf16", "fp8"},
       options,
       {}},
      prepare_gelu);
}

}  // namespace podsim::kernel::ops
