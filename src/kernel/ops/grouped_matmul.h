// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/op.h"

namespace podsim::kernel::ops {

// c[rows of group g] = a[rows of group g] b[g]: the experts of an MoE layer, with their dequantisation.
Op grouped_matmul();

}  // namespace podsim::kernel::ops
