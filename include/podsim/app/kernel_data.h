// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "podsim/kernel/instruction.h"

// The arrays that a kernel of the user's works on: from files and to files.
namespace podsim::app {

// Elements in C order, little-endian, packed as device memory holds them.
struct KernelArray {
  kernel::DataType type = kernel::DataType::Uint8;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
};

// "fp16"; throws ConfigError with the known names.
kernel::DataType parse_data_type(const std::string& name);
// Of so many elements; two of the four-bit types share a byte.
std::uint64_t bytes_of(kernel::DataType type, std::int64_t elements);

// A .npy file in C order; any other file as it is, as bytes. NumPy has no bf16, fp8 or four-bit type: such
// arrays are uint16 and uint8 there. Throws ConfigError with the file's name.
KernelArray read_array(const std::string& file);
// A .npy file if it is called so, else the bytes alone.
void write_array(const std::string& file, const KernelArray& array);

// Seeded: floating-point numbers uniform in [-1, 1), integers in [-8, 8), or [0, 16) without sign; the stream
// is that of the argument's place, so that arguments are independent.
KernelArray random_array(kernel::DataType type, std::int64_t elements, std::uint64_t seed,
                         std::uint64_t place);

// Element as a number, for messages and comparison with a tolerance.
double element(const KernelArray& array, std::int64_t index);
std::int64_t elements(const KernelArray& array);

// Where `found` differs from `expected` by more than tolerance * max(1, |expected|), or in any bit with
// tolerance 0; empty if nowhere. Both have the same type and size.
std::string first_difference(const KernelArray& found, const KernelArray& expected, double tolerance);

}  // namespace podsim::app
