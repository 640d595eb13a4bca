// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/op.h"

namespace podsim::kernel::ops {

// c = a b[g] for the rows of every group g, which follow one another in a and c.
Op grouped_matmul();
// The same of int8 with scales per token and channel and an activation: cube and vector cores in one kernel.
Op quant_grouped_matmul();
// c = activation(a b) of one product: cube and vector cores in one kernel.
Op matmul_gelu();

}  // namespace podsim::kernel::ops
