// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <regex>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/base/random.h"
#include "podsim/config/paths.h"
#include "podsim/config/suggest.h"
#include "podsim/core/names.h"
#include "podsim/kernel/float_format.h"
#include "podsim/moe/npy.h"
#include "podsim/stats/file.h"

namespace podsim::app {
namespace {

using kernel::DataType;

// NumPy's name and ours; where NumPy has no such type, the first of the unsigned ones of that width is read.
constexpr std::array kNumpyTypes{std::pair{"|i1", DataType::Int8},   std::pair{"|u1", DataType::Uint8},
                                 std::pair{"|b1", DataType::Bool},   std::pair{"<i2", DataType::Int16},
                                 std::pair{"<u2", DataType::Uint16}, std::pair{"<i4", DataType::Int32},
                                 std::pair{"<u4", DataType::Uint32}, std::pair{"<i8", DataType::Int64},
                                 std::pair{"<u8", DataType::Uint64}, std::pair{"<f2", DataType::Fp16},
                                 std::pair{"<f4", DataType::Fp32},   std::pair{"<f8", DataType::Fp64}};

const char* numpy_type(DataType type) {
  for (const auto& [name, known] : kNumpyTypes)
    if (known == type) return name;
  return core::bits_of(type) == 16 ? "<u2" : core::bits_of(type) == 32 ? "<f4" : "|u1";
}

bool is_npy(const std::string& file) {
  return std::filesystem::path(file).extension() == ".npy";
}

std::vector<std::byte> as_bytes(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

std::int64_t product(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

// The packaged readers and that of routing traces know no fp16, the type that most kernels take.
KernelArray parse_npy(const std::string& text, const std::string& file) {
  const auto fail = [&file](const std::string& what) {
    throw ConfigError(fmt::format("{}: {}", file, what));
  };
  const auto byte = [&text](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[at]));
  };
  if (text.size() < 12 || text.compare(0, 6, "\x93NUMPY") != 0)
    fail("is no .npy file: it does not begin with \\x93NUMPY");
  const bool wide = byte(6) >= 2;  // format 2.0 has a length of four bytes
  const std::size_t start = wide ? 12 : 10;
  const std::size_t length = byte(8) + (byte(9) << 8U) + (wide ? (byte(10) << 16U) + (byte(11) << 24U) : 0U);
  if (start + length > text.size()) fail("ends within its header");
  const std::string header = text.substr(start, length);
  std::smatch found;
  KernelArray array;
  if (!std::regex_search(header, found, std::regex("'descr':\\s*'([^']*)'")))
    fail("has no 'descr' in its header");
  const std::string type = found[1];
  const auto* known =
      std::find_if(kNumpyTypes.begin(), kNumpyTypes.end(), [&](const auto& t) { return type == t.first; });
  if (known == kNumpyTypes.end())
    fail(fmt::format(
        "has elements of type '{}', expected integers, floating-point numbers or bool, little-endian", type));
  array.type = known->second;
  if (std::regex_search(header, std::regex("'fortran_order':\\s*True")))
    fail("is in Fortran order, expected C order");
  if (!std::regex_search(header, found, std::regex("'shape':\\s*\\(([0-9, ]*)\\)")))
    fail("has no 'shape' in its header");
  const std::string sizes = found[1];
  const std::regex number("[0-9]{1,18}");
  for (std::sregex_iterator size(sizes.begin(), sizes.end(), number), end; size != end; ++size)
    array.shape.push_back(std::stoll(size->str()));
  array.bytes = as_bytes(std::string_view(text).substr(start + length));
  // Compared in floating point: a shape that claims more than 63 bits hold must not wrap round.
  double claimed = static_cast<double>(core::bits_of(array.type)) / 8.0;
  for (const std::int64_t size : array.shape) claimed *= static_cast<double>(size);
  if (claimed != static_cast<double>(array.bytes.size()))
    fail(fmt::format("has {} bytes of elements, its header says {:.0f}", array.bytes.size(), claimed));
  return array;
}

std::optional<kernel::FloatFormat> float_format(DataType type) {
  switch (type) {
    case DataType::Fp16:
      return kernel::kFp16;
    case DataType::Bf16:
      return kernel::kBf16;
    case DataType::Fp32:
      return kernel::kFp32;
    case DataType::Fp8E4m3:
      return kernel::kFp8E4m3;
    case DataType::Fp8E5m2:
      return kernel::kFp8E5m2;
    default:
      return std::nullopt;
  }
}

bool is_unsigned(DataType type) {
  return type == DataType::Uint8 || type == DataType::Uint16 || type == DataType::Uint32 ||
         type == DataType::Uint64;
}

template <class T>
std::uint64_t bits_as(T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

// Bits of one random element of a type of at least a byte. Scales of microscaled formats are near 1; packed
// four-bit and HiFloat8 codes are all numbers.
std::uint64_t random_bits(DataType type, Random& random) {
  constexpr std::uint64_t kIntegers = 16;
  constexpr std::uint64_t kScaleOfOne = 127;
  if (const auto format = float_format(type)) return encode(2.0 * random.uniform() - 1.0, *format);
  if (type == DataType::Hf32) return bits_as(static_cast<float>(2.0 * random.uniform() - 1.0));
  if (type == DataType::Fp64) return bits_as(2.0 * random.uniform() - 1.0);
  if (type == DataType::Bool) return random.below(2);
  if (type == DataType::Fp8E8m0) return kScaleOfOne - 2 + random.below(4);
  if (type == DataType::Hif8) return kernel::encode_hif8(2.0 * random.uniform() - 1.0);
  if (core::bits_of(type) == 4) return random.below(256);
  return is_unsigned(type) ? random.below(kIntegers) : random.below(kIntegers) - kIntegers / 2;
}

}  // namespace

DataType parse_data_type(const std::string& name) {
  if (const auto type = config::enum_from_name<DataType>(name)) return *type;
  std::vector<std::string> known;
  for (const auto& entry : config::EnumNames<DataType>::kNames) known.emplace_back(entry.second);
  throw ConfigError(
      fmt::format("data type \"{}\" is not known, known are {}", name, config::quoted_list(known)));
}

std::uint64_t bytes_of(DataType type, std::int64_t elements) {
  return (static_cast<std::uint64_t>(elements) * static_cast<std::uint64_t>(core::bits_of(type)) + 7) / 8;
}

KernelArray read_array(const std::string& file) {
  const std::string text = config::read_whole_file(file, file);
  if (is_npy(file)) return parse_npy(text, file);
  return {DataType::Uint8, {static_cast<std::int64_t>(text.size())}, as_bytes(text)};
}

void write_array(const std::string& file, const KernelArray& array) {
  stats::AtomicFile out(file);
  if (is_npy(file)) {
    std::vector<std::int64_t> shape = array.shape;
    if (core::bits_of(array.type) == 4) shape = {static_cast<std::int64_t>(array.bytes.size())};
    moe::write_npy_header(out.stream(), numpy_type(array.type), shape);
  }
  out.stream().write(reinterpret_cast<const char*>(array.bytes.data()),
                     static_cast<std::streamsize>(array.bytes.size()));
  out.commit();
}

KernelArray random_array(DataType type, std::int64_t count, std::uint64_t seed, std::uint64_t place) {
  KernelArray array{type, {count}, std::vector<std::byte>(bytes_of(type, count))};
  Random random(seed, "kernel argument", place);
  const std::size_t width = std::max<std::size_t>(static_cast<std::size_t>(core::bits_of(type)) / 8, 1);
  for (std::size_t at = 0; at + width <= array.bytes.size(); at += width) {
    const std::uint64_t bits = random_bits(type, random);
    std::memcpy(&array.bytes[at], &bits, width);
  }
  return array;
}

std::int64_t elements(const KernelArray& array) {
  return core::bits_of(array.type) == 4 ? static_cast<std::int64_t>(array.bytes.size()) * 2
                                        : product(array.shape);
}

double element(const KernelArray& array, std::int64_t index) {
  const auto bits = static_cast<std::size_t>(core::bits_of(array.type));
  const auto at = static_cast<std::size_t>(index) * bits / 8;
  std::uint64_t raw = 0;
  std::memcpy(&raw, &array.bytes[at], std::max<std::size_t>(bits / 8, 1));
  if (bits == 4) raw = (raw >> (index % 2 == 0 ? 0U : 4U)) & 0xFU;
  if (array.type == DataType::Fp4E2m1) return decode(static_cast<std::uint32_t>(raw), kernel::kFp4E2m1);
  if (array.type == DataType::Fp4E1m2) return decode(static_cast<std::uint32_t>(raw), kernel::kFp4E1m2);
  if (const auto format = float_format(array.type)) return decode(static_cast<std::uint32_t>(raw), *format);
  if (array.type == DataType::Hf32) return decode(static_cast<std::uint32_t>(raw), kernel::kFp32);
  if (array.type == DataType::Hif8) return kernel::decode_hif8(static_cast<std::uint8_t>(raw));
  if (array.type == DataType::Fp8E8m0) return kernel::decode_e8m0(static_cast<std::uint8_t>(raw));
  if (array.type == DataType::Fp64) {
    double value = 0;
    std::memcpy(&value, &raw, sizeof value);
    return value;
  }
  if (is_unsigned(array.type) || array.type == DataType::Bool || array.type == DataType::Uint4)
    return static_cast<double>(raw);
  const std::size_t unused = 64 - bits;  // the sign is at the top of the element
  return static_cast<double>(static_cast<std::int64_t>(raw << unused) >> unused);
}

std::string first_difference(const KernelArray& found, const KernelArray& expected, double tolerance) {
  const auto width = std::max<std::size_t>(static_cast<std::size_t>(core::bits_of(expected.type)) / 8, 1);
  const auto same_bits = [&](std::int64_t i) {
    const std::size_t at =
        static_cast<std::size_t>(i) * static_cast<std::size_t>(core::bits_of(expected.type)) / 8;
    return std::memcmp(&found.bytes[at], &expected.bytes[at], width) == 0;
  };
  std::int64_t wrong = 0;
  std::int64_t first = -1;
  const std::int64_t count = elements(expected);
  for (std::int64_t i = 0; i < count; ++i) {
    const double is = element(found, i);
    const double should = element(expected, i);
    // Written so that a NaN on one side is a difference.
    const bool near = std::abs(is - should) <= tolerance * std::max(1.0, std::abs(should));
    const bool both_nan = std::isnan(is) && std::isnan(should);
    if (same_bits(i) || (tolerance > 0.0 && (near || both_nan))) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong == 0) return "";
  return fmt::format("{} of {} elements are wrong, first element {}: {} instead of {}", wrong, count, first,
                     element(found, first), element(expected, first));
}

}  // namespace podsim::app
