// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/matmul.h"

#include <fmt/format.h>

#include "kernel/ops/matmul_data.h"
#include "kernel/ops/matmul_order.h"
#include "kernel/ops/matmul_products.h"
#include "kernel/ops/vector_run.h"
#include "podsim/base/error.h"
#include "podsim/kernel/ascendc.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::int64_t kMostSize = std::int64_t{1} << 24U;

// Tiles go to their place in c; parts of a split K are added there.
class IntoC : public TileSink {
 public:
  IntoC(const MatmulOperands& operands, bool add) : operands_(operands), add_(add) {}

  TileTarget target(const MatmulTile& tile) override {
    if (add_)
      operands_.type->sum == DataType::Int32 ? AscendC::SetAtomicAdd<int32_t>()
                                             : AscendC::SetAtomicAdd<float>();
    const std::uint64_t at = tile.m0 * operands_.n + tile.n0;
    return {operands_.c + at * bits_of(operands_.out) / 8, operands_.n};
  }
  void written(const MatmulTile& /*tile*/) override {
    if (add_) AscendC::SetAtomicNone();
  }

 private:
  const MatmulOperands& operands_;
  bool add_;
};

GmMatrix matrix_in(DeviceMemory& memory, std::uint64_t rows, std::uint64_t columns, bool nz,
                   std::uint32_t bits) {
  GmMatrix matrix{nullptr, rows, columns, nz};
  matrix.data = memory.allocate(matrix.bytes(bits));
  return matrix;
}

MatmulOperands operands_of(const OpContext& context) {
  const OpRequest& request = context.request;
  MatmulOperands operands;
  operands.type = &matmul_type(context.dtype, context.die.architecture);
  operands.m = static_cast<std::uint64_t>(shape_value(request, "m", 0, 1, kMostSize));
  operands.n = static_cast<std::uint64_t>(shape_value(request, "n", 0, 1, kMostSize));
  operands.k = static_cast<std::uint64_t>(shape_value(request, "k", 0, 1, kMostSize));
  operands.out =
      matmul_out_type(option_word(request, "out", "", {"fp16", "bf16", "fp32", "int32"}), *operands.type);
  operands.b_transposed =
      option_value(request, "b_transposed", operands.type->microscaled ? 1 : 0, 0, 1) == 1;
  if (!operands.b_transposed && (operands.type->microscaled || operands.type->type == MatmulType::Fp32)) {
    throw ConfigError(fmt::format(
        "{} needs b_transposed=1: elements of this width are not turned on the way to L0B", context.dtype));
  }
  if (operands.type->microscaled && operands.k % 64 != 0)
    throw ConfigError(fmt::format("k is {}, expected a multiple of 64 with {}", operands.k, context.dtype));
  const bool a_nz = option_word(request, "a_format", "nd", {"nd", "nz"}) == "nz";
  const bool b_nz = option_word(request, "b_format", "nd", {"nd", "nz"}) == "nz";
  const std::uint32_t bits = operands.bits();
  operands.a = matrix_in(context.memory, operands.m, operands.k, a_nz, bits);
  operands.b = operands.b_transposed ? matrix_in(context.memory, operands.n, operands.k, b_nz, bits)
                                     : matrix_in(context.memory, operands.k, operands.n, b_nz, bits);
  if (operands.type->microscaled) {
    operands.a_scales = context.memory.allocate(operands.m * operands.k / 32);
    operands.b_scales = context.memory.allocate(operands.n * operands.k / 32);
  }
  operands.c = context.memory.allocate(operands.m * operands.n * bits_of(operands.out) / 8);
  return operands;
}

double bytes_of(const MatmulOperands& operands) {
  const double inputs =
      static_cast<double>(operands.m + operands.n) * static_cast<double>(operands.k) * operands.bits() / 8;
  const double scales =
      operands.type->microscaled ? static_cast<double>((operands.m + operands.n) * operands.k / 32) : 0;
  return inputs + scales + static_cast<double>(operands.m * operands.n * bits_of(operands.out) / 8);
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  const MatmulOperands operands = operands_of(context);
  const MatmulTiling tiling = choose_matmul_tiling(context.die, operands, operands.m, 1, context.request);
  if (tiling.split_k > 1 && operands.out != operands.type->sum) {
    throw ConfigError(fmt::format("split_k adds parts of {} in memory: out must be {}",
                                  matmul_out_name(operands.type->sum), matmul_out_name(operands.type->sum)));
  }
  const MatmulOrder order(tiling, operands.m, operands.n, operands.k);
  if (order.cores() > static_cast<std::uint64_t>(context.die.cube_cores)) {
    throw ConfigError(fmt::format("single_m and single_n make {} pieces, the die has {} cube cores",
                                  order.cores(), context.die.cube_cores));
  }
  RunParts run;
  run.mix = OpMix::Cube;
  run.blocks = static_cast<std::int64_t>(order.cores());
  run.kernel = [=] {
    IntoC sink(operands, tiling.split_k > 1);
    run_products(operands, tiling, order, static_cast<std::uint64_t>(AscendC::GetBlockIdx()), operands.out,
                 sink);
  };
  run.fill = [=, seed = context.request.seed] {
    fill_matrix(operands.a, operands.type->element, seed, "matmul.a", 0);
    fill_matrix(operands.b, operands.type->element, seed, "matmul.b", 0);
    if (!operands.type->microscaled) return;
    fill_scales(operands.a_scales, operands.m * operands.k / 32, seed, "matmul.a_scales");
    fill_scales(operands.b_scales, operands.n * operands.k / 32, seed, "matmul.b_scales");
  };
  run.check = [=, seed = context.request.seed] { return check_product(operands, seed); };
  run.flops = 2.0 * static_cast<double>(operands.m) * static_cast<double>(operands.n) *
              static_cast<double>(operands.k);
  run.bytes = bytes_of(operands);
  run.tiling = tiling.as_text();
  if (tiling.split_k > 1) run.tiling["split_k"] = std::to_string(tiling.split_k);
  return make_run(std::move(run));
}

std::vector<OpKey> options() {
  std::vector<OpKey> keys = matmul_tiling_keys();
  const std::vector<OpKey> own{
      {"split_k", "parts of k on cores of their own, added in memory", "1"},
      {"single_m", "rows of a core's own rectangle, instead of tiles dealt out", "0"},
      {"single_n", "columns of it", "0"},
      {"l2_parts", "parts of m, one after another, with single_m and single_n", "1"},
      {"tail_split", "1: tiles of a last, incomplete round are cut for all cores", "0"},
      {"library",
       "what is around the kernel: basic (nothing), or Ascend C's high-level Matmul as norm, mdl, and "
       "norm_constant, mdl_constant with constant tiling",
       "basic"},
      {"a_format", "nd: row by row, nz: in stripes of 32 B", "nd"},
      {"b_format", "the same", "nd"},
      {"b_transposed", "1: b is stored n x k", "0; 1 with mx types"},
      {"out", "type of c: fp16, bf16, fp32, int32", "that of a; int32 with int8, bf16 with mx types"},
  };
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

}  // namespace

Op matmul() {
  return with_preparation(
      {"matmul",
       "c = a b on the cube cores, double-buffered through L1 and L0",
       {{"m", "rows of a and c", ""}, {"n", "columns of b and c", ""}, {"k", "columns of a, rows of b", ""}},
       matmul_type_names(),
       options(),
       {}},
      prepare);
}

}  // namespace podsim::kernel::ops
