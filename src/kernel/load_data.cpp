// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/load_data.h"

#include <fmt/format.h>

#include <vector>

#include "kernel/load_issue.h"

namespace podsim::kernel {
namespace {

constexpr std::uint64_t kScaleRatio = 16;  // scale addresses are those of the data over this

LocalPath path_of(const LocalPlace& dst, bool transpose) {
  if (dst.memory == Memory::L0a) return transpose ? LocalPath::L1ToL0aTranspose : LocalPath::L1ToL0a;
  return transpose ? LocalPath::L1ToL0bTranspose : LocalPath::L1ToL0b;
}

void transpose_fractal16(std::byte* to, const std::byte* from) {
  for (std::uint32_t r = 0; r < kRows; ++r) {
    for (std::uint32_t c = 0; c < kRows; ++c)
      std::memcpy(to + (c * kRows + r) * 2, from + (r * kRows + c) * 2, 2);
  }
}

void copy_fractals(std::byte* to, const std::byte* from, const AscendC::LoadData2DParams& p,
                   std::uint64_t gap) {
  for (std::uint64_t i = 0; i < p.repeatTimes; ++i) {
    const std::byte* const in = from + i * p.srcStride * kFractalBytes;
    std::byte* const out = to + i * (1 + gap) * kFractalBytes;
    if (p.ifTranspose)
      transpose_fractal16(out, in);
    else
      std::memcpy(out, in, kFractalBytes);
  }
}

Footprint fractals(Memory memory, bool write, std::uint64_t address, std::uint64_t count,
                   std::uint64_t stride) {
  if (stride <= 1 || count == 1)
    return footprint(memory, write, address, (stride == 0 ? 1 : count) * kFractalBytes);
  return Footprint{memory,  write,         static_cast<std::uint32_t>(count),
                   address, kFractalBytes, stride * kFractalBytes};
}

}  // namespace

void load_fractals(const LocalPlace& dst, const LocalPlace& src, const AscendC::LoadData2DParams& p,
                   DataType type) {
  if (!runs_on("LoadData", CoreKind::Aic) || p.repeatTimes == 0) return;
  require_operand_buffer("LoadData", dst);
  require_l1("LoadData", src);
  if (p.ifTranspose && bits_of(type) != 16)
    refuse("LoadData", fmt::format("ifTranspose needs a 16-bit type, not {}", type_name(type)));
  const LocalPlace start{src.memory, src.address + p.startIndex * kFractalBytes};
  const std::uint64_t gap = is_3510() ? 0 : p.dstGap;
  const Footprint from = fractals(Memory::L1, false, start.address, p.repeatTimes, p.srcStride);
  const Footprint to = fractals(dst.memory, true, dst.address, p.repeatTimes, 1 + gap);
  require_touched_inside("LoadData", from, to);
  const LocalMove move{path_of(dst, p.ifTranspose), p.repeatTimes * kFractalBytes, 1, p.repeatTimes};
  issue_load(load_instruction("LoadData", move, from, to), dst, start,
             [p, gap](std::byte* out, const std::byte* in) { copy_fractals(out, in, p, gap); });
}

void load_fractals_from_gm(const LocalPlace& dst, const GlobalPlace& src, const AscendC::LoadData2DParams& p,
                           DataType type) {
  if (!runs_on("LoadData", CoreKind::Aic) || p.repeatTimes == 0) return;
  require_arch("LoadData from GM", 2201);
  if (dst.memory != Memory::L1) require_operand_buffer("LoadData", dst);
  if (p.ifTranspose)
    refuse("LoadData",
           fmt::format("GM to {} does not transpose ({})", memory_name(dst.memory), type_name(type)));
  std::byte* const start = src.pointer + p.startIndex * kFractalBytes;
  const std::uint64_t stride = p.srcStride * kFractalBytes;
  const std::uint64_t bytes = (p.repeatTimes - 1U) * stride + kFractalBytes;
  GlobalMove move;
  move.local = dst.memory;
  move.address = gm_address("LoadData", "the source", start, bytes);
  move.rows = p.repeatTimes;
  move.row_bytes = kFractalBytes;
  move.row_stride = stride;
  move.hint = src.hint;
  const Footprint to = fractals(dst.memory, true, dst.address, p.repeatTimes, 1U + p.dstGap);
  require_inside("LoadData", "the destination", dst.memory, dst.address, end_of(to));
  Instruction instruction;
  instruction.call = "LoadData";
  instruction.pipe = Pipe::Mte2;
  instruction.work = move;
  instruction.touch(footprint(Memory::Gm, false, move.address, bytes));
  instruction.touch(to);
  ScalarUnit& unit = scalar_unit();
  if (!unit.functional()) return unit.issue(instruction, {});
  std::byte* const out = unit.local(dst.memory) + dst.address;
  unit.issue(instruction, [out, start, p] { copy_fractals(out, start, p, p.dstGap); });
}

// The rectangle is a matrix of 16 mStep rows and C0 kStep columns; transposed, its element (r, c) goes where
// (c, r) of an Nz matrix lies. For squares of whole fractals that needs multiples of 2 or 4 of them.
void load_rectangle(const LocalPlace& dst, const LocalPlace& src, const AscendC::LoadData2DParamsV2& p,
                    DataType type) {
  if (!runs_on("LoadData", CoreKind::Aic) || p.mStep == 0 || p.kStep == 0) return;
  require_arch("LoadData with LoadData2DParamsV2", 3510);
  require_operand_buffer("LoadData", dst);
  require_l1("LoadData", src);
  const std::uint32_t bits = bits_of(type);
  if (p.ifTranspose) {
    require_aligned("LoadData", "mStep with transpose", p.mStep, bits == 4 ? 4 : (bits == 8 ? 2 : 1));
    require_aligned("LoadData", "kStep with transpose", p.kStep, bits == 32 ? 2 : 1);
  }
  const auto pitch = static_cast<std::uint64_t>(p.srcStride < 0 ? -p.srcStride : p.srcStride);
  const LocalPlace start{src.memory,
                         src.address + (p.kStartPosition * pitch + p.mStartPosition) * kFractalBytes};
  const std::uint64_t c0 = c0_of(type);
  const std::uint64_t count = std::uint64_t{p.mStep} * p.kStep;
  // Columns of fractals at the destination, and how long each is.
  const std::uint64_t columns = p.ifTranspose ? ceil_div(p.mStep * kRows, c0) : p.kStep;
  const std::uint64_t column = count / columns;
  if (p.srcStride < 0)
    refuse("LoadData", fmt::format("srcStride is {}, a negative one is not supported", p.srcStride));
  const Footprint from{Memory::L1,           false, p.kStep, start.address, p.mStep * kFractalBytes,
                       pitch * kFractalBytes};
  const Footprint to{dst.memory,
                     true,
                     static_cast<std::uint32_t>(columns),
                     dst.address,
                     column * kFractalBytes,
                     p.dstStride * kFractalBytes};
  require_touched_inside("LoadData", from, to);
  const LocalMove move{path_of(dst, p.ifTranspose), count * kFractalBytes, 1, 1};
  issue_load(load_instruction("LoadData", move, from, to), dst, start,
             [p, pitch, c0, bits](std::byte* out, const std::byte* in) {
               for (std::uint64_t k = 0; k < p.kStep; ++k) {
                 if (!p.ifTranspose) {
                   std::memcpy(out + k * p.dstStride * kFractalBytes, in + k * pitch * kFractalBytes,
                               p.mStep * kFractalBytes);
                   continue;
                 }
                 for (std::uint64_t row = 0; row < std::uint64_t{p.mStep} * kRows; ++row) {
                   for (std::uint64_t c = 0; c < c0; ++c) {
                     const std::uint64_t column_at = k * c0 + c;  // the row after transposition
                     const std::uint64_t to_fractal = row / c0 * p.dstStride + column_at / kRows;
                     const std::uint64_t to_index =
                         to_fractal * kRows * c0 + column_at % kRows * c0 + row % c0;
                     move_element(out, to_index, in + k * pitch * kFractalBytes, row * c0 + c, bits);
                   }
                 }
               }
             });
}

void load_scales(const LocalPlace& dst, const LocalPlace& src, const AscendC::LoadData2DMxParams& p) {
  if (!runs_on("LoadData", CoreKind::Aic) || p.xStep == 0 || p.yStep == 0) return;
  require_arch("LoadData of scales", 3510);
  require_l1("LoadData", src);
  const std::uint64_t start =
      src.address + (std::uint64_t{p.xStartPosition} * p.srcStride + p.yStartPosition) * kBlockBytes;
  const Footprint from{Memory::L1, false, p.xStep, start, p.yStep * kBlockBytes, p.srcStride * kBlockBytes};
  require_inside("LoadData", "the scales", Memory::L1, start, end_of(from));
  const bool left = dst.memory == Memory::L0a;
  Instruction instruction;
  instruction.call = "LoadData";
  instruction.pipe = Pipe::Mte1;
  instruction.work = LocalMove{left ? LocalPath::L1ToL0aScales : LocalPath::L1ToL0bScales,
                               std::uint64_t{p.xStep} * p.yStep * kBlockBytes, 1, 1};
  instruction.touch(from);
  ScalarUnit& unit = scalar_unit();
  if (!unit.functional()) return unit.issue(instruction, {});
  std::vector<std::uint8_t>& scales = unit.registers().scales[left ? 0 : 1];
  scales.resize(unit.chip().capacity[static_cast<std::size_t>(dst.memory)] / kScaleRatio);
  const std::uint64_t at = dst.address / kScaleRatio;
  require_at_most("LoadData", "the end of the scales",
                  at + ((p.xStep - 1U) * std::uint64_t{p.dstStride} + p.yStep) * kBlockBytes, scales.size());
  unit.issue(instruction, [to = scales.data() + at, in = unit.local(Memory::L1) + start, p] {
    for (std::uint64_t x = 0; x < p.xStep; ++x) {
      std::memcpy(to + x * p.dstStride * kBlockBytes, in + x * p.srcStride * kBlockBytes,
                  p.yStep * kBlockBytes);
    }
  });
}

namespace {

// What both parameter structs say, in fractals: starts of squares and of the fractals in one.
struct SquareWalk {
  std::uint64_t count;
  std::uint64_t from_start;
  std::uint64_t from_square;
  std::uint64_t from_fractal;
  std::uint64_t to_square;
  std::uint64_t to_fractal;
};

std::uint64_t side_of(std::uint32_t bits) {
  return bits == 4 ? 64 : (bits == 8 ? 32 : kRows);
}
std::uint64_t fractals_of_square(std::uint32_t bits) {
  return side_of(bits) * side_of(bits) * bits / 8 / kFractalBytes;
}

// A square of 8 or 4 bits is a stack of fractals, one of 32 bits two side by side.
void load_squares(const LocalPlace& dst, const LocalPlace& src, const SquareWalk& walk, DataType type) {
  require_operand_buffer("LoadDataWithTranspose", dst);
  require_l1("LoadDataWithTranspose", src);
  if (is_3510() && dst.memory != Memory::L0b)
    refuse("LoadDataWithTranspose", "on architecture 3510 the destination is L0B only");
  const std::uint32_t bits = bits_of(type);
  const std::uint64_t side = side_of(bits);
  const std::uint64_t c0 = c0_of(type);
  const std::uint64_t last = fractals_of_square(bits) - 1;
  const LocalPlace start{src.memory, src.address + walk.from_start * kFractalBytes};
  const std::uint64_t from_end = (walk.count - 1) * walk.from_square + last * walk.from_fractal + 1;
  const std::uint64_t to_end = (walk.count - 1) * walk.to_square + last * walk.to_fractal + 1;
  const Footprint from = footprint(Memory::L1, false, start.address, from_end * kFractalBytes);
  const Footprint to = footprint(dst.memory, true, dst.address, to_end * kFractalBytes);
  require_touched_inside("LoadDataWithTranspose", from, to);
  const LocalMove move{path_of(dst, true), walk.count * (last + 1) * kFractalBytes, 1,
                       static_cast<std::uint32_t>(walk.count)};
  issue_load(load_instruction("LoadDataWithTranspose", move, from, to), dst, start,
             [walk, bits, side, c0](std::byte* out, const std::byte* in) {
               // Element (r, c) of a square in its fractals, which are stacked or side by side.
               const auto index = [&](std::uint64_t r, std::uint64_t c) {
                 const std::uint64_t fractal = c0 < side ? c / c0 : r / kRows;
                 return std::pair(fractal, r % kRows * c0 + c % c0);
               };
               for (std::uint64_t i = 0; i < walk.count; ++i) {
                 const std::byte* const square = in + i * walk.from_square * kFractalBytes;
                 std::byte* const target = out + i * walk.to_square * kFractalBytes;
                 for (std::uint64_t r = 0; r < side; ++r) {
                   for (std::uint64_t c = 0; c < side; ++c) {
                     const auto [from_fractal, from_index] = index(r, c);
                     const auto [to_fractal, to_index] = index(c, r);
                     move_element(target + to_fractal * walk.to_fractal * kFractalBytes, to_index,
                                  square + from_fractal * walk.from_fractal * kFractalBytes, from_index,
                                  bits);
                   }
                 }
               }
             });
}

}  // namespace

void load_transposed(const LocalPlace& dst, const LocalPlace& src,
                     const AscendC::LoadData2dTransposeParams& p, DataType type) {
  if (!runs_on("LoadDataWithTranspose", CoreKind::Aic) || p.repeatTimes == 0) return;
  const std::uint64_t square = fractals_of_square(bits_of(type));
  load_squares(
      dst, src,
      {p.repeatTimes, p.startIndex * square, p.srcStride * square, 1, 1U + p.dstGap, 1U + p.dstFracGap},
      type);
}

void load_transposed(const LocalPlace& dst, const LocalPlace& src,
                     const AscendC::LoadData2dTransposeParamsV2& p, DataType type) {
  if (!runs_on("LoadDataWithTranspose", CoreKind::Aic) || p.repeatTimes == 0) return;
  load_squares(
      dst, src,
      {p.repeatTimes, p.startIndex, p.srcStride, 1U + p.srcFracGap, 1U + p.dstGap, 1U + p.dstFracGap}, type);
}

}  // namespace podsim::kernel
