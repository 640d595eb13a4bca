// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/op.h"

namespace podsim::kernel::ops {

// c[m, n] = a[m, k] b[k, n] on the cube cores.
Op matmul();

}  // namespace podsim::kernel::ops
