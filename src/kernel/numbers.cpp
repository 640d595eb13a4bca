// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/numbers.h"

#include <array>
#include <cmath>
#include <cstring>

namespace podsim::kernel {
namespace {

struct TypeRow {
  DataType type;
  const char* name;
  std::uint32_t bits;
  bool floating;
};
constexpr std::array<TypeRow, 22> kTypes{{
    {DataType::Int4, "int4b_t", 4, false},        {DataType::Uint4, "uint4", 4, false},
    {DataType::Int8, "int8_t", 8, false},         {DataType::Uint8, "uint8_t", 8, false},
    {DataType::Int16, "int16_t", 16, false},      {DataType::Uint16, "uint16_t", 16, false},
    {DataType::Int32, "int32_t", 32, false},      {DataType::Uint32, "uint32_t", 32, false},
    {DataType::Int64, "int64_t", 64, false},      {DataType::Uint64, "uint64_t", 64, false},
    {DataType::Fp4E2m1, "fp4x2_e2m1_t", 4, true}, {DataType::Fp4E1m2, "fp4x2_e1m2_t", 4, true},
    {DataType::Fp8E4m3, "fp8_e4m3fn_t", 8, true}, {DataType::Fp8E5m2, "fp8_e5m2_t", 8, true},
    {DataType::Fp8E8m0, "fp8_e8m0_t", 8, true},   {DataType::Hif8, "hifloat8_t", 8, true},
    {DataType::Fp16, "half", 16, true},           {DataType::Bf16, "bfloat16_t", 16, true},
    {DataType::Fp32, "float", 32, true},          {DataType::Hf32, "hf32", 32, true},
    {DataType::Fp64, "double", 64, true},         {DataType::Bool, "bool", 8, false},
}};
const TypeRow& row(DataType type) {
  return kTypes.at(static_cast<std::size_t>(type));
}

template <class T>
T read(const std::byte* base, std::uint64_t index) {
  T value;
  std::memcpy(&value, base + index * sizeof(T), sizeof(T));
  return value;
}
template <class T>
void write(std::byte* base, std::uint64_t index, T value) {
  std::memcpy(base + index * sizeof(T), &value, sizeof(T));
}

// Integers saturate; NaN becomes 0.
template <class T>
T saturated(double value, Rounding rounding) {
  if (std::isnan(value)) return 0;
  const double whole = round_to_integral(value, rounding == Rounding::None ? Rounding::Rint : rounding);
  // 2^63 is a double, 2^63 - 1 is not: compare against the power of two.
  const double past = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (whole >= past) return std::numeric_limits<T>::max();
  if (whole < static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  return static_cast<T>(whole);
}

std::uint8_t nibble_bits(double value, DataType type, Rounding rounding, Overflow overflow) {
  if (type == DataType::Fp4E2m1)
    return static_cast<std::uint8_t>(encode(value, kFp4E2m1, rounding, overflow));
  if (type == DataType::Fp4E1m2)
    return static_cast<std::uint8_t>(encode(value, kFp4E1m2, rounding, overflow));
  const double whole = std::isnan(value) ? 0 : round_to_integral(value, rounding);
  return static_cast<std::uint8_t>(static_cast<int>(std::min(std::max(whole, -8.0), 7.0)) & 0xf);
}

}  // namespace

const char* type_name(DataType type) {
  return row(type).name;
}
std::uint32_t bits_of(DataType type) {
  return row(type).bits;
}
bool is_floating(DataType type) {
  return row(type).floating;
}

double decode_nibble(std::uint8_t nibble, DataType type) {
  if (type == DataType::Fp4E2m1) return decode(nibble, kFp4E2m1);
  if (type == DataType::Fp4E1m2) return decode(nibble, kFp4E1m2);
  return type == DataType::Uint4 || nibble < 8 ? nibble : nibble - 16;
}

double load_number(const std::byte* base, std::uint64_t index, DataType type) {
  switch (type) {
    case DataType::Int4:
    case DataType::Uint4:
    case DataType::Fp4E2m1:
    case DataType::Fp4E1m2: {
      const auto both = std::to_integer<unsigned>(base[index / 2]);
      return decode_nibble(static_cast<std::uint8_t>(index % 2 == 0 ? both & 0xfU : both >> 4U), type);
    }
    case DataType::Int8:
      return read<std::int8_t>(base, index);
    case DataType::Bool:
    case DataType::Uint8:
      return read<std::uint8_t>(base, index);
    case DataType::Int16:
      return read<std::int16_t>(base, index);
    case DataType::Uint16:
      return read<std::uint16_t>(base, index);
    case DataType::Int32:
      return read<std::int32_t>(base, index);
    case DataType::Uint32:
      return read<std::uint32_t>(base, index);
    case DataType::Int64:
      return static_cast<double>(read<std::int64_t>(base, index));
    case DataType::Uint64:
      return static_cast<double>(read<std::uint64_t>(base, index));
    case DataType::Fp8E4m3:
      return decode(read<std::uint8_t>(base, index), kFp8E4m3);
    case DataType::Fp8E5m2:
      return decode(read<std::uint8_t>(base, index), kFp8E5m2);
    case DataType::Fp8E8m0:
      return decode_e8m0(read<std::uint8_t>(base, index));
    case DataType::Hif8:
      return decode_hif8(read<std::uint8_t>(base, index));
    case DataType::Fp16:
      return static_cast<double>(fp16_to_float(read<std::uint16_t>(base, index)));
    case DataType::Bf16:
      return static_cast<double>(bf16_to_float(read<std::uint16_t>(base, index)));
    case DataType::Fp32:
    case DataType::Hf32:
      return static_cast<double>(read<float>(base, index));
    case DataType::Fp64:
      return read<double>(base, index);
  }
  return 0;
}

void store_number(std::byte* base, std::uint64_t index, DataType type, double value, Rounding rounding,
                  Overflow overflow) {
  const auto narrow = [&](const FloatFormat& format) { return encode(value, format, rounding, overflow); };
  switch (type) {
    case DataType::Int4:
    case DataType::Uint4:
    case DataType::Fp4E2m1:
    case DataType::Fp4E1m2: {
      const unsigned nibble = nibble_bits(value, type, rounding, overflow);
      const auto both = std::to_integer<unsigned>(base[index / 2]);
      base[index / 2] =
          static_cast<std::byte>(index % 2 == 0 ? (both & 0xf0U) | nibble : (both & 0xfU) | nibble << 4U);
      return;
    }
    case DataType::Int8:
      return write(base, index, saturated<std::int8_t>(value, rounding));
    case DataType::Bool:
      return write(base, index, static_cast<std::uint8_t>(value != 0));
    case DataType::Uint8:
      return write(base, index, saturated<std::uint8_t>(value, rounding));
    case DataType::Int16:
      return write(base, index, saturated<std::int16_t>(value, rounding));
    case DataType::Uint16:
      return write(base, index, saturated<std::uint16_t>(value, rounding));
    case DataType::Int32:
      return write(base, index, saturated<std::int32_t>(value, rounding));
    case DataType::Uint32:
      return write(base, index, saturated<std::uint32_t>(value, rounding));
    case DataType::Int64:
      return write(base, index, saturated<std::int64_t>(value, rounding));
    case DataType::Uint64:
      return write(base, index, saturated<std::uint64_t>(value, rounding));
    case DataType::Fp8E4m3:
      return write(base, index, static_cast<std::uint8_t>(narrow(kFp8E4m3)));
    case DataType::Fp8E5m2:
      return write(base, index, static_cast<std::uint8_t>(narrow(kFp8E5m2)));
    case DataType::Fp8E8m0:
      return write(base, index, encode_e8m0(value));
    case DataType::Hif8:
      return write(base, index, encode_hif8(value, overflow));
    case DataType::Fp16:
      return write(base, index, static_cast<std::uint16_t>(narrow(kFp16)));
    case DataType::Bf16:
      return write(base, index, static_cast<std::uint16_t>(narrow(kBf16)));
    case DataType::Fp32:
    case DataType::Hf32:
      return write(base, index, narrow(kFp32));
    case DataType::Fp64:
      return write(base, index, value);
  }
}

template <int kKind>
Byte8<kKind>::Byte8(double value) : bits(0) {
  constexpr std::array kTypesOf{DataType::Fp8E4m3, DataType::Fp8E5m2, DataType::Fp8E8m0, DataType::Hif8};
  store_number(reinterpret_cast<std::byte*>(&bits), 0, kTypesOf[kKind], value);
}
template <int kKind>
Byte8<kKind>::operator float() const {
  constexpr std::array kTypesOf{DataType::Fp8E4m3, DataType::Fp8E5m2, DataType::Fp8E8m0, DataType::Hif8};
  return static_cast<float>(load_number(reinterpret_cast<const std::byte*>(&bits), 0, kTypesOf[kKind]));
}
template struct Byte8<0>;
template struct Byte8<1>;
template struct Byte8<2>;
template struct Byte8<3>;

}  // namespace podsim::kernel
