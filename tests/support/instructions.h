// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "podsim/kernel/scalar_unit.h"

// Instructions as the kernel interface would make them, for kernels written without it.
namespace podsim::test {

using kernel::DataType;
using kernel::Footprint;
using kernel::Instruction;
using kernel::Memory;
using kernel::Pipe;

inline Footprint bytes_at(Memory memory, bool write, std::uint64_t address, std::uint64_t bytes) {
  return {memory, write, 1, address, bytes, bytes};
}

inline Instruction load(Memory to, std::uint64_t gm, std::uint64_t address, std::uint64_t row_bytes,
                        std::uint32_t rows = 1, std::uint64_t row_stride = 0, bool nd_to_nz = false) {
  Instruction instruction;
  instruction.call = "DataCopy";
  instruction.pipe = Pipe::Mte2;
  kernel::GlobalMove move;
  move.local = to;
  move.address = gm;
  move.rows = rows;
  move.row_bytes = row_bytes;
  move.row_stride = row_stride;
  move.nd_to_nz = nd_to_nz;
  instruction.work = move;
  instruction.touch({Memory::Gm, false, rows, gm, row_bytes, row_stride});
  instruction.touch(bytes_at(to, true, address, row_bytes * rows));
  return instruction;
}

inline Instruction store(std::uint64_t gm, std::uint64_t address, std::uint64_t bytes) {
  Instruction instruction = load(Memory::UnifiedBuffer, gm, address, bytes);
  instruction.pipe = Pipe::Mte3;
  std::get<kernel::GlobalMove>(instruction.work).write = true;
  for (std::size_t i = 0; i < 2; ++i) instruction.touches[i].write = !instruction.touches[i].write;
  return instruction;
}

// destination = source 0 + source 1, fp16, `repeats` of 128 elements.
inline Instruction add(std::uint64_t to, std::uint64_t a, std::uint64_t b, std::uint32_t repeats,
                       DataType type = DataType::Fp16) {
  Instruction instruction;
  instruction.call = "Add";
  instruction.pipe = Pipe::V;
  kernel::VectorWork work;
  work.type = work.narrow = type;
  work.repeats = repeats;
  work.elements = std::uint64_t{repeats} * (type == DataType::Fp16 ? 128 : 64);
  work.sources = 2;
  work.destination.address = to;
  work.source[0].address = a;
  work.source[1].address = b;
  instruction.work = work;
  instruction.touch(bytes_at(Memory::UnifiedBuffer, true, to, repeats * 256ULL));
  instruction.touch(bytes_at(Memory::UnifiedBuffer, false, a, repeats * 256ULL));
  instruction.touch(bytes_at(Memory::UnifiedBuffer, false, b, repeats * 256ULL));
  return instruction;
}

inline Instruction to_l0(bool b_side, std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
  Instruction instruction;
  instruction.call = "LoadData";
  instruction.pipe = Pipe::Mte1;
  instruction.work =
      kernel::LocalMove{b_side ? kernel::LocalPath::L1ToL0b : kernel::LocalPath::L1ToL0a, bytes, 1, 1};
  instruction.touch(bytes_at(Memory::L1, false, from, bytes));
  instruction.touch(bytes_at(b_side ? Memory::L0b : Memory::L0a, true, to, bytes));
  return instruction;
}

inline Instruction mmad(std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint64_t l0 = 0,
                        std::uint64_t l0c = 0, std::uint8_t unit_flag = 0) {
  Instruction instruction;
  instruction.call = "Mmad";
  instruction.pipe = Pipe::M;
  kernel::CubeWork work;
  work.m = m;
  work.n = n;
  work.k = k;
  work.unit_flag = unit_flag;
  instruction.work = work;
  instruction.touch(bytes_at(Memory::L0a, false, l0, std::uint64_t{m} * k * 2));
  instruction.touch(bytes_at(Memory::L0b, false, l0, std::uint64_t{n} * k * 2));
  instruction.touch(bytes_at(Memory::L0c, true, l0c, std::uint64_t{m} * n * 4));
  return instruction;
}

inline Instruction fixpipe(std::uint32_t rows, std::uint32_t columns, Memory to = Memory::L1,
                           std::uint64_t l0c = 0, std::uint8_t unit_flag = 0) {
  Instruction instruction;
  instruction.call = "Fixpipe";
  instruction.pipe = Pipe::Fix;
  kernel::FixpipeMove move;
  move.destination = to;
  move.rows = rows;
  move.columns = columns;
  move.layout = to == Memory::L1 ? kernel::FixpipeMove::Layout::Nz : kernel::FixpipeMove::Layout::RowMajor;
  move.unit_flag = unit_flag;
  move.global.write = true;
  move.global.local = Memory::L0c;
  move.global.rows = rows;
  move.global.row_bytes = columns * 2ULL;
  move.global.row_stride = columns * 2ULL;
  instruction.work = move;
  instruction.touch(bytes_at(Memory::L0c, false, l0c, std::uint64_t{rows} * columns * 4));
  return instruction;
}

inline Instruction flag(bool set, Pipe from, Pipe to, std::uint8_t event) {
  Instruction instruction;
  instruction.call = set ? "SetFlag" : "WaitFlag";
  instruction.pipe = set ? from : to;
  instruction.work = kernel::FlagWork{from, to, event, set};
  return instruction;
}

inline Instruction cross(bool set, Pipe pipe, std::uint8_t mode, std::uint8_t id) {
  Instruction instruction;
  instruction.call = set ? "CrossCoreSetFlag" : "CrossCoreWaitFlag";
  instruction.pipe = pipe;
  instruction.work = kernel::CrossCoreWork{mode, id, set};
  return instruction;
}

inline Instruction barrier(Pipe pipe, bool all = false) {
  Instruction instruction;
  instruction.call = "PipeBarrier";
  instruction.pipe = pipe;
  instruction.work = kernel::BarrierWork{all};
  return instruction;
}

// Calls of the running kernel.
inline void issue(const Instruction& instruction, std::function<void()> effect = {}) {
  kernel::scalar_unit().issue(instruction, std::move(effect));
}
inline void set_flag(Pipe from, Pipe to, std::uint8_t event) {
  issue(flag(true, from, to, event));
}
inline void wait_flag(Pipe from, Pipe to, std::uint8_t event) {
  issue(flag(false, from, to, event));
}

}  // namespace podsim::test
