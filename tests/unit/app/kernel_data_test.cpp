// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "podsim/app/kernel_arguments.h"
#include "podsim/base/error.h"
#include "podsim/core/names.h"
#include "podsim/moe/npy.h"

namespace podsim::app {
namespace {

using kernel::DataType;
using testing::HasSubstr;

std::string path(const std::string& name) {
  const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
  return testing::TempDir() + "podsim_" + info->name() + "_" + name;
}

std::string write(const std::string& name, const std::string& bytes) {
  std::ofstream(path(name), std::ios::binary) << bytes;
  return path(name);
}

template <class Function>
std::string complaint(const Function& function) {
  try {
    function();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(KernelData, NpyFilesComeBackAsTheyWere) {
  for (const DataType type :
       {DataType::Int8, DataType::Uint8, DataType::Int16, DataType::Uint16, DataType::Int32, DataType::Uint32,
        DataType::Int64, DataType::Uint64, DataType::Fp16, DataType::Fp32, DataType::Fp64, DataType::Bool}) {
    KernelArray array = random_array(type, 24, 7, 0);
    array.shape = {2, 3, 4};
    write_array(path("a.npy"), array);
    const KernelArray back = read_array(path("a.npy"));
    EXPECT_EQ(back.type, type) << config::enum_name(type);
    EXPECT_EQ(back.shape, array.shape);
    EXPECT_EQ(back.bytes, array.bytes);
  }
}

TEST(KernelData, TypesThatNumpyLacksAreItsUnsignedOnes) {
  for (const auto& [type, as] : {std::pair{DataType::Bf16, DataType::Uint16},
                                 {DataType::Fp8E4m3, DataType::Uint8},
                                 {DataType::Int4, DataType::Uint8}}) {
    const KernelArray array = random_array(type, 10, 7, 0);
    write_array(path("a.npy"), array);
    EXPECT_EQ(read_array(path("a.npy")).type, as) << config::enum_name(type);
    EXPECT_EQ(read_array(path("a.npy")).bytes, array.bytes);
  }
}

TEST(KernelData, AnyOtherFileIsBytes) {
  const KernelArray array = read_array(write("a.bin", "abc"));
  EXPECT_EQ(array.shape, std::vector<std::int64_t>{3});
  EXPECT_EQ(element(array, 1), 'b');
  write_array(path("b.bin"), array);
  EXPECT_EQ(read_array(path("b.bin")).bytes, array.bytes);
}

TEST(KernelData, NpyFilesThatAreWrongAreRefused) {
  const auto npy = [](const std::string& type, const std::vector<std::int64_t>& shape,
                      const std::string& bytes) {
    std::ostringstream out;
    moe::write_npy_header(out, type, shape);
    return out.str() + bytes;
  };
  const auto read = [](const std::string& bytes) {
    return complaint([&] { read_array(write("a.npy", bytes)); });
  };
  EXPECT_EQ(read(npy("<i2", {2}, "abcd")), "no complaint");
  EXPECT_THAT(read("no NumPy file at all"), HasSubstr("is no .npy file"));
  EXPECT_THAT(read(npy("<i2", {2}, "abcd").substr(0, 20)), HasSubstr("ends within its header"));
  EXPECT_THAT(read(npy("<i2", {2}, "abc")), HasSubstr("has 3 bytes of elements, its header says 4"));
  EXPECT_THAT(read(npy("<i2", {4'000'000'000'000'000'000, 8}, "abc")), HasSubstr("has 3 bytes"));
  EXPECT_THAT(read(npy("<c8", {1}, "12345678")), HasSubstr("elements of type '<c8'"));
  std::string fortran = npy("<i2", {2}, "abcd");
  fortran.replace(fortran.find("False"), 5, "True ");
  EXPECT_THAT(read(fortran), HasSubstr("Fortran order"));
}

TEST(KernelData, RandomIsSeededAndIndependentOfOtherArguments) {
  EXPECT_EQ(random_array(DataType::Fp16, 100, 1, 0).bytes, random_array(DataType::Fp16, 100, 1, 0).bytes);
  EXPECT_NE(random_array(DataType::Fp16, 100, 1, 0).bytes, random_array(DataType::Fp16, 100, 2, 0).bytes);
  EXPECT_NE(random_array(DataType::Fp16, 100, 1, 0).bytes, random_array(DataType::Fp16, 100, 1, 1).bytes);
  for (const DataType type :
       {DataType::Fp16, DataType::Bf16, DataType::Fp32, DataType::Fp8E4m3, DataType::Hif8}) {
    const KernelArray array = random_array(type, 1000, 1, 0);
    double low = 0;
    double high = 0;
    for (std::int64_t i = 0; i < 1000; ++i) {
      low = std::min(low, element(array, i));
      high = std::max(high, element(array, i));
    }
    EXPECT_TRUE(low >= -1 && low < -0.9 && high > 0.9 && high <= 1) << config::enum_name(type) << low << high;
  }
  const KernelArray integers = random_array(DataType::Int32, 1000, 1, 0);
  for (std::int64_t i = 0; i < 1000; ++i) EXPECT_TRUE(element(integers, i) >= -8 && element(integers, i) < 8);
}

TEST(KernelData, DifferencesAreCountedAndTheFirstShown) {
  const KernelArray expected{DataType::Int32, {4}, random_array(DataType::Int32, 4, 1, 0).bytes};
  KernelArray found = expected;
  EXPECT_EQ(first_difference(found, expected, 0), "");
  for (const std::size_t at : {8U, 12U}) found.bytes[at] ^= std::byte{1};
  EXPECT_THAT(first_difference(found, expected, 0), HasSubstr("2 of 4 elements are wrong, first element 2:"));
  EXPECT_EQ(first_difference(found, expected, 1.0), "");
}

TEST(KernelData, ToleranceIsRelativeAboveOneAndNotANumberIsADifference) {
  const auto of = [](float value) {
    KernelArray array{DataType::Fp32, {1}, std::vector<std::byte>(4)};
    std::memcpy(array.bytes.data(), &value, 4);
    return array;
  };
  EXPECT_EQ(first_difference(of(1001), of(1000), 2e-3), "");
  EXPECT_NE(first_difference(of(1003), of(1000), 2e-3), "");
  EXPECT_EQ(first_difference(of(0.001F), of(0), 2e-3), "");
  EXPECT_NE(first_difference(of(std::numeric_limits<float>::quiet_NaN()), of(0), 1e9), "");
  EXPECT_NE(first_difference(of(-0.0F), of(0.0F), 0), "") << "tolerance 0 is about bits";
}

// --- --arg
// ------------------------------------------------------------------------------------------------------

using Role = KernelArgument::Role;

TEST(KernelArgument, EveryForm) {
  EXPECT_EQ(parse_argument("in:random:fp16:8", 1, 0).array.bytes.size(), 16U);
  EXPECT_EQ(parse_argument("in:zeros:int4:3", 1, 0).array.bytes.size(), 2U);
  const KernelArgument out = parse_argument("out:fp32:8:z.npy", 1, 0);
  EXPECT_EQ(out.role, Role::Out);
  EXPECT_EQ(out.file, "z.npy");
  EXPECT_EQ(parse_argument("inout:zeros:int8:3:a.npy", 1, 0).file, "a.npy");
  EXPECT_EQ(parse_argument("inout:" + write("a.bin", "abc"), 1, 0).array.bytes.size(), 3U);
  EXPECT_EQ(parse_argument("expect:" + path("a.bin") + ":1e-3", 1, 0).tolerance, 1e-3);
  EXPECT_EQ(parse_argument("workspace:4096", 1, 0).array.shape.front(), 4096);
  EXPECT_EQ(parse_argument("null", 1, 0).role, Role::Null);
  const KernelArgument number = parse_argument("i64:-5", 1, 0);
  EXPECT_EQ(number.role, Role::Value);
  std::int64_t value = 0;
  std::memcpy(&value, number.value.data(), 8);
  EXPECT_EQ(value, -5);
  EXPECT_EQ(parse_argument("f32:0.5", 1, 0).value_kind, 'f');
}

TEST(KernelArgument, WrongOnesSayWhatIsKnown) {
  for (const char* wrong :
       {"", "inn:random:fp16:4", "in", "in:", "in:random:fp16", "in:random:fp17:4", "in:random:fp16:0",
        "in:random:fp16:4:5", "in:no_such_file.npy", "out:fp16:-1", "out:fp16:x", "u8:256", "u32:-1",
        "i32:", "i32:1.5", "f32:x", "workspace:99999999999999", "null:1", "tiling:no_such_file.bin"})
    EXPECT_THROW(parse_argument(wrong, 1, 0), ConfigError) << wrong;
  EXPECT_THAT(complaint([] { parse_argument("inn:x", 1, 0); }), HasSubstr("the forms are in:SOURCE"));
  EXPECT_THAT(complaint([] { parse_argument("out:fp17:4", 1, 0); }), HasSubstr("\"fp16\""));
}

std::vector<KernelArgument> parsed(const std::vector<std::string>& texts) {
  std::vector<KernelArgument> all;
  for (const std::string& text : texts) all.push_back(parse_argument(text, 1, all.size()));
  return all;
}

TEST(KernelArguments, AreBoundByPlaceAndComeBack) {
  kernel::DeviceMemory memory(1U << 20U);
  const std::string expected = path("e.npy");
  KernelArray eights{DataType::Int32, {2}, std::vector<std::byte>(8)};
  const std::array<std::int32_t, 2> values{8, 8};
  std::memcpy(eights.bytes.data(), values.data(), 8);
  write_array(expected, eights);
  KernelArguments arguments(
      parsed({"in:" + expected, "expect:" + expected, "out:int32:2:" + path("z.npy"), "i32:3", "null"}),
      memory);
  const KernelParameter number{'i', 4, "int32_t n"};
  const auto places = arguments.bind("k", {{}, {}, {}, number, {}});
  arguments.fill();
  std::array<std::int32_t*, 5> pointers{};
  for (const std::size_t i : {0U, 1U, 2U, 4U}) std::memcpy(&pointers[i], places[i], sizeof(void*));
  EXPECT_EQ(pointers[0][1], 8);
  EXPECT_EQ(pointers[1][1], 0) << "what is expected is not given away";
  EXPECT_EQ(*static_cast<std::int32_t*>(places[3]), 3);
  EXPECT_EQ(pointers[4], nullptr);
  pointers[1][0] = 8;
  pointers[2][0] = 5;
  EXPECT_THAT(arguments.collect(), HasSubstr("argument 3, int32: 5 0"));
  EXPECT_EQ(arguments.check(), "argument 2: 1 of 2 elements are wrong, first element 1: 0 instead of 8");
  EXPECT_EQ(element(read_array(path("z.npy")), 0), 5);
}

TEST(KernelArguments, ParametersThatDoNotTakeThemAreNamed) {
  kernel::DeviceMemory memory(1U << 20U);
  const KernelParameter number{'i', 4, "uint32_t n"};
  const auto bind = [&](const std::vector<std::string>& texts,
                        const std::vector<KernelParameter>& parameters) {
    return complaint([&] { KernelArguments(parsed(texts), memory).bind("k", parameters); });
  };
  EXPECT_EQ(bind({"u32:1"}, {number}), "no complaint");
  EXPECT_EQ(bind({"tiling:" + write("t.bin", "abcd")}, {KernelParameter{'s', 4, "Tiling t"}}),
            "no complaint");
  EXPECT_EQ(bind({"tiling:" + path("t.bin")}, {KernelParameter{}}), "no complaint");
  EXPECT_THAT(bind({"u32:1"}, {number, number}),
              HasSubstr("takes 2 arguments (uint32_t n, uint32_t n), found 1"));
  EXPECT_THAT(bind({"u64:1"}, {number}), HasSubstr("(uint32_t n) is an integer of 4 bytes, this has 8"));
  EXPECT_THAT(bind({"f32:1"}, {number}), HasSubstr("is an integer"));
  EXPECT_THAT(bind({"out:fp16:4"}, {number}), HasSubstr("is an integer"));
  EXPECT_THAT(bind({"u64:1"}, {KernelParameter{}}), HasSubstr("is a pointer"));
  EXPECT_THAT(bind({"tiling:" + path("t.bin")}, {KernelParameter{'s', 8, "Tiling t"}}),
              HasSubstr("a struct of 8 bytes"));
}

}  // namespace
}  // namespace podsim::app
