// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/config/support.h"

namespace podsim::config {
namespace {

using Json = nlohmann::ordered_json;
using sample::Chip;
using sample::kMachine;
using sample::Link;
using sample::Machine;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Write, KeysComeInTheOrderDescribedWithDefaultsFilledIn) {
  EXPECT_EQ(write(parse<Chip>(R"({"cores": 3, "name": "c"})", "t.json")).dump(),
            R"({"name":"c","cores":3,"clock":{"value":"1.8GHz","source":"assumed: a round number"}})");
}

TEST(Write, ReadsBackToTheSame) {
  const Json written = write(parse<Machine>(kMachine, "t.json"));
  const Machine again = parse<Machine>(written.dump(), "written");
  EXPECT_EQ(write(again), written);
  EXPECT_EQ(again.links.at("up/1").delay, Picoseconds(175'000));
  EXPECT_EQ(written.at("dimensions").at(1).at("kind"), "clos");
  EXPECT_EQ(written.at("links").at("up/1").at("bandwidth"), "400MB/s");
  EXPECT_EQ(written.at("links").at("board").at("bandwidth").at("source"), "data sheet");
  EXPECT_EQ(written.at("overrides").at("/pod").at("kind").at(1), nullptr);
  EXPECT_EQ(written.at("last"), 10);
}

class WriteFiles : public InFolder {};

TEST_F(WriteFiles, ReferredFilesAreExpandedInPlace) {
  write_file("c.json", R"({"name": "c", "cores": 3})");
  const Machine machine = parse<Machine>(
      R"({"name": "x", "chip": "c.json", "dimensions": [{"kind": "clos", "tiers": 1}]})", "t.json");
  EXPECT_EQ(write(machine).at("chip").at("cores"), 3);
}

TEST(MissingSources, ListsThePathsThatNameNone) {
  EXPECT_THAT(missing_sources(parse<Machine>(kMachine, "t.json")), ElementsAre("/links/up~11/bandwidth"));
}

TEST(ReferencePage, HasARowPerKey) {
  const std::string page = reference_page<Machine>("Machine file");
  EXPECT_THAT(page, HasSubstr("# Machine file\n"));
  EXPECT_THAT(page, HasSubstr("| `/name` | string | required |  | name of the machine |\n"));
  EXPECT_THAT(page, HasSubstr("| `/chip` | object or the path of a file that has it | required |  |"));
  EXPECT_THAT(page,
              HasSubstr("| `/chip/memory` | size (`192KiB`) |  | at least 1GiB | size of the memory |\n"));
  EXPECT_THAT(page, HasSubstr("| `/dimensions` | array of object with kind | required | not empty |"));
  EXPECT_THAT(
      page,
      HasSubstr(
          "| `/dimensions/<i>(mesh)/sizes` | array of integer | required | not empty, each at least 2 |"));
  EXPECT_THAT(page,
              HasSubstr("| `/dimensions/<i>(clos)/tiers` | integer | required | 1 to 3 | switch tiers |\n"));
  EXPECT_THAT(page,
              HasSubstr("| `/links/<name>/medium` | medium: `board`, `copper`, `optics` | `\"copper\"` |"));
  EXPECT_THAT(
      page,
      HasSubstr(
          "| `/links/<name>/bandwidth` | bandwidth (`56GB/s`), with source | required | at least 1MB/s |"));
  EXPECT_THAT(page, HasSubstr("| `/scale` | number | `1.0` | more than 0 |"));
  EXPECT_THAT(page, HasSubstr("| `/group/groups` | array of as above, nested | `[]` |"));
}

}  // namespace
}  // namespace podsim::config
