// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

// Physical quantities as integer strong types: the unit is in the type, not in a comment.
// They live in podsim itself, because every layer speaks in them.
namespace podsim {

// An integer count of one unit. No implicit way in or out: construct explicitly, leave by count().
template <class Unit>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(std::int64_t count) : count_(count) {}
  constexpr std::int64_t count() const { return count_; }
  static constexpr Quantity max() { return Quantity(std::numeric_limits<std::int64_t>::max()); }

  constexpr Quantity& operator+=(Quantity other) {
    count_ += other.count_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    count_ -= other.count_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return a -= b; }
  friend constexpr Quantity operator*(Quantity a, std::int64_t n) { return Quantity(a.count_ * n); }
  friend constexpr Quantity operator*(std::int64_t n, Quantity a) { return a * n; }
  friend constexpr Quantity operator/(Quantity a, std::int64_t n) { return Quantity(a.count_ / n); }
  friend constexpr std::int64_t operator/(Quantity a, Quantity b) { return a.count_ / b.count_; }
  friend constexpr bool operator==(Quantity a, Quantity b) { return a.count_ == b.count_; }
  friend constexpr bool operator!=(Quantity a, Quantity b) { return a.count_ != b.count_; }
  friend constexpr bool operator<(Quantity a, Quantity b) { return a.count_ < b.count_; }
  friend constexpr bool operator>(Quantity a, Quantity b) { return a.count_ > b.count_; }
  friend constexpr bool operator<=(Quantity a, Quantity b) { return a.count_ <= b.count_; }
  friend constexpr bool operator>=(Quantity a, Quantity b) { return a.count_ >= b.count_; }

 private:
  std::int64_t count_ = 0;
};

using Bytes = Quantity<struct BytesUnit>;
using Picoseconds = Quantity<struct PicosecondsUnit>;
using Cycles = Quantity<struct CyclesUnit>;
using Hertz = Quantity<struct HertzUnit>;
using BytesPerSecond = Quantity<struct BytesPerSecondUnit>;
using Flops = Quantity<struct FlopsUnit>;                    // a number of floating-point operations
using FlopsPerSecond = Quantity<struct FlopsPerSecondUnit>;  // a rate of them

// Time to move `bytes` at `rate`, rounded up to a whole picosecond; 128-bit inside. `rate` must be positive.
Picoseconds time_rounded_up(Bytes bytes, BytesPerSecond rate);
// Time to do `work` at `rate`, rounded up to a whole picosecond; 128-bit inside. `rate` must be positive.
Picoseconds time_rounded_up(Flops work, FlopsPerSecond rate);
// Time of `cycles` of a clock, rounded up to a whole picosecond. `clock` must be positive.
Picoseconds time_rounded_up(Cycles cycles, Hertz clock);
// value * numerator / denominator, rounded up, 128-bit inside.
std::int64_t scale_rounded_up(std::int64_t value, std::int64_t numerator, std::int64_t denominator);
// Mean rate of `bytes` over `time`, rounded down. `time` must be positive.
BytesPerSecond rate_rounded_down(Bytes bytes, Picoseconds time);

// Reads "56GB/s", "192KiB", "175ns", "1.65GHz", "865TFLOP/s", "12cycles". Decimal prefixes k M G T P, binary
// Ki Mi Gi Ti for bytes. Empty when the text is no such quantity, is not a whole number of the base unit, or
// does not fit in 63 bits.
template <class Q>
std::optional<Q> parse_quantity(std::string_view text);

// Writes a quantity with the largest prefix that loses nothing; parse_quantity reads it back to the same
// value.
std::string to_string(Bytes);
std::string to_string(Picoseconds);
std::string to_string(Cycles);
std::string to_string(Hertz);
std::string to_string(BytesPerSecond);
std::string to_string(Flops);
std::string to_string(FlopsPerSecond);

// What a quantity of this kind looks like, for messages and schemas: name "bandwidth", example "56GB/s",
// and the regular expression (ECMAScript) that its texts match.
struct QuantityForm {
  const char* name;
  const char* example;
  const char* pattern;
};
template <class Q>
QuantityForm quantity_form();

namespace literals {
#define PODSIM_LITERAL(suffix, type, factor)                                       \
  constexpr type operator""_##suffix(unsigned long long n) {                       \
    return type(static_cast<std::int64_t>(n) * static_cast<std::int64_t>(factor)); \
  }
PODSIM_LITERAL(B, Bytes, 1)
PODSIM_LITERAL(KiB, Bytes, 1LL << 10)
PODSIM_LITERAL(MiB, Bytes, 1LL << 20)
PODSIM_LITERAL(GiB, Bytes, 1LL << 30)
PODSIM_LITERAL(ps, Picoseconds, 1)
PODSIM_LITERAL(ns, Picoseconds, 1'000)
PODSIM_LITERAL(us, Picoseconds, 1'000'000)
PODSIM_LITERAL(ms, Picoseconds, 1'000'000'000)
PODSIM_LITERAL(cycles, Cycles, 1)
PODSIM_LITERAL(MHz, Hertz, 1'000'000)
PODSIM_LITERAL(GHz, Hertz, 1'000'000'000)
PODSIM_LITERAL(MBps, BytesPerSecond, 1'000'000)
PODSIM_LITERAL(GBps, BytesPerSecond, 1'000'000'000)
PODSIM_LITERAL(TBps, BytesPerSecond, 1'000'000'000'000)
PODSIM_LITERAL(flop, Flops, 1)
PODSIM_LITERAL(TFLOPps, FlopsPerSecond, 1'000'000'000'000)
#undef PODSIM_LITERAL
}  // namespace literals

}  // namespace podsim
