// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/op.h"

namespace podsim::kernel::ops {

// Attention of one decode step with multi-head latent attention: cube and vector cores in one kernel.
Op mla_decode();

}  // namespace podsim::kernel::ops
