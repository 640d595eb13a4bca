// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/matmul_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "podsim/base/random.h"
#include "podsim/kernel/numbers.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::uint64_t kScaleGroup = 32;
constexpr std::uint32_t kScaleMask = 0xffffe000U;  // Fixpipe uses 10 mantissa bits of a scale

double drawn(Random& random, DataType type) {
  const auto eighths = static_cast<double>(random.below(17)) - 8;
  if (bits_of(type) == 4) return std::round(eighths / 2) / 2;
  return is_floating(type) ? eighths / 8 : eighths;
}

// One matrix as doubles, `rows` rows from `row` on, with its scales.
std::vector<double> unpacked(const GmMatrix& matrix, const std::byte* data, std::uint64_t row,
                             std::uint64_t rows, DataType type, const std::byte* scales) {
  std::vector<double> values(rows * matrix.columns);
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < matrix.columns; ++c) {
      double value = load_number(data, matrix.index(row + r, c, bits_of(type)), type);
      if (scales != nullptr) {
        value *= decode_e8m0(std::to_integer<std::uint8_t>(
            scales[(row + r) * (matrix.columns / kScaleGroup) + c / kScaleGroup]));
      }
      values[r * matrix.columns + c] = value;
    }
  }
  return values;
}

}  // namespace

void fill_matrix(const GmMatrix& matrix, DataType type, std::uint64_t seed, std::string_view stream,
                 std::uint64_t index) {
  Random random(seed, stream, index);
  for (std::uint64_t r = 0; r < matrix.rows; ++r) {
    for (std::uint64_t c = 0; c < matrix.columns; ++c) {
      store_number(matrix.data, matrix.index(r, c, bits_of(type)), type, drawn(random, type));
    }
  }
}

void fill_scales(std::byte* scales, std::uint64_t count, std::uint64_t seed, std::string_view stream) {
  Random random(seed, stream);
  for (std::uint64_t i = 0; i < count; ++i)
    scales[i] = static_cast<std::byte>(encode_e8m0(random.below(2) == 0 ? 0.5 : 1.0));
}

std::vector<double> plain_product(const MatmulOperands& operands, std::uint64_t row, std::uint64_t rows,
                                  std::uint64_t group) {
  const DataType type = operands.type->element;
  const std::byte* const weights = operands.b.data + group * operands.b.bytes(operands.bits());
  const std::byte* const scales = operands.b_scales == nullptr
                                      ? nullptr
                                      : operands.b_scales + group * operands.n * (operands.k / kScaleGroup);
  const std::vector<double> a = unpacked(operands.a, operands.a.data, row, rows, type, operands.a_scales);
  std::vector<double> b = unpacked(operands.b, weights, 0, operands.b.rows, type, scales);
  if (operands.b_transposed) {
    std::vector<double> turned(b.size());
    for (std::uint64_t i = 0; i < operands.n; ++i) {
      for (std::uint64_t j = 0; j < operands.k; ++j) turned[j * operands.n + i] = b[i * operands.k + j];
    }
    b = std::move(turned);
  }
  std::vector<double> c(rows * operands.n);
  for (std::uint64_t i = 0; i < rows; ++i) {
    for (std::uint64_t j = 0; j < operands.k; ++j) {
      const double factor = a[i * operands.k + j];
      for (std::uint64_t n = 0; n < operands.n; ++n) c[i * operands.n + n] += factor * b[j * operands.n + n];
    }
  }
  return c;
}

double as_stored(const MatmulOperands& operands, double sum) {
  if (operands.type->sum == DataType::Int32 && operands.out != DataType::Int32) {
    sum *= static_cast<double>(
        __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, operands.scale) & kScaleMask));
  }
  std::array<std::byte, 8> bytes{};
  store_number(bytes.data(), 0, operands.out, sum);
  return load_number(bytes.data(), 0, operands.out);
}

std::string compare_rows(const MatmulOperands& operands, std::uint64_t row, std::uint64_t rows,
                         const std::vector<double>& expected, double tolerance) {
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (std::uint64_t i = 0; i < rows * operands.n; ++i) {
    const double found = load_number(operands.c, row * operands.n + i, operands.out);
    const double error = std::abs(found - expected[i]);
    if (error <= tolerance * largest) continue;  // false for a NaN
    return fmt::format("c[{}, {}] is {}, expected {}", row + i / operands.n, i % operands.n, found,
                       expected[i]);
  }
  return "";
}

}  // namespace podsim::kernel::ops
