// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/op.h"

// The operators that run on vector cores, and the copy streams.
namespace podsim::kernel::ops {

Op copy_stream();
Op elementwise_chain();
Op gather_rows();
Op gelu();
Op reduce_sum();
Op rms_norm();
Op scatter_rows();
Op softmax();
Op swiglu_quant();
Op topk_gate();
Op vector_add();

}  // namespace podsim::kernel::ops
