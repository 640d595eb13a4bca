// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "kernel/ops/grouped_matmul.h"
#include "kernel/ops/matmul.h"
#include "kernel/ops/mla_decode.h"
#include "kernel/ops/vector_ops.h"
#include "podsim/base/error.h"
#include "podsim/kernel/op.h"

namespace podsim::kernel {
namespace {

// One line per operator.
constexpr Op (*kOps[])() = {
    ops::copy_stream, ops::elementwise_chain, ops::gather_rows,
    ops::gelu,        ops::grouped_matmul,    ops::matmul,
    ops::matmul_gelu, ops::mla_decode,        ops::quant_grouped_matmul,
    ops::reduce_sum,  ops::rms_norm,          ops::scatter_rows,
    ops::softmax,     ops::swiglu_quant,      ops::topk_gate,
    ops::vector_add,
};

std::vector<Op> sorted_ops() {
  std::vector<Op> all;
  for (Op (*const make)() : kOps) all.push_back(make());
  std::sort(all.begin(), all.end(), [](const Op& a, const Op& b) { return a.name < b.name; });
  return all;
}

}  // namespace

const std::vector<Op>& op_library() {
  static const std::vector<Op> kLibrary = sorted_ops();
  return kLibrary;
}

const Op& find_op(const std::string& name) {
  std::string names;
  for (const Op& op : op_library()) {
    if (op.name == name) return op;
    names += (names.empty() ? "" : ", ") + op.name;
  }
  throw ConfigError(fmt::format("operator \"{}\" is not known, expected one of {}", name, names));
}

}  // namespace podsim::kernel
