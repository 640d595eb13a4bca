// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/stack_config.h"

namespace podsim::npu {

using namespace literals;

void StackConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the stack").non_empty();
  f.value_or("description", description, "", "what it is");
  f.required("kernel_launch", kernel_launch, "end of a kernel until the next one in the stream works")
      .at_least(0_ps);
  f.required("metadata_exchange", metadata_exchange,
             "counting rows per expert and telling all cards of a group, before the first row leaves")
      .at_least(0_ps);
  f.required("barrier", barrier, "the last card of a group arrives until all of them go on").at_least(0_ps);
  f.required("flag_poll", flag_poll, "a counter is complete until the core that polls it starts")
      .at_least(0_ps);
  f.required("tile_prologue", tile_prologue, "filling a core's pipeline before the first product of a tile")
      .at_least(0_ps);
  f.required("swiglu_ops", swiglu_ops, "vector FLOP per element of SwiGLU's output, quantisation included")
      .between(0, 10000);
  f.required("cast_ops", cast_ops, "vector FLOP per element of the second GEMM's output").between(0, 10000);
  f.required("sum_ops", sum_ops, "vector FLOP per element and expert of the weighted sum").between(0, 10000);
  f.optional(
       "window_copy", window_copy,
       "collectives copy between the caller's buffers and the window that peers reach; default: they do not")
      .at_least(1_MBps);
  f.optional("window_slice", window_slice,
             "bytes that are copied at a time, beside the links' work on others")
      .at_least(1_B);
  f.check(window_copy.has_value() == window_slice.has_value(),
          "expected both window_copy and window_slice, or none");
}

}  // namespace podsim::npu
