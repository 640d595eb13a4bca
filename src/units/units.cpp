// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/units/units.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace podsim {
namespace {

__extension__ using Int128 = __int128;

constexpr std::int64_t kPicosecondsPerSecond = 1'000'000'000'000;

std::int64_t divide_rounded_up(Int128 numerator, std::int64_t denominator) {
  return static_cast<std::int64_t>((numerator + denominator - 1) / denominator);
}

struct Suffix {
  std::string_view text;
  std::int64_t factor;
};

// In the order in which printing tries them: binary prefixes, then decimal ones, the largest first.
constexpr std::int64_t kKilo = 1'000, kMega = 1'000'000, kGiga = 1'000'000'000, kTera = kGiga * 1'000,
                       kPeta = kTera * 1'000;

template <class Q>
struct Table;
template <>
struct Table<Bytes> {
  static constexpr QuantityForm kForm = {"size", "192KiB",
                                         R"(^[0-9]+(\.[0-9]+)?(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB|PB)$)"};
  static constexpr std::array<Suffix, 11> kSuffixes = {{{"TiB", 1LL << 40},
                                                        {"GiB", 1LL << 30},
                                                        {"MiB", 1LL << 20},
                                                        {"KiB", 1LL << 10},
                                                        {"PB", kPeta},
                                                        {"TB", kTera},
                                                        {"GB", kGiga},
                                                        {"MB", kMega},
                                                        {"kB", kKilo},
                                                        {"KB", kKilo},
                                                        {"B", 1}}};
};
template <>
struct Table<Picoseconds> {
  static constexpr QuantityForm kForm = {"time", "175ns", R"(^[0-9]+(\.[0-9]+)?(ps|ns|us|ms|s)$)"};
  static constexpr std::array<Suffix, 5> kSuffixes = {
      {{"s", kTera}, {"ms", kGiga}, {"us", kMega}, {"ns", kKilo}, {"ps", 1}}};
};
template <>
struct Table<Cycles> {
  static constexpr QuantityForm kForm = {"number of cycles", "28cycles", R"(^[0-9]+cycles$)"};
  static constexpr std::array<Suffix, 1> kSuffixes = {{{"cycles", 1}}};
};
template <>
struct Table<Hertz> {
  static constexpr QuantityForm kForm = {"clock rate", "1.65GHz", R"(^[0-9]+(\.[0-9]+)?(Hz|kHz|MHz|GHz)$)"};
  static constexpr std::array<Suffix, 4> kSuffixes = {
      {{"GHz", kGiga}, {"MHz", kMega}, {"kHz", kKilo}, {"Hz", 1}}};
};
template <>
struct Table<BytesPerSecond> {
  static constexpr QuantityForm kForm = {"bandwidth", "56GB/s",
                                         R"(^[0-9]+(\.[0-9]+)?(B|kB|KB|MB|GB|TB|PB)/s$)"};
  static constexpr std::array<Suffix, 7> kSuffixes = {{{"PB/s", kPeta},
                                                       {"TB/s", kTera},
                                                       {"GB/s", kGiga},
                                                       {"MB/s", kMega},
                                                       {"kB/s", kKilo},
                                                       {"KB/s", kKilo},
                                                       {"B/s", 1}}};
};
template <>
struct Table<Flops> {
  static constexpr QuantityForm kForm = {"number of operations", "132MFLOP",
                                         R"(^[0-9]+(\.[0-9]+)?(FLOP|kFLOP|MFLOP|GFLOP|TFLOP|PFLOP)$)"};
  static constexpr std::array<Suffix, 6> kSuffixes = {{{"PFLOP", kPeta},
                                                       {"TFLOP", kTera},
                                                       {"GFLOP", kGiga},
                                                       {"MFLOP", kMega},
                                                       {"kFLOP", kKilo},
                                                       {"FLOP", 1}}};
};
template <>
struct Table<FlopsPerSecond> {
  static constexpr QuantityForm kForm = {"compute rate", "865TFLOP/s",
                                         R"(^[0-9]+(\.[0-9]+)?(FLOP|kFLOP|MFLOP|GFLOP|TFLOP|PFLOP)/s$)"};
  static constexpr std::array<Suffix, 6> kSuffixes = {{{"PFLOP/s", kPeta},
                                                       {"TFLOP/s", kTera},
                                                       {"GFLOP/s", kGiga},
                                                       {"MFLOP/s", kMega},
                                                       {"kFLOP/s", kKilo},
                                                       {"FLOP/s", 1}}};
};

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

// A decimal number as integer digits over a power of ten: "1.65" is 165 / 100.
struct Decimal {
  Int128 digits = 0;
  Int128 scale = 1;
  std::size_t length = 0;  // characters read
};

std::optional<Decimal> read_decimal(std::string_view text) {
  constexpr std::size_t kMaxDigits = 20;
  Decimal number;
  std::size_t digits = 0;
  bool fraction = false;
  for (char c : text) {
    if (c == '.' && !fraction && digits > 0) {
      fraction = true;
    } else if (is_digit(c)) {
      number.digits = number.digits * 10 + (c - '0');
      if (fraction) number.scale *= 10;
      if (++digits > kMaxDigits) return std::nullopt;
    } else {
      break;
    }
    ++number.length;
  }
  if (digits == 0 || text[number.length - 1] == '.') return std::nullopt;
  return number;
}

// `count` of a suffix that divides it, or leaves no more than three decimals; nothing otherwise. Binary
// prefixes are for whole numbers: 64kB, not 62.5KiB.
std::optional<std::string> print_in(const Suffix& suffix, std::int64_t count) {
  const auto factor = static_cast<std::uint64_t>(suffix.factor);
  const std::uint64_t size =
      count < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  const std::uint64_t rest = size % factor;
  const bool is_decimal = factor % kKilo == 0;
  const std::uint64_t thousandth = is_decimal ? factor / kKilo : factor;
  if (size < factor || rest % thousandth != 0) return std::nullopt;
  std::string text = fmt::format("{}{}", count < 0 ? "-" : "", size / factor);
  if (rest != 0) text += fmt::format(".{:03}", rest / thousandth);
  if (rest != 0) text.erase(text.find_last_not_of('0') + 1);
  return text.append(suffix.text);
}

template <class Q>
std::string print(Q quantity) {
  for (const Suffix& suffix : Table<Q>::kSuffixes) {
    if (const std::optional<std::string> text = print_in(suffix, quantity.count())) return *text;
  }
  return fmt::format("0{}", Table<Q>::kSuffixes.back().text);
}

}  // namespace

Picoseconds time_rounded_up(Bytes bytes, BytesPerSecond rate) {
  return Picoseconds(divide_rounded_up(Int128{bytes.count()} * kPicosecondsPerSecond, rate.count()));
}
Picoseconds time_rounded_up(Flops work, FlopsPerSecond rate) {
  return Picoseconds(divide_rounded_up(Int128{work.count()} * kPicosecondsPerSecond, rate.count()));
}
Picoseconds time_rounded_up(Cycles cycles, Hertz clock) {
  return Picoseconds(divide_rounded_up(Int128{cycles.count()} * kPicosecondsPerSecond, clock.count()));
}
std::int64_t scale_rounded_up(std::int64_t value, std::int64_t numerator, std::int64_t denominator) {
  return divide_rounded_up(Int128{value} * numerator, denominator);
}
BytesPerSecond rate_rounded_down(Bytes bytes, Picoseconds time) {
  return BytesPerSecond(
      static_cast<std::int64_t>(Int128{bytes.count()} * kPicosecondsPerSecond / time.count()));
}

template <class Q>
std::optional<Q> parse_quantity(std::string_view text) {
  const std::optional<Decimal> number = read_decimal(text);
  if (!number) return std::nullopt;
  const std::string_view unit = text.substr(number->length);
  for (const Suffix& suffix : Table<Q>::kSuffixes) {
    if (suffix.text != unit) continue;
    if (number->digits > (Int128{1} << 96) / suffix.factor) return std::nullopt;
    const Int128 scaled = number->digits * suffix.factor;
    if (scaled % number->scale != 0) return std::nullopt;
    const Int128 count = scaled / number->scale;
    if (count > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return Q(static_cast<std::int64_t>(count));
  }
  return std::nullopt;
}

template <class Q>
QuantityForm quantity_form() {
  return Table<Q>::kForm;
}

#define PODSIM_QUANTITY(Q)                                    \
  template std::optional<Q> parse_quantity(std::string_view); \
  template QuantityForm quantity_form<Q>();                   \
  std::string to_string(Q quantity) {                         \
    return print(quantity);                                   \
  }
PODSIM_QUANTITY(Bytes)
PODSIM_QUANTITY(Picoseconds)
PODSIM_QUANTITY(Cycles)
PODSIM_QUANTITY(Hertz)
PODSIM_QUANTITY(BytesPerSecond)
PODSIM_QUANTITY(Flops)
PODSIM_QUANTITY(FlopsPerSecond)
#undef PODSIM_QUANTITY

}  // namespace podsim
