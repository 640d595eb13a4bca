// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/vector_cast.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace podsim::kernel {
namespace {

struct CastRow {
  DataType from;
  TypeSet to_on_2201;
  TypeSet to_on_3510;  // besides
};
using D = DataType;
// Legal pairs: published table of Cast for 2201, and what 3510 adds.
constexpr std::array<CastRow, 19> kCasts{{
    {D::Int4, types(D::Fp16), types(D::Bf16)},
    {D::Int8, types(D::Fp16), types(D::Int16, D::Int32, D::Fp32, D::Bf16)},
    {D::Uint8, types(D::Fp16), types(D::Uint16, D::Uint32, D::Int16, D::Int32)},
    {D::Int16, types(D::Fp16, D::Fp32), types(D::Int32, D::Uint32, D::Uint8, D::Int8)},
    {D::Uint16, 0, types(D::Uint8, D::Uint32)},
    {D::Fp16, types(D::Int4, D::Int8, D::Uint8, D::Int16, D::Int32, D::Fp32),
     types(D::Hif8, D::Bf16, D::Fp16)},
    {D::Bf16, types(D::Fp32, D::Int32), types(D::Fp16, D::Fp4E2m1, D::Fp4E1m2, D::Int4, D::Bf16)},
    {D::Int32, types(D::Fp32, D::Int16, D::Int64, D::Fp16), types(D::Uint8, D::Int8, D::Uint16)},
    {D::Uint32, 0, types(D::Uint8, D::Uint16, D::Int16)},
    {D::Fp32, types(D::Fp16, D::Bf16, D::Int16, D::Int32, D::Int64, D::Fp32),
     types(D::Fp8E4m3, D::Fp8E5m2, D::Hif8)},
    {D::Int64, types(D::Int32, D::Fp32), 0},
    {D::Uint64, 0, 0},
    {D::Fp8E4m3, 0, types(D::Fp32)},
    {D::Fp8E5m2, 0, types(D::Fp32)},
    {D::Hif8, 0, types(D::Fp32, D::Fp16)},
    {D::Fp4E2m1, 0, types(D::Bf16)},
    {D::Fp4E1m2, 0, types(D::Bf16)},
    {D::Fp8E8m0, 0, 0},
    {D::Fp64, 0, 0},
}};

void require_cast(DataType from, DataType to) {
  for (const CastRow& row : kCasts) {
    if (row.from != from) continue;
    const TypeSet allowed = row.to_on_2201 | (is_3510() ? row.to_on_3510 : 0);
    if ((allowed & set_of(to)) != 0) return;
  }
  refuse("Cast", fmt::format("{} to {} does not exist on architecture {}", type_name(from), type_name(to),
                             scalar_unit().chip().architecture));
}

// A double that rounds to any narrower type as the integer would: inexact ones get an odd last bit.
double odd_double(std::int64_t value) {
  auto result = static_cast<double>(value);
  if (result >= -0x1p63 && result < 0x1p63 && static_cast<std::int64_t>(result) == value) return result;
  const bool away =
      std::fabs(result) >= 0x1p63 || std::llabs(static_cast<std::int64_t>(result)) > std::llabs(value);
  if (away) result = std::nextafter(result, 0.0);
  return __builtin_bit_cast(double, __builtin_bit_cast(std::uint64_t, result) | 1U);
}

// Block b of a repeat, element within the block.
const std::byte* block_of(const std::byte* memory, const Operand& operand, std::uint32_t repeat,
                          std::uint32_t element) {
  return memory + operand.address +
         (repeat * std::uint64_t{operand.repeat_stride} +
          element / operand.per_block() * std::uint64_t{operand.block_stride}) *
             kBlockBytes;
}

}  // namespace

void convert_element(std::byte* to, std::uint64_t to_index, DataType to_type, const std::byte* from,
                     std::uint64_t from_index, DataType from_type, Rounding rounding, Overflow overflow) {
  if (from_type == DataType::Int64) {
    std::int64_t value = 0;
    std::memcpy(&value, from + from_index * sizeof(value), sizeof(value));
    return store_number(to, to_index, to_type, odd_double(value), rounding, overflow);
  }
  double value = load_number(from, from_index, from_type);
  if (from_type == to_type)
    value = round_to_integral(value, rounding == Rounding::None ? Rounding::Rint : rounding);
  store_number(to, to_index, to_type, value, rounding, overflow);
}

void issue_cast(const Operand& to, const Operand& from, AscendC::RoundMode mode, const Lanes& lanes) {
  require_cast(from.type, to.type);
  const CoreRegisters& registers = scalar_unit().registers();
  const Overflow overflow = registers.overflow;
  // int32 -> half goes through a scale and ignores the mode.
  const bool scaled = from.type == DataType::Int32 && to.type == DataType::Fp16;
  const Rounding rounding = scaled ? Rounding::Rint : rounding_of(mode);
  const double scale = scaled ? static_cast<double>(registers.deq_scale) : 1.0;
  const DataType wide = bits_of(to.type) >= bits_of(from.type) ? to.type : from.type;
  VectorCall("Cast", VectorOp::Convert, wide, lanes)
      .writes(to)
      .reads(from)
      .issue([to, from, lanes, rounding, overflow, scaled, scale](std::byte* memory) {
        lanes.for_each([&](std::uint32_t r, std::uint32_t e) {
          const std::byte* const in = block_of(memory, from, r, e);
          std::byte* const out = memory + (block_of(memory, to, r, e) - memory);
          const std::uint32_t i = e % from.per_block();
          const std::uint32_t o = e % to.per_block();
          if (scaled)
            return store_number(out, o, to.type, load_number(in, i, from.type) * scale, rounding, overflow);
          convert_element(out, o, to.type, in, i, from.type, rounding, overflow);
        });
      });
}

}  // namespace podsim::kernel
