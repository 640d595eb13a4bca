// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/stack_config.h"

namespace podsim::npu {

using namespace literals;

void RowCoresConfig::describe(config::Fields& f) {
  f.optional("cores", cores, "vector cores, or SMs, that send rows; default: all of the chip")
      .between(1, 1 << 16);
  f.required("row_issue", row_issue, "of one core per row, beside the row's bytes").at_least(0_ps);
  f.optional("copy_rate", copy_rate, "bytes through one core; default: without limit").at_least(1_MBps);
  f.optional("in_flight", in_flight,
             "rows of a core that are not acknowledged; default: it does not wait for answers")
      .between(1, 1 << 16);
}

void HighThroughputConfig::describe(config::Fields& f) {
  f.required("rows", rows, "the cores that send");
  f.optional("quantise_passes", quantise_passes,
             "times that dispatch reads its tokens and writes them as rows first; default: they come as rows")
      .between(0, 8);
  f.required("pack_passes", pack_passes,
             "times that rows and results are read and written, card by card, before they leave")
      .between(0, 8);
  f.required(
       "unpack_passes", unpack_passes,
       "times that they are read and written again, in the order of experts or tokens, when all are there")
      .between(0, 8);
  f.optional("host_wait", host_wait,
             "under eager launch: the host waits for the counts and launches what depends on them")
      .at_least(0_ps);
}

void LowLatencyConfig::describe(config::Fields& f) {
  f.required("rows", rows, "the cores that send");
  f.required("setup", setup, "launch of dispatch until its first row: counting rows per expert")
      .at_least(0_ps);
  f.required("settle", settle, "all flags of dispatch seen until the places of its rows are known")
      .at_least(0_ps);
  f.required("copy_passes", copy_passes, "times that received rows are read and written again").between(0, 8);
}

void StackConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the stack").non_empty();
  f.value_or("description", description, "", "what it is");
  f.required("kernel_launch", kernel_launch,
             "in a captured graph: end of a kernel until the next one in the stream works")
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
  f.optional("eager_launch", eager_launch,
             "as kernel_launch, where the host launches kernel by kernel; default: there is none")
      .at_least(0_ps);
  f.optional("communication_cores", communication_cores,
             "cores that communicate while others compute, which computation then lacks; default: none")
      .between(0, 1 << 16);
  f.optional(
       "write_segment", write_segment,
       "stores to another card's memory travel in segments of so many bytes; default: the protocol's mtu")
      .at_least(32_B);
  f.optional("high_throughput", high_throughput,
             "bulk dispatch and combine; default: limited by memory and links only");
  f.optional("low_latency", low_latency, "dispatch and combine of single rows; default: there are none");
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
