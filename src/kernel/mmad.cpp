// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/mmad.h"

#include <fmt/format.h>

#include <vector>

namespace podsim::kernel {
namespace {

constexpr std::uint32_t kRows = 16;
constexpr std::uint64_t kMostSize = 4095;
constexpr std::uint32_t kScaleGroup = 32;  // values of k that share a scale
constexpr int kHf32Mantissa = 11;

struct Shape {
  std::uint64_t m;
  std::uint64_t n;
  std::uint64_t k;
  std::uint64_t c0;
  std::uint64_t k_fractals;
  bool vector;  // A is one row, read as it lies
  bool a_nz;    // layout of L0A: Nz on 3510, Zz on 2201
};

std::uint64_t a_index(const Shape& s, std::uint64_t m, std::uint64_t k) {
  if (s.vector) return k;
  const std::uint64_t m_fractals = ceil_div(s.m, kRows);
  const std::uint64_t fractal =
      s.a_nz ? k / s.c0 * m_fractals + m / kRows : m / kRows * s.k_fractals + k / s.c0;
  return fractal * kRows * s.c0 + m % kRows * s.c0 + k % s.c0;
}
std::uint64_t b_index(const Shape& s, std::uint64_t k, std::uint64_t n) {
  return (k / s.c0 * ceil_div(s.n, kRows) + n / kRows) * kRows * s.c0 + n % kRows * s.c0 + k % s.c0;
}
std::uint64_t c_index(const Shape& s, std::uint64_t m, std::uint64_t n) {
  return n / kRows * round_up(s.m, kRows) * kRows + m * kRows + n % kRows;
}

struct Pair {
  DataType a;
  DataType b;
  DataType c;
  bool on_2201;
  bool on_3510;
  bool microscaled;
};
using D = DataType;
constexpr std::array<Pair, 19> kPairs{{
    {D::Fp16, D::Fp16, D::Fp32, true, true, false},
    {D::Bf16, D::Bf16, D::Fp32, true, true, false},
    {D::Fp32, D::Fp32, D::Fp32, true, true, false},
    {D::Int8, D::Int8, D::Int32, true, true, false},
    {D::Int4, D::Int4, D::Int32, true, false, false},
    {D::Fp8E4m3, D::Fp8E4m3, D::Fp32, false, true, false},
    {D::Fp8E4m3, D::Fp8E5m2, D::Fp32, false, true, false},
    {D::Fp8E5m2, D::Fp8E4m3, D::Fp32, false, true, false},
    {D::Fp8E5m2, D::Fp8E5m2, D::Fp32, false, true, false},
    {D::Hif8, D::Hif8, D::Fp32, false, true, false},
    {D::Uint8, D::Int8, D::Int32, true, false, false},
    {D::Fp8E4m3, D::Fp8E4m3, D::Fp32, false, true, true},
    {D::Fp8E4m3, D::Fp8E5m2, D::Fp32, false, true, true},
    {D::Fp8E5m2, D::Fp8E4m3, D::Fp32, false, true, true},
    {D::Fp8E5m2, D::Fp8E5m2, D::Fp32, false, true, true},
    {D::Fp4E2m1, D::Fp4E2m1, D::Fp32, false, true, true},
    {D::Fp4E1m2, D::Fp4E1m2, D::Fp32, false, true, true},
    {D::Fp4E2m1, D::Fp4E1m2, D::Fp32, false, true, true},
    {D::Fp4E1m2, D::Fp4E2m1, D::Fp32, false, true, true},
}};

void require_pair(const MmadCall& call) {
  for (const Pair& pair : kPairs) {
    const bool here = is_3510() ? pair.on_3510 : pair.on_2201;
    if (here && pair.a == call.a_type && pair.b == call.b_type && pair.c == call.c_type &&
        pair.microscaled == call.microscaled)
      return;
  }
  refuse(call.call,
         fmt::format("{} times {} into {} does not exist on architecture {}", type_name(call.a_type),
                     type_name(call.b_type), type_name(call.c_type), scalar_unit().chip().architecture));
}

double hf32(double value) {
  constexpr FloatFormat kHf32{8, kHf32Mantissa, 127, true, 0xff << kHf32Mantissa | 1, 0x1.ffep127};
  return decode(encode(value, kHf32), kHf32);
}

// Scale of row `row` (of A, or column of B) for group `group` of k: units of 16 rows x 2 groups.
double scale_of(const std::vector<std::uint8_t>& scales, std::uint64_t first, std::uint64_t row,
                std::uint64_t group, std::uint64_t k) {
  const std::uint64_t units = ceil_div(k, 2 * kScaleGroup);
  const std::uint64_t at =
      first + (row / kRows * units + group / 2) * kBlockBytes + row % kRows * 2 + group % 2;
  return at < scales.size() ? decode_e8m0(scales[at]) : 1.0;
}

// The operands as plain row-major matrices, scaled.
template <class T>
struct Operands {
  std::vector<T> a;  // m x k
  std::vector<T> b;  // k x n
};

template <class T>
Operands<T> unpack(const MmadCall& call, const Shape& s, const std::byte* a, const std::byte* b,
                   const CoreRegisters& registers, bool round_hf32) {
  Operands<T> operands{std::vector<T>(s.m * s.k), std::vector<T>(s.k * s.n)};
  for (std::uint64_t m = 0; m < s.m; ++m) {
    for (std::uint64_t k = 0; k < s.k; ++k) {
      double value = load_number(a, a_index(s, m, k), call.a_type);
      if (round_hf32) value = hf32(value);
      if (call.microscaled) value *= scale_of(registers.scales[0], call.a / 16, m, k / kScaleGroup, s.k);
      operands.a[m * s.k + k] = static_cast<T>(value);
    }
  }
  for (std::uint64_t k = 0; k < s.k; ++k) {
    for (std::uint64_t n = 0; n < s.n; ++n) {
      double value = load_number(b, b_index(s, k, n), call.b_type);
      if (round_hf32) value = hf32(value);
      if (call.microscaled) value *= scale_of(registers.scales[1], call.b / 16, n, k / kScaleGroup, s.k);
      operands.b[k * s.n + n] = static_cast<T>(value);
    }
  }
  return operands;
}

// Where the sums start: zero, what is in L0C, or the bias.
enum class Start : std::uint8_t { Zero, Accumulate, Bias };

// T: float, or uint32_t for int32 results, which wrap. Products are added in order of k.
template <class T>
void multiply(const Shape& s, const Operands<T>& operands, std::byte* c, Start start, const std::byte* bias) {
  std::vector<T> row(s.n);
  for (std::uint64_t m = 0; m < s.m; ++m) {
    for (std::uint64_t n = 0; n < s.n; ++n) {
      row[n] = T{0};
      if (start == Start::Accumulate) std::memcpy(&row[n], c + c_index(s, m, n) * sizeof(T), sizeof(T));
      if (start == Start::Bias) std::memcpy(&row[n], bias + n * sizeof(T), sizeof(T));
    }
    for (std::uint64_t k = 0; k < s.k; ++k) {
      const T factor = operands.a[m * s.k + k];
      const T* const other = &operands.b[k * s.n];
      for (std::uint64_t n = 0; n < s.n; ++n) row[n] += factor * other[n];
    }
    for (std::uint64_t n = 0; n < s.n; ++n) std::memcpy(c + c_index(s, m, n) * sizeof(T), &row[n], sizeof(T));
  }
}

// Integers pass through double exactly; negative ones wrap into the unsigned arithmetic.
Operands<std::uint32_t> unpack_integers(const MmadCall& call, const Shape& s, const std::byte* a,
                                        const std::byte* b, const CoreRegisters& registers) {
  const Operands<std::int32_t> from = unpack<std::int32_t>(call, s, a, b, registers, false);
  return {std::vector<std::uint32_t>(from.a.begin(), from.a.end()),
          std::vector<std::uint32_t>(from.b.begin(), from.b.end())};
}

Shape shape_of(const MmadCall& call, const AscendC::MmadParams& p) {
  const std::uint64_t c0 = kBlockBytes * 8 / bits_of(call.a_type);
  std::uint64_t k_fractals = ceil_div(p.k, c0);
  if (p.kDirectionAlign) k_fractals = round_up(k_fractals, 2);
  return {p.m, p.n, p.k, c0, k_fractals, p.m == 1 && !(is_3510() && p.disableGemv), is_3510()};
}

}  // namespace

void issue_mmad(const MmadCall& call, const AscendC::MmadParams& p) {
  require_at_most(call.call, "m", p.m, kMostSize);
  require_at_most(call.call, "n", p.n, kMostSize);
  require_at_most(call.call, "k", p.k, kMostSize);
  if (p.unitFlag != 0 && p.unitFlag != 2 && p.unitFlag != 3) {
    refuse(call.call, fmt::format("unitFlag is {}, expected 0, 2 or 3", p.unitFlag));
  }
  if (p.m == 0 || p.n == 0 || p.k == 0) return;
  require_pair(call);
  require_aligned(call.call, "the left matrix", call.a, kFractalBytes);
  require_aligned(call.call, "the right matrix", call.b, kFractalBytes);
  require_aligned(call.call, "the result", call.c, 1024);
  const Shape s = shape_of(call, p);
  const std::uint64_t fractal_row = s.k_fractals * kFractalBytes;
  const std::uint64_t a_bytes = s.vector ? round_up(ceil_div(s.k * bits_of(call.a_type), 8), kBlockBytes)
                                         : ceil_div(s.m, kRows) * fractal_row;
  const std::uint64_t b_bytes = ceil_div(s.n, kRows) * fractal_row;
  const std::uint64_t c_bytes = round_up(s.m, kRows) * round_up(s.n, kRows) * 4;
  require_inside(call.call, "the left matrix", Memory::L0a, call.a, a_bytes);
  require_inside(call.call, "the right matrix", Memory::L0b, call.b, b_bytes);
  require_inside(call.call, "the result", Memory::L0c, call.c, c_bytes);

  ScalarUnit& unit = scalar_unit();
  const bool round_hf32 = call.a_type == DataType::Fp32 && unit.registers().hf32;
  CubeWork work;
  work.m = p.m;
  work.n = p.n;
  work.k = p.k;
  work.a = round_hf32 ? DataType::Hf32 : call.a_type;
  work.b = round_hf32 ? DataType::Hf32 : call.b_type;
  work.microscaled = call.microscaled;
  work.vector = s.vector;
  work.unit_flag = p.unitFlag;
  Instruction instruction;
  instruction.call = call.call;
  instruction.pipe = Pipe::M;
  instruction.work = work;
  instruction.touch(footprint(Memory::L0a, false, call.a, a_bytes));
  instruction.touch(footprint(Memory::L0b, false, call.b, b_bytes));
  instruction.touch(footprint(Memory::L0c, true, call.c, c_bytes));
  const Start start =
      call.has_bias ? Start::Bias : (!p.cmatrixInitVal || p.isBias ? Start::Accumulate : Start::Zero);
  if (start == Start::Accumulate) instruction.touch(footprint(Memory::L0c, false, call.c, c_bytes));
  if (call.has_bias) {
    require_aligned(call.call, "the bias", call.bias.address, 64);
    require_inside(call.call, "the bias", call.bias.memory, call.bias.address, s.n * 4);
    instruction.touch(footprint(call.bias.memory, false, call.bias.address, s.n * 4));
  }
  if (!unit.functional()) return unit.issue(instruction, {});
  const std::byte* const a = unit.local(Memory::L0a) + call.a;
  const std::byte* const b = unit.local(Memory::L0b) + call.b;
  std::byte* const c = unit.local(Memory::L0c) + call.c;
  const std::byte* const bias = call.has_bias ? unit.local(call.bias.memory) + call.bias.address : nullptr;
  const CoreRegisters* const registers = &unit.registers();
  unit.issue(instruction, [=] {
    if (call.c_type == DataType::Fp32)
      return multiply(s, unpack<float>(call, s, a, b, *registers, round_hf32), c, start, bias);
    multiply(s, unpack_integers(call, s, a, b, *registers), c, start, bias);
  });
}

}  // namespace podsim::kernel
