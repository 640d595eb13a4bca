// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/core/names.h"

// The microarchitecture of one generation of cores as rows of data: a file in configs/cores/. Cycles are
// those of the core clock; every row says where it comes from.
namespace podsim::core {

// Usable bytes of one buffer.
struct BufferRow {
  kernel::Memory memory = kernel::Memory::L1;
  config::Sourced<Bytes> size;
  void describe(config::Fields& f);
};

// How many instructions wait in front of a pipe before the scalar unit stalls.
struct QueueRow {
  kernel::Pipe pipe = kernel::Pipe::Mte1;
  std::int64_t depth = 0;
  std::string source;
  void describe(config::Fields& f);
};

// What the scalar unit spends on a call of one kind.
enum class IssueKind : std::uint8_t { Cube, LocalMove, GlobalMove, Fixpipe, Vector, Flag };
struct IssueRow {
  IssueKind work = IssueKind::Cube;
  std::int64_t cycles = 0;
  std::string source;
  void describe(config::Fields& f);
};

struct ScalarConfig {
  config::Sourced<std::int64_t> access_cycles;     // of GetValue or SetValue in the unified buffer
  config::Sourced<std::int64_t> data_cache_lines;  // of 64 B, for scalar access to GM
  config::Sourced<Hertz> system_counter;           // of GetSystemCycle
  std::vector<IssueRow> issue;
  void describe(config::Fields& f);
};

// Multiply-accumulates per cycle of one pair of input types; k0: elements of a 32-byte fractal row.
struct CubeRow {
  kernel::DataType type = kernel::DataType::Fp16;
  bool sparse = false;
  std::int64_t k0 = 16;
  std::int64_t macs_per_cycle = 4096;
  std::string source;
  void describe(config::Fields& f);
};
struct CubeConfig {
  config::Sourced<std::int64_t> issue_cycles;   // between an MMAD's last step and the next one's first
  config::Sourced<std::int64_t> result_cycles;  // between its last step and its result in L0C
  std::vector<CubeRow> rows;
  void describe(config::Fields& f);
};

// bytes / bytes_per_cycle + latency. The image forms slow down with repeats and strides:
// numerator / (repeats + offset), numerator / (2 stride), but not below `floor`.
struct ImageForm {
  std::int64_t numerator = 512;
  std::int64_t repeat_offset = 2;
  double floor = 32.0;  // bytes per cycle
  void describe(config::Fields& f);
};
struct PathRow {
  kernel::LocalPath path = kernel::LocalPath::L1ToL0a;
  std::int64_t bytes_per_cycle = 0;
  std::int64_t latency = 0;
  std::optional<ImageForm> image;
  std::string source;
  void describe(config::Fields& f);
};

// Elements per cycle out of L0C, by destination, layout and the wider of the two types' widths.
struct FixpipeRow {
  kernel::Memory destination = kernel::Memory::Gm;
  kernel::FixpipeMove::Layout layout = kernel::FixpipeMove::Layout::RowMajor;
  std::int64_t bits = 16;  // of the type written
  std::int64_t elements_per_cycle = 0;
  std::int64_t latency = 0;
  std::string source;
  void describe(config::Fields& f);
};

// `elements` of a width in `cycles`; bits 0: of any width.
struct VectorRow {
  kernel::VectorOp op = kernel::VectorOp::Add;
  std::int64_t bits = 0;
  std::int64_t elements = 0;
  std::int64_t cycles = 1;
  std::string source;
  void describe(config::Fields& f);
};
// Banks of the unified buffer: 32-byte blocks go round the groups, a bank holds `bank` bytes of its group.
struct BankConfig {
  std::int64_t banks = 48;
  std::int64_t groups = 16;
  config::Sourced<Bytes> bank;
  // What a group does in one cycle: 2 reads and no write, or 1 read and 1 write (true); 1 read or, in
  // another of its banks, 1 write (false).
  bool two_ports = false;
  config::Sourced<std::int64_t> write_lag;  // repeats by which writes follow reads
  std::string source;
  void describe(config::Fields& f);
};
// Cores whose vector unit runs functions of register instructions.
struct RegisterConfig {
  std::int64_t bytes = 0;  // of a register: what a load or store moves
  std::string source;
  void describe(config::Fields& f);
};

struct VectorConfig {
  config::Sourced<std::int64_t> startup_cycles;  // of an instruction nothing overlaps with
  std::optional<RegisterConfig> registers;
  BankConfig banks;
  std::vector<VectorRow> rows;
  void describe(config::Fields& f);
};

// What a copy between GM and a buffer costs the core's own data path; the memory's part is modelled there.
enum class Direction : std::uint8_t { Read, Write };
struct GlobalRow {
  Direction direction = Direction::Read;
  kernel::Memory memory = kernel::Memory::UnifiedBuffer;
  bool nd_to_nz = false;
  double bytes_per_cycle = 0.0;
  double cycles_per_row = 0.0;
  double cycles_per_copy = 0.0;
  double cycles_per_unaligned_block = 0.0;  // 32-byte block of a row that does not start on 32 bytes
  bool one_at_a_time = false;  // the next copy of its pipe starts when the data of this one is there
  std::string source;
  void describe(config::Fields& f);
};

struct SyncConfig {
  config::Sourced<std::int64_t> cycles;             // of SetFlag, WaitFlag or PipeBarrier on its pipe
  config::Sourced<std::int64_t> event_limit;        // sets of one event without a wait
  config::Sourced<std::int64_t> cross_core_cycles;  // from the set on one core to the wait on another
  config::Sourced<std::int64_t> cross_core_limit;   // of a counter
  // CrossCoreWaitFlag stops the pipe it names (true) or all issue of the core (false).
  bool cross_core_wait_on_pipe = false;
  void describe(config::Fields& f);
};

struct CoreConfig {
  std::string name;
  std::string description;
  config::Sourced<std::int64_t> architecture{2201};  // as __NPU_ARCH__
  std::vector<BufferRow> buffers;
  std::vector<QueueRow> queues;
  ScalarConfig scalar;
  CubeConfig cube;
  std::vector<PathRow> local_paths;
  std::vector<FixpipeRow> fixpipe;
  VectorConfig vector;
  std::vector<GlobalRow> global_paths;
  std::optional<config::Sourced<std::int64_t>> l1_bytes_per_cycle;  // in and out together
  SyncConfig sync;

  // Capacity in bytes; 0 for a buffer the core has not.
  std::int64_t buffer(kernel::Memory memory) const;
  std::int64_t queue_depth(kernel::Pipe pipe) const;
  void describe(config::Fields& f);
};

}  // namespace podsim::core

namespace podsim::config {
template <>
struct EnumNames<core::IssueKind> {
  static constexpr const char* kWhat = "kind of call";
  static constexpr std::array kNames{std::pair{core::IssueKind::Cube, "cube"},
                                     std::pair{core::IssueKind::LocalMove, "local_move"},
                                     std::pair{core::IssueKind::GlobalMove, "global_move"},
                                     std::pair{core::IssueKind::Fixpipe, "fixpipe"},
                                     std::pair{core::IssueKind::Vector, "vector"},
                                     std::pair{core::IssueKind::Flag, "flag"}};
};
template <>
struct EnumNames<core::Direction> {
  static constexpr const char* kWhat = "direction";
  static constexpr std::array kNames{std::pair{core::Direction::Read, "read"},
                                     std::pair{core::Direction::Write, "write"}};
};
}  // namespace podsim::config
