// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

// Number formats narrower than float, bit by bit.
namespace podsim::kernel {

// How a value that the target cannot hold is rounded; the names of RoundMode. None: exact where possible,
// else as Rint (ties to even). Round: ties away from zero. Odd: an inexact result gets an odd last bit.
enum class Rounding : std::uint8_t { None, Rint, Floor, Ceil, Round, Trunc, Odd };

// What becomes of values past the largest: Keep gives infinity and NaN, Saturate the largest value and zero.
enum class Overflow : std::uint8_t { Keep, Saturate };

struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  bool infinity;      // the top exponent holds infinity and NaN only
  std::uint32_t nan;  // a NaN's bits without sign; 0: none
  double max;         // largest finite value
};

inline constexpr FloatFormat kFp16{5, 10, 15, true, 0x7e00, 65504.0};
inline constexpr FloatFormat kBf16{8, 7, 127, true, 0x7fc0, 0x1.fep127};
inline constexpr FloatFormat kFp32{8, 23, 127, true, 0x7fc00000, 0x1.fffffep127};
inline constexpr FloatFormat kFp8E4m3{4, 3, 7, false, 0x7f, 448.0};
inline constexpr FloatFormat kFp8E5m2{5, 2, 15, true, 0x7e, 57344.0};
inline constexpr FloatFormat kFp4E2m1{2, 1, 1, false, 0, 6.0};
inline constexpr FloatFormat kFp4E1m2{1, 2, 1, false, 0, 1.75};

double decode(std::uint32_t bits, const FloatFormat& format);
std::uint32_t encode(double value, const FloatFormat& format, Rounding rounding = Rounding::Rint,
                     Overflow overflow = Overflow::Keep);

// HiFloat8: sign, prefix-coded exponent width, exponent, mantissa (arXiv 2409.16626).
double decode_hif8(std::uint8_t bits);
std::uint8_t encode_hif8(double value, Overflow overflow = Overflow::Keep);
// Scale of the microscaling formats: a power of two.
double decode_e8m0(std::uint8_t bits);
std::uint8_t encode_e8m0(double value);

// Integral value of `value`.
double round_to_integral(double value, Rounding rounding);

// The fast ways between float and fp16, ties to even. Usable in constant expressions.
constexpr float fp16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16U;
  const std::uint32_t magnitude = bits & 0x7fffU;
  if (magnitude >= 0x7c00U)
    return __builtin_bit_cast(float, sign | 0x7f800000U | (magnitude & 0x3ffU) << 13U);
  // Exponent and mantissa fall into place; the scaling by 2^112 makes up for the other bias, subnormals too.
  const float value = __builtin_bit_cast(float, magnitude << 13U) * 0x1p112F;
  return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, value));
}

constexpr std::uint16_t float_to_fp16(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);
  if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);  // 65520 and more
  if (magnitude < 0x38800000U) {  // subnormal: adding 0.5 lets the float adder round at the right bit
    const float shifted = __builtin_bit_cast(float, magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (__builtin_bit_cast(std::uint32_t, shifted) - 0x3f000000U));
  }
  magnitude += 0xc8000fffU + ((magnitude >> 13U) & 1U);  // exponent bias 127 -> 15, half of the dropped bits
  return static_cast<std::uint16_t>(sign | magnitude >> 13U);
}

constexpr float bf16_to_float(std::uint16_t bits) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16U);
}
constexpr std::uint16_t float_to_bf16(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

// A float that rounds to any narrower format as `value` itself would: rounded to odd.
constexpr float to_float_for_rounding(double value) {
  const auto nearest = static_cast<float>(value);
  const auto back = static_cast<double>(nearest);
  if (back == value || value != value || back - back != 0.0) return nearest;
  auto bits = __builtin_bit_cast(std::uint32_t, nearest);
  const double magnitude = value < 0 ? -value : value;
  if ((back < 0 ? -back : back) > magnitude) --bits;
  return __builtin_bit_cast(float, bits | 1U);
}

}  // namespace podsim::kernel
