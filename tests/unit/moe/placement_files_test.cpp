// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/placement_files.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "podsim/base/error.h"
#include "podsim/moe/npy.h"

namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void expect_error(const std::string& content, const std::string& part,
                  PlacementFormat format = PlacementFormat::Auto) {
  try {
    parse_placement(content, "here.file", format);
    FAIL() << "expected an error with: " << part;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("here.file"));
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

std::vector<ExpertIndex> slots_of(const PlacementFile& file, std::size_t layer, std::size_t rank) {
  const Span<const ExpertIndex> slots = file.layers.at(layer).slots(rank);
  return {slots.begin(), slots.end()};
}

template <class Int>
std::string npy(const std::string& type, const std::vector<std::int64_t>& shape,
                const std::vector<Int>& values) {
  std::ostringstream out;
  write_npy_header(out, type, shape);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(Int)));
  return out.str();
}

// Two ranks, two layers, three experts; expert 2 of layer 0 twice.
const std::vector<std::int32_t> kCube{1, 0, 1, 1, 1, 0,   // rank 0: layer 0, layer 1
                                      0, 1, 1, 0, 0, 1};  // rank 1
const std::string kText = "2 2 3\n1 0 1 1 1 0 0 1 1 0 0 1\n";

void expect_cube(const PlacementFile& file) {
  EXPECT_EQ(file.ranks(), 2U);
  EXPECT_EQ(file.experts(), 3U);
  ASSERT_EQ(file.layers.size(), 2U);
  EXPECT_THAT(slots_of(file, 0, 0), ElementsAre(0, 2));
  EXPECT_THAT(slots_of(file, 0, 1), ElementsAre(1, 2));
  EXPECT_THAT(slots_of(file, 1, 0), ElementsAre(0, 1));
  EXPECT_THAT(slots_of(file, 1, 1), ElementsAre(2));
}

TEST(OmniText, IsReadRankByRank) {
  const PlacementFile file = parse_placement(kText, "cube.txt");
  EXPECT_EQ(file.format, PlacementFormat::OmniText);
  expect_cube(file);
}

TEST(OmniText, NeedsNoLineBreaksAndMayHaveAny) {
  expect_cube(parse_placement("2 2 3 1 0 1 1 1 0 0 1 1 0 0 1", "cube.txt"));
  expect_cube(parse_placement("\n2\t2 3\r\n1 0 1\r\n1 1 0\r\n\r\n0 1 1\r\n0 0 1 \r\n\r\n", "cube.txt"));
}

TEST(OmniText, SaysWhereItIsWrong) {
  expect_error("2 2 3\n1 0 1 1 1 0 0 1 2 0 0 1", "rank 1, layer 0, expert 2: the value 2, expected 0 or 1");
  expect_error("2 2 3\n1 0 1 1 1 0 0 1 -1 0 0 1", "rank 1, layer 0, expert 2: the value -1");
  expect_error("2 2 3\n1 0 1 1 x1 0 0 1 1 0 0 1", "rank 0, layer 1, expert 1: 'x1', expected 0 or 1");
  expect_error("2 2 3\n1 0 1 1 1.0 0 0 1 1 0 0 1", "rank 0, layer 1, expert 1: '1.0'");
  expect_error("2 2 3\n1 0 1 1 1 0 0 1 1 0  0  ", "ends after 11 of 12 values (rank 1, layer 1, expert 2)");
  expect_error(kText + "0 1\n", "'0' after all 12 values");
  expect_error("2 2\n", "first line: '', expected the numbers of ranks, layers and experts");
  expect_error("2 two 3\n1", "first line: 'two'");
  expect_error("2 2 99999999999999999999 1", "first line: '99999999999999999999'");
  expect_error("0 2 3\n", "0 ranks, 2 layers and 3 experts, expected at least one of each");
  expect_error("1 1 65537\n", "at most 65536 experts");
}

TEST(OmniText, DoesNotBelieveALyingFirstLine) {
  expect_error("100000 100000 60000\n1 0 1", "promises 100000 x 100000 x 60000 values, but at most 3 follow");
  expect_error("9223372036854775807 9223372036854775807 65536\n1 0 1", "but at most 3 follow");
}

TEST(OmniText, SaysWhichExpertHasNoHome) {
  expect_error("2 2 3\n1 0 1 1 1 0 0 1 1 0 0 0", "layer 1: expert 2 of 3 has no home on any of 2 ranks");
}

TEST(OmniNpy, IsReadRankByRank) {
  const PlacementFile file = parse_placement(npy("<i4", {2, 2, 3}, kCube), "cube.npy");
  EXPECT_EQ(file.format, PlacementFormat::OmniNpy);
  expect_cube(file);
}

TEST(OmniNpy, SaysWhereItIsWrong) {
  std::vector<std::int32_t> values = kCube;
  values[8] = 3;
  expect_error(npy("<i4", {2, 2, 3}, values), "rank 1, layer 0, expert 2: the value 3, expected 0 or 1");
  expect_error(npy("<i4", {4, 3}, kCube), "an array of shape (4, 3), expected [ranks, layers, experts]");
  expect_error(npy("<i4", {2, 0, 3}, std::vector<std::int32_t>{}), "shape (2, 0, 3)");
  const std::string whole = npy("<i4", {2, 2, 3}, kCube);
  expect_error(whole.substr(0, whole.size() - 4), "here.file");
  expect_error(whole.substr(0, 20), "here.file");
  expect_error(npy("<f4", {2, 2, 3}, kCube), "here.file");
  values = kCube;
  values[11] = 0;
  expect_error(npy("<i4", {2, 2, 3}, values), "layer 1: expert 2 of 3 has no home");
}

// A device in front of the others and a layer behind: ids count, not places.
const std::string kVllm = R"({"moe_layer_count": 2, "layer_list": [
  {"layer_id": 1, "device_count": 2, "device_list": [{"device_id": 0, "device_expert": [2, 1]},
                                                     {"device_id": 1, "device_expert": [0, 2]}]},
  {"layer_id": 0, "device_count": 2, "device_list": [{"device_id": 1, "device_expert": [0, 1]},
                                                     {"device_id": 0, "device_expert": [2, 0]}]}]})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(VllmAscend, IsReadByItsIds) {
  const PlacementFile file = parse_placement(kVllm, "expert_map.json");
  EXPECT_EQ(file.format, PlacementFormat::VllmAscend);
  EXPECT_EQ(file.experts(), 3U);
  ASSERT_EQ(file.layers.size(), 2U);
  EXPECT_THAT(slots_of(file, 0, 0), ElementsAre(2, 0));
  EXPECT_THAT(slots_of(file, 0, 1), ElementsAre(0, 1));
  EXPECT_THAT(slots_of(file, 1, 0), ElementsAre(2, 1));
  EXPECT_THAT(slots_of(file, 1, 1), ElementsAre(0, 2));
}

TEST(VllmAscend, SaysWhereItIsWrong) {
  expect_error(replaced(kVllm, "\"moe_layer_count\": 2", "\"moe_layer_count\": 3"),
               "layer_list: 2 entries, but moe_layer_count is 3");
  expect_error(replaced(kVllm, "\"device_count\": 2", "\"device_count\": 1"),
               "layer_list[0], device_list: 2 entries, but device_count is 1");
  expect_error(replaced(kVllm, "\"layer_id\": 0", "\"layer_id\": 1"),
               "layer_list[1]: layer_id 1 a second time");
  expect_error(replaced(kVllm, "\"layer_id\": 1", "\"layer_id\": 2"),
               "layer_list[0], layer_id: 2, expected a whole number from 0 to 1");
  expect_error(replaced(kVllm, "\"device_id\": 1", "\"device_id\": 0"), "device_id 0 a second time");
  expect_error(replaced(kVllm, "[2, 1]", "[2, 2]"), "device_list[0], device_expert: expert 2 a second time");
  expect_error(replaced(kVllm, "[2, 1]", "[2]"),
               "layer_list[0]: device 1 holds 2 experts, but device 0 holds 1");
  expect_error(replaced(kVllm, "[2, 1]", "[2, -1]"), "device_expert[1]: -1, expected a whole number");
  expect_error(replaced(kVllm, "[2, 1]", "[2, 1.5]"), "device_expert[1]: 1.5, expected a whole number");
  expect_error(replaced(kVllm, "[2, 1]", "[2, 70000]"), "device_expert[1]: 70000");
  expect_error(replaced(kVllm, "[2, 1]", "[2, [1]]"), "device_expert[1]: array, expected a whole number");
  expect_error(replaced(kVllm, "[2, 1]", "\"2, 1\""), "device_expert: string, expected an array");
  expect_error(replaced(kVllm, "[2, 1]", "[2, 0]"), "layer 1: expert 1 of 3 has no home on any of 2 ranks");
  expect_error(replaced(kVllm, "\"device_expert\"", "\"device_experts\""),
               "device_list[0]: no \"device_expert\"");
  expect_error(replaced(kVllm, "\"moe_layer_count\": 2,", ""), "no \"moe_layer_count\"");
  expect_error(R"({"moe_layer_count": 1, "layer_list": [7]})", "layer_list[0]: number, expected an object");
}

TEST(VllmAscend, RefusesLayersOfDifferentSizes) {
  expect_error(R"({"moe_layer_count": 2, "layer_list": [
    {"layer_id": 0, "device_count": 1, "device_list": [{"device_id": 0, "device_expert": [0]}]},
    {"layer_id": 1, "device_count": 2, "device_list": [{"device_id": 0, "device_expert": [0]},
                                                       {"device_id": 1, "device_expert": [0]}]}]})",
               "layer 1 has 2 devices, but layer 0 has 1");
}

TEST(EplbFile, CutsTheReplicasEvenlyOverTheRanks) {
  const PlacementFile file =
      parse_placement(R"({"num_gpus": 2, "phy2log": [[0, 1, 2, 0], [2, 1, 1, 0]]})", "p.json");
  EXPECT_EQ(file.format, PlacementFormat::Eplb);
  EXPECT_EQ(file.experts(), 3U);
  EXPECT_THAT(slots_of(file, 0, 1), ElementsAre(2, 0));
  EXPECT_THAT(slots_of(file, 1, 0), ElementsAre(2, 1));
}

TEST(EplbFile, KnowsTheNamesOfOtherWriters) {
  EXPECT_EQ(parse_placement(R"({"world_size": 4, "physical_to_logical_map": [[0, 1, 2, 0]]})", "p").ranks(),
            4U);
  EXPECT_EQ(parse_placement(R"({"num_ranks": 1, "phy2log": [[0, 1, 2, 0]]})", "p").ranks(), 1U);
  EXPECT_EQ(parse_placement(R"({"phy2log": [[0, 1, 2, 0]]})", "p", PlacementFormat::Auto, 2).ranks(), 2U);
  // A number in the file goes before the one asked for.
  EXPECT_EQ(
      parse_placement(R"({"num_gpus": 4, "phy2log": [[0, 1, 2, 0]]})", "p", PlacementFormat::Auto, 2).ranks(),
      4U);
}

TEST(EplbFile, SaysWhereItIsWrong) {
  expect_error(R"({"phy2log": [[0, 1]]})", "no \"num_gpus\", \"num_ranks\" or \"world_size\"");
  expect_error(R"({"num_gpus": 2, "phy2log": [[0, 1], [0, 1, 1]]})",
               "phy2log: layer 1 has 3 entries, but layer 0 has 2");
  expect_error(R"({"num_gpus": 2, "phy2log": [[0, 1, 1]]})", "3 entries do not divide evenly over 2 ranks");
  expect_error(R"({"num_gpus": 2, "phy2log": [[]]})", "0 entries do not divide");
  expect_error(R"({"num_gpus": 2, "phy2log": []})", "phy2log: no layers");
  expect_error(R"({"num_gpus": 0, "phy2log": [[0]]})", "num_gpus: 0, expected a whole number from 1");
  expect_error(R"({"num_gpus": 1, "phy2log": [[0, "1"]]})", "phy2log[0][1]: \"1\", expected a whole number");
  expect_error(R"({"num_gpus": 1, "phy2log": [0]})", "phy2log[0]: number, expected an array");
  expect_error(R"({"num_gpus": 2, "phy2log": [[0, 2]]})", "layer 0: expert 1 of 3 has no home");
  expect_error(R"({"num_gpus": 2, "num_logical_experts": 4, "phy2log": [[0, 1, 2, 0]]})",
               "layer 0: expert 3 of 4 has no home");
  expect_error(R"({"num_gpus": 2, "num_experts": 2, "phy2log": [[0, 1, 2, 0]]})",
               "layer 0: rank 1, slot 0: expert 2, expected 0 to 1");
}

TEST(PlacementFile, SaysWhenItIsNone) {
  expect_error("", "an empty file, expected an expert placement");
  expect_error("  \n", "not an expert placement");
  expect_error("[[0, 1]]", "not an expert placement");
  expect_error("{\"a\": 1}", "no \"layer_list\" (vllm-ascend), \"phy2log\"");
  expect_error("{\"phy2log\": [[0,", "JSON that ends early, after 16 bytes");
  expect_error("{phy2log: [[0]]}", "not JSON at byte 2 of 16");
  expect_error("{\"num_gpus\": 1, \"phy2log\": [[0]], \"phy2log\": [[1]]}", "the key \"phy2log\" twice");
  expect_error("{\"num_gpus\": 1e999, \"phy2log\": [[0]]}", "not JSON");
}

TEST(PlacementFile, IsHeldToTheFormatAskedFor) {
  expect_error(kText, "here.file", PlacementFormat::OmniNpy);
  expect_error(kVllm, "first line", PlacementFormat::OmniText);
  expect_error(kVllm, "no \"phy2log\"", PlacementFormat::Eplb);
  expect_error(kText, "not JSON", PlacementFormat::VllmAscend);
  expect_error("[1]", "array, expected an object with \"layer_list\"", PlacementFormat::VllmAscend);
}

TEST(PlacementFile, IsReadFromDisk) {
  const std::string path = ::testing::TempDir() + "podsim_placement_files_test.txt";
  std::ofstream(path) << kText;
  expect_cube(read_placement_file(path));
  EXPECT_THROW(read_placement_file("no/such/file.txt"), ConfigError);
  EXPECT_THROW(read_placement_file(::testing::TempDir()), ConfigError);
}

// Real placements of other projects, which are not in this repository (docs/components/placement.md).
class RealPlacements : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("PODSIM_TRACES");
    if (folder == nullptr || *folder == '\0') {
      GTEST_SKIP() << "PODSIM_TRACES does not name a folder with real traces; the real files were not read";
    }
    folder_ = std::string(folder) + "/placement/";
  }
  PlacementFile read(const std::string& file) const { return read_placement_file(folder_ + file); }

  std::string folder_;
};

void expect_slots_everywhere(const PlacementFile& file, std::size_t slots) {
  for (const LayerPlacement& layer : file.layers) {
    for (std::size_t rank = 0; rank < layer.ranks(); ++rank) ASSERT_EQ(layer.slots(rank).size(), slots);
  }
}

TEST_F(RealPlacements, DeepSeekV3On16RanksHasNoReplicasAndIsNowhereContiguous) {
  const PlacementFile file = read("omni_dsv3_58layers_16ranks_prefill.npy");
  EXPECT_EQ(file.format, PlacementFormat::OmniNpy);
  EXPECT_EQ(file.ranks(), 16U);
  EXPECT_EQ(file.experts(), 256U);
  ASSERT_EQ(file.layers.size(), 58U);
  expect_slots_everywhere(file, 16);
  for (const LayerPlacement& layer : file.layers) {
    bool contiguous = true;
    for (std::size_t rank = 0; rank < 16; ++rank) {
      for (std::size_t slot = 0; slot < 16; ++slot) contiguous &= layer.slots(rank)[slot] == rank * 16 + slot;
    }
    EXPECT_FALSE(contiguous);
  }
}

TEST_F(RealPlacements, OmniTextCubesHaveOneReplicaPerRank) {
  const PlacementFile large = read("omni_58moe_16dev_256exp.txt");
  EXPECT_EQ(large.format, PlacementFormat::OmniText);
  EXPECT_EQ(large.ranks(), 16U);
  EXPECT_EQ(large.experts(), 256U);
  EXPECT_EQ(large.layers.size(), 58U);
  expect_slots_everywhere(large, 17);
  const PlacementFile small = read("omni_58moe_4dev_64exp.txt");
  EXPECT_EQ(small.ranks(), 4U);
  EXPECT_EQ(small.experts(), 64U);
  EXPECT_EQ(small.layers.size(), 58U);
  expect_slots_everywhere(small, 17);
}

TEST_F(RealPlacements, VllmAscendMapHasTwoReplicas) {
  const PlacementFile file = read("vllm_ascend_expert_map.json");
  EXPECT_EQ(file.format, PlacementFormat::VllmAscend);
  EXPECT_EQ(file.experts(), 8U);
  ASSERT_EQ(file.layers.size(), 1U);
  EXPECT_THAT(slots_of(file, 0, 0), ElementsAre(7, 2, 0, 3, 5));
  EXPECT_EQ(file.layers[0].replicas(7).size(), 2U);
  EXPECT_EQ(file.layers[0].replicas(2).size(), 2U);
}

}  // namespace
}  // namespace podsim::moe
