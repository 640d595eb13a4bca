// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "podsim/kernel/float_format.h"
#include "podsim/kernel/instruction.h"

// The number types of kernels: half, bfloat16_t, the 8- and 4-bit floats, int4b_t, and what each means to the
// hardware.
namespace podsim::kernel {

template <class T>
inline constexpr bool kIsNumber = std::is_arithmetic_v<T> || std::is_enum_v<T>;

// 16-bit floats compute as float does and round once on the way back, which for + - * / gives the correctly
// rounded result.
template <class Codec>
struct Float16 {
  std::uint16_t bits;

  Float16() = default;
  template <class N, class = std::enable_if_t<kIsNumber<N>>>
  constexpr Float16(N value) : bits(Codec::encode(narrowed(value))) {}  // NOLINT: as the built-in type
  // From the other 16-bit format.
  template <class Other, class = std::enable_if_t<!std::is_same_v<Other, Codec>>>
  constexpr explicit Float16(Float16<Other> value) : bits(Codec::encode(static_cast<float>(value))) {}
  constexpr operator float() const { return Codec::decode(bits); }  // NOLINT

  static constexpr Float16 from_bits(std::uint16_t bits) {
    Float16 value(0);
    value.bits = bits;
    return value;
  }
  template <class N>
  Float16& operator+=(N value) {
    return *this = Float16(float(*this) + static_cast<float>(value));
  }
  template <class N>
  Float16& operator-=(N value) {
    return *this = Float16(float(*this) - static_cast<float>(value));
  }
  template <class N>
  Float16& operator*=(N value) {
    return *this = Float16(float(*this) * static_cast<float>(value));
  }
  template <class N>
  Float16& operator/=(N value) {
    return *this = Float16(float(*this) / static_cast<float>(value));
  }
  Float16& operator++() { return *this += 1; }
  Float16& operator--() { return *this -= 1; }
  Float16 operator++(int) {
    const Float16 before = *this;
    ++*this;
    return before;
  }
  Float16 operator--(int) {
    const Float16 before = *this;
    --*this;
    return before;
  }

 private:
  template <class N>
  static constexpr float narrowed(N value) {
    if constexpr (std::is_same_v<N, double>) return to_float_for_rounding(value);
    return static_cast<float>(value);
  }
};
struct Fp16Codec {
  static constexpr float decode(std::uint16_t bits) { return fp16_to_float(bits); }
  static constexpr std::uint16_t encode(float value) { return float_to_fp16(value); }
};
struct Bf16Codec {
  static constexpr float decode(std::uint16_t bits) { return bf16_to_float(bits); }
  static constexpr std::uint16_t encode(float value) { return float_to_bf16(value); }
};
using Half = Float16<Fp16Codec>;
using Bfloat16 = Float16<Bf16Codec>;

// One byte with a meaning; 8-bit floats do not compute, they are cast and multiplied on the cube.
template <int kKind>
struct Byte8 {
  std::uint8_t bits;

  Byte8() = default;
  explicit Byte8(double value);
  explicit operator float() const;
  static Byte8 from_bits(std::uint8_t bits) {
    Byte8 value{};
    value.bits = bits;
    return value;
  }
};
using Fp8E4m3 = Byte8<0>;
using Fp8E5m2 = Byte8<1>;
using Fp8E8m0 = Byte8<2>;
using Hif8 = Byte8<3>;

// Two 4-bit values in a byte, the lower half first. Tensor sizes and offsets count the 4-bit values.
template <int kKind>
struct Nibbles {
  std::uint8_t bits;
};
using Int4 = Nibbles<0>;
using Fp4E2m1 = Nibbles<1>;
using Fp4E1m2 = Nibbles<2>;

// Value of one 4-bit element, and back.
double decode_nibble(std::uint8_t nibble, DataType type);

template <class T>
struct TypeTraits;
#define PODSIM_TYPE_TRAITS(type, name, size)          \
  template <>                                         \
  struct TypeTraits<type> {                           \
    static constexpr DataType kType = DataType::name; \
    static constexpr std::uint32_t kBits = size;      \
  };
PODSIM_TYPE_TRAITS(Int4, Int4, 4)
PODSIM_TYPE_TRAITS(Fp4E2m1, Fp4E2m1, 4)
PODSIM_TYPE_TRAITS(Fp4E1m2, Fp4E1m2, 4)
PODSIM_TYPE_TRAITS(std::int8_t, Int8, 8)
PODSIM_TYPE_TRAITS(std::uint8_t, Uint8, 8)
PODSIM_TYPE_TRAITS(char, Int8, 8)
PODSIM_TYPE_TRAITS(bool, Bool, 8)
PODSIM_TYPE_TRAITS(Fp8E4m3, Fp8E4m3, 8)
PODSIM_TYPE_TRAITS(Fp8E5m2, Fp8E5m2, 8)
PODSIM_TYPE_TRAITS(Fp8E8m0, Fp8E8m0, 8)
PODSIM_TYPE_TRAITS(Hif8, Hif8, 8)
PODSIM_TYPE_TRAITS(std::int16_t, Int16, 16)
PODSIM_TYPE_TRAITS(std::uint16_t, Uint16, 16)
PODSIM_TYPE_TRAITS(Half, Fp16, 16)
PODSIM_TYPE_TRAITS(Bfloat16, Bf16, 16)
PODSIM_TYPE_TRAITS(std::int32_t, Int32, 32)
PODSIM_TYPE_TRAITS(std::uint32_t, Uint32, 32)
PODSIM_TYPE_TRAITS(float, Fp32, 32)
PODSIM_TYPE_TRAITS(long, Int64, 64)                 // NOLINT: int64_t is one of the two
PODSIM_TYPE_TRAITS(long long, Int64, 64)            // NOLINT
PODSIM_TYPE_TRAITS(unsigned long, Uint64, 64)       // NOLINT
PODSIM_TYPE_TRAITS(unsigned long long, Uint64, 64)  // NOLINT
PODSIM_TYPE_TRAITS(double, Fp64, 64)
#undef PODSIM_TYPE_TRAITS

template <class T>
inline constexpr DataType kTypeOf = TypeTraits<T>::kType;
template <class T>
inline constexpr std::uint32_t kBitsOf = TypeTraits<T>::kBits;

// Bytes of `count` elements, rounded up.
template <class T>
constexpr std::uint64_t bytes_of(std::uint64_t count) {
  return (count * kBitsOf<T> + 7) / 8;
}

// "half", as kernels spell it.
const char* type_name(DataType type);
std::uint32_t bits_of(DataType type);
bool is_floating(DataType type);

// One element as a number, whatever its type: element `index` from `base` (4-bit ones share bytes).
double load_number(const std::byte* base, std::uint64_t index, DataType type);
// The other way, with rounding; integers saturate.
void store_number(std::byte* base, std::uint64_t index, DataType type, double value,
                  Rounding rounding = Rounding::Rint, Overflow overflow = Overflow::Keep);

}  // namespace podsim::kernel

using half = podsim::kernel::Half;
using bfloat16_t = podsim::kernel::Bfloat16;
using fp8_e4m3fn_t = podsim::kernel::Fp8E4m3;
using fp8_e5m2_t = podsim::kernel::Fp8E5m2;
using fp8_e8m0_t = podsim::kernel::Fp8E8m0;
using hifloat8_t = podsim::kernel::Hif8;
using float8_e4m3_t = fp8_e4m3fn_t;
using float8_e5m2_t = fp8_e5m2_t;
using float8_e8m0_t = fp8_e8m0_t;
using fp4x2_e2m1_t = podsim::kernel::Fp4E2m1;
using fp4x2_e1m2_t = podsim::kernel::Fp4E1m2;
using float4_e2m1x2_t = fp4x2_e2m1_t;
using float4_e1m2x2_t = fp4x2_e1m2_t;
using int4x2_t = podsim::kernel::Int4;
namespace AscendC {
using int4b_t = podsim::kernel::Int4;
}
