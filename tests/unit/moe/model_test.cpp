// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/model.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "unit/moe/trace_support.h"

namespace podsim::moe {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace podsim::literals;

const std::filesystem::path kModels = std::filesystem::path(PODSIM_SOURCE_DIR) / "models";

Model shipped(const std::string& name) {
  return config::load<Model>((kModels / (name + ".json")).string());
}

nlohmann::ordered_json small_model() {
  return {{"name", "small"},        {"description", "for tests"}, {"layers", 4},
          {"dense_layers", 1},      {"hash_layers", 0},           {"hidden", 256},
          {"experts", 8},           {"shared_experts", 1},        {"top_k", 2},
          {"expert_width", 128},    {"weight_type", "fp8"},       {"dispatch_type", "fp8"},
          {"combine_type", "bf16"}, {"vocabulary", 1000}};
}

std::string error_with(const std::string& key, const nlohmann::ordered_json& value) {
  nlohmann::ordered_json json = small_model();
  json[key] = value;
  return error_of([&] { config::parse<Model>(json.dump(), "small.json"); });
}

TEST(Model, EveryShippedFileNamesItselfAndTheSourceOfEveryConstant) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kModels)) {
    const auto model = config::load<Model>(entry.path().string());
    EXPECT_EQ(model.name, entry.path().stem());
    EXPECT_THAT(config::missing_sources(model), ::testing::IsEmpty()) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 8);
}

TEST(Model, V4ProRowsAndWeightsHaveTheirPublishedSizes) {
  const Model model = shipped("deepseek_v4_pro");
  EXPECT_EQ(model.dispatch_row(), Bytes(7'168));
  EXPECT_EQ(model.combine_row(), Bytes(14'336));
  EXPECT_EQ(model.expert_weights(), Bytes(3 * 7'168 * 3'072 / 2));  // 33.0 MB
  EXPECT_EQ(model.moe_layers(), 61);
  EXPECT_EQ(model.hash_layers.value, 3);
}

TEST(Model, DenseLayersAreNotMoeLayers) {
  EXPECT_EQ(shipped("deepseek_v3").moe_layers(), 58);
  EXPECT_EQ(shipped("kimi_k2").moe_layers(), 60);
}

TEST(Model, TheArticlesNetworkIsAllAssumedAndAddsUpToTwelveBillion) {
  const Model model = shipped("article_12b");
  const std::int64_t h = model.hidden.value;
  const std::int64_t experts = model.moe_layers() * (model.experts.value + model.shared_experts.value) * 3 *
                               h * model.expert_width.value;
  const std::int64_t parameters = experts + model.layers.value * 4 * h * h + 2 * model.vocabulary.value * h;
  EXPECT_NEAR(static_cast<double>(parameters), 12e9, 0.12e9);
  const auto json = config::write(model);
  for (const auto& [key, value] : json.items()) {
    if (key == "name" || key == "description") continue;
    EXPECT_THAT(value["source"].get<std::string>(), StartsWith("assumed: ")) << key;
  }
}

TEST(Model, ScalesAddToRowsAndWeightsWhenGiven) {
  nlohmann::ordered_json json = small_model();
  EXPECT_EQ(config::parse<Model>(json.dump(), "small.json").dispatch_row(), 256_B);
  json["dispatch_scales"] = {{"block", 32}, {"bytes", 1}};
  json["weight_scales"] = {{"block", 128 * 128}, {"bytes", 4}};
  const auto model = config::parse<Model>(json.dump(), "small.json");
  EXPECT_EQ(model.dispatch_row(), Bytes(256 + 8));
  EXPECT_EQ(model.combine_row(), Bytes(512));
  EXPECT_EQ(model.expert_weights(), Bytes(3 * 256 * 128 + 6 * 4));
}

TEST(Model, HalfBytesRoundUpToWholeOnes) {
  nlohmann::ordered_json json = small_model();
  json["dispatch_type"] = "fp4";
  json["hidden"] = 33;
  EXPECT_EQ(config::parse<Model>(json.dump(), "small.json").dispatch_row(), 17_B);
}

TEST(Model, NumbersThatCannotBeAreRefused) {
  EXPECT_THAT(error_with("top_k", 9), HasSubstr("a token goes to 9 of 8 experts"));
  EXPECT_THAT(error_with("dense_layers", 4), HasSubstr("4 of 4 layers are dense"));
  EXPECT_THAT(error_with("hash_layers", 4), HasSubstr("4 of 3 MoE layers are routed by hash"));
  EXPECT_THAT(error_with("experts", 65'537), HasSubstr("65536"));
  EXPECT_THAT(error_with("weight_type", "fp7"), HasSubstr("fp7"));
}

}  // namespace
}  // namespace podsim::moe
