// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/grouped_matmul.h"

#include <fmt/format.h>

#include "kernel/ops/grouped_run.h"
#include "podsim/base/error.h"
#include "podsim/kernel/numbers.h"

namespace podsim::kernel::ops {
namespace {

constexpr float kFixpipeScale = 0x1p-6F;  // of all int32 sums

// Where int32 sums become numbers: on vector cores, in Fixpipe, or not at all.
bool through_vectors(const OpRequest& request, const MatmulOperands& operands) {
  const bool int8 = operands.type->sum == DataType::Int32;
  const std::string how =
      option_word(request, "dequant", int8 && operands.out != DataType::Int32 ? "vector" : "fixpipe",
                  {"vector", "fixpipe"});
  if (how == "vector" && (!int8 || operands.out == DataType::Int32)) {
    throw ConfigError("dequant is \"vector\", which needs dtype int8 and out fp16 or bf16");
  }
  if (how != "vector" && int8 && operands.out == DataType::Bf16)
    throw ConfigError("out is \"bf16\", which needs dequant \"vector\" with int8");
  return how == "vector";
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  const std::vector<std::int64_t> rows = group_rows(context.request);
  MatmulOperands operands = group_operands(context, rows);
  operands.scale = kFixpipeScale;
  const bool int8 = operands.type->sum == DataType::Int32;
  const std::string out =
      option_word(context.request, "out", int8 ? "fp16" : "", {"fp16", "bf16", "fp32", "int32"});
  operands.out = out == "bf16" && int8 ? DataType::Bf16 : matmul_out_type(out, *operands.type);
  if (through_vectors(context.request, operands)) return fused_run(context, operands, rows, Activation::None);
  return grouped_run(context, operands, rows);
}

std::vector<OpKey> options() {
  std::vector<OpKey> keys = group_options({
      {"out", "type of c: fp16, bf16, fp32, int32", "that of a; fp16 with int8"},
      {"dequant", "of int8: vector (scales per token and channel, on vector cores) or fixpipe (one scale)",
       "vector"},
  });
  const std::vector<OpKey> ring = ring_options();
  keys.insert(keys.end(), ring.begin(), ring.end());
  return keys;
}

}  // namespace

Op grouped_matmul() {
  return with_preparation(
      {"grouped_matmul",
       "c = a b[g] for the rows of every group g, on cube cores; int8 dequantised on vector cores",
       group_sizes(),
       {"fp16", "bf16", "int8", "fp8"},
       options(),
       {}},
      prepare);
}

}  // namespace podsim::kernel::ops
