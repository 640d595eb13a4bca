// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/run_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "podsim/base/error.h"
#include "podsim/stats/digest.h"
#include "unit/app/sample_run.h"

namespace podsim::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class RunFilesTest : public testing::Test {
 protected:
  RunFilesTest() {
    std::string pattern = (fs::temp_directory_path() / "podsim_run_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~RunFilesTest() override { fs::remove_all(folder_); }
  std::string content(const char* name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  fs::path folder_;
};

TEST_F(RunFilesTest, AreAllThere) {
  write_run_files(folder_, sample_scenario(), sample_result());
  EXPECT_EQ(names(), (std::vector<std::string>{"cards.csv", "effective_config.json", "layers.csv",
                                               "links.csv", "results.json", "run.json", "timeline.json",
                                               "transfers.csv", "waves.csv"}));
}

TEST_F(RunFilesTest, TheDigestIsThatOfTheFile) {
  const std::string digest = write_run_files(folder_, sample_scenario(), sample_result());
  EXPECT_EQ(digest, stats::sha256(content("results.json")));
  EXPECT_EQ(json::parse(content("run.json"))["results_sha256"], digest);
}

TEST_F(RunFilesTest, ResultsSayWhoUsesTheBusiestLinks) {
  const json busiest = json::parse(results_json(sample_scenario(), sample_result()))["busiest_links"];
  EXPECT_EQ(busiest["users_of"], "rows and results of layer 3");
  EXPECT_EQ(busiest["sampled"], false);
  ASSERT_EQ(busiest["links"].size(), 5U);
  EXPECT_EQ(busiest["links"][0]["name"], "npu 6 -> switch 3 (up)");
  EXPECT_EQ(busiest["links"][0]["sources"], 16);
  EXPECT_EQ(busiest["links"][0]["from"][1].dump(), R"({"npu":266,"share":0.12})");
  EXPECT_EQ(busiest["links"][0]["to"].size(), 2U);
  EXPECT_EQ(busiest["links"][4]["link"], 2);
}

TEST_F(RunFilesTest, ResultsSayTheirVersionAndEveryFigure) {
  const json results = json::parse(results_json(sample_scenario(), sample_result()));
  EXPECT_EQ(results["schema_version"], 1);
  EXPECT_EQ(results["scenario"], "sample");
  EXPECT_EQ(results["fidelity"], "packet");
  EXPECT_EQ(results["seed"], 1);
  EXPECT_EQ(results["partial"], false);
  EXPECT_EQ(results["notes"], json({"placement generated"}));
  EXPECT_EQ(results["metrics"]["moe_layer.latency_us"], 412.0);
  EXPECT_EQ(results["metrics"]["card.dispatch_us.p50"], 123.4);
}

TEST_F(RunFilesTest, WallClockIsNoResult) {
  pod::RunResult slow = sample_result();
  slow.perf.wall_s = 100.0;
  slow.perf.peak_rss_bytes = 1;
  EXPECT_EQ(results_json(sample_scenario(), slow), results_json(sample_scenario(), sample_result()));
}

TEST_F(RunFilesTest, RunJsonSaysWhatItCost) {
  const json run = json::parse(run_json(sample_result(), "digest"));
  EXPECT_EQ(run["wall_s"], 3.4);
  EXPECT_EQ(run["hop_events"], 31'000'000);
  EXPECT_EQ(run["hop_events_per_s"], 9.1e6);
  EXPECT_EQ(run["peak_rss_bytes"], 800'000'000);
  EXPECT_FALSE(run["version"].get<std::string>().empty());
  EXPECT_FALSE(run["git_revision"].get<std::string>().empty());
}

TEST_F(RunFilesTest, APartialRunIsMarkedInBothFiles) {
  pod::RunResult result = sample_result();
  result.partial = true;
  EXPECT_EQ(json::parse(results_json(sample_scenario(), result))["partial"], true);
  EXPECT_EQ(json::parse(run_json(result, ""))["partial"], true);
}

TEST_F(RunFilesTest, TablesHaveARowForEveryCardAndLink) {
  write_run_files(folder_, sample_scenario(), sample_result());
  const std::string links = content("links.csv");
  EXPECT_EQ(std::count(links.begin(), links.end(), '\n'), 1 + 7);
  const std::string cards = content("cards.csv");
  EXPECT_EQ(std::count(cards.begin(), cards.end(), '\n'), 1 + 1);
  EXPECT_THAT(cards, HasSubstr("\n17,"));
}

TEST_F(RunFilesTest, AResultsFolderIsNeitherHiddenNorElsewhere) {
  pod::LoadedScenario loaded{sample_scenario(), "configs/scenarios/other.json"};
  EXPECT_EQ(default_folder(loaded), "results/sample");
  loaded.scenario.name = "";
  EXPECT_EQ(default_folder(loaded), "results/other");
  loaded.scenario.name = "../../etc";
  EXPECT_EQ(default_folder(loaded), "results/_.._.._etc");
}

TEST_F(RunFilesTest, AFolderIsTriedBeforeTheRun) {
  prepare_folder(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
  EXPECT_TRUE(fs::is_empty(folder_ / "a" / "b"));
  std::ofstream(folder_ / "file") << "x";
  EXPECT_THROW(prepare_folder(folder_ / "file"), ConfigError);
  fs::create_directory(folder_ / "taken");
  fs::create_directory(folder_ / "taken" / "results.json");
  EXPECT_THROW(prepare_folder(folder_ / "taken"), ConfigError);
}

}  // namespace
}  // namespace podsim::app
