// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "kernel/ops/matmul_plan.h"
#include "kernel/ops/tile_ring.h"
#include "kernel/ops/vector_run.h"

// What grouped matmuls share: products of several groups on cube cores, as they are or with something behind
// them on vector cores.
namespace podsim::kernel::ops {

// Size keys, and options behind those of the tiling.
std::vector<OpKey> group_sizes();
std::vector<OpKey> group_options(const std::vector<OpKey>& own);
// Options of an epilogue besides its activation.
std::vector<OpKey> ring_options();

// Rows of every group. Throws ConfigError when there is none.
std::vector<std::int64_t> group_rows(const OpRequest& request);
// All but the memory and the type of the result. `rows`: of all groups.
MatmulOperands group_operands(const OpContext& context, const std::vector<std::int64_t>& rows);

std::unique_ptr<OpRun> grouped_run(const OpContext& context, MatmulOperands operands,
                                   const std::vector<std::int64_t>& rows);
// With vector cores behind the cube; ring, via and vectors are read here. Sums: fp32, or int32 with scales.
std::unique_ptr<OpRun> fused_run(const OpContext& context, MatmulOperands operands,
                                 const std::vector<std::int64_t>& rows, Activation activation);

}  // namespace podsim::kernel::ops
