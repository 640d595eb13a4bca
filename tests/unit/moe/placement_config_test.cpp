// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/placement_config.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Action>
void expect_error(const Action& action, const std::string& part) {
  try {
    action();
    FAIL() << "expected an error with: " << part;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

PlacementConfig parse(const std::string& text) {
  return config::parse<PlacementConfig>(text, "placement.json");
}

PlacementShape shape(std::size_t experts, std::int64_t layers, std::size_t ranks) {
  PlacementShape result;
  result.experts = experts;
  result.moe_layers = layers;
  result.ranks = ranks;
  return result;
}

// Two layers of 4 experts on 2 ranks.
std::string written_file() {
  const std::string path = ::testing::TempDir() + "podsim_placement_config_test.json";
  std::ofstream(path) << R"({"num_gpus": 2, "phy2log": [[0, 1, 2, 3], [3, 1, 2, 0]]})";
  return path;
}

std::vector<ExpertIndex> slots_of(const LayerPlacement& placement, std::size_t rank) {
  const Span<const ExpertIndex> slots = placement.slots(rank);
  return {slots.begin(), slots.end()};
}

TEST(PlacementConfig, IsContiguousUnlessToldOtherwise) {
  const PlacementConfig config = parse("{}");
  EXPECT_EQ(config.kind, PlacementKind::Contiguous);
  const auto source = make_placement_source(config, shape(8, 3, 4), 1);
  EXPECT_TRUE(source->uniform());
  EXPECT_THAT(slots_of(source->placement(2), 1), ElementsAre(2, 3));
}

TEST(PlacementConfig, AFileIsEnoughWhateverTheKindWas) {
  config::Document document = config::Document::parse(R"({"kind": "eplb"})", "scenario.json");
  document.apply_set("/file=" + written_file());
  const PlacementConfig config = document.read<PlacementConfig>();
  EXPECT_EQ(config.kind, PlacementKind::File);
  const auto source = make_placement_source(config, shape(4, 2, 2), 1);
  EXPECT_FALSE(source->uniform());
  EXPECT_THAT(slots_of(source->placement(0), 0), ElementsAre(0, 1));
  EXPECT_THAT(slots_of(source->placement(1), 0), ElementsAre(3, 1));
}

TEST(PlacementConfig, IsWrittenAsItIsUnderstood) {
  const PlacementConfig config = parse(R"({"file": "a.npy", "eplb": {"redundant_per_rank": 2}})");
  const nlohmann::ordered_json written = config::write(config);
  EXPECT_EQ(written["kind"], "file");
  EXPECT_EQ(written["file"], "a.npy");
  const PlacementConfig again = parse(written.dump());
  EXPECT_EQ(again.eplb.redundant_per_rank, 2);
  EXPECT_EQ(config::write(again), written);
}

TEST(PlacementConfig, HasASchema) {
  const nlohmann::ordered_json schema = config::schema<PlacementConfig>("placement");
  EXPECT_TRUE(schema.dump().find("redundant_per_rank") != std::string::npos);
}

TEST(PlacementConfig, SaysWhatIsWrong) {
  expect_error([] { parse(R"({"kind": "file"})"); }, "kind is 'file' but no 'file' is given");
  expect_error([] { parse(R"({"kind": "random"})"); }, "contiguous");
  expect_error([] { parse(R"({"eplb": {"replicas": 288, "redundant_per_rank": 1}})"); },
               "'replicas' and 'redundant_per_rank' given");
  expect_error([] { parse(R"({"eplb": {"nodes": 0}})"); }, "nodes");
  expect_error([] { make_placement_source(PlacementConfig{}, shape(8, 1, 0), 1); }, "on 0 ranks");
}

TEST(PlacementSource, NamesBothNumbersOfALayerThatIsNotThere) {
  const auto contiguous = make_placement_source(PlacementConfig{}, shape(8, 58, 4), 1);
  expect_error([&] { contiguous->placement(58); }, "MoE layer 58 asked for, expected 0 to 57");
  expect_error([&] { contiguous->placement(-1); }, "MoE layer -1 asked for, expected 0 to 57");
  PlacementConfig config;
  config.file = written_file();
  const auto file = make_placement_source(config, shape(4, 58, 2), 1);
  expect_error([&] { file->placement(2); }, "_test.json: MoE layer 2 asked for, expected 0 to 1 (it has 2)");
}

TEST(PlacementSource, RefusesAFileForOtherNumbers) {
  PlacementConfig config;
  config.file = written_file();
  expect_error([&] { make_placement_source(config, shape(4, 2, 4), 1); },
               "placement for 2 ranks, but the expert-parallel group has 4");
  expect_error([&] { make_placement_source(config, shape(8, 2, 2), 1); },
               "placement of 4 experts, but the model has 8");
  config.file = "no/such/placement.npy";
  expect_error([&] { make_placement_source(config, shape(8, 2, 2), 1); }, "no/such/placement.npy");
}

TEST(PlacementSource, EplbBalancesTheLoadsPassedIn) {
  PlacementConfig config = parse(R"({"kind": "eplb", "eplb": {"redundant_per_rank": 1}})");
  const auto loads = [](std::int64_t layer) {
    std::vector<std::int64_t> result(6, 1);
    result[static_cast<std::size_t>(layer)] = 100;
    return result;
  };
  const auto source = make_placement_source(config, shape(6, 6, 2), 1, loads);
  for (std::int64_t layer : {0, 3}) {
    const LayerPlacement placement = source->placement(layer);
    EXPECT_EQ(placement.total_slots(), 8U);
    EXPECT_EQ(placement.replicas(static_cast<ExpertIndex>(layer)).size(), 3U);  // both further copies
  }
}

TEST(PlacementSource, EplbOfSeededLoadsDiffersByLayerAndSeedOnly) {
  PlacementConfig config = parse(R"({"kind": "eplb", "eplb": {"loads": "zipf", "replicas": 80}})");
  const auto slots = [&](std::uint64_t seed, std::int64_t layer) {
    const auto source = make_placement_source(config, shape(64, 4, 16), seed);
    return slots_of(source->placement(layer), 3);
  };
  EXPECT_EQ(slots(1, 0), slots(1, 0));
  EXPECT_NE(slots(1, 0), slots(1, 1));
  EXPECT_NE(slots(1, 0), slots(2, 0));
}

TEST(PlacementSource, EplbFillsUpWhenExpertsDoNotDivideOverRanks) {
  PlacementConfig config = parse(R"({"kind": "eplb", "eplb": {"loads": "dirichlet"}})");
  const auto source = make_placement_source(config, shape(384, 1, 1000), 1);
  EXPECT_EQ(source->placement(0).total_slots(), 1000U);
}

TEST(PlacementSource, EplbSaysWhatItCannotDo) {
  const auto make = [](const std::string& eplb, std::size_t experts, std::size_t ranks) {
    make_placement_source(parse(R"({"kind": "eplb", "eplb": )" + eplb + "}"), shape(experts, 1, ranks), 1);
  };
  expect_error([&] { make("{}", 8, 2); }, "loads 'routing' need a routing to count");
  expect_error([&] { make(R"({"loads": "zipf", "replicas": 9})", 8, 2); },
               "9 replicas do not divide evenly over 2 gpus");
  expect_error([&] { make(R"({"loads": "dirichlet", "cv": 3.0})", 8, 2); }, "coefficient of variation of 3");
}

}  // namespace
}  // namespace podsim::moe
