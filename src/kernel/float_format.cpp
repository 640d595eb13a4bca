// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/float_format.h"

#include <array>
#include <cmath>

namespace podsim::kernel {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::uint32_t field(int bits) {
  return (1U << static_cast<unsigned>(bits)) - 1;
}

std::uint32_t infinity_bits(const FloatFormat& format) {
  return field(format.exponent_bits) << static_cast<unsigned>(format.mantissa_bits);
}

// Bits of a finite value that the format holds exactly; without sign.
std::uint32_t exact_bits(double magnitude, const FloatFormat& format) {
  if (magnitude == 0) return 0;
  int exponent = 0;
  std::frexp(magnitude, &exponent);  // magnitude = 0.1xxx * 2^exponent
  const int lowest = 1 - format.bias;
  const int e = std::max(exponent - 1, lowest);
  const auto significand = static_cast<std::uint32_t>(std::ldexp(magnitude, format.mantissa_bits - e));
  // A normal number's leading one adds one to the exponent field, which is what turns 0 (subnormal) into 1.
  return significand +
         (static_cast<std::uint32_t>(e - lowest) << static_cast<unsigned>(format.mantissa_bits));
}

double round_to_format(double value, const FloatFormat& format, Rounding rounding) {
  int exponent = 0;
  std::frexp(value, &exponent);
  const int quantum = std::max(exponent - 1, 1 - format.bias) - format.mantissa_bits;
  return std::ldexp(round_to_integral(std::ldexp(value, -quantum), rounding), quantum);
}

std::uint32_t overflowed(const FloatFormat& format, Overflow overflow) {
  if (overflow == Overflow::Keep) {
    if (format.infinity) return infinity_bits(format);
    if (format.nan != 0) return format.nan;
  }
  return exact_bits(format.max, format);
}

}  // namespace

double round_to_integral(double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::Floor:
      return std::floor(value);
    case Rounding::Ceil:
      return std::ceil(value);
    case Rounding::Round:
      return std::round(value);
    case Rounding::Trunc:
      return std::trunc(value);
    case Rounding::Odd: {
      const double whole = std::trunc(value);
      if (whole == value || std::fmod(whole, 2.0) != 0) return whole;
      return whole + std::copysign(1.0, value);
    }
    case Rounding::None:
    case Rounding::Rint:
      break;
  }
  const double low = std::floor(value);
  const double rest = value - low;
  if (rest < 0.5 || (rest == 0.5 && std::fmod(low, 2.0) == 0)) return std::copysign(low, value);
  return std::copysign(low + 1, value);
}

double decode(std::uint32_t bits, const FloatFormat& format) {
  const auto width = static_cast<unsigned>(format.exponent_bits + format.mantissa_bits);
  const double sign = ((bits >> width) & 1U) != 0 ? -1.0 : 1.0;
  const std::uint32_t mantissa = bits & field(format.mantissa_bits);
  const std::uint32_t exponent =
      (bits >> static_cast<unsigned>(format.mantissa_bits)) & field(format.exponent_bits);
  if (format.infinity && exponent == field(format.exponent_bits))
    return mantissa == 0 ? sign * kInfinity : kNan;
  if (!format.infinity && format.nan != 0 && (bits & field(static_cast<int>(width))) == format.nan)
    return kNan;
  const std::uint32_t leading = exponent == 0 ? 0 : 1U << static_cast<unsigned>(format.mantissa_bits);
  const int power = (exponent == 0 ? 1 : static_cast<int>(exponent)) - format.bias - format.mantissa_bits;
  return sign * std::ldexp(static_cast<double>(leading + mantissa), power);
}

std::uint32_t encode(double value, const FloatFormat& format, Rounding rounding, Overflow overflow) {
  const auto width = static_cast<unsigned>(format.exponent_bits + format.mantissa_bits);
  const std::uint32_t sign = std::signbit(value) ? 1U << width : 0;
  if (std::isnan(value)) return overflow == Overflow::Saturate || format.nan == 0 ? 0 : format.nan;
  if (std::isinf(value)) return sign | overflowed(format, overflow);
  if (value == 0) return sign;
  const double magnitude = std::fabs(round_to_format(value, format, rounding));
  if (magnitude > format.max) return sign | overflowed(format, overflow);
  return sign | exact_bits(magnitude, format);
}

double decode_hif8(std::uint8_t bits) {
  if (bits == 0x80) return kNan;
  const double sign = (bits & 0x80U) != 0 ? -1.0 : 1.0;
  const std::uint32_t low = bits & 0x7fU;
  if (low == 0x6f) return sign * kInfinity;
  if (low < 8) return low == 0 ? 0.0 : sign * std::ldexp(1.0, static_cast<int>(low) - 23);
  // {prefix length, exponent bits} by the leading ones of the prefix code 11, 10, 01, 001, 0001.
  const std::uint32_t top = low >> 5U;
  const unsigned exponent_bits = top != 0 ? top + 1 : ((low >> 4U) & 1U);
  const unsigned prefix = top != 0 ? 2 : (exponent_bits == 1 ? 3 : 4);
  const unsigned mantissa_bits = 7 - prefix - exponent_bits;
  const std::uint32_t mantissa = low & ((1U << mantissa_bits) - 1);
  int exponent = 0;
  if (exponent_bits > 0) {  // sign and magnitude, whose leading one is not stored
    const std::uint32_t raw = (low >> mantissa_bits) & ((1U << exponent_bits) - 1);
    const std::uint32_t hidden = 1U << (exponent_bits - 1);
    const auto size = static_cast<int>(hidden | (raw & (hidden - 1)));
    exponent = (raw & hidden) != 0 ? -size : size;
  }
  return sign * std::ldexp(1.0 + std::ldexp(static_cast<double>(mantissa), -static_cast<int>(mantissa_bits)),
                           exponent);
}

std::uint8_t encode_hif8(double value, Overflow overflow) {
  static const auto kValues = [] {
    std::array<double, 128> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = decode_hif8(static_cast<std::uint8_t>(i));
    return values;
  }();
  constexpr double kMax = 32768.0;
  if (std::isnan(value)) return overflow == Overflow::Saturate ? 0 : 0x80;
  const std::uint32_t sign = std::signbit(value) ? 0x80U : 0;
  const double magnitude = std::fabs(value);
  if (magnitude >= 1.25 * kMax) {
    return static_cast<std::uint8_t>(sign | (overflow == Overflow::Saturate ? 0x6eU : 0x6fU));
  }
  std::uint32_t best = 0;
  for (std::uint32_t i = 1; i < kValues.size(); ++i) {
    if (std::isinf(kValues[i])) continue;
    const double now = std::fabs(kValues[i] - magnitude);
    const double before = std::fabs(kValues[best] - magnitude);
    if (now < before || (now == before && kValues[i] > kValues[best])) best = i;  // ties away from zero
  }
  return best == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(sign | best);
}

double decode_e8m0(std::uint8_t bits) {
  return bits == 0xff ? kNan : std::ldexp(1.0, bits - 127);
}

std::uint8_t encode_e8m0(double value) {
  if (!(value > 0) || std::isinf(value)) return value == 0 ? std::uint8_t{0} : std::uint8_t{0xff};
  int exponent = 0;
  std::frexp(value, &exponent);
  return static_cast<std::uint8_t>(std::min(std::max(exponent - 1 + 127, 0), 254));
}

}  // namespace podsim::kernel
