// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "podsim/kernel/op.h"

// What a matrix product on the cube is made of before it runs: types, tiling, places in L1, order of tiles.
namespace podsim::kernel::ops {

enum class MatmulType : std::uint8_t { Fp16, Bf16, Fp32, Int8, Fp8, MxFp8, MxFp4 };

struct MatmulTypeRow {
  const char* name;
  MatmulType type;
  DataType element;
  DataType sum;
  DataType out;  // unless asked otherwise
  bool microscaled;
  bool only_3510;
};
// Throws ConfigError for one that the architecture does not have.
const MatmulTypeRow& matmul_type(const std::string& name, std::uint32_t architecture);
std::vector<std::string> matmul_type_names();
DataType matmul_out_type(const std::string& name, const MatmulTypeRow& type);
const char* matmul_out_name(DataType type);

constexpr std::uint64_t round_to(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}
constexpr std::uint64_t parts_of(std::uint64_t value, std::uint64_t part) {
  return (value + part - 1) / part;
}

// A matrix in GM, as it is stored: row by row, or in stripes of 32 B columns (Nz).
struct GmMatrix {
  std::byte* data = nullptr;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  bool nz = false;

  std::uint64_t padded_rows() const { return nz ? round_to(rows, 16) : rows; }
  std::uint64_t bytes(std::uint32_t bits) const;
  // Of an element counted in the type's own width.
  std::uint64_t index(std::uint64_t row, std::uint64_t column, std::uint32_t bits) const;
};

// c[m, n] = a[m, k] * b: b is k x n, or n x k when transposed. Groups follow one another in b.
struct MatmulOperands {
  const MatmulTypeRow* type = nullptr;
  GmMatrix a;
  GmMatrix b;  // of one group
  bool b_transposed = false;
  std::byte* a_scales = nullptr;  // m x k/32, MX types
  std::byte* b_scales = nullptr;  // n x k/32
  std::byte* c = nullptr;         // m x n, row by row
  DataType out = DataType::Fp16;
  float scale = 1.0F;  // of int32 sums on their way to fp16
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  std::uint64_t k = 0;

  std::uint32_t bits() const;
  std::uint64_t c0() const { return 256 / bits(); }  // elements in 32 B
  // b is turned in squares on its way to L0B; 8-bit squares have 32 rows and columns.
  std::uint64_t b_unit() const { return !b_transposed && bits() == 8 ? 32 : 16; }
};

// What a library around the kernel costs the scalar unit; nothing for a kernel of basic calls.
struct MatmulLibrary {
  const char* name = "basic";
  std::uint32_t start_ns = 0;     // before its first copy
  std::uint32_t step_cycles = 0;  // per Mmad, besides the calls
};
// Throws ConfigError for an unknown name.
const MatmulLibrary& matmul_library(const std::string& name);
std::vector<std::string> matmul_library_names();

struct MatmulTiling {
  std::uint32_t base_m = 0;
  std::uint32_t base_n = 0;
  std::uint32_t base_k = 0;
  std::uint32_t step_ka = 0;  // base blocks in a packet of L1
  std::uint32_t step_kb = 0;
  std::uint32_t step_scales = 0;  // base blocks whose scales come in one copy, MX types
  std::uint32_t l1_buffers = 2;
  std::uint32_t l0_buffers = 2;
  std::uint32_t l0c_buffers = 1;
  bool unit_flag = true;
  std::uint32_t swizzle_offset = 3;
  std::uint32_t swizzle_direction =
      0;  // 0: down columns of a band of rows; 1: along rows of a band of columns
  std::uint32_t split_k = 1;
  bool k_stagger = false;
  std::uint64_t single_m = 0;  // of one core, when the output is split by cores instead
  std::uint64_t single_n = 0;
  std::uint32_t l2_parts = 1;  // of m, one after another
  bool tail_split = false;     // the tiles of a last, incomplete round are cut for all cores
  std::uint32_t cores = 1;
  MatmulLibrary library;

  std::uint32_t span() const { return std::max({step_ka, step_kb, step_scales}); }
  std::map<std::string, std::string> as_text() const;
};

// The tiling keys that matmul and grouped matmul share.
std::vector<OpKey> matmul_tiling_keys();
// Published base blocks, shrunk to what the problem and the cores need; options override. Throws ConfigError
// when something does not fit the die's buffers. `rows`: of the largest product of a group.
MatmulTiling choose_matmul_tiling(const DieTraits& die, const MatmulOperands& operands, std::uint64_t rows,
                                  std::uint64_t tile_groups, const OpRequest& request);

// Where packets lie in L1, in bytes.
struct L1Plan {
  std::uint32_t a_packet = 0;
  std::uint32_t b_packet = 0;
  std::uint32_t a_scales = 0;
  std::uint32_t b_scales = 0;
  std::uint32_t buffers = 1;

  std::uint32_t a(std::uint32_t buffer) const { return buffer * a_packet; }
  std::uint32_t b(std::uint32_t buffer) const { return buffers * a_packet + buffer * b_packet; }
  std::uint32_t scales_of_a(std::uint32_t buffer) const {
    return buffers * (a_packet + b_packet) + buffer * a_scales;
  }
  std::uint32_t scales_of_b(std::uint32_t buffer) const {
    return buffers * (a_packet + b_packet + a_scales) + buffer * b_scales;
  }
  std::uint64_t end() const { return std::uint64_t{buffers} * (a_packet + b_packet + a_scales + b_scales); }
};
L1Plan plan_l1(const MatmulOperands& operands, const MatmulTiling& tiling);

// A piece of the product that one core makes from end to end.
struct MatmulTile {
  std::uint64_t m0 = 0;
  std::uint64_t n0 = 0;
  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint64_t k_begin = 0;
  std::uint64_t k_end = 0;
  std::uint64_t group = 0;
};

// Which tiles a core makes, one after another.
class TileOrder {
 public:
  virtual ~TileOrder() = default;
  // False when the core has no tile of that index.
  virtual bool tile(std::uint64_t core, std::uint64_t index, MatmulTile& tile) const = 0;
};

// Row and column of the `index`-th tile of rows x columns: bands of `offset` rows (direction 0) or columns
// (1), every second one backwards, so that tiles of one time share rows and columns in L2 (catlass: block
// swizzle).
struct TilePlace {
  std::uint64_t row = 0;
  std::uint64_t column = 0;
};
TilePlace swizzled(std::uint64_t index, std::uint64_t rows, std::uint64_t columns, std::uint32_t offset,
                   std::uint32_t direction);

}  // namespace podsim::kernel::ops
