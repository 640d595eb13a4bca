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

double element(const GmMatrix& matrix, std::uint64_t row, std::uint64_t column, DataType type,
               const std::byte* scales) {
  const double value = load_number(matrix.data, matrix.index(row, column, bits_of(type)), type);
  if (scales == nullptr) return value;
  const std::uint64_t scale = row * (matrix.columns / kScaleGroup) + column / kScaleGroup;
  return value * decode_e8m0(std::to_integer<std::uint8_t>(scales[scale]));
}

// Rows of a matrix, from `row` on, with their scales.
std::vector<double> unpacked(const GmMatrix& matrix, std::uint64_t row, std::uint64_t rows, DataType type,
                             const std::byte* scales) {
  std::vector<double> values(rows * matrix.columns);
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < matrix.columns; ++c)
      values[r * matrix.columns + c] = element(matrix, row + r, c, type, scales);
  }
  return values;
}

double plain_sum(const MatmulOperands& operands, std::uint64_t row, std::uint64_t column) {
  const DataType type = operands.type->element;
  double sum = 0;
  for (std::uint64_t k = 0; k < operands.k; ++k) {
    const double b = operands.b_transposed ? element(operands.b, column, k, type, operands.b_scales)
                                           : element(operands.b, k, column, type, operands.b_scales);
    sum += element(operands.a, row, k, type, operands.a_scales) * b;
  }
  return sum;
}

std::string difference(const MatmulOperands& operands, std::uint64_t at, double found, double expected) {
  return fmt::format("c[{}, {}] is {}, expected {}", at / operands.n, at % operands.n, found, expected);
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
  GmMatrix weights = operands.b;
  weights.data += group * operands.b.bytes(operands.bits());
  const std::byte* const scales = operands.b_scales == nullptr
                                      ? nullptr
                                      : operands.b_scales + group * operands.n * (operands.k / kScaleGroup);
  const std::vector<double> a = unpacked(operands.a, row, rows, type, operands.a_scales);
  std::vector<double> b = unpacked(weights, 0, weights.rows, type, scales);
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

std::string check_product(const MatmulOperands& operands, std::uint64_t seed) {
  constexpr std::uint64_t kProducts = std::uint64_t{1} << 26U;
  const std::uint64_t places = operands.m * operands.n;
  const bool all = places * operands.k <= kProducts;
  Random random(seed, "matmul.check");
  const std::uint64_t looked_at = all ? places : std::max<std::uint64_t>(1, kProducts / operands.k);
  for (std::uint64_t i = 0; i < looked_at; ++i) {
    const std::uint64_t at = all ? i : random.below(places);
    const double expected = as_stored(operands, plain_sum(operands, at / operands.n, at % operands.n));
    const double found = load_number(operands.c, at, operands.out);
    if (found != expected) return difference(operands, at, found, expected);
  }
  return "";
}

std::string compare_rows(const MatmulOperands& operands, std::uint64_t row, std::uint64_t rows,
                         const std::vector<double>& expected, Allowance allowance) {
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (std::uint64_t i = 0; i < rows * operands.n; ++i) {
    const double found = load_number(operands.c, row * operands.n + i, operands.out);
    const double error = std::abs(found - expected[i]);
    if (error <= allowance.absolute + allowance.of_largest * largest) continue;  // false for a NaN
    return difference(operands, row * operands.n + i, found, expected[i]);
  }
  return "";
}

}  // namespace podsim::kernel::ops
