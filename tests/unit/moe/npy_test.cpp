// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/npy.h"

#include <gmock/gmock.h>

#include <limits>
#include <sstream>

#include "unit/moe/trace_support.h"

namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
std::string elements(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string header(const std::string& dictionary, char version = 1) {
  std::string text("\x93NUMPY");
  text += {version, '\0', static_cast<char>(dictionary.size() & 0xFFU),
           static_cast<char>(dictionary.size() >> 8U)};
  if (version > 1) text += std::string(2, '\0');
  return text + dictionary;
}

NpyFile open(const std::string& content) {
  return NpyFile(bytes_of(content, "a.npy"));
}

template <class T>
NpyFile array(const std::string& type, const std::vector<T>& values, const std::string& order = "False",
              const std::string& shape = "(2, 3)") {
  return open(header("{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }") +
              elements(values));
}

std::vector<std::int64_t> integers(NpyFile file) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(file.elements()));
  file.read(0, Span<std::int64_t>(values));
  return values;
}

std::vector<double> numbers(NpyFile file) {
  std::vector<double> values(static_cast<std::size_t>(file.elements()));
  file.read(0, Span<double>(values));
  return values;
}

TEST(NpyFile, ReadsEveryWidthAndSign) {
  EXPECT_THAT(integers(array<std::int8_t>("|i1", {-1, 2, 3, 4, 5, 127})), ElementsAre(-1, 2, 3, 4, 5, 127));
  EXPECT_THAT(integers(array<std::uint8_t>("|u1", {255, 2, 3, 4, 5, 6})), ElementsAre(255, 2, 3, 4, 5, 6));
  EXPECT_THAT(integers(array<std::int16_t>("<i2", {-300, 2, 3, 4, 5, 6})), ElementsAre(-300, 2, 3, 4, 5, 6));
  EXPECT_THAT(integers(array<std::uint16_t>("<u2", {65535, 2, 3, 4, 5, 6})),
              ElementsAre(65535, 2, 3, 4, 5, 6));
  EXPECT_THAT(integers(array<std::int32_t>("<i4", {-70000, 2, 3, 4, 5, 6})),
              ElementsAre(-70000, 2, 3, 4, 5, 6));
  EXPECT_THAT(integers(array<std::uint32_t>("<u4", {4000000000, 2, 3, 4, 5, 6})),
              ElementsAre(4000000000, 2, 3, 4, 5, 6));
  EXPECT_THAT(integers(array<std::int64_t>("<i8", {-5000000000, 2, 3, 4, 5, 6})),
              ElementsAre(-5000000000, 2, 3, 4, 5, 6));
  EXPECT_THAT(integers(array<std::uint64_t>("<u8", {5000000000, 2, 3, 4, 5, 6})),
              ElementsAre(5000000000, 2, 3, 4, 5, 6));
  EXPECT_THAT(integers(array<std::uint8_t>("|b1", {1, 0, 1, 1, 0, 0})), ElementsAre(1, 0, 1, 1, 0, 0));
  EXPECT_THAT(numbers(array<float>("<f4", {0.5F, 2, 3, 4, 5, 6})), ElementsAre(0.5, 2, 3, 4, 5, 6));
  EXPECT_THAT(numbers(array<double>("<f8", {1e300, 2, 3, 4, 5, 6})), ElementsAre(1e300, 2, 3, 4, 5, 6));
  EXPECT_THAT(numbers(array<std::int16_t>("<i2", {-300, 2, 3, 4, 5, 6})), ElementsAre(-300, 2, 3, 4, 5, 6));
}

TEST(NpyFile, TurnsFortranOrderRound) {
  // numpy.array([[1, 2, 3], [4, 5, 6]], order='F')
  EXPECT_THAT(integers(array<std::int16_t>("<i2", {1, 4, 2, 5, 3, 6}, "True")),
              ElementsAre(1, 2, 3, 4, 5, 6));
  // numpy.arange(8).reshape(2, 2, 2) in Fortran order
  EXPECT_THAT(integers(array<std::int16_t>("<i2", {0, 4, 2, 6, 1, 5, 3, 7}, "True", "(2, 2, 2)")),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(NpyFile, ReadsRunsThatLieApart) {
  std::vector<std::int32_t> values(100);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i);
  NpyFile file = array("<i4", values, "False", "(100,)");
  std::vector<std::int64_t> found(6);
  file.read_runs(5, 2, 40, Span<std::int64_t>(found));
  EXPECT_THAT(found, ElementsAre(5, 6, 45, 46, 85, 86));
}

TEST(NpyFile, ReadsTheHeadersOfFormat2And3AndOfAnyKeyOrder) {
  const std::string data = elements<std::int16_t>({1, 2});
  EXPECT_THAT(integers(open(header("{'shape':(2,),'fortran_order':False,'descr':\"<i2\"}\n", 2) + data)),
              ElementsAre(1, 2));
  EXPECT_THAT(integers(open(header("{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2)}", 3) + data)),
              ElementsAre(1, 2));
}

TEST(NpyFile, WritesWhatItReads) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{4}, {2, 2}, {1, 4, 1}}) {
    std::ostringstream out;
    write_npy_header(out, "<i2", shape);
    EXPECT_EQ(out.str().size() % 64, 0U);
    const NpyFile file = open(out.str() + elements<std::int16_t>({1, 2, 3, 4}));
    EXPECT_EQ(file.shape(), shape);
    EXPECT_EQ(file.data_type(), "<i2");
  }
  EXPECT_EQ(shape_text({5}), "(5,)");
}

std::string complaint(const std::string& content) {
  return error_of([&] { open(content); });
}

std::string complaint_about(const std::string& dictionary) {
  return complaint(header(dictionary) + std::string(12, '\0'));
}

TEST(NpyFile, RefusesWhatIsNoNpyFile) {
  EXPECT_EQ(complaint(""), "a.npy: no NumPy .npy file, which begins with \\x93NUMPY");
  EXPECT_THAT(complaint("PK\3\4 an .npz archive"), HasSubstr("no NumPy .npy file"));
  EXPECT_EQ(complaint("\x93NUMPY\1"), "a.npy: ends at byte 7, inside the header");
  EXPECT_EQ(complaint(std::string("\x93NUMPY\4\0\0\0    ", 14)),
            "a.npy: format version 4, expected 1, 2 or 3");
  EXPECT_EQ(complaint(std::string("\x93NUMPY\1\0\x60\0  ", 12)),
            "a.npy: ends at byte 12, inside the header of 106 bytes");
  EXPECT_THAT(complaint(std::string("\x93NUMPY\2\0\xff\xff\xff\x7f", 12)),
              HasSubstr("a header of 2147483647 bytes"));
}

TEST(NpyFile, RefusesHeadersItDoesNotUnderstand) {
  const std::string wrong =
      "a.npy: a header that is not {'descr': .., 'fortran_order': .., 'shape': (..)} of a plain type";
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False}"), wrong);
  EXPECT_EQ(complaint_about("{'descr': [('x', '<i2')], 'fortran_order': False, 'shape': (6,)}"), wrong);
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (6,), 'shape': (6,)}"), wrong);
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (-6,)}"), wrong);
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (6,)} and more"), wrong);
  EXPECT_THAT(complaint_about("{'descr': '>i2', 'fortran_order': False, 'shape': (6,)}"),
              HasSubstr("data type '>i2', expected little-endian integers"));
  EXPECT_THAT(complaint_about("{'descr': '<f2', 'fortran_order': False, 'shape': (6,)}"),
              HasSubstr("data type '<f2'"));
  EXPECT_THAT(complaint_about("{'descr': '|O', 'fortran_order': False, 'shape': (6,)}"),
              HasSubstr("data type '|O'"));
}

TEST(NpyFile, RefusesAShapeThatTheFileDoesNotHave) {
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (7,)}"),
            "a.npy: shape (7,) of <i2 takes 14 bytes, the file has 12 behind its header");
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (5,)}"),
            "a.npy: shape (5,) of <i2 takes 10 bytes, the file has 12 behind its header");
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (0, 4)}"),
            "a.npy: shape (0, 4) has no elements");
  EXPECT_EQ(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"),
            "a.npy: shape (4294967296, 4294967296) overflows");
  EXPECT_EQ(complaint_about("{'descr': '<i8', 'fortran_order': False, 'shape': (4611686018427387904,)}"),
            "a.npy: shape (4611686018427387904,) overflows");
  EXPECT_THAT(complaint_about("{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
              HasSubstr("a header that is not"));
}

TEST(NpyFile, RefusesToReadNumbersAsWhatTheyAreNot) {
  EXPECT_EQ(error_of([] {
              integers(array<float>("<f4", {1, 2, 3, 4, 5, 6}));
            }),
            "a.npy: holds floating-point numbers ('<f4'), expected integers");
  EXPECT_EQ(error_of([] {
              integers(array<std::uint64_t>("<u8", {1, 2, 3, 4, 5, ~std::uint64_t{0}}));
            }),
            "a.npy: the value 18446744073709551615 does not fit in 63 bits");
}

TEST(OpenBytes, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(error_of([] { open_bytes("no/such/file"); }),
            "cannot read no/such/file: No such file or directory");
  EXPECT_EQ(error_of([] { open_bytes("/"); }), "cannot read /: Is a directory");
  EXPECT_EQ(error_of([] { open_bytes("/dev/null"); }),
            "cannot read /dev/null: a pipe or device, expected a regular file");
}

}  // namespace
}  // namespace podsim::moe
