// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/core_config.h"

namespace podsim::core {
namespace {

constexpr const char* kSourceHelp = "where the row comes from";

}  // namespace

void BufferRow::describe(config::Fields& f) {
  f.required("memory", memory, "which buffer");
  f.required("size", size, "bytes that a kernel can use").positive();
}

void QueueRow::describe(config::Fields& f) {
  f.required("pipe", pipe, "which pipe");
  f.required("depth", depth, "instructions that wait before the scalar unit stalls").between(1, 1024);
  f.value_or("source", source, "", kSourceHelp);
}

void IssueRow::describe(config::Fields& f) {
  f.required("work", work, "which calls");
  f.required("cycles", cycles, "scalar cycles of one call").between(0, 10'000);
  f.value_or("source", source, "", kSourceHelp);
}

void ScalarConfig::describe(config::Fields& f) {
  f.required("access_cycles", access_cycles, "cycles of GetValue or SetValue in the unified buffer")
      .between(0, 10'000);
  f.required("data_cache_lines", data_cache_lines, "64-byte lines of the scalar unit's data cache")
      .between(1, 1 << 20);
  f.required("system_counter", system_counter, "rate of the counter that GetSystemCycle reads").positive();
  f.required("issue", issue, "scalar cycles of the calls");
}

void CubeRow::describe(config::Fields& f) {
  f.required("type", type, "type of the inputs");
  f.value_or("sparse", sparse, false, "4:2 sparse weights");
  f.required("k0", k0, "elements of a 32-byte fractal row").between(1, 1024);
  f.required("macs_per_cycle", macs_per_cycle, "multiply-accumulates per cycle").between(1, 1 << 20);
  f.value_or("source", source, "", kSourceHelp);
}

void CubeConfig::describe(config::Fields& f) {
  f.required("issue_cycles", issue_cycles, "cycles between the last step of an MMAD and the next one's first")
      .between(0, 10'000);
  f.required("result_cycles", result_cycles, "cycles between the last step of an MMAD and its result")
      .between(0, 10'000);
  f.required("rows", rows, "rates by type").non_empty();
  f.check(result_cycles.value >= issue_cycles.value,
          "result_cycles is {}, expected at least issue_cycles, which is {}", result_cycles.value,
          issue_cycles.value);
}

void ImageForm::describe(config::Fields& f) {
  f.required("numerator", numerator, "bytes per cycle times the slow-down").positive();
  f.required("repeat_offset", repeat_offset, "added to the repeats in the slow-down").between(0, 1024);
  f.required("floor", floor, "bytes per cycle that are never undercut").positive();
}

void PathRow::describe(config::Fields& f) {
  f.required("path", path, "from which buffer to which, and how");
  f.required("bytes_per_cycle", bytes_per_cycle, "rate").between(1, 1 << 20);
  f.required("latency", latency, "cycles besides").between(0, 10'000);
  f.optional("image", image, "how LoadData3D slows down with repeats and strides");
  f.value_or("source", source, "", kSourceHelp);
}

void FixpipeRow::describe(config::Fields& f) {
  f.required("destination", destination, "where L0C is written to");
  f.value_or("layout", layout, kernel::FixpipeMove::Layout::RowMajor, "layout written");
  f.required("bits", bits, "width of the elements written").between(1, 64);
  f.required("elements_per_cycle", elements_per_cycle, "rate").between(1, 1 << 20);
  f.required("latency", latency, "cycles besides").between(0, 10'000);
  f.value_or("source", source, "", kSourceHelp);
}

void VectorRow::describe(config::Fields& f) {
  f.required("op", op, "which operations");
  f.value_or("bits", bits, 0, "width of the wider type; 0: any").between(0, 64);
  f.required("elements", elements, "elements done ...").between(1, 1 << 20);
  f.value_or("cycles", cycles, 1, "... in so many cycles").between(1, 1 << 20);
  f.value_or("source", source, "", kSourceHelp);
}

void BankConfig::describe(config::Fields& f) {
  f.required("banks", banks, "banks of the unified buffer").between(1, 1024);
  f.required("groups", groups, "groups of banks; 32-byte blocks go round them").between(1, 32);
  f.required("bank", bank, "size of a bank").positive();
  f.required("two_ports", two_ports, "a group reads twice, or reads and writes, in a cycle");
  f.required("write_lag", write_lag, "repeats by which writes follow reads").between(0, 1000);
  f.value_or("source", source, "", kSourceHelp);
  f.check(groups < 1 || banks % groups == 0, "{} banks are not a multiple of {} groups", banks, groups);
}

void RegisterConfig::describe(config::Fields& f) {
  f.required("bytes", bytes, "bytes of a vector register").between(32, 4096);
  f.required("source", source, "where it comes from");
}

void VectorConfig::describe(config::Fields& f) {
  f.required("startup_cycles", startup_cycles, "cycles of an instruction besides its repeats")
      .between(0, 10'000);
  f.optional("registers", registers,
             "functions of register instructions: calls that pass results on in registers");
  f.required("banks", banks, "banks of the unified buffer");
  f.required("rows", rows, "rates by operation and width").non_empty();
}

void GlobalRow::describe(config::Fields& f) {
  f.required("direction", direction, "from or to GM");
  f.required("memory", memory, "the buffer at the other end");
  f.value_or("nd_to_nz", nd_to_nz, false, "the layout is changed on the way");
  f.required("bytes_per_cycle", bytes_per_cycle, "rate of the core's data path").positive();
  f.value_or("cycles_per_row", cycles_per_row, 0.0, "what a row costs besides").between(0.0, 1e4);
  f.value_or("cycles_per_copy", cycles_per_copy, 0.0, "what a copy costs besides").between(0.0, 1e4);
  f.value_or("cycles_per_unaligned_block", cycles_per_unaligned_block, 0.0,
             "what each 32-byte block of a row costs that does not start on 32 bytes")
      .between(0.0, 1e4);
  f.value_or("one_at_a_time", one_at_a_time, false,
             "whether the next copy of the pipe waits for the data of this one");
  f.value_or("source", source, "", kSourceHelp);
}

void SyncConfig::describe(config::Fields& f) {
  f.required("cycles", cycles, "cycles of SetFlag, WaitFlag or PipeBarrier on its pipe").between(0, 1000);
  f.required("event_limit", event_limit, "sets of one event that may stand without a wait").between(1, 1000);
  f.required("cross_core_cycles", cross_core_cycles, "cycles from the set on one core to the wait on another")
      .between(0, 100'000);
  f.required("cross_core_limit", cross_core_limit, "highest value of a cross-core counter").between(1, 1000);
  f.required("cross_core_wait_on_pipe", cross_core_wait_on_pipe,
             "CrossCoreWaitFlag stops one pipe instead of all issue");
}

std::int64_t CoreConfig::buffer(kernel::Memory memory) const {
  for (const BufferRow& row : buffers) {
    if (row.memory == memory) return row.size.value.count();
  }
  return 0;
}

std::int64_t CoreConfig::queue_depth(kernel::Pipe pipe) const {
  for (const QueueRow& row : queues) {
    if (row.pipe == pipe) return row.depth;
  }
  return 1;
}

void CoreConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the generation");
  f.value_or("description", description, "", "one sentence");
  f.required("architecture", architecture, "as __NPU_ARCH__: 2201 or 3510");
  f.required("buffers", buffers, "capacities").non_empty();
  f.required("queues", queues, "depths of the instruction queues").non_empty();
  f.required("scalar", scalar, "the scalar unit");
  f.required("cube", cube, "the cube unit");
  f.required("local_paths", local_paths, "moves between buffers").non_empty();
  f.required("fixpipe", fixpipe, "the way out of L0C").non_empty();
  f.required("vector", vector, "the vector unit");
  f.required("global_paths", global_paths, "the core's ends of copies from and to GM").non_empty();
  f.optional("l1_bytes_per_cycle", l1_bytes_per_cycle,
             "that L1 moves, copies into it and loads out of it together; default: they do not meet")
      .between(1, 1 << 16);
  f.required("sync", sync, "flags and barriers");
  f.check(architecture.value == 2201 || architecture.value == 3510,
          "architecture is {}, expected 2201 or 3510", architecture.value);
}

}  // namespace podsim::core
