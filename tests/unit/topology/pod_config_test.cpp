// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/pod_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "podsim/base/error.h"
#include "podsim/config/verbs.h"
#include "podsim/units/units.h"

namespace podsim::topology {
namespace {

using namespace literals;
using testing::HasSubstr;

constexpr const char* kLink = R"("link": {"bandwidth": "56GB/s", "latency": "87.5ns"})";

PodConfig parse(const std::string& text) {
  return config::parse<PodConfig>(text, "pod.json");
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string dimension(const std::string& keys) {
  return std::string(R"({"dimensions": [{"name": "d", )") + keys + ", " + kLink + "}]}";
}

TEST(PodConfig, ReadsEveryKindOfDimension) {
  const PodConfig pod = parse(
      std::string(R"({"name": "p", "dimensions": [)") + R"({"kind": "full_mesh", "name": "x", "size": 8, )" +
      kLink + "}," + R"({"kind": "torus", "name": "y", "size": 4, )" + kLink + "}," +
      R"({"kind": "switch", "name": "z", "size": 4, "planes": 2, )" + kLink + "}," +
      R"({"kind": "clos", "name": "w", "size": 4, "leaf_down": 2, "spines": 3, )" + kLink + "}]}");
  ASSERT_EQ(pod.dimensions.size(), 4U);
  EXPECT_EQ(std::get<FullMesh>(pod.dimensions[0]).link.bandwidth.value, 56_GBps);
  EXPECT_EQ(std::get<FullMesh>(pod.dimensions[0]).link.latency.value, Picoseconds(87'500));
  EXPECT_EQ(std::get<Switch>(pod.dimensions[2]).planes, 2);
  EXPECT_EQ(*std::get<Clos>(pod.dimensions[3]).spines, 3);
  EXPECT_TRUE(pod.npu_forwards);
  EXPECT_EQ(pod.lanes_per_port, 4);
}

TEST(PodConfig, WritesWhatItReadsBack) {
  const PodConfig pod = parse(std::string(R"({"groups": [{"name": "a", "pod": {"dimensions": [)") +
                              R"({"kind": "full_mesh", "name": "x", "size": 4, )" + kLink + "}]}}," +
                              R"({"name": "b", "count": 2, "pod": {"dimensions": [)" +
                              R"({"kind": "torus", "name": "r", "size": 6, )" + kLink + "}]}}]," +
                              R"("join": {"across": "npus", "wiring": {"kind": "switch", "name": "up", )" +
                              kLink + R"(}}, "cards": [{"range": [0, 3], "compute_scale": 0.8}]})");
  const nlohmann::ordered_json written = config::write(pod);
  EXPECT_EQ(config::write(parse(written.dump())), written);
  EXPECT_EQ(pod.groups[1].count, 2);
  EXPECT_EQ(pod.join->across, JoinAcross::Npus);
}

TEST(PodConfig, SaysWhatDoesNotBelongTogether) {
  EXPECT_THAT(error_of("{}"), HasSubstr("expected exactly one of dimensions, groups and graph, found 0"));
  EXPECT_THAT(error_of(dimension(R"("kind": "clos", "size": 8, "tiers": 2, "spines": 2)")),
              HasSubstr("a Clos of 2 tiers needs leaf_down"));
  EXPECT_THAT(error_of(dimension(R"("kind": "clos", "size": 8, "leaf_down": 2)")),
              HasSubstr("expected either spines or oversubscription"));
  EXPECT_THAT(
      error_of(dimension(R"("kind": "clos", "size": 8, "leaf_down": 2, "spines": 2, "oversubscription": 1)")),
      HasSubstr("expected either spines or oversubscription"));
  EXPECT_THAT(error_of(dimension(R"("kind": "clos", "size": 8, "tiers": 1, "spines": 2)")),
              HasSubstr("spines, uplink and oversubscription belong to 2 or 3 tiers"));
  EXPECT_THAT(error_of(dimension(R"("kind": "clos", "size": 8, "leaf_down": 2, "spines": 2, "cores": 1)")),
              HasSubstr("belong to 3 tiers, not 2"));
  EXPECT_THAT(error_of(dimension(R"("kind": "clos", "size": 8, "tiers": 3, "leaf_down": 2, "spines": 2)")),
              HasSubstr("a Clos of 3 tiers needs block_leaves"));
  EXPECT_THAT(error_of(std::string(R"({"groups": [{"name": "a", "pod": {"dimensions": [)") +
                       R"({"kind": "full_mesh", "name": "x", "size": 4, )" + kLink + "}]}}]}"),
              HasSubstr("groups need a join"));
}

TEST(PodConfig, SaysWhichCardsItExpected) {
  const std::string head = R"({"graph": {"npus": 1, "link_types": {}, "links": []}, "cards": [)";
  EXPECT_EQ(error_of(head + R"({"npus": [0]}]})"), "");
  EXPECT_THAT(error_of(head + R"({"compute_scale": 0.5}]})"), HasSubstr("expected npus or range"));
  EXPECT_THAT(error_of(head + R"({"range": [3, 1]}]})"), HasSubstr("range is [first, last]"));
  EXPECT_THAT(error_of(head + R"({"npus": [-1]}]})"), HasSubstr("npus"));
}

TEST(PodConfig, HasASchemaThatEndsThoughPodsNest) {
  const nlohmann::ordered_json schema = config::schema<PodConfig>("pod");
  EXPECT_NE(schema.dump().find("missing_ports"), std::string::npos);
  EXPECT_NE(schema.dump().find("$ref"), std::string::npos);
}

}  // namespace
}  // namespace podsim::topology
