// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "podsim/base/span.h"
#include "podsim/moe/trace_bytes.h"

namespace podsim::moe {

// A NumPy array file (.npy, format 1.0 to 3.0): int8 to int64, uint8 to uint64, float32, float64, bool;
// little-endian; any number of dimensions. Elements are read on demand by their index in C order, so an array
// larger than memory is fine; one in Fortran order is turned round in memory, up to 1 GiB of it.
// Our own reader, because the packaged one (xtensor's xnpy) reads whole arrays only, allocates what the
// header claims before it looks at the file, and does not notice a file that ends early.
// Every complaint is a ConfigError with the file's name.
class NpyFile {
 public:
  explicit NpyFile(std::unique_ptr<ByteSource> bytes);
  static NpyFile open(const std::string& path) { return NpyFile(open_bytes(path)); }

  const std::string& name() const { return bytes_->name(); }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t elements() const { return elements_; }
  bool is_float() const { return kind_ == 'f'; }
  const std::string& data_type() const { return data_type_; }  // as NumPy writes it: "<i2"

  // Elements first, first + 1, .. as integers. Throws for an array of floating-point numbers and for what
  // 63 bits do not hold.
  void read(std::int64_t first, Span<std::int64_t> values);
  // values.size() / run runs of `run` elements; a run begins `stride` elements after the one before.
  void read_runs(std::int64_t first, std::int64_t run, std::int64_t stride, Span<std::int64_t> values);
  // The same as floating-point numbers, of any type.
  void read(std::int64_t first, Span<double> values);

 private:
  std::string read_header();
  void parse_header(const std::string& header);
  void check_size();
  void set_type(const std::string& type);
  void turn_round();
  template <class Value>
  void decode(const char* from, Span<Value> values) const;
  [[noreturn]] void fail(const std::string& message) const;

  std::unique_ptr<ByteSource> bytes_;
  std::string data_type_;
  char kind_ = 'i';  // i, u, f, b
  std::size_t width_ = 1;
  bool fortran_order_ = false;
  std::vector<std::int64_t> shape_;
  std::int64_t elements_ = 1;
  std::uint64_t data_ = 0;  // offset of element 0
  std::string buffer_;
};

// The shape as NumPy prints it: "(58, 16, 256)".
std::string shape_text(const std::vector<std::int64_t>& shape);

// Writes a format 1.0 header for a C-order array; the elements follow, little-endian. `type` as "<i2".
void write_npy_header(std::ostream& out, const std::string& type, const std::vector<std::int64_t>& shape);

}  // namespace podsim::moe
