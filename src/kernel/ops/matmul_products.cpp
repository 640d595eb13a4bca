// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/matmul_products.h"

#include "kernel/ops/matmul_kernel.h"

namespace podsim::kernel::ops {

void run_products(const MatmulOperands& operands, const MatmulTiling& tiling, const TileOrder& order,
                  std::uint64_t core, DataType out, TileSink& sink) {
  const auto run = [&](auto type) {
    CubeMatmul<decltype(type)::value>(operands, tiling, order, core, out, sink).run();
  };
  switch (operands.type->type) {
    case MatmulType::Fp16:
      return run(std::integral_constant<MatmulType, MatmulType::Fp16>());
    case MatmulType::Bf16:
      return run(std::integral_constant<MatmulType, MatmulType::Bf16>());
    case MatmulType::Fp32:
      return run(std::integral_constant<MatmulType, MatmulType::Fp32>());
    case MatmulType::Int8:
      return run(std::integral_constant<MatmulType, MatmulType::Int8>());
    case MatmulType::Fp8:
      return run(std::integral_constant<MatmulType, MatmulType::Fp8>());
    case MatmulType::MxFp8:
      return run(std::integral_constant<MatmulType, MatmulType::MxFp8>());
    case MatmulType::MxFp4:
      return run(std::integral_constant<MatmulType, MatmulType::MxFp4>());
  }
}

}  // namespace podsim::kernel::ops
