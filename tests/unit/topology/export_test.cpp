// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/topology/export.h"

#include <gtest/gtest.h>

#include <sstream>

#include "podsim/config/verbs.h"
#include "podsim/topology/check.h"
#include "podsim/topology/report.h"
#include "unit/topology/pods.h"

namespace podsim::topology {
namespace {

std::string exported(const Pod& pod, ExportFormat format) {
  std::ostringstream out;
  export_pod(pod, format, out);
  return out.str();
}

Pod reimported(const std::string& text) {
  return build_pod(config::parse<PodConfig>(text, "exported"));
}

std::vector<PodConfig> examples() {
  PodConfig damaged = regular({full_mesh("x", 4), switches("up", 3, 2)});
  damaged.port_budget = config::Sourced<std::int64_t>{5, "a card with five"};
  damaged.encoding_efficiency = config::Sourced<double>{0.932, "as the book says"};
  damaged.cards = {missing_ports(2, {"x:3", "up:1"}), slow_links({7}, 0.3), slow_cards({1, 5}, 0.7)};
  // Two groups whose dimensions share a name and nothing else.
  const PodConfig unequal = ragged({regular({full_mesh("x", 4)}), regular({torus("x", 6, link_of(7_GBps))})},
                                   switches("up \"q\" <&>", 0), JoinAcross::Npus);
  return {regular({clos3("net", 12, 2, 2, 2, 2)}), damaged, unequal};
}

TEST(Export, JsonRoundTripsToTheSameBytes) {
  for (const PodConfig& config : examples()) {
    const std::string text = exported(build_pod(config), ExportFormat::Json);
    EXPECT_EQ(exported(reimported(text), ExportFormat::Json), text);
  }
}

TEST(Export, AReimportedPodIsTheSameNetwork) {
  for (const PodConfig& config : examples()) {
    const Pod pod = build_pod(config);
    const Pod again = reimported(exported(pod, ExportFormat::Json));
    const PodReport before = describe_pod(pod, 1);
    const PodReport after = describe_pod(again, 1);
    EXPECT_EQ(after.npus, before.npus);
    EXPECT_EQ(after.switches, before.switches);
    EXPECT_EQ(after.directed_links, before.directed_links);
    EXPECT_EQ(after.optical_modules, before.optical_modules);
    EXPECT_EQ(after.diameter, before.diameter);
    EXPECT_DOUBLE_EQ(after.mean_hops, before.mean_hops);
    EXPECT_EQ(after.slow_cards, before.slow_cards);
    EXPECT_TRUE(check_pod(again, 1).passed());
  }
}

TEST(Export, OrderOfBuildingDoesNotShow) {
  // The same six cards and cables, once composed, once as a graph with the cables turned round.
  const Pod pod = build_pod(regular({full_mesh("x", 3), full_mesh("y", 2)}));
  const Pod again = reimported(exported(pod, ExportFormat::Json));
  EXPECT_EQ(exported(again, ExportFormat::Dot), exported(pod, ExportFormat::Dot));
}

TEST(Export, Dot) {
  const Pod pod = build_pod(regular({switches("up", 2)}));
  EXPECT_EQ(exported(pod, ExportFormat::Dot),
            "graph \"test\" {\n"
            "  n0 [label=\"npu 0\", shape=box];\n"
            "  n1 [label=\"npu 1\", shape=box];\n"
            "  n2 [label=\"switch 0\", shape=ellipse];\n"
            "  n0 -- n2 [label=\"up 50GB/s\"];\n"
            "  n1 -- n2 [label=\"up 50GB/s\"];\n"
            "}\n");
}

TEST(Export, Graphml) {
  const Pod pod = build_pod(regular({switches("up<&>", 2)}));
  const std::string text = exported(pod, ExportFormat::Graphml);
  EXPECT_NE(text.find("<node id=\"n2\"><data key=\"kind\">switch</data><data key=\"tier\">1</data></node>"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("    <edge source=\"n0\" target=\"n2\"><data key=\"type\">up&lt;&amp;&gt;</data>"
                      "<data key=\"dimension\">up&lt;&amp;&gt;</data><data key=\"bandwidth\">50GB/s</data>"
                      "<data key=\"latency\">100ns</data><data key=\"medium\">copper</data></edge>\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace podsim::topology
