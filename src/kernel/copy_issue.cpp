// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/copy_issue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "podsim/kernel/data_copy.h"

namespace podsim::kernel {
namespace {

constexpr std::uint64_t kBlocksOfCopy = 4095;        // pieces of one instruction
constexpr std::uint64_t kBytesOfPadPiece = 2097151;  // of DataCopyPad

std::uint64_t reach(const Pieces& pieces, std::uint64_t stride, std::uint64_t bytes) {
  return pieces.rows == 0 ? 0 : (pieces.rows - 1) * stride + bytes;
}

Footprint rows_of(Memory memory, bool write, std::uint64_t address, const Pieces& pieces,
                  std::uint64_t stride, std::uint64_t bytes) {
  if (stride == bytes || pieces.rows == 1) return footprint(memory, write, address, pieces.rows * bytes);
  return Footprint{memory, write, pieces.rows, address, bytes, stride};
}

GlobalMove global_move(bool write, const LocalPlace& local, std::uint64_t address, const Pieces& pieces,
                       CacheHint hint) {
  GlobalMove move;
  move.write = write;
  move.local = local.memory;
  move.address = address;
  move.rows = pieces.rows;
  move.row_bytes = pieces.bytes;
  move.row_stride = write ? pieces.destination_stride : pieces.source_stride;
  move.hint = hint;
  return move;
}

// The core that moves data between GM and this memory.
bool copies_here(const char* call, Memory memory) {
  if (memory == Memory::UnifiedBuffer || memory == Memory::L1) return runs_on(call, owner_of(memory));
  refuse(call, fmt::format("GM and the {} are not connected by a copy", memory_name(memory)));
}

void require_pieces(const char* call, const Pieces& pieces) {
  require_at_most(call, "blockCount", pieces.rows, kBlocksOfCopy);
}

void fill(std::byte* to, std::uint64_t bytes, const std::byte* element, std::uint32_t element_bytes) {
  for (std::uint64_t at = 0; at < bytes; at += element_bytes) {
    std::memcpy(to + at, element, std::min<std::uint64_t>(element_bytes, bytes - at));
  }
}

// The piece with what surrounds it: left padding, data, right padding, the rest of the last block.
void place_padded(std::byte* to, const std::byte* from, std::uint64_t bytes, const Padding& padding) {
  const std::uint64_t used = padding.left + bytes + padding.right;
  const std::uint64_t rest = round_up(used, kBlockBytes) - used;
  const auto* value = reinterpret_cast<const std::byte*>(&padding.value);
  // Unpadded pieces end their last block with copies of their first element.
  const bool first_element = !padding.padded && padding.left == 0 && padding.right == 0;
  fill(to + used, rest, first_element ? from : value, padding.element_bytes);
  fill(to, padding.left, value, padding.element_bytes);
  std::memcpy(to + padding.left, from, bytes);
  fill(to + padding.left + bytes, padding.right, value, padding.element_bytes);
}

std::uint32_t elements_in(std::uint64_t bytes, DataType type) {
  return static_cast<std::uint32_t>(bytes * 8 / bits_of(type));
}

VectorWork move_work(const LocalPlace& destination, const LocalPlace& source, const Pieces& pieces,
                     DataType type) {
  VectorWork work;
  work.op = VectorOp::Move;
  work.type = work.narrow = type;
  work.elements = pieces.rows * elements_in(pieces.bytes, type);
  work.repeats = static_cast<std::uint32_t>(pieces.rows * ceil_div(pieces.bytes, kRepeatBytes));
  work.destination.address = destination.address;
  work.source[0].address = source.address;
  return work;
}

struct LocalRoute {
  Pipe pipe;
  LocalPath path;
};
// How data goes from one memory of a cube core to another; 3510 connects L1 and the unified buffers too.
LocalRoute local_route(const char* call, Memory source, Memory destination) {
  if (source == Memory::L1 && destination == Memory::BiasTable) return {Pipe::Mte1, LocalPath::L1ToBiasTable};
  if (source == Memory::L1 && destination == Memory::FixpipeBuffer)
    return {Pipe::Fix, LocalPath::L1ToFixpipeBuffer};
  if (source == Memory::L1 && destination == Memory::UnifiedBuffer) {
    require_arch(call, 3510);
    return {Pipe::Mte1, LocalPath::L1ToUnifiedBuffer};
  }
  if (source == Memory::UnifiedBuffer && destination == Memory::L1) {
    require_arch(call, 3510);
    return {Pipe::Mte3, LocalPath::UnifiedBufferToL1};
  }
  refuse(call,
         fmt::format("{} and {} are not connected by a copy", memory_name(source), memory_name(destination)));
}

void move_rows(std::byte* to, const std::byte* from, const Pieces& pieces, bool widen) {
  for (std::uint32_t row = 0; row < pieces.rows; ++row) {
    std::byte* const out = to + row * pieces.destination_stride;
    const std::byte* const in = from + row * pieces.source_stride;
    if (!widen) {
      std::memmove(out, in, pieces.bytes);
      continue;
    }
    for (std::uint64_t i = 0; i < pieces.bytes / 2; ++i) {
      store_number(out, i, DataType::Fp32, load_number(in, i, DataType::Fp16));
    }
  }
}

}  // namespace

std::uint64_t stride_after(const char* call, std::uint64_t bytes, std::int64_t gap) {
  const std::int64_t stride = static_cast<std::int64_t>(bytes) + gap;
  if (stride < 0)
    refuse(call, fmt::format("a gap of {} leads back before the piece of {} bytes", gap, bytes));
  return static_cast<std::uint64_t>(stride);
}

void copy_in(const char* call, const LocalPlace& destination, const GlobalPlace& source,
             const Pieces& pieces) {
  if (!copies_here(call, destination.memory) || pieces.rows == 0 || pieces.bytes == 0) return;
  require_pieces(call, pieces);
  require_aligned(call, "the destination", destination.address, kBlockBytes);
  require_inside(call, "the destination", destination.memory, destination.address,
                 reach(pieces, pieces.destination_stride, pieces.bytes));
  const std::uint64_t address =
      gm_address(call, "the source", source.pointer, reach(pieces, pieces.source_stride, pieces.bytes));
  ScalarUnit& unit = scalar_unit();
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = Pipe::Mte2;
  instruction.work = global_move(false, destination, address, pieces, source.hint);
  instruction.touch(rows_of(Memory::Gm, false, address, pieces, pieces.source_stride, pieces.bytes));
  instruction.touch(rows_of(destination.memory, true, destination.address, pieces, pieces.destination_stride,
                            pieces.bytes));
  if (!unit.functional()) return unit.issue(instruction, {});
  std::byte* const to = unit.local(destination.memory) + destination.address;
  unit.issue(instruction, [to, from = source.pointer, pieces] { move_rows(to, from, pieces, false); });
}

void copy_in_padded(const char* call, const LocalPlace& destination, const GlobalPlace& source,
                    const Pieces& pieces, const Padding& padding) {
  if (!copies_here(call, destination.memory) || pieces.rows == 0 || pieces.bytes == 0) return;
  require_pieces(call, pieces);
  require_at_most(call, "blockLen", pieces.bytes, kBytesOfPadPiece);
  require_at_most(call, "leftPadding in bytes", padding.left, kBlockBytes);
  require_at_most(call, "rightPadding in bytes", padding.right, kBlockBytes);
  require_aligned(call, "the destination", destination.address, kBlockBytes);
  if (padding.element_bytes == 8 && padding.padded && padding.value != 0) {
    refuse(call, "paddingValue of a 64-bit type must be 0");
  }
  const std::uint64_t filled = padding.compact
                                   ? round_up(pieces.rows * pieces.bytes + padding.right, kBlockBytes)
                                   : round_up(padding.left + pieces.bytes + padding.right, kBlockBytes);
  Pieces local = pieces;
  if (padding.compact) local.rows = 1;
  require_inside(call, "the destination", destination.memory, destination.address,
                 reach(local, pieces.destination_stride, filled));
  const std::uint64_t address =
      gm_address(call, "the source", source.pointer, reach(pieces, pieces.source_stride, pieces.bytes));
  ScalarUnit& unit = scalar_unit();
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = Pipe::Mte2;
  instruction.work = global_move(false, destination, address, pieces, source.hint);
  instruction.touch(rows_of(Memory::Gm, false, address, pieces, pieces.source_stride, pieces.bytes));
  instruction.touch(
      rows_of(destination.memory, true, destination.address, local, pieces.destination_stride, filled));
  if (!unit.functional()) return unit.issue(instruction, {});
  std::byte* const to = unit.local(destination.memory) + destination.address;
  unit.issue(instruction, [to, from = source.pointer, pieces, padding, filled] {
    if (!padding.compact) {
      for (std::uint32_t row = 0; row < pieces.rows; ++row) {
        place_padded(to + row * pieces.destination_stride, from + row * pieces.source_stride, pieces.bytes,
                     padding);
      }
      return;
    }
    for (std::uint32_t row = 0; row < pieces.rows; ++row) {
      std::memcpy(to + row * pieces.bytes, from + row * pieces.source_stride, pieces.bytes);
    }
    const std::uint64_t used = pieces.rows * pieces.bytes;
    fill(to + used, filled - used, padding.padded ? reinterpret_cast<const std::byte*>(&padding.value) : from,
         padding.element_bytes);
  });
}

void copy_out(const char* call, const GlobalPlace& destination, const LocalPlace& source,
              const Pieces& pieces, bool padded) {
  if (!copies_here(call, source.memory) || pieces.rows == 0 || pieces.bytes == 0) return;
  if (source.memory == Memory::L1) require_arch(call, 2201);
  require_pieces(call, pieces);
  if (padded) require_at_most(call, "blockLen", pieces.bytes, kBytesOfPadPiece);
  require_aligned(call, "the source", source.address, kBlockBytes);
  require_inside(call, "the source", source.memory, source.address,
                 reach(pieces, pieces.source_stride, pieces.bytes));
  const std::uint64_t address = gm_address(call, "the destination", destination.pointer,
                                           reach(pieces, pieces.destination_stride, pieces.bytes));
  ScalarUnit& unit = scalar_unit();
  const AtomicMode atomic = unit.registers().atomic;
  GlobalMove move = global_move(true, source, address, pieces, destination.hint);
  move.atomic = atomic.op != AtomicOp::None;
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = Pipe::Mte3;
  instruction.work = move;
  instruction.touch(
      rows_of(source.memory, false, source.address, pieces, pieces.source_stride, pieces.bytes));
  instruction.touch(rows_of(Memory::Gm, true, address, pieces, pieces.destination_stride, pieces.bytes));
  if (!unit.functional()) return unit.issue(instruction, {});
  const std::byte* const from = unit.local(source.memory) + source.address;
  unit.issue(instruction, [to = destination.pointer, from, pieces, atomic] {
    for (std::uint32_t row = 0; row < pieces.rows; ++row) {
      write_global(to + row * pieces.destination_stride, from + row * pieces.source_stride, pieces.bytes,
                   atomic);
    }
  });
}

void copy_local(const char* call, const LocalPlace& destination, const LocalPlace& source,
                const Pieces& pieces, DataType type, bool widen) {
  const bool vector = source.memory == Memory::UnifiedBuffer && destination.memory == Memory::UnifiedBuffer;
  if (!runs_on(call, owner_of(source.memory)) || pieces.rows == 0 || pieces.bytes == 0) return;
  require_pieces(call, pieces);
  const std::uint64_t written = widen ? 2 * pieces.bytes : pieces.bytes;
  require_aligned(call, "the source", source.address, kBlockBytes);
  require_aligned(call, "the destination", destination.address,
                  destination.memory == Memory::BiasTable || destination.memory == Memory::FixpipeBuffer
                      ? 64
                      : kBlockBytes);
  require_inside(call, "the source", source.memory, source.address,
                 reach(pieces, pieces.source_stride, pieces.bytes));
  require_inside(call, "the destination", destination.memory, destination.address,
                 reach(pieces, pieces.destination_stride, written));
  ScalarUnit& unit = scalar_unit();
  Instruction instruction;
  instruction.call = call;
  if (vector) {
    instruction.pipe = Pipe::V;
    instruction.work = move_work(destination, source, pieces, type);
  } else {
    const LocalRoute route = local_route(call, source.memory, destination.memory);
    instruction.pipe = route.pipe;
    instruction.work = LocalMove{route.path, pieces.rows * pieces.bytes, 1, 1};
  }
  instruction.touch(
      rows_of(source.memory, false, source.address, pieces, pieces.source_stride, pieces.bytes));
  const bool to_peer = !vector && owner_of(destination.memory) != owner_of(source.memory);
  if (!to_peer) {
    instruction.touch(
        rows_of(destination.memory, true, destination.address, pieces, pieces.destination_stride, written));
  }
  if (!unit.functional()) return unit.issue(instruction, {});
  std::byte* const base = to_peer ? unit.peer(destination.memory, 0) : unit.local(destination.memory);
  if (base == nullptr)
    refuse(call, fmt::format("this core does not reach a {}", memory_name(destination.memory)));
  const std::byte* const from = unit.local(source.memory) + source.address;
  unit.issue(instruction,
             [to = base + destination.address, from, pieces, widen] { move_rows(to, from, pieces, widen); });
}

void copy_to_nz(const char* call, const LocalPlace& destination, const GlobalPlace& source,
                const NzCopy& copy, DataType type) {
  if (!copies_here(call, destination.memory)) return;
  if (copy.matrices == 0 || copy.rows == 0 || copy.columns == 0) return;
  const std::uint32_t bits = bits_of(type);
  const std::uint64_t c0 = kBlockBytes * 8 / bits;
  require_at_most(call, "nValue", copy.rows, 16384);
  if (!is_3510()) {
    require_at_most(call, "dValue", copy.columns, 65535);
    require_at_most(call, "srcDValue", copy.row_stride, 65535);
    require_at_most(call, "srcNdMatrixStride", copy.matrix_stride, 65535);
  }
  require_aligned(call, "the destination", destination.address, kBlockBytes);
  const std::uint64_t stripes = ceil_div(copy.columns, c0);
  const std::uint64_t last = (copy.matrices - 1) * copy.destination_matrix_stride * bits / 8;
  const std::uint64_t block =
      ((stripes - 1) * copy.c0_stride + (copy.rows - 1) * copy.n_stride + 1) * kBlockBytes;
  require_inside(call, "the destination", destination.memory, destination.address, last + block);

  GlobalMove move;
  move.local = destination.memory;
  move.nd_to_nz = true;
  move.hint = source.hint;
  move.rows = copy.transposed ? static_cast<std::uint32_t>(copy.columns) : copy.rows;
  move.row_bytes = ceil_div((copy.transposed ? copy.rows : copy.columns) * bits, 8);
  move.row_stride = copy.row_stride * bits / 8;
  move.matrices = copy.matrices;
  move.matrix_stride = copy.matrix_stride * bits / 8;
  const std::uint64_t matrix_bytes = (move.rows - 1) * move.row_stride + move.row_bytes;
  move.address =
      gm_address(call, "the source", source.pointer, (move.matrices - 1) * move.matrix_stride + matrix_bytes);

  ScalarUnit& unit = scalar_unit();
  Instruction instruction;
  instruction.call = call;
  instruction.pipe = Pipe::Mte2;
  instruction.work = move;
  instruction.touch(
      Footprint{Memory::Gm, false, move.matrices, move.address, matrix_bytes, move.matrix_stride});
  if (copy.matrices == 1) {  // stripe by stripe: other rows may lie between
    instruction.touch(Footprint{destination.memory, true, static_cast<std::uint32_t>(stripes),
                                destination.address, ((copy.rows - 1) * copy.n_stride + 1) * kBlockBytes,
                                copy.c0_stride * kBlockBytes});
  } else {
    instruction.touch(footprint(destination.memory, true, destination.address, last + block));
  }
  if (!unit.functional()) return unit.issue(instruction, {});
  std::byte* const to = unit.local(destination.memory) + destination.address;
  unit.issue(instruction, [to, from = source.pointer, copy, bits, c0, stripes] {
    const auto bytes_to = [bits](std::uint64_t elements) { return elements * bits / 8; };
    for (std::uint64_t t = 0; t < copy.matrices; ++t) {
      const std::byte* const matrix = from + bytes_to(t * copy.matrix_stride);
      std::byte* const out = to + bytes_to(t * copy.destination_matrix_stride);
      for (std::uint64_t i = 0; i < copy.rows; ++i) {
        for (std::uint64_t s = 0; s < stripes; ++s) {
          std::byte* const block_at = out + (s * copy.c0_stride + i * copy.n_stride) * kBlockBytes;
          const std::uint64_t columns = std::min(c0, copy.columns - s * c0);
          std::memset(block_at, 0, kBlockBytes);  // columns are padded with zeros
          if (!copy.transposed) {
            std::memcpy(block_at, matrix + bytes_to(i * copy.row_stride + s * c0),
                        ceil_div(columns * bits, 8));
            continue;
          }
          for (std::uint64_t j = 0; j < columns; ++j) {
            std::memcpy(block_at + bytes_to(j), matrix + bytes_to((s * c0 + j) * copy.row_stride + i),
                        bytes_to(1));
          }
        }
      }
    }
  });
}

}  // namespace podsim::kernel
