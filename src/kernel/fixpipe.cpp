// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/fixpipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace podsim::kernel {
namespace {

constexpr std::uint32_t kStripe = 16;              // columns of a stripe in L0C
constexpr std::uint32_t kScaleMask = 0xffffe000U;  // 10 mantissa bits of a scale are used

struct ModeRow {
  QuantMode_t mode;
  const char* name;
  TypeSet from;
  TypeSet to;
  bool scaled;
  bool per_column;
  bool only_3510;
};
using D = DataType;
constexpr TypeSet kEightBit = types(D::Int8, D::Uint8);
constexpr TypeSet kFp8 = types(D::Fp8E4m3);
constexpr std::array<ModeRow, 23> kModes{{
    {NoQuant, "NoQuant", types(D::Fp32, D::Int32), types(D::Fp32, D::Int32), false, false, false},
    {F322F16, "F322F16", types(D::Fp32), types(D::Fp16), false, false, false},
    {F322BF16, "F322BF16", types(D::Fp32), types(D::Bf16), false, false, false},
    {DEQF16, "DEQF16", types(D::Int32), types(D::Fp16), true, false, false},
    {VDEQF16, "VDEQF16", types(D::Int32), types(D::Fp16), true, true, false},
    {QF322B8_PRE, "QF322B8_PRE", types(D::Fp32), kEightBit, true, false, false},
    {VQF322B8_PRE, "VQF322B8_PRE", types(D::Fp32), kEightBit, true, true, false},
    {REQ8, "REQ8", types(D::Int32), kEightBit, true, false, false},
    {VREQ8, "VREQ8", types(D::Int32), kEightBit, true, true, false},
    {QF322FP8_PRE, "QF322FP8_PRE", types(D::Fp32), kFp8, true, false, true},
    {VQF322FP8_PRE, "VQF322FP8_PRE", types(D::Fp32), kFp8, true, true, true},
    {QF322HIF8_PRE, "QF322HIF8_PRE", types(D::Fp32), types(D::Hif8), true, false, true},
    {VQF322HIF8_PRE, "VQF322HIF8_PRE", types(D::Fp32), types(D::Hif8), true, true, true},
    {QF322HIF8_PRE_HYBRID, "QF322HIF8_PRE_HYBRID", types(D::Fp32), types(D::Hif8), true, false, true},
    {VQF322HIF8_PRE_HYBRID, "VQF322HIF8_PRE_HYBRID", types(D::Fp32), types(D::Hif8), true, true, true},
    {QS322BF16_PRE, "QS322BF16_PRE", types(D::Int32), types(D::Bf16), true, false, true},
    {VQS322BF16_PRE, "VQS322BF16_PRE", types(D::Int32), types(D::Bf16), true, true, true},
    {QF322F16_PRE, "QF322F16_PRE", types(D::Fp32), types(D::Fp16), true, false, true},
    {VQF322F16_PRE, "VQF322F16_PRE", types(D::Fp32), types(D::Fp16), true, true, true},
    {QF322BF16_PRE, "QF322BF16_PRE", types(D::Fp32), types(D::Bf16), true, false, true},
    {VQF322BF16_PRE, "VQF322BF16_PRE", types(D::Fp32), types(D::Bf16), true, true, true},
    {QF322F32_PRE, "QF322F32_PRE", types(D::Fp32), types(D::Fp32), true, false, true},
    {VQF322F32_PRE, "VQF322F32_PRE", types(D::Fp32), types(D::Fp32), true, true, true},
}};

const ModeRow& require_mode(const FixpipeCall& call) {
  const auto row =
      std::find_if(kModes.begin(), kModes.end(), [&](const ModeRow& r) { return r.mode == call.mode; });
  if (row == kModes.end())
    refuse(call.call, fmt::format("quantPre {} is not known", static_cast<int>(call.mode)));
  if (row->only_3510) require_arch(row->name, 3510);
  const bool same = call.mode != NoQuant || call.from == call.to;
  if ((row->from & set_of(call.from)) == 0 || (row->to & set_of(call.to)) == 0 || !same) {
    refuse(call.call, fmt::format("quantPre {} does not turn {} into {}", row->name, type_name(call.from),
                                  type_name(call.to)));
  }
  if (row->per_column && !call.has_scales)
    refuse(call.call, fmt::format("quantPre {} needs a tensor of scales", row->name));
  return *row;
}

// Low word: a float; bits 37 to 45: a signed offset of 8-bit results.
double scale_of(std::uint64_t word) {
  return static_cast<double>(__builtin_bit_cast(float, static_cast<std::uint32_t>(word) & kScaleMask));
}
double offset_of(std::uint64_t word) {
  const auto raw = static_cast<std::int32_t>(word >> 37U & 0x1ffU);
  return raw >= 256 ? raw - 512 : raw;
}

// One element on its way: scale, offset, relu, type.
struct Converter {
  FixpipeCall call;
  bool scaled = false;
  bool per_column = false;
  Overflow overflow = Overflow::Keep;
  const std::byte* scales = nullptr;

  void operator()(std::byte* to, std::uint64_t to_index, const std::byte* from, std::uint64_t from_index,
                  std::uint32_t column) const {
    double value = load_number(from, from_index, call.from);
    if (scaled) {
      std::uint64_t word = call.scale;
      if (per_column) std::memcpy(&word, scales + column * sizeof(word), sizeof(word));
      value *= scale_of(word);
      if (bits_of(call.to) == 8 && !is_floating(call.to))
        value = round_to_integral(value, Rounding::Rint) + offset_of(word);
    }
    if (call.relu && value < 0) value = 0;
    store_number(to, to_index, call.to, value, Rounding::Rint, overflow);
  }
};

std::uint64_t destination_index(const FixpipeCall& call, std::uint32_t row, std::uint32_t column) {
  switch (call.layout) {
    case FixpipeMove::Layout::RowMajor:
      return row * call.pitch + column;
    case FixpipeMove::Layout::ColumnMajor:
      return column * call.pitch + row;
    case FixpipeMove::Layout::Nz:
      break;
  }
  return column / call.stripe_width * call.pitch + std::uint64_t{row} * call.stripe_width +
         column % call.stripe_width;
}

std::uint64_t source_index(const FixpipeCall& call, std::uint32_t row, std::uint32_t column) {
  return column / kStripe * call.stripe + std::uint64_t{row} * kStripe + column % kStripe;
}

// Elements from the first to past the last that one matrix takes at the destination.
std::uint64_t destination_reach(const FixpipeCall& call) {
  if (call.layout != FixpipeMove::Layout::Nz) return destination_index(call, call.m - 1, call.n - 1) + 1;
  return (ceil_div(call.n, call.stripe_width) - 1) * call.pitch + std::uint64_t{call.m} * call.stripe_width;
}

// What GM sees: rows, columns or whole stripes.
void describe_rows(const FixpipeCall& call, GlobalMove& move) {
  const std::uint64_t bits = bits_of(call.to);
  const bool nz = call.layout == FixpipeMove::Layout::Nz;
  const bool rows = call.layout == FixpipeMove::Layout::RowMajor;
  move.rows = nz ? static_cast<std::uint32_t>(ceil_div(call.n, call.stripe_width)) : (rows ? call.m : call.n);
  move.row_bytes = (nz ? std::uint64_t{call.m} * call.stripe_width : (rows ? call.n : call.m)) * bits / 8;
  move.row_stride = call.pitch * bits / 8;
  move.matrices = call.matrices;
  move.matrix_stride = call.destination_matrix * bits / 8;
}

Instruction instruction_of(const FixpipeCall& call, Memory destination) {
  if (call.unit_flag != 0 && call.unit_flag != 2 && call.unit_flag != 3) {
    refuse(call.call, fmt::format("unitFlag is {}, expected 0, 2 or 3", call.unit_flag));
  }
  require_at_most(call.call, "nSize", call.n, 4095);
  require_at_most(call.call, "mSize", call.m, 8192);
  require_aligned(call.call, "the source", call.source, 64);
  const std::uint64_t reach = (call.matrices - 1) * call.source_matrix +
                              source_index(call, call.m - 1, (call.n - 1) / kStripe * kStripe) + kStripe;
  require_inside(call.call, "the source", Memory::L0c, call.source, reach * 4);
  FixpipeMove move;
  move.destination = destination;
  move.rows = call.m;
  move.columns = call.n;
  move.matrices = call.matrices;
  move.from = call.from;
  move.to = call.to;
  move.layout = call.layout;
  move.dual_destination = call.dual != 0;
  move.unit_flag = call.unit_flag;
  Instruction instruction;
  instruction.call = call.call;
  instruction.pipe = Pipe::Fix;
  instruction.work = move;
  instruction.touch(footprint(Memory::L0c, false, call.source, reach * 4));
  if (call.has_scales) {
    require_inside(call.call, "the scales", call.scales.memory, call.scales.address, call.n * 8ULL);
    instruction.touch(footprint(call.scales.memory, false, call.scales.address, call.n * 8ULL));
  }
  return instruction;
}

Converter converter_of(const FixpipeCall& call, const ModeRow& mode) {
  ScalarUnit& unit = scalar_unit();
  const std::byte* const scales =
      call.has_scales ? unit.local(call.scales.memory) + call.scales.address : nullptr;
  return {call, mode.scaled, mode.per_column, unit.registers().overflow, scales};
}

bool empty(const FixpipeCall& call) {
  return call.n == 0 || call.m == 0 || call.matrices == 0;
}

}  // namespace

void fixpipe_to_gm(const FixpipeCall& call, const GlobalPlace& destination) {
  if (empty(call)) return;
  const ModeRow& mode = require_mode(call);
  Instruction instruction = instruction_of(call, Memory::Gm);
  const std::uint64_t bits = bits_of(call.to);
  const std::uint64_t bytes =
      ceil_div(((call.matrices - 1) * call.destination_matrix + destination_reach(call)) * bits, 8);
  ScalarUnit& unit = scalar_unit();
  const AtomicMode atomic = unit.registers().atomic;
  GlobalMove& move = std::get<FixpipeMove>(instruction.work).global;
  move.write = true;
  move.local = Memory::L0c;
  move.address = gm_address(call.call, "the destination", destination.pointer, bytes);
  move.atomic = atomic.op != AtomicOp::None;
  move.hint = destination.hint;
  describe_rows(call, move);
  instruction.touch(footprint(Memory::Gm, true, move.address, bytes));
  if (!unit.functional()) return unit.issue(instruction, {});
  const std::byte* const from = unit.local(Memory::L0c) + call.source;
  unit.issue(
      instruction, [to = destination.pointer, from, call, atomic, bits, convert = converter_of(call, mode)] {
        for (std::uint64_t t = 0; t < call.matrices; ++t) {
          for (std::uint32_t row = 0; row < call.m; ++row) {
            for (std::uint32_t column = 0; column < call.n; ++column) {
              const std::byte* const in = from + t * call.source_matrix * 4;
              const std::uint64_t index = t * call.destination_matrix + destination_index(call, row, column);
              std::array<std::byte, 8> element{};
              convert(element.data(), 0, in, source_index(call, row, column), column);
              write_global(to + index * bits / 8, element.data(), bits / 8, atomic);
            }
          }
        }
      });
}

void fixpipe_to_local(const FixpipeCall& call, const LocalPlace& destination) {
  if (empty(call)) return;
  const ModeRow& mode = require_mode(call);
  const bool to_vector = destination.memory == Memory::UnifiedBuffer;
  if (to_vector) require_arch("Fixpipe to the unified buffer", 3510);
  if (!to_vector && destination.memory != Memory::L1) {
    refuse(call.call, fmt::format("the destination is in the {}, expected GM, L1 or the unified buffer",
                                  memory_name(destination.memory)));
  }
  if (call.dual > 2 || (call.dual != 0 && !to_vector))
    refuse(call.call,
           fmt::format("dualDstCtl is {}, which needs the unified buffer and 0, 1 or 2", call.dual));
  require_aligned(call.call, "the destination", destination.address, kBlockBytes);
  Instruction instruction = instruction_of(call, destination.memory);
  FixpipeCall half_call = call;  // one destination of two
  if (call.dual == 1) half_call.m = call.m / 2;
  if (call.dual == 2) half_call.n = call.n / 2;
  if (empty(half_call)) refuse(call.call, "a dual destination needs at least two rows or columns");
  const std::uint64_t bits = bits_of(call.to);
  const std::uint64_t bytes =
      ceil_div(((call.matrices - 1) * call.destination_matrix + destination_reach(half_call)) * bits, 8);
  require_inside(call.call, "the destination", destination.memory, destination.address, bytes);
  if (!to_vector) instruction.touch(footprint(destination.memory, true, destination.address, bytes));
  ScalarUnit& unit = scalar_unit();
  if (!unit.functional()) return unit.issue(instruction, {});
  std::array<std::byte*, 2> to{};
  for (std::size_t i = 0; i < (call.dual != 0 ? 2U : 1U); ++i) {
    const std::int64_t core = call.dual != 0 ? static_cast<std::int64_t>(i) : call.sub_block;
    to[i] = to_vector ? unit.peer(Memory::UnifiedBuffer, core) : unit.local(Memory::L1);
    if (to[i] == nullptr) refuse(call.call, fmt::format("the block has no vector core {} to write to", core));
    to[i] += destination.address;
  }
  const std::byte* const from = unit.local(Memory::L0c) + call.source;
  unit.issue(instruction, [to, from, call, half_call, convert = converter_of(call, mode)] {
    for (std::uint64_t t = 0; t < call.matrices; ++t) {
      const std::byte* const in = from + t * call.source_matrix * 4;
      for (std::uint32_t row = 0; row < call.m; ++row) {
        for (std::uint32_t column = 0; column < call.n; ++column) {
          const bool second = call.dual != 0 && (row >= half_call.m || column >= half_call.n);
          const std::uint32_t r = second && call.dual == 1 ? row - half_call.m : row;
          const std::uint32_t c = second && call.dual == 2 ? column - half_call.n : column;
          if (r >= half_call.m || c >= half_call.n) continue;  // the odd row or column has no place
          convert(to[second ? 1 : 0], t * call.destination_matrix + destination_index(half_call, r, c), in,
                  source_index(call, row, column), column);
        }
      }
    }
  });
}

}  // namespace podsim::kernel
