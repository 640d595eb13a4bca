// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/ops/matmul_plan.h"

// Inputs and plain results of matrix products, for functional runs.
namespace podsim::kernel::ops {

// Multiples of 1/8 up to 1 (integers up to 8, halves up to 2 in 4 bits), so that sums are exact in fp32 in
// any order and results can be compared bit by bit.
void fill_matrix(const GmMatrix& matrix, DataType type, std::uint64_t seed, std::string_view stream,
                 std::uint64_t index);
// Scales of 1/2 and 1.
void fill_scales(std::byte* scales, std::uint64_t count, std::uint64_t seed, std::string_view stream);

// rows x n sums of one group: rows `row` on of a times group `group` of b.
std::vector<double> plain_product(const MatmulOperands& operands, std::uint64_t row, std::uint64_t rows,
                                  std::uint64_t group);

// `value` as the result type holds it, after the scale of int32 sums.
double as_stored(const MatmulOperands& operands, double sum);
// Empty if c is what one product gives: all of c where that is quick, otherwise as many places drawn at
// random.
std::string check_product(const MatmulOperands& operands, std::uint64_t seed);

struct Allowance {
  double of_largest = 0;  // times the largest value that is expected
  double absolute = 0;
};
// Empty if all rows x n values of c from `row` on are what is expected, within the allowance.
std::string compare_rows(const MatmulOperands& operands, std::uint64_t row, std::uint64_t rows,
                         const std::vector<double>& expected, Allowance allowance);

}  // namespace podsim::kernel::ops
