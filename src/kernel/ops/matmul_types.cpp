// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernel/ops/matmul_plan.h"
#include "podsim/base/error.h"
#include "podsim/kernel/numbers.h"

namespace podsim::kernel::ops {
namespace {

using D = DataType;
constexpr std::array<MatmulTypeRow, 7> kTypes{{
    {"fp16", MatmulType::Fp16, D::Fp16, D::Fp32, D::Fp16, false, false},
    {"bf16", MatmulType::Bf16, D::Bf16, D::Fp32, D::Bf16, false, false},
    {"fp32", MatmulType::Fp32, D::Fp32, D::Fp32, D::Fp32, false, false},
    {"int8", MatmulType::Int8, D::Int8, D::Int32, D::Int32, false, false},
    {"fp8", MatmulType::Fp8, D::Fp8E4m3, D::Fp32, D::Fp16, false, true},
    {"mxfp8", MatmulType::MxFp8, D::Fp8E4m3, D::Fp32, D::Bf16, true, true},
    {"mxfp4", MatmulType::MxFp4, D::Fp4E2m1, D::Fp32, D::Bf16, true, true},
}};

struct OutRow {
  const char* name;
  DataType type;
  bool from_float;
  bool from_int;
};
constexpr std::array<OutRow, 4> kOuts{{
    {"fp16", D::Fp16, true, true},
    {"bf16", D::Bf16, true, false},
    {"fp32", D::Fp32, true, false},
    {"int32", D::Int32, false, true},
}};

}  // namespace

const MatmulTypeRow& matmul_type(const std::string& name, std::uint32_t architecture) {
  for (const MatmulTypeRow& row : kTypes) {
    if (name != row.name) continue;
    if (!row.only_3510 || architecture == 3510) return row;
    throw ConfigError(fmt::format("dtype {} needs architecture 3510, this die is {}", name, architecture));
  }
  throw ConfigError(fmt::format("dtype \"{}\" is not known, expected one of {}", name,
                                fmt::join(matmul_type_names(), ", ")));
}

std::vector<std::string> matmul_type_names() {
  std::vector<std::string> names;
  for (const MatmulTypeRow& row : kTypes) names.emplace_back(row.name);
  return names;
}

DataType matmul_out_type(const std::string& name, const MatmulTypeRow& type) {
  if (name.empty()) return type.out;
  const bool from_int = type.sum == DataType::Int32;
  std::vector<std::string> possible;
  for (const OutRow& row : kOuts) {
    if (!(from_int ? row.from_int : row.from_float)) continue;
    if (name == row.name) return row.type;
    possible.emplace_back(row.name);
  }
  throw ConfigError(
      fmt::format("out is \"{}\", expected one of {} with {}", name, fmt::join(possible, ", "), type.name));
}

const char* matmul_out_name(DataType type) {
  for (const OutRow& row : kOuts) {
    if (row.type == type) return row.name;
  }
  return type_name(type);
}

std::uint64_t GmMatrix::bytes(std::uint32_t bits) const {
  return parts_of((nz ? round_to(columns, 256 / bits) : columns) * padded_rows() * bits, 8);
}

std::uint64_t GmMatrix::index(std::uint64_t row, std::uint64_t column, std::uint32_t bits) const {
  if (!nz) return row * columns + column;
  const std::uint64_t c0 = 256 / bits;
  return (column / c0 * padded_rows() + row) * c0 + column % c0;
}

std::uint32_t MatmulOperands::bits() const {
  return bits_of(type->element);
}

}  // namespace podsim::kernel::ops
